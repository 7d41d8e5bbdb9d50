use miette::Diagnostic;
use thiserror::Error;

use crate::settings::SettingsError;
use baton_git::GitError;
use baton_guard::GuardError;

/// Why nothing can be said of what will collide.
#[derive(Debug, Error, Diagnostic)]
pub enum ConflictsError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// The policy of the base cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),

    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),

    /// A branch that was named is not there.
    #[error("there is no branch {0}")]
    #[diagnostic(help("`git branch --list` names those that are there"))]
    NoBranch(String),

    /// The branch into which all are to go is not there.
    #[error("there is no branch {0} for the others to go into")]
    #[diagnostic(help("name it: `git baton orchestrator conflicts --into <branch>`"))]
    NoBase(String),

    /// No branch is named or checked out.
    #[error(
        "no branch is named for the others to go into, and the main worktree has none checked out"
    )]
    #[diagnostic(help("name it: `git baton orchestrator conflicts --into <branch>`"))]
    NoDefaultBase,
}
