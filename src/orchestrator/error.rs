use miette::Diagnostic;
use thiserror::Error;

use crate::git::{GitError, StoreError};
use crate::guard::GuardError;

/// Why a session cannot be recorded or found.
#[derive(Debug, Error, Diagnostic)]
pub enum SessionError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// A reference did not move.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),

    /// The policy of the base cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),

    /// What is recorded under a session's reference is no session.
    #[error("{reference} does not hold a session: {reason}")]
    #[diagnostic(help(
        "a newer git-baton may have written it; otherwise look at it with `git show {reference}:session.json`"
    ))]
    Unreadable {
        /// The reference.
        reference: String,
        /// What is wrong.
        reason: String,
    },

    /// The number that was asked for belongs to another session.
    #[error("session {number} exists already: {by}")]
    #[diagnostic(help("leave the number out to be given the next free one"))]
    Taken {
        /// The number.
        number: String,
        /// What has it.
        by: String,
    },

    /// No session has this number.
    #[error("there is no session {0}")]
    #[diagnostic(help(
        "`git baton session list` names the sessions; `git baton session start` begins one"
    ))]
    Unknown(String),

    /// A number or a date is none.
    #[error("`{0}` is not a {1}")]
    #[diagnostic(help(
        "a session is named by a number, such as 19, and a day, such as 2025-12-18"
    ))]
    Malformed(String, &'static str),

    /// The remote through which clones share their numbers does not answer.
    #[error(
        "the remote `{remote}`, which keeps the sessions' numbers apart, cannot be asked: {reason}"
    )]
    #[diagnostic(help(
        "try again when it can be reached; name a number that nobody else uses with `--id N`; or, where clones never start sessions side by side, have a maintainer set `remote = \"\"` under [sessions] in baton.toml"
    ))]
    Remote {
        /// Its name.
        remote: String,
        /// What git said.
        reason: String,
    },

    /// Others were faster each time.
    #[error("no number could be claimed in {0} attempts: others were first each time")]
    #[diagnostic(help("run the command again"))]
    Crowded(usize),

    /// The policy has no pattern by which a log could be named.
    #[error("the policy names no path for the log of session {0}")]
    #[diagnostic(help("`logs` under [sessions] in baton.toml needs a pattern"))]
    NoLogPattern(String),
}
