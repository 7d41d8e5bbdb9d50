//! Branches that are still worked on.

use super::MergeError;
use crate::pool;
use crate::session::{Location, Session, State, store};
use baton_core::model::{BranchName, Oid, RefName};
use baton_git::{Repo, worktrees};
use baton_guard::binding;

/// Branches that are still worked on.
#[derive(Default)]
pub(super) struct Unfinished {
    sessions: Vec<Session>,
    leases: Vec<(RefName, String)>,
    /// The branches, full names, whose slots were given back, and where they were then.
    released: Vec<(RefName, Oid)>,
    worktrees: Vec<worktrees::Checkout>,
    /// The branches of worktrees that are bound to a session whose record cannot be read, and its number.
    unknown: Vec<(RefName, String)>,
}

impl Unfinished {
    pub(super) fn read(repo: &Repo) -> Result<Self, MergeError> {
        let (slots, finished) =
            pool::read(repo)?.map_or_else(Default::default, |pool| (pool.slots, pool.finished));
        let leased = |slot: pool::state::Slot| Some((slot.lease?.branch?, slot.name));
        let (sessions, damaged) = store::list_all(repo)?;
        let mut unknown = Vec::new();
        for worktree in repo.worktrees()? {
            if let Ok(Some(bound)) = binding::in_git_dir(&worktree.git_dir)
                && let Some(one) = damaged
                    .iter()
                    .find(|one| one.number == bound.session.number())
            {
                unknown.extend(bound.branch.map(|branch| (branch, one.number.clone())));
            }
        }
        Ok(Self {
            sessions,
            unknown,
            leases: slots.into_iter().filter_map(leased).collect(),
            released: finished
                .into_iter()
                .map(|one| (one.branch, one.tip))
                .collect(),
            worktrees: worktrees::checkouts(repo)?,
        })
    }

    pub(super) fn reason(
        &self,
        repo: &Repo,
        branch: &str,
        tip: Oid,
    ) -> Result<Option<String>, MergeError> {
        let reference = BranchName::new(branch).full();
        if let Some((_, number)) = self.unknown.iter().find(|(name, _)| *name == reference) {
            return Ok(Some(format!(
                "the record of session {number}, which works on it, cannot be read; `git baton doctor` tells what to do"
            )));
        }
        let mut sessions = self.sessions.iter().rev();
        let last = sessions.find(|one| one.branch.as_ref() == Some(&reference));
        if let Some(session) = last.filter(|last| last.state == State::Abandoned) {
            let number = &session.number;
            return Ok(Some(format!(
                "session {number}, which worked on it, was given up; whoever takes it all the same names it"
            )));
        }
        // Whoever gives a slot back is done, even where the session is still to be ended.
        if !self.released.contains(&(reference.clone(), tip))
            && let Some(why) = self.worker(repo, &reference)?
        {
            return Ok(Some(why));
        }
        let here = |one: &&worktrees::Checkout| one.branch.as_ref() == Some(&reference);
        for worktree in self.worktrees.iter().filter(here) {
            if worktrees::has_changes(&worktrees::open_in(repo.common_dir(), &worktree.path)?)? {
                let path = worktree.path.display();
                return Ok(Some(format!("{path} has changes that are not committed")));
            }
        }
        Ok(None)
    }

    /// The session or the slot in which a branch is worked on.
    fn worker(&self, repo: &Repo, branch: &RefName) -> Result<Option<String>, MergeError> {
        let session_in = |state: State| {
            let mut sessions = self.sessions.iter();
            sessions.find(|one| one.branch.as_ref() == Some(branch) && one.state == state)
        };
        if let Some(session) = session_in(State::Active) {
            let at = Location::of(repo, session)?;
            return Ok(Some(format!(
                "session {} is still active {at}; {}",
                at.number,
                at.remedy()
            )));
        }
        let ended = session_in(State::Ended).is_some();
        let mut leases = self.leases.iter().filter(|_| !ended);
        let lease = leases.find(|(name, _)| name == branch);
        Ok(lease.map(|(_, slot)| {
            format!(
                "slot {slot} is still leased for it; `git baton orchestrator pool release {slot}` \
                 gives it back"
            )
        }))
    }
}
