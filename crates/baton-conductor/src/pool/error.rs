use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use super::WorkError;
use crate::session::SessionError;
use crate::settings::SettingsError;
use baton_git::{GitError, StoreError};

/// Why the pool does not do what it was asked for.
#[derive(Debug, Error, Diagnostic)]
pub enum PoolError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// A reference did not move.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),

    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),

    /// A session cannot begin.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Session(#[from] SessionError),

    /// The content of a slot cannot be told or kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Work(#[from] WorkError),

    /// There is no pool.
    #[error("this repository has no pool of worktrees")]
    #[diagnostic(help("make one with `git baton orchestrator pool init`"))]
    None,

    /// A program of another version wrote the state.
    #[error("the pool's state has version {0}; version {known} is known", known = super::state::VERSION)]
    #[diagnostic(help("use the git-baton that wrote it"))]
    Version(u32),

    /// The pool cannot lie there.
    #[error("{} cannot hold the pool: {why}", .path.display())]
    #[diagnostic(help("have `root` under [pool] in baton.toml name another directory"))]
    Path {
        /// The directory.
        path: PathBuf,
        /// The reason against it.
        why: String,
    },

    /// There is nothing to check out.
    #[error("there is no commit yet that the worktrees could begin on")]
    #[diagnostic(help("make a first commit: `git commit --allow-empty -m \"Begin\"`"))]
    NoBase,

    /// Every slot is taken.
    #[error("none of the {0} worktrees is free")]
    #[diagnostic(help(
        "wait for one with `--wait SECS`, give one back with `git baton orchestrator pool release SLOT`, or make more with `git baton orchestrator pool init SIZE`; `git baton orchestrator pool status` says who has which"
    ))]
    NoneFree(usize),

    /// A task's id does not make a branch.
    #[error("`{branch}` cannot be the branch of task `{}`", .task.escape_debug())]
    #[diagnostic(help("name the task by letters, digits, `-`, `_` and `.`, such as `{instead}`"))]
    Task {
        /// The task.
        task: String,
        /// The branch that it would have.
        branch: String,
        /// An id that would do.
        instead: String,
    },

    /// A task is being worked on.
    #[error("task `{task}` has the worktree {slot} already")]
    #[diagnostic(help(
        "go on in {path}; or, when nobody works there any more, give it back with `git baton orchestrator pool release {slot}` first"
    ))]
    Leased {
        /// The task.
        task: String,
        /// Its slot.
        slot: String,
        /// The slot's directory.
        path: String,
    },

    /// The branch of a task is there, and not by this call.
    #[error("the branch {0} exists already")]
    #[diagnostic(help(
        "take another id for the task; or merge that branch and delete it (`git branch -d {0}`), and acquire again"
    ))]
    Branch(String),

    /// Another branch has a part of a task's branch's name, or that as a part of its own.
    #[error("the branch {branch} cannot be made while there is a branch {other}")]
    #[diagnostic(help(
        "take another id for the task; or rename {other} (`git branch -m {other} NAME`), and acquire again"
    ))]
    Beside {
        /// The branch of the task.
        branch: String,
        /// The one that is there.
        other: String,
    },

    /// There is no such slot.
    #[error("the pool has no worktree `{0}`")]
    #[diagnostic(help("`git baton orchestrator pool status` names them"))]
    NoSlot(String),

    /// The slot has no holder.
    #[error("{slot} is {phase}: there is nothing to give back")]
    #[diagnostic(help("`git baton orchestrator pool status` says who has which"))]
    NotLeased {
        /// The slot.
        slot: String,
        /// The phase it is in.
        phase: &'static str,
    },

    /// The lease is another.
    #[error("the lease of {slot} has passed to {holder}")]
    #[diagnostic(help(
        "leave the worktree alone: it is no longer yours; what was committed is on its branch, and `git baton orchestrator pool acquire TASK` gives you another worktree"
    ))]
    Passed {
        /// The slot.
        slot: String,
        /// The present holder.
        holder: String,
    },

    /// Something would be lost.
    #[error("{slot} holds work that would be lost: {what}")]
    #[diagnostic(help("{instead}"))]
    AtRisk {
        /// The slot.
        slot: String,
        /// What, in words.
        what: String,
        /// The remedy.
        instead: String,
    },

    /// Git is at work in the slot, or on the branch.
    #[error("{what} is in use by another git command: {lock} is there, {whose}")]
    #[diagnostic(help(
        "wait until it has ended and run the command again; `git baton orchestrator pool health --fix` removes that file where no git is at work any more and it is older than two minutes"
    ))]
    InUse {
        /// The slot, or the branch.
        what: String,
        /// The lock.
        lock: String,
        /// Whose it is.
        whose: String,
    },

    /// The directory of a slot is not there, or not this repository's.
    #[error("{slot} is not usable: {why}")]
    #[diagnostic(help(
        "`git baton orchestrator pool health` says more, and `git baton orchestrator pool health --fix` repairs what can be repaired without losing anything"
    ))]
    Unusable {
        /// The slot.
        slot: String,
        /// The problem with it.
        why: String,
    },
}

impl PoolError {
    /// Returns true if this is a clear "no", and not a failure to decide.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NoneFree(_)
                | Self::Task { .. }
                | Self::Leased { .. }
                | Self::Branch(_)
                | Self::Beside { .. }
                | Self::NotLeased { .. }
                | Self::Passed { .. }
                | Self::AtRisk { .. }
                | Self::InUse { .. }
                | Self::Unusable { .. }
        ) || matches!(self, Self::Work(error) if error.is_refusal())
    }
}
