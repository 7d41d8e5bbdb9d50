use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::pool::{PoolError, WorkError};
use crate::session::SessionError;
use crate::settings::SettingsError;
use baton_git::{GitError, StoreError};
use baton_guard::GuardError;
use baton_hooks::team::RefusedMessage;

/// Why nothing was merged, or why merging stopped.
#[derive(Debug, Error, Diagnostic)]
pub enum MergeError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// References could not be moved.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),

    /// The guard cannot judge.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),

    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),

    /// A hook of the team refuses what a commit would say.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Message(#[from] RefusedMessage),

    /// The record of sessions cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Session(#[from] SessionError),

    /// The resolution of a conflict cannot be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Work(#[from] WorkError),

    /// The pool of worktrees cannot be looked at.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pool(#[from] PoolError),

    /// The target is not there.
    #[error("there is no branch {0} to merge into")]
    #[diagnostic(help(
        "name the branch with `--into BRANCH`, or in the settings: `git config baton.merge.into BRANCH`"
    ))]
    NoTarget(String),

    /// No branch is named or checked out.
    #[error("no branch is named to merge into, and the main worktree has none checked out")]
    #[diagnostic(help(
        "name the branch with `--into BRANCH`, or in the settings: `git config baton.merge.into BRANCH`"
    ))]
    NoDefaultTarget,

    /// A branch is not there.
    #[error("there is no branch {0}")]
    #[diagnostic(help("`git branch` lists the branches"))]
    NoBranch(String),

    /// A branch is to be merged into itself.
    #[error("{0} cannot be merged into itself")]
    #[diagnostic(help("name other branches, or another target with `--into BRANCH`"))]
    Itself(String),

    /// A dependency names a branch that is not merged now.
    #[error("`--after` names {0}, which is not among the branches to merge and not merged yet")]
    #[diagnostic(help("name that branch too, or leave the dependency out"))]
    NotAmong(String),

    /// Branches wait for each other.
    #[error("no order is right, because these wait for each other: {}", .0.join(" after "))]
    #[diagnostic(help("leave one of these dependencies out"))]
    Cycle(Vec<String>),

    /// The target fails the tests by itself.
    #[error(
        "{into} fails `{command}` as it is, so that no branch can be told good from bad; the log is {}",
        .log.display()
    )]
    #[diagnostic(help("mend the target first, or correct the command in its policy"))]
    TargetFails {
        /// The target, in short.
        into: String,
        /// The command that fails.
        command: String,
        /// The log of its output.
        log: PathBuf,
    },

    /// A check did not come to a decision.
    #[error("{check} cannot say whether what is merged is well: {why}, see {}", .log.display())]
    #[diagnostic(help("put right what keeps it from deciding, and land again"))]
    Undecided {
        /// The check.
        check: String,
        /// Why.
        why: String,
        /// The log of its output.
        log: PathBuf,
    },

    /// A checkout of the target holds changes where the merge writes.
    #[error(
        "{} has {into} checked out, with changes of its own that the merge would overwrite: {}",
        .path.display(), .files.join(", ")
    )]
    #[diagnostic(help(
        "nothing was landed; commit those changes to another branch or stash them there, and run the command again; a file that git was told to overlook comes back into sight with `git update-index --no-assume-unchanged --no-skip-worktree FILE`"
    ))]
    Dirty {
        /// The target, in short.
        into: String,
        /// The worktree.
        path: PathBuf,
        /// The files, as far as they are known.
        files: Vec<String>,
    },

    /// A checkout of the target is being changed by another git.
    #[error("another git command is at work in {}, or was killed there", .0.display())]
    #[diagnostic(help(
        "nothing was landed; run the command again when that one is done, and if none is, remove `index.lock` from what `git rev-parse --git-dir` prints there"
    ))]
    Busy(PathBuf),

    /// The commit to land could not be shown in a checkout.
    #[error("{} has {into} checked out and cannot take in what would land: {why}", .path.display())]
    #[diagnostic(help(
        "nothing was landed; put right what git says there, and run the command again"
    ))]
    Unshowable {
        /// The target, in short.
        into: String,
        /// The worktree.
        path: PathBuf,
        /// The message from git.
        why: String,
    },

    /// The commit that has landed could not be shown in a checkout, not even now.
    #[error("what has landed on {into} cannot be shown in {}: {why}", .path.display())]
    #[diagnostic(help(
        "nothing is lost: make room there, and run the command again to complete it"
    ))]
    Unshown {
        /// The target, in short.
        into: String,
        /// The worktree.
        path: PathBuf,
        /// The message from git.
        why: String,
    },

    /// A command could not be run.
    #[error("`{command}` cannot be run in {}", .path.display())]
    #[diagnostic(help("check that `sh` is there and that the directory may be entered"))]
    Command {
        /// The command.
        command: String,
        /// Where.
        path: PathBuf,
        /// The error from the system.
        #[source]
        source: std::io::Error,
    },

    /// The target moved each time.
    #[error("{into} moved in each of {attempts} attempts")]
    #[diagnostic(help("run the command again when less happens there"))]
    Crowded {
        /// The target, in short.
        into: String,
        /// The number of attempts.
        attempts: usize,
    },

    /// The target is not at the commit that was asked for.
    #[error("{0} has moved meanwhile")]
    #[diagnostic(help("run the command again: it begins from what is there now"))]
    Elsewhere(String),

    /// No merge waits for a resolution.
    #[error("no merge is waiting for anybody{}", of(.0))]
    #[diagnostic(help("`git baton orchestrator merge` begins one"))]
    NothingOpen(Option<String>),

    /// Several branches wait, and one is meant.
    #[error("several branches wait: {}", .0.join(", "))]
    #[diagnostic(help(
        "name those that are meant; each call takes those of one target, one strategy and the same tests"
    ))]
    Several(Vec<String>),

    /// The record of an interrupted merge cannot be read.
    #[error("{} does not tell what was under way", .0.display())]
    #[diagnostic(help(
        "`git baton orchestrator merge --abort` gives up what waits; what has landed stays"
    ))]
    Record(PathBuf),

    /// The system does not tell of interrupts.
    #[error("signals cannot be watched: {0}")]
    #[diagnostic(help("nothing was landed; run the command again"))]
    Signals(std::io::Error),

    /// The process was asked to end.
    #[error("interrupted; what has landed stays, and nothing else has changed")]
    #[diagnostic(help("run the command again to go on"))]
    Interrupted,
}

impl MergeError {
    /// Returns true if it is a refusal of what was asked, not a failure to decide.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::TargetFails { .. } | Self::Dirty { .. } | Self::Busy(_) | Self::Cycle(_) => true,
            Self::Pool(error) => error.is_refusal(),
            Self::Work(error) => error.is_refusal(),
            _ => false,
        }
    }
}

fn of(branch: &Option<String>) -> String {
    branch
        .as_ref()
        .map_or(String::new(), |name| format!(" about {name}"))
}
