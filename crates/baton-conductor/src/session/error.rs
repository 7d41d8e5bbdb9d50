use miette::Diagnostic;
use thiserror::Error;

use super::Location;
use baton_core::claims::HeldClaim;
use baton_git::{GitError, StoreError};
use baton_guard::GuardError;
use baton_sys::worktree_file::WorktreeFileError;

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

    /// The record under a session's reference is no session.
    #[error("{reference} does not hold a session: {reason}")]
    #[diagnostic(help(
        "a newer git-baton may have written it; otherwise look at it with `git show {reference}:session.json`"
    ))]
    Unreadable {
        /// The reference.
        reference: String,
        /// The fault.
        reason: String,
    },

    /// The number that was asked for belongs to another session.
    #[error("session {number} exists already: {by}")]
    #[diagnostic(help("leave the number out to be given the next free one"))]
    Taken {
        /// The number.
        number: String,
        /// The holder of it.
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

    /// A number that no log's name could hold, by its length.
    #[error(
        "the number has {0} digits; a session's number has at most {max}",
        max = super::number::MAX_ASKED_DIGITS
    )]
    #[diagnostic(help("leave the number out to be given the next free one"))]
    TooLong(usize),

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
        /// The message from git.
        reason: String,
    },

    /// Others were faster each time.
    #[error("no number could be claimed in {0} attempts: others were first each time")]
    #[diagnostic(help("run the command again"))]
    Crowded(usize),

    /// The file of a session cannot be written where it belongs.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Place(#[from] WorktreeFileError),

    /// A session's number is claimed, and its log could not be written.
    #[error("session {number} has its number, but not its log: {reason}")]
    #[diagnostic(help(
        "move away what is in the way, or make room; then `git baton session start --id {number}` goes on"
    ))]
    NoLogWritten {
        /// The session's number.
        number: String,
        /// Why.
        #[source]
        reason: WorktreeFileError,
    },

    /// The repository is bare.
    #[error("this repository is bare: a session needs a worktree")]
    #[diagnostic(help("make one with `git worktree add`, and run the command there"))]
    NoWorktree,

    /// The worktree has a session already.
    #[error("this worktree is bound to session {id} (\"{title}\"), which is still active")]
    #[diagnostic(help(
        "to go on with it, write to its log {log}; when it is done, `git baton session end`; if nobody goes on with it, `git baton session abandon --reason TEXT`; to work beside it, start yours in a worktree of its own (`git worktree add`)"
    ))]
    Bound {
        /// The session.
        id: String,
        /// The title.
        title: String,
        /// Its log.
        log: String,
    },

    /// The worktree has no session.
    #[error("this worktree is bound to no session")]
    #[diagnostic(help(
        "begin one with `git baton session start`; `git baton session list` names those of other worktrees"
    ))]
    Unbound,

    /// There is no file to take the summary from.
    #[error("there is no summary at {0}")]
    #[diagnostic(help(
        "write it there, or name the file: `git baton session summary FILE`, `-` for standard input"
    ))]
    NoSummaryFile(String),

    /// The summary says nothing.
    #[error("the summary is empty")]
    #[diagnostic(help("write what was done, what was decided and why, and what is left"))]
    EmptySummary,

    /// The session belongs to an agent that is at work on it elsewhere.
    #[error("session {} is still active {}", .0.number, .0)]
    #[diagnostic(help("run the command there; {}", .0.remedy()))]
    AtWork(Box<Location>),

    /// No reason is given why a session is given up.
    #[error("the reason is empty")]
    #[diagnostic(help("say in one line why nobody goes on with it: `--reason TEXT`"))]
    NoReason,

    /// A pattern that one path can match besides those that another session holds.
    #[error("{}", overlap_text(wanted, claimed, holder))]
    #[diagnostic(help(
        "claim other paths, or wait until that session has ended; `git baton session claim` lists what is claimed; if nobody goes on with it, `git baton session abandon {} --reason TEXT` gives it up with its claims",
        holder.claim.session.number()
    ))]
    Claimed {
        /// The pattern that is asked for.
        wanted: String,
        /// The pattern that is claimed.
        claimed: String,
        /// Its holder.
        holder: Box<HeldClaim>,
    },

    /// A pattern is to be given back that the session does not claim.
    #[error("this worktree's session does not claim {0}")]
    #[diagnostic(help("`git baton session claim` lists what is claimed, as it is to be named"))]
    NotClaimed(String),

    /// A word is neither a path in the repository nor a glob.
    #[error("`{pattern}` names no paths: {reason}")]
    #[diagnostic(help(
        "name files, directories or globs such as `src/**/*.rs`, as they lie from here"
    ))]
    NoPattern {
        /// The word.
        pattern: String,
        /// The fault in it.
        reason: String,
    },

    /// The session's summary has been taken up already.
    #[error("session {0} is in the handoff document already")]
    #[diagnostic(help("begin a new session for what there is to add"))]
    Over(String),

    /// The policy has no pattern by which a log could be named.
    #[error("the policy names no path for the logs of sessions")]
    #[diagnostic(help("`logs` under [sessions] in baton.toml needs a pattern"))]
    NoLogPattern,
}

fn overlap_text(wanted: &str, claimed: &str, holder: &HeldClaim) -> String {
    match wanted == claimed {
        true => format!("{wanted} is claimed by {holder}"),
        false => format!("{wanted} meets {claimed}, which is claimed by {holder}"),
    }
}
