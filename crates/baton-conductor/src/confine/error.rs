use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::pool::PoolError;
use crate::settings::SettingsError;
use baton_core::model::RefName;
use baton_git::{GitError, StoreError};
use baton_guard::GuardError;
use baton_sys::confine::ConfineError;

/// Why a command does not run confined, or why what it did is not back yet.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfinedError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// A reference did not move.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),

    /// The judge cannot decide.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),

    /// The settings cannot be told.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),

    /// The pool does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pool(#[from] PoolError),

    /// The system does not confine.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Confine(#[from] ConfineError),

    /// This is no linked worktree.
    #[error("{} is no linked worktree: a command is confined to one", .0.display())]
    #[diagnostic(help(
        "make one with `git worktree add ../NAME -b NAME` or `git baton orchestrator pool acquire NAME`, and run this there"
    ))]
    NotLinked(PathBuf),

    /// No slot has this name.
    #[error("the pool has no slot {0}")]
    #[diagnostic(help("`git baton orchestrator pool status` names the slots"))]
    NoSlot(String),

    /// No branch is checked out.
    #[error("no branch is checked out in {}", .0.display())]
    #[diagnostic(help("make one with `git switch -c NAME` there"))]
    NoBranch(PathBuf),

    /// The branch has no commit.
    #[error("{0} has no commit yet")]
    #[diagnostic(help("commit something: `git commit --allow-empty -m Begin`"))]
    Unborn(RefName),

    /// An operation of git waits to be finished.
    #[error("a {operation} waits to be finished in {}", .root.display())]
    #[diagnostic(help("finish it, or end it with `{abort}`"))]
    Unfinished {
        /// Its name.
        operation: &'static str,
        /// The command that ends it.
        abort: String,
        /// The worktree.
        root: PathBuf,
    },

    /// Another command runs confined in the worktree.
    #[error("another command runs confined in {}", .0.display())]
    #[diagnostic(help("wait for its end, or use another worktree"))]
    Busy(PathBuf),

    /// This process is confined itself.
    #[error("this command is confined already, to the worktree {0}")]
    #[diagnostic(help("run the command itself: what it starts is confined as well"))]
    Inside(String),

    /// A command that changes the repository's records.
    #[error(
        "`git baton session {verb}` does not work here: this command is confined to the worktree {worktree}"
    )]
    #[diagnostic(help(
        "run it before `git baton exec`, outside; `git baton session summary` and `git baton session end` work here, and count once the confined command has ended"
    ))]
    Outside {
        /// The verb.
        verb: &'static str,
        /// The worktree.
        worktree: String,
    },

    /// A file cannot be read or written.
    #[error("{} cannot be read or written", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
}

impl ConfinedError {
    /// Wraps an error of the system about this path.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
