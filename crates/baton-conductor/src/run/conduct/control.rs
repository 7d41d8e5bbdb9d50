//! Requests of other processes of this machine to a conductor: files in the run's directory.

use std::path::PathBuf;

use super::touch;
use crate::run::files;
use baton_git::{GitError, Repo};
use baton_sys::file;

/// A request to a conductor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlRequest {
    /// End its agents, keep their work and pause.
    Stop,
    /// Pause once the group at work is over.
    OneGroup,
}

impl ControlRequest {
    const ALL: [Self; 2] = [Self::Stop, Self::OneGroup];

    fn path(self, repo: &Repo, run: &str) -> PathBuf {
        files::of_run(repo, run).join(match self {
            Self::Stop => "stop",
            Self::OneGroup => "one-group",
        })
    }

    /// Leaves the request for the conductor of this run.
    pub fn leave(self, repo: &Repo, run: &str) -> Result<(), GitError> {
        touch(&self.path(repo, run))
    }

    /// Returns true if it was left.
    pub fn is_left(self, repo: &Repo, run: &str) -> bool {
        file::is_taken(&self.path(repo, run))
    }
}

/// Removes every request, for a conductor that begins.
pub fn clear(repo: &Repo, run: &str) -> Result<(), GitError> {
    for request in ControlRequest::ALL {
        let path = request.path(repo, run);
        file::remove_if_exists(&path).map_err(GitError::io(path))?;
    }
    Ok(())
}
