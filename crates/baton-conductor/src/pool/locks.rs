//! The locks of a git at work in a slot, and what a git that was killed has left of them.

use std::time::Duration;

use super::state::Slot;
use super::{PoolError, place};
use baton_core::model::RefName;
use baton_git::locks::{self, Lock};
use baton_git::{GitError, Repo};
use baton_sys::{file, process};

/// Git programs at work are not disturbed: fails while there is a lock on what a slot has for itself,
/// on the branch that it has checked out or on that of its task.
pub fn refuse(worktree: &Repo, slot: &Slot) -> Result<(), PoolError> {
    let mut found = locks::on_worktree(worktree);
    let lease = slot.lease.as_ref();
    let of_task = lease.and_then(|lease| lease.branch.clone());
    for branch in of_task.into_iter().chain(locks::branch_of(worktree)?) {
        found.extend(locks::on_branch(worktree, &branch)?);
    }
    match found.first() {
        Some(lock) => Err(refusal(&slot.name, lock)),
        None => Ok(()),
    }
}

/// The same of one branch, by its full name.
pub fn refuse_branch(repo: &Repo, branch: &RefName) -> Result<(), PoolError> {
    match locks::on_branch(repo, branch)? {
        Some(lock) => Err(refusal(&branch.readable(), &lock)),
        None => Ok(()),
    }
}

fn refusal(what: &str, lock: &Lock) -> PoolError {
    PoolError::InUse {
        what: what.to_owned(),
        lock: lock.path.display().to_string(),
        whose: whose(lock),
    }
}

/// Names the holder of a lock, as far as that can be told.
pub fn whose(lock: &Lock) -> String {
    let gits = process::gits_behind(&lock.path, &lock.at);
    match gits.as_deref() {
        Some([first, ..]) => format!("held by process {} ({})", first.id, first.name),
        _ => "left by a process that is gone, or that cannot be seen from here".to_owned(),
    }
}

/// Removes a lock.
pub fn remove(lock: &Lock) -> Result<(), PoolError> {
    Ok(file::remove_if_exists(&lock.path).map_err(GitError::io(&lock.path))?)
}

/// Removes the locks that a worker which is gone has left on a slot and on its branch, as far as no process of
/// this machine can be at them any more: young or not, since it is known that it was cut short.
pub fn free(worktree: &Repo, branch: Option<&RefName>) {
    let is_deserted = worktree
        .work_tree()
        .is_some_and(|root| process::inside(root).is_empty());
    let mut found = match is_deserted {
        true => locks::on_worktree(worktree),
        false => Vec::new(),
    };
    let on_branch = branch.map(|branch| locks::on_branch(worktree, branch));
    found.extend(on_branch.and_then(Result::ok).flatten());
    locks::remove_stale(&found, Duration::ZERO);
}

/// The locks that keep all worktrees from something: on references, and on the main worktree, in which
/// what lands is shown.
pub(super) fn shared_locks(repo: &Repo) -> Result<Vec<Lock>, PoolError> {
    let mut all = locks::on_references(repo)?;
    let mut own = locks::on_worktree(&place::main(repo)?);
    own.retain(|lock| all.iter().all(|one| one.path != lock.path));
    all.append(&mut own);
    Ok(all)
}
