//! Locks that keep conductors apart: one conducts a run, and one at a time begins one.

use std::time::Duration;

use super::ConductError;
use crate::run::files;
use baton_git::{GitError, Repo};
use baton_sys::{FileLock, clock};

/// The number of attempts at a lock that another process may hold for a moment.
pub(super) const LOOKS: usize = 10;
/// The pause between two of them.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// True if a conductor is at work on this run on this machine.
pub fn is_conducted(repo: &Repo, run: &str) -> Result<bool, ConductError> {
    Ok(lock(repo, run)?.is_none())
}

/// Keeps every other conductor from this run until the value is dropped.
pub(super) fn alone(repo: &Repo, run: &str) -> Result<FileLock, ConductError> {
    // Whoever asks whether there is a conductor holds the lock for a moment, and so does what a
    // conductor that was killed had just begun to start.
    for _ in 0..LOOKS {
        if let Some(lock) = lock(repo, run)? {
            return Ok(lock);
        }
        clock::sleep(LOOK_PAUSE);
    }
    Err(ConductError::AtWork(run.to_owned()))
}

/// Keeps others from beginning a run until the value is dropped.
pub(super) fn turn(repo: &Repo) -> Result<FileLock, ConductError> {
    let path = files::begin_lock(repo);
    loop {
        if let Some(lock) = FileLock::try_acquire(&path).map_err(GitError::io(&path))? {
            return Ok(lock);
        }
        clock::sleep(LOOK_PAUSE);
    }
}

fn lock(repo: &Repo, run: &str) -> Result<Option<FileLock>, GitError> {
    let path = files::of_run(repo, run).join("conductor.lock");
    FileLock::try_acquire(&path).map_err(GitError::io(path))
}
