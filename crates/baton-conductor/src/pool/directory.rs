//! The pool's directory in Baton's, and the lock in it that a process holds while it changes the list of worktrees.

use std::path::PathBuf;

use super::PoolError;
use baton_git::{GitError, Repo};
use baton_sys::FileLock;

/// Waits until no other process of the pool changes the list of worktrees, and keeps others from it
/// until the value is dropped: a git that reads the list dies of an entry that another git is
/// still writing.
pub fn worktree_list(repo: &Repo) -> Result<FileLock, PoolError> {
    let lock = of(repo).join("worktrees.lock");
    Ok(FileLock::acquire(&lock).map_err(GitError::io(lock))?)
}

pub fn of(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("pool")
}
