use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// The oldest git on which the guard's hooks are tried.
pub const OLDEST_GIT: &str = "2.39";

/// Why the demonstration cannot go on. It says nothing about the guard.
#[derive(Debug, Error, Diagnostic)]
pub enum DemoError {
    /// There is no git.
    #[error("the program git does not start: {0}")]
    #[diagnostic(help(
        "install git {} or later, or put the one that is installed on PATH",
        OLDEST_GIT
    ))]
    NoGit(std::io::Error),

    /// The git that was found is older than what the guard needs.
    #[error("git is too old: `{found}`")]
    #[diagnostic(help("install git {} or later, and put it first on PATH", OLDEST_GIT))]
    OldGit {
        /// The output of `git --version`.
        found: String,
    },

    /// The directory to build in holds something.
    #[error("the directory {} is not empty", .0.display())]
    #[diagnostic(help("name a directory that is empty or does not exist yet"))]
    Occupied(PathBuf),

    /// A file or a directory cannot be made, read or changed.
    #[error("{} cannot be made or used: {source}", .path.display())]
    #[diagnostic(help(
        "check that the disk has room and that you may write there; TMPDIR or `--keep <DIR>` names another place"
    ))]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },

    /// A step that only prepares something failed.
    #[error("`{command}`, which prepares the demonstration, failed:\n{said}")]
    #[diagnostic(help("`git baton demo --keep <DIR>` leaves everything in place to look at"))]
    Preparation {
        /// The command.
        command: String,
        /// Its output.
        said: String,
    },

    /// An interrupt or a signal asked it to end.
    #[error("interrupted")]
    Interrupted,
}

impl DemoError {
    /// For `map_err`: what went wrong at this path.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
