use std::path::PathBuf;

use bstr::BString;
use miette::Diagnostic;
use thiserror::Error;

use baton_git::{GitError, StoreError};

/// Why it cannot be told what work a slot holds, or why it cannot be kept.
#[derive(Debug, Error, Diagnostic)]
pub enum WorkError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// A reference did not move.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),

    /// A file cannot be read or written.
    #[error("{} cannot be read or written", .path.display())]
    #[diagnostic(help("check its permissions and that the disk has room"))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },

    /// Files changed while they were being saved.
    #[error("{0} and perhaps more changed while it was being saved")]
    #[diagnostic(help("end the programs that work in the slot, and run the command again"))]
    Changing(BString),

    /// A worktree of some repository is inside the slot: it is not Baton's.
    #[error("{} is a worktree of its own", .0.display())]
    #[diagnostic(help(
        "move it with `git worktree move`, or remove it, and run the command again"
    ))]
    ForeignWorktree(PathBuf),

    /// Nothing is kept under this name.
    #[error("nothing is kept under the name `{0}`")]
    #[diagnostic(help("`git baton orchestrator pool trash list` names what is kept"))]
    NotKept(String),

    /// The commit that is kept under a reference was not saved by this program.
    #[error("{0} does not hold what was saved from a slot")]
    #[diagnostic(help("a newer git-baton may have written it; look at it with `git show {0}`"))]
    Unreadable(String),

    /// Something is there already where something was to be restored.
    #[error("{0} is there already")]
    #[diagnostic(help("nothing was touched; choose another name"))]
    Taken(String),

    /// A command of the policy failed.
    #[error("`{command}`, of `{key}` under [pool] in baton.toml, {how} in {slot}")]
    #[diagnostic(help("what it printed is in {}", .log.display()))]
    Step {
        /// The key that lists it.
        key: &'static str,
        /// The command.
        command: String,
        /// The slot.
        slot: String,
        /// The way in which it ended.
        how: String,
        /// Where its output is.
        log: PathBuf,
    },

    /// A name is none for a branch.
    #[error("`{0}` is no name for a branch")]
    #[diagnostic(help("`git check-ref-format --branch` says which names are"))]
    NoBranchName(String),
}

impl WorkError {
    /// Returns true if this is a clear "no", and not a failure to decide.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Changing(_) | Self::ForeignWorktree(_) | Self::NotKept(_) | Self::Taken(_)
        )
    }

    /// Wraps an error of the system about this path.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
