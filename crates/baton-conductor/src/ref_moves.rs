//! Moves the references that Baton keeps, past what a killed git and a collection of garbage beside it leave.
//!
//! A git that is killed leaves its locks, and no other gets past them. One is removed on evidence alone: no git that could
//! hold it is at work, and it is older than git holds one. `git gc --prune=now` removes objects that were just written and
//! that no reference reaches yet; those are written again.

use std::time::Duration;

use baton_core::model::{Oid, RefName};
use baton_git::locks::{self, STALE_AGE};
use baton_git::{GitError, RefEdit, Repo, StoreError};

/// The age from which on a lock may be stale for which git has just waited in vain.
const WAITED_FOR: Duration = Duration::from_secs(15);

/// The number of times that objects are written which a collection of garbage removes.
const ATTEMPTS: usize = 20;

/// Moves all of these references or none; `reason` goes into their logs.
///
/// # Errors
/// As for [`baton_git::Store::transact`].
pub fn transact(repo: &Repo, edits: &[RefEdit], reason: &str) -> Result<(), StoreError> {
    let names: Vec<_> = edits.iter().map(|edit| &edit.name).collect();
    remove_stale_locks(repo, &names, STALE_AGE)?;
    match repo.store().transact(edits, reason) {
        Err(StoreError::Git(_)) if remove_stale_locks(repo, &names, WAITED_FOR)? => {
            repo.store().transact(edits, reason)
        }
        done => done,
    }
}

/// A reference that is to name a new commit.
pub struct RefUpdate {
    /// Its name.
    pub name: RefName,
    /// The commit that it names before.
    pub old: Option<Oid>,
    /// The moves in the same transaction.
    pub beside: Vec<RefEdit>,
}

/// Moves a reference to the commit that `write` writes. It gives that commit and the objects of which that is made, the
/// same each time.
///
/// # Errors
/// As for [`transact`].
pub fn record(
    repo: &Repo,
    update: &RefUpdate,
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
            name: update.name.clone(),
            old: update.old,
            new: Some(new),
        }];
        edits.extend(update.beside.iter().cloned());
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

/// Removes the locks, at least so old, that a process which was cut short has left on these references.
pub fn free_locks(repo: &Repo, names: &[&RefName], age: Duration) -> Result<(), GitError> {
    remove_stale_locks(repo, names, age).map(drop)
}

fn remove_stale_locks(repo: &Repo, names: &[&RefName], age: Duration) -> Result<bool, GitError> {
    Ok(locks::remove_stale(&locks::on_edits(repo, names)?, age))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use bstr::BStr;

    use super::*;
    use baton_core::model::Entry;
    use baton_git::worktrees::open_worktree;

    #[test]
    fn objects_that_are_gone_before_the_reference_moves_are_written_again() {
        let place = tempfile::tempdir().unwrap();
        baton_testkit::git(place.path(), &["init", "-q"], b"");
        let repo = open_worktree(place.path()).unwrap();
        let is_collected = Cell::new(false);
        let write = || {
            let oid = repo.store().blob(b"x")?;
            let entry = Entry {
                mode: 0o100_644,
                oid,
            };
            let tree = repo.store().tree(&[(BStr::new("x"), entry)])?;
            let commit = repo.store().commit(tree, &[], b"Recorded\n", 0)?;
            if !is_collected.replace(true) {
                baton_testkit::git(place.path(), &["prune", "--expire=now"], b"");
            }
            Ok((commit, vec![oid, tree]))
        };
        let name = RefName::new("refs/baton/runs/2025-12-18-1");
        let update = RefUpdate {
            name: name.clone(),
            old: None,
            beside: Vec::new(),
        };
        let commit = record(&repo, &update, &write, "baton: run").unwrap();
        assert_eq!(repo.refs().resolve(&name).unwrap(), Some(commit));
        baton_testkit::git(place.path(), &["fsck", "--connectivity-only"], b"");
    }
}
