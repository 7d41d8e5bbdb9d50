//! Moves the references that Baton keeps, past what a killed git and a collection of garbage beside it leave.
//!
//! A git that is killed leaves its locks, and no other gets past them. One is removed on evidence alone: no git that could
//! hold it is at work, and it is older than git holds one. `git gc --prune=now` removes objects that were just written and
//! that no reference reaches yet; those are written again.

use std::time::Duration;

use baton_core::model::{Oid, RefName};
use baton_git::locks::{self, Lock};
use baton_git::{GitError, RefEdit, Repo, StoreError};
use baton_sys::{file, process};

/// How old a lock is at least that was left behind. Git holds most for milliseconds; longer, while a
/// hook or an editor runs, or while it writes many files.
const LEFT_BEHIND: Duration = Duration::from_secs(120);

/// The same of a lock for which git has just waited in vain.
const WAITED_FOR: Duration = Duration::from_secs(15);

/// How often objects are written that somebody else removes.
const ATTEMPTS: usize = 20;

/// Moves all of these references or none; `reason` goes into their logs.
///
/// # Errors
/// As for [`baton_git::Store::transact`].
pub fn transact(repo: &Repo, edits: &[RefEdit], reason: &str) -> Result<(), StoreError> {
    let names: Vec<_> = edits.iter().map(|edit| &edit.name).collect();
    remove_left_behind(repo, &names, LEFT_BEHIND)?;
    match repo.store().transact(edits, reason) {
        Err(StoreError::Git(_)) if remove_left_behind(repo, &names, WAITED_FOR)? => {
            repo.store().transact(edits, reason)
        }
        done => done,
    }
}

/// Where a commit is recorded.
pub struct Place {
    /// The reference that names it.
    pub name: RefName,
    /// What that names before.
    pub old: Option<Oid>,
    /// What moves with it.
    pub beside: Vec<RefEdit>,
}

/// Moves a reference to the commit that `write` writes. It gives that commit and the objects of which that is made, the
/// same each time.
///
/// # Errors
/// As for [`transact`].
pub fn record(
    repo: &Repo,
    place: &Place,
    write: &dyn Fn() -> Result<(Oid, Vec<Oid>), GitError>,
    reason: &str,
) -> Result<Oid, StoreError> {
    let mut attempts = 1;
    loop {
        let (new, objects) = write()?;
        let is_whole = || {
            objects
                .iter()
                .chain([&new])
                .all(|one| repo.objects().contains(*one))
        };
        let mut edits = vec![RefEdit {
            name: place.name.clone(),
            old: place.old,
            new: Some(new),
        }];
        edits.extend(place.beside.iter().cloned());
        match transact(repo, &edits, reason) {
            Err(StoreError::Git(_)) if attempts < ATTEMPTS && !is_whole() => attempts += 1,
            Err(error) => return Err(error),
            Ok(()) => {
                // What the reference reaches from now on is left alone.
                while attempts < ATTEMPTS && !is_whole() {
                    write()?;
                    attempts += 1;
                }
                return Ok(new);
            }
        }
    }
}

/// Removes the locks that a process which was cut short has left on these references, as far as no git can be at them any
/// more: young or not.
pub fn free(repo: &Repo, names: &[&RefName]) -> Result<(), GitError> {
    remove_left_behind(repo, names, Duration::ZERO).map(drop)
}

/// Removes the locks on these references that are at least so old and nobody's; says whether there was one.
fn remove_left_behind(repo: &Repo, names: &[&RefName], age: Duration) -> Result<bool, GitError> {
    let mut removed = false;
    for lock in locks::on_edits(repo, names)? {
        if is_older(&lock, age) && is_nobodys(&lock) {
            // If it stays, git says so.
            removed |= file::remove_if_exists(&lock.path).is_ok();
        }
    }
    Ok(removed)
}

/// Whether everything says that a lock was left behind: it is old, and no git that began before it works
/// where it could hold it.
pub fn is_left_behind(lock: &Lock) -> bool {
    is_old(lock) && is_nobodys(lock)
}

/// Whether a lock is older than one that comes and goes.
pub fn is_old(lock: &Lock) -> bool {
    is_older(lock, LEFT_BEHIND)
}

/// Whether no git that could hold a lock is at work.
pub fn is_nobodys(lock: &Lock) -> bool {
    process::gits_behind(&lock.path, &lock.at).is_some_and(|gits| gits.is_empty())
}

fn is_older(lock: &Lock, than: Duration) -> bool {
    process::age(&lock.path).is_some_and(|age| age >= than)
}
