use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use super::GitVersion;
use baton_core::model::Oid;

/// Why a question to a repository has no answer.
#[derive(Debug, Error, Diagnostic)]
pub enum GitError {
    /// There is no repository here.
    #[error("there is no git repository at {} or above it", .0.display())]
    #[diagnostic(help("run this inside a repository, or make one with `git init`"))]
    NoRepository(PathBuf),

    /// The repository is another user's, and git does not trust it.
    #[error("the git repository at {} belongs to somebody else, and git does not trust it", .0.display())]
    #[diagnostic(help("`git status` there says how you can trust it"))]
    Untrusted(PathBuf),

    /// The repository is there and cannot be opened.
    #[error("the git repository at {} cannot be opened", .path.display())]
    #[diagnostic(help("run `git status` there: what git says will say more"))]
    Open {
        /// The git directory.
        path: PathBuf,
        /// The error of gix.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// An object that must be there is not.
    #[error("object {0} is missing from the repository")]
    #[diagnostic(help(
        "the history is incomplete: run `git fetch --refetch --no-filter` where a remote has the object (a partial clone leaves objects out), and `git fsck`"
    ))]
    Missing(Oid),

    /// The history was cut off when it was cloned.
    #[error("the history ends at {0}, where this shallow clone was cut off")]
    #[diagnostic(help(
        "run `git fetch --unshallow`, or have CI fetch the full history (`fetch-depth: 0`, `GIT_DEPTH: 0`)"
    ))]
    Shallow(Oid),

    /// An object cannot be read.
    #[error("object {oid} cannot be read: {reason}")]
    #[diagnostic(help("run `git fsck` to see how far the damage goes"))]
    Corrupt {
        /// The object.
        oid: Oid,
        /// The fault.
        reason: String,
    },

    /// A tree cannot be taken apart.
    #[error("tree {oid} is not one that git writes: {reason}")]
    #[diagnostic(help("run `git fsck` to see which commits hold it, and leave them out"))]
    MalformedTree {
        /// The tree.
        oid: Oid,
        /// The fault.
        reason: String,
    },

    /// A tree is too deep.
    #[error("tree {0} lies below more than {max} directories", max = super::tree::MAX_DEPTH)]
    #[diagnostic(help(
        "git checks out no such tree either (`core.maxTreeDepth`): leave the commit that holds it out"
    ))]
    TooDeep(Oid),

    /// An object cannot be written.
    #[error("an object cannot be written to the repository: {0}")]
    #[diagnostic(help(
        "check the permissions of its `objects` directory, and that the disk has room"
    ))]
    Unwritten(String),

    /// Git does not know who commits.
    #[error("git does not know who commits here: {0}")]
    #[diagnostic(help(
        "tell it with `git config --global user.name NAME` and `git config --global user.email ADDRESS`"
    ))]
    NoIdentity(String),

    /// A commit cannot be signed.
    #[error("the commit cannot be signed: {reason}")]
    #[diagnostic(help("{help}"))]
    Unsigned {
        /// Git's message.
        reason: String,
        /// The remedy.
        help: String,
    },

    /// A name may be one commit or another.
    #[error("`{name}` is ambiguous here: it may be {first} or {second}")]
    #[diagnostic(help("write the full name of the one that you mean"))]
    Ambiguous {
        /// The name.
        name: String,
        /// The meaning that git takes.
        first: String,
        /// The other meaning.
        second: String,
    },

    /// A name that ought to be a commit is none.
    #[error("`{name}` does not name a commit here: {reason}")]
    #[diagnostic(help("check the name with `git rev-parse --verify`; `git fetch` may bring it"))]
    NoCommit {
        /// The revision as it was given.
        name: String,
        /// Git's message.
        reason: String,
    },

    /// Two commits have no common ancestor.
    #[error("{0} and {1} share no history")]
    #[diagnostic(help(
        "git merges unrelated histories only when told to: look whether both are of one project"
    ))]
    Unrelated(Oid, Oid),

    /// The git program lacks what is asked of it.
    #[error("git {found} is too old for {what}")]
    #[diagnostic(help("install git {needed} or newer"))]
    TooOld {
        /// The version of the program.
        found: GitVersion,
        /// The first version that would do.
        needed: GitVersion,
        /// The question to it.
        what: &'static str,
    },

    /// References cannot be read.
    #[error("the references cannot be read: {0}")]
    #[diagnostic(help("run `git for-each-ref` to see which one git stumbles over"))]
    Refs(String),

    /// The git program cannot be run or failed.
    #[error("`git {args}` failed: {reason}")]
    #[diagnostic(help("run the command by hand to see the whole of what it says"))]
    Program {
        /// The arguments, joined by spaces.
        args: String,
        /// Its standard error, or the reason why it did not start.
        reason: String,
    },

    /// The user's settings have git ask another remote than the one that was recorded.
    #[error("the user's settings of git lead elsewhere than to {0}")]
    #[diagnostic(help("`git config --global --get-regexp '^(url|remote)[.]'` shows them"))]
    Redirected(String),

    /// A file of the repository cannot be read or written.
    #[error("{} cannot be read or written", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
}

impl GitError {
    /// Wraps an error of the system about this path.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
