use miette::Diagnostic;
use thiserror::Error;

use crate::git::{GitError, StoreError};

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
}
