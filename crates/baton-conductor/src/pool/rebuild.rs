//! The pool as git knows it, where its own record is lost.

use super::state::{Finished, Lease, Phase, Slot, State, number_of};
use super::{LOCK_REASON, PoolError, name};
use crate::session::store;
use crate::settings;
use baton_git::{GitError, Repo, slot, worktrees};
use baton_guard::binding;
use baton_sys::{clock, random};

/// The pool that the worktrees with its lock make, each of them leased to an unknown owner: what their
/// sessions say of them helps people, and proves nothing. `None` where there is no such worktree.
pub fn rebuild(repo: &Repo) -> Result<Option<State>, PoolError> {
    let mut slots = Vec::new();
    let mut root = None;
    let now = clock::timestamp(clock::now());
    for worktree in repo.worktrees()? {
        let (Some(id), Some(path)) = (&worktree.id, repo.root_of(&worktree)) else {
            continue;
        };
        let reason = slot::lock_reason(repo, id)?;
        let name = path.file_name().map(|name| name.to_string_lossy());
        let name = name.filter(|name| number_of(name).is_some());
        let (Some(name), true) = (name, reason.is_some_and(|it| it == LOCK_REASON)) else {
            continue;
        };
        let parent = path.parent().map(ToOwned::to_owned);
        if root.is_some() && root != parent {
            continue;
        }
        root = parent;
        let session =
            worktrees::open_in(repo.common_dir(), &path).and_then(|slot| binding::session(&slot));
        let session = session.ok().flatten();
        let recorded = session.as_ref().map(|id| store::find(repo, id.number()));
        let recorded = recorded.and_then(|found| found.ok().flatten());
        slots.push(Slot {
            name: name.into_owned(),
            phase: Phase::Leased,
            base: None,
            worker: None,
            lease: Some(Lease {
                id: random::id().map_err(GitError::io("/dev/urandom"))?,
                owner: None,
                process: None,
                task: recorded.as_ref().and_then(|session| session.task.clone()),
                branch: slot::branch_in(&worktree.git_dir)?,
                base: recorded.and_then(|session| session.base),
                session,
                acquired_at: now.clone(),
                heartbeat: now.clone(),
            }),
            trouble: None,
        });
    }
    slots.sort_by_key(Slot::number);
    let finished = match root {
        Some(_) => finished(repo, &now)?,
        None => Vec::new(),
    };
    Ok(root.map(|root| State {
        size: slots.len(),
        slots,
        finished,
        rebuilt_at: Some(now),
        ..State::new(root)
    }))
}

/// The branches that were begun by acquiring a slot and are checked out nowhere: they wait to be merged, or
/// have been without the pool's knowing.
fn finished(repo: &Repo, now: &str) -> Result<Vec<Finished>, PoolError> {
    // A policy that cannot be read is told by the command that needs it.
    let policy = settings::policy(repo).map(|policy| policy.pool);
    let policy = policy.unwrap_or_else(|_| baton_core::policy::Policy::default().pool);
    let sessions = store::list(repo).unwrap_or_default();
    let mut checked_out = Vec::new();
    for worktree in repo.worktrees()? {
        checked_out.extend(slot::branch_in(&worktree.git_dir)?);
    }
    let mut finished = Vec::new();
    for (branch, tip) in repo.refs().branches()? {
        let Some(task) = policy.task_of(&branch.readable()).map(str::to_owned) else {
            continue;
        };
        if checked_out.contains(&branch) {
            continue;
        }
        let first = slot::first_reason(repo, &branch)?;
        if !first.is_some_and(|first| first.starts_with(name::REASON.as_bytes())) {
            continue;
        }
        let mut sessions = sessions.iter().rev();
        let session = sessions.find(|one| one.branch.as_ref() == Some(&branch));
        finished.push(Finished {
            task: Some(task),
            tip,
            base: session.and_then(|session| session.base),
            session: session.map(|session| session.id()),
            slot: session.map_or(String::new(), |session| session.worktree.clone()),
            branch,
            released_at: now.to_owned(),
        });
    }
    Ok(finished)
}
