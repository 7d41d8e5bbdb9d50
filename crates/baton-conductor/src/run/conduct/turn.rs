//! Locks that keep conductors apart: one conducts a run, and one at a time begins one.

use std::path::PathBuf;
use std::time::Duration;

use super::ConductError;
use crate::run::files;
use baton_git::{GitError, Repo};
use baton_sys::{FileLock, clock, file};

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

/// The note that a conductor is at work on a run; one that is killed leaves it.
pub(super) struct AtWork {
    path: PathBuf,
    /// True if the conductor before was killed.
    pub(super) follows_a_kill: bool,
}

impl AtWork {
    /// Leaves the note until the value is dropped. Who does has the run [`alone`].
    pub(super) fn note(repo: &Repo, run: &str) -> Result<Self, GitError> {
        let path = files::of_run(repo, run).join("at-work");
        let follows_a_kill = file::is_file(&path);
        file::write_atomically(&path, b"").map_err(GitError::io(&path))?;
        Ok(Self {
            path,
            follows_a_kill,
        })
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        // One that stays has the next conductor look more closely.
        file::remove_if_exists(&self.path).ok();
    }
}

fn lock(repo: &Repo, run: &str) -> Result<Option<FileLock>, GitError> {
    let path = files::of_run(repo, run).join("conductor.lock");
    FileLock::try_acquire(&path).map_err(GitError::io(path))
}
