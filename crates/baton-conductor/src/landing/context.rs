//! The basis of a merge: the target, its policy, and how the merge is to be done.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::Duration;

use bstr::{BString, ByteSlice};

use super::checkouts::{self, Shown};
use super::report::{MergeReport, VERSION};
use super::{MergeError, MergeRequest, place};
use crate::session::{Session, store};
use crate::settings;
use baton_core::model::{BranchName, Oid, RefName};
use baton_core::policy::Policy;
use baton_core::policy::merge::{Merge, Strategy};
use baton_git::signing::Signing;
use baton_git::worktree_sync::{self, Refreshed};
use baton_git::{GitError, Repo, signing, worktrees};

/// The basis of a merge.
pub struct MergeContext {
    /// The target, in short.
    pub into: String,
    /// The commit that it names.
    pub tip: Oid,
    /// The strategy: what becomes of the branches' commits.
    pub strategy: Strategy,
    /// The commands that must succeed.
    pub test: Vec<String>,
    /// The committer and the time, as git writes it.
    pub committer: BString,
    /// The way commits are signed.
    pub signing: Signing,
    /// The directory of the worktrees that merging needs.
    pub worktrees: PathBuf,
    policy: Policy,
    sessions: OnceCell<Vec<Session>>,
}

impl MergeContext {
    /// The target as it is now. Its policy says what the request does not.
    pub fn of(repo: &Repo, request: &MergeRequest) -> Result<Self, MergeError> {
        let (into, tip) = match &request.into {
            Some(name) => target(repo, name)?,
            None => target(repo, &default_target(repo)?)?,
        };
        let policy = settings::policy_at(repo, tip)?;
        let mut context = Self {
            into,
            tip,
            strategy: Strategy::default(),
            test: Vec::new(),
            committer: signing::committer(repo)?,
            signing: Signing::default_here(repo)?,
            worktrees: PathBuf::new(),
            policy,
            sessions: OnceCell::new(),
        };
        context.strategy = request.strategy.unwrap_or(context.terms().strategy);
        let test = request.test.as_ref().unwrap_or(&context.terms().test);
        context.test = test.clone();
        context.worktrees = place::worktrees(repo, context.policy());
        Ok(context)
    }

    /// A report that nothing has become of anything.
    pub fn report(&self, dry_run: bool) -> MergeReport {
        MergeReport {
            version: VERSION,
            into: self.into.clone(),
            strategy: self.strategy,
            old: self.tip.to_string(),
            new: self.tip.to_string(),
            dry_run,
            recovered: false,
            branches: Vec::new(),
            tests: Vec::new(),
            checkouts: Vec::new(),
            unmatched: None,
            error: None,
        }
    }

    /// The target's full name.
    pub fn reference(&self) -> RefName {
        BranchName::given(&self.into).full()
    }

    /// The rules of the target's tip, with the settings; the default ones where it carries none.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The message of the commit that merges this branch.
    pub fn merge_message(&self, repo: &Repo, branch: &str) -> Result<String, MergeError> {
        let into = match self.into.as_str() {
            "main" | "master" => String::new(),
            other => format!(" into {other}"),
        };
        let subject = &self.policy().subjects.merge;
        let session = match subject.has_any(&["session", "title", "task"]) {
            true => self.last_session(repo, branch)?,
            false => None,
        };
        let task = session.and_then(|session| session.task.as_deref());
        let subject = subject.render(&[
            ("branch", branch),
            ("target", &self.into),
            ("into", &into),
            ("session", session.map_or("", |session| &session.number)),
            ("title", session.map_or(branch, |session| &session.title)),
            ("task", task.unwrap_or(branch)),
        ]);
        Ok(subject + "\n")
    }

    /// The last session that worked on a branch.
    fn last_session(&self, repo: &Repo, branch: &str) -> Result<Option<&Session>, MergeError> {
        let sessions = match self.sessions.get() {
            Some(sessions) => sessions,
            None => {
                let sessions = store::list(repo)?;
                self.sessions.get_or_init(|| sessions)
            }
        };
        let mut latest = sessions.iter().rev();
        Ok(latest.find(|session| session.short_branch() == branch))
    }

    /// Returns the policy's terms for merges.
    pub fn terms(&self) -> &Merge {
        &self.policy().merge
    }

    /// Fails where a checkout of the target has changes of its own that this commit's landing would touch.
    pub fn check_checkouts(&self, repo: &Repo, new: Oid) -> Result<(), MergeError> {
        for Shown { path, refreshed } in
            checkouts::preview(repo, &self.reference(), [self.tip, new])?
        {
            match refreshed {
                Refreshed::Done => {}
                Refreshed::Locked => return Err(MergeError::Busy(path)),
                Refreshed::Failed(why) => {
                    let into = self.into.clone();
                    return Err(MergeError::Unshowable { into, path, why });
                }
                Refreshed::Dirty => {
                    let here = worktrees::open_in(repo.common_dir(), &path)?;
                    let files = worktree_sync::dirty_among(&here, self.tip, new)?;
                    let files = files.iter().map(|file| file.to_str_lossy().into_owned());
                    return Err(MergeError::Dirty {
                        into: self.into.clone(),
                        files: files.collect(),
                        path,
                    });
                }
            }
        }
        Ok(())
    }

    /// Returns the time limit of a test.
    pub fn test_limit(&self) -> Duration {
        Duration::from_secs(self.terms().test_seconds)
    }

    /// Returns the time limit of a command that resolves conflicts.
    pub fn resolver_limit(&self) -> Duration {
        Duration::from_secs(self.terms().resolver_seconds)
    }
}

fn target(repo: &Repo, name: &str) -> Result<(String, Oid), MergeError> {
    let branch = BranchName::given(name);
    let tip = repo.refs().resolve(branch.full())?;
    let tip = tip.ok_or_else(|| MergeError::NoTarget(branch.to_string()))?;
    Ok((branch.to_string(), tip))
}

/// The branch on which work lands that names none: the one in the settings, or else the one that the
/// main worktree has checked out.
fn default_target(repo: &Repo) -> Result<String, MergeError> {
    if let Some(into) = settings::policy(repo)?.merge.into {
        return Ok(into);
    }
    checked_out_in_main(repo)?.ok_or(MergeError::NoDefaultTarget)
}

/// The branch that the main worktree has checked out, in short.
pub fn checked_out_in_main(repo: &Repo) -> Result<Option<String>, GitError> {
    let branch = worktrees::main(repo)?.head_branch()?;
    Ok(branch.map(|branch| branch.readable().into_owned()))
}
