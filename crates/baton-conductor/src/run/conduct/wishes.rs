//! What other processes of this machine ask of a conductor: files in the run's directory.

use std::path::PathBuf;

use super::touch;
use crate::run::files;
use baton_git::{GitError, Repo};
use baton_sys::file;

/// Something that is asked of a conductor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To end its agents, keep their work and pause.
    Stop,
    /// To pause once the group at work is over.
    OneGroup,
}

impl Wish {
    const ALL: [Self; 2] = [Self::Stop, Self::OneGroup];

    fn path(self, repo: &Repo, run: &str) -> PathBuf {
        files::of_run(repo, run).join(match self {
            Self::Stop => "stop",
            Self::OneGroup => "one-group",
        })
    }

    /// Leaves the wish for the conductor of this run.
    pub fn leave(self, repo: &Repo, run: &str) -> Result<(), GitError> {
        touch(&self.path(repo, run))
    }

    /// Whether somebody has left it.
    pub fn is_left(self, repo: &Repo, run: &str) -> bool {
        file::is_taken(&self.path(repo, run))
    }
}

/// Forgets every wish, for a conductor that begins.
pub fn clear(repo: &Repo, run: &str) -> Result<(), GitError> {
    for wish in Wish::ALL {
        let path = wish.path(repo, run);
        file::remove_if_exists(&path).map_err(GitError::io(path))?;
    }
    Ok(())
}
