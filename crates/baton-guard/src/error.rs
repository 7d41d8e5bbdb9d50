use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use super::UnreadablePolicy;
use baton_git::GitError;
use baton_git::index::IndexError;

/// Why the guard cannot decide. It refuses then.
#[derive(Debug, Error, Diagnostic)]
pub enum GuardError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// The index cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Index(#[from] IndexError),

    /// A policy cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unreadable(Box<UnreadablePolicy>),

    /// The record of the claims is none.
    #[error("refs/baton/claims does not hold the claims of sessions: {0}")]
    #[diagnostic(help(
        "a newer git-baton may have written it; otherwise look at it with `git cat-file -p refs/baton/claims`, and drop all claims with `git update-ref --no-deref -d refs/baton/claims`, or with `rm \"$(git rev-parse --git-path refs/baton/claims)\"` where git calls the reference broken"
    ))]
    Claims(String),

    /// The record of what has been judged cannot be begun.
    #[error("the guard's journal cannot be begun at {}", .path.display())]
    #[diagnostic(help("check that the disk has room and that you may write there"))]
    Journal {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
}
