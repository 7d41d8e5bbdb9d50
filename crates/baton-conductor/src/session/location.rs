//! Where an active session is, and how it comes to an end.

use std::fmt;
use std::path::PathBuf;

use super::Session;
use crate::run_record::approvals;
use baton_git::worktrees::Worktree;
use baton_git::{GitError, Repo};
use baton_guard::binding;
use baton_sys::host_name;

/// Where an active session is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// The session's number.
    pub number: String,
    /// Its branch, in short.
    pub branch: Option<String>,
    /// The worktree that is bound to it.
    pub worktree: Option<PathBuf>,
    /// The machine on which it began, where that is another.
    pub host: Option<String>,
    /// The run that works in it and is not over.
    pub run: Option<String>,
}

impl Location {
    /// Of this session, as the worktrees are now.
    pub fn of(repo: &Repo, session: &Session) -> Result<Self, GitError> {
        let branch = session.branch.as_ref();
        Ok(Self {
            number: session.number.clone(),
            branch: branch.map(|name| name.readable().into_owned()),
            worktree: worktree(repo, session)?,
            host: Some(session.host.clone()).filter(|host| *host != host_name()),
            run: approvals::open_run_of(repo, &session.id())?,
        })
    }

    /// The commands by which the session ends or is given up, or those by which its run goes on.
    pub fn remedy(&self) -> String {
        if let Some(run) = &self.run {
            return format!(
                "run {run} works in it: `git baton orchestrator status {run}` says how far that is, and \
                 `git baton orchestrator resume {run}` goes on with it where it has stopped"
            );
        }
        let number = &self.number;
        let give_up = format!("`git baton session abandon {number} --reason TEXT` gives it up");
        match (&self.worktree, &self.branch) {
            (Some(path), _) => {
                let path = path.display();
                format!("`cd {path} && git baton session end` ends it, {give_up}")
            }
            (None, Some(branch)) => format!(
                "`git worktree add DIR {branch} && cd DIR && git baton session start --id {number}` \
                 goes on with it, {give_up}"
            ),
            (None, None) => give_up,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.worktree {
            Some(path) => write!(f, "in {}", path.display())?,
            None => write!(f, "in no worktree any more")?,
        }
        if let Some(branch) = &self.branch {
            write!(f, " on branch {branch}")?;
        }
        match &self.host {
            Some(host) => write!(f, " of {host}"),
            None => Ok(()),
        }
    }
}

/// The root of the worktree that is bound to this session.
fn worktree(repo: &Repo, session: &Session) -> Result<Option<PathBuf>, GitError> {
    let worktrees = bound_worktrees(repo, session)?;
    Ok(worktrees.iter().find_map(|one| repo.root_of(one)))
}

/// The worktrees that are bound to this session.
pub(super) fn bound_worktrees(repo: &Repo, session: &Session) -> Result<Vec<Worktree>, GitError> {
    let mut worktrees = repo.worktrees()?;
    worktrees.retain(|one| {
        let bound = binding::in_git_dir(&one.git_dir);
        bound.is_ok_and(|bound| bound.is_some_and(|one| one.session.agrees_with(&session.id())))
    });
    Ok(worktrees)
}
