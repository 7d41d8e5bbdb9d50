use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::landing::MergeError;
use crate::pool::PoolError;
use crate::run::RunError;
use crate::run::preflight::{Obstacle, listed};
use crate::run::state::Misplaced;
use crate::run_record::RecordError;
use crate::session::SessionError;
use crate::settings::SettingsError;
use baton_core::model::BranchName;
use baton_core::plan::PlanError;
use baton_git::GitError;

/// Why a run cannot begin or go on.
#[derive(Debug, Error, Diagnostic)]
pub enum ConductError {
    /// The task file cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),

    /// Something keeps agents from starting.
    #[error("agents cannot start:\n{}", listed(.0))]
    #[diagnostic(help(
        "put that right and run the command again; `git baton doctor` looks at the guard"
    ))]
    Preflight(Vec<Obstacle>),

    /// There is no run.
    #[error("no run is recorded in this repository")]
    #[diagnostic(help("begin one with `git baton orchestrator run tasks.toml`"))]
    NoRun,

    /// Another process conducts the run.
    #[error("run {0} is being conducted by another process on this machine")]
    #[diagnostic(help(
        "look at it with `git baton orchestrator status {0}`, or end it with `git baton orchestrator stop {0}`"
    ))]
    AtWork(String),

    /// Another process works on the same tasks.
    #[error("run {run} is at work on the same tasks: {tasks}")]
    #[diagnostic(help(
        "look at it with `git baton orchestrator status {run}`, or end it with `git baton orchestrator stop {run}`"
    ))]
    SameTasks {
        /// The run's id.
        run: String,
        /// The tasks that both have.
        tasks: String,
    },

    /// Every task has landed.
    #[error("every task has landed on {0}")]
    #[diagnostic(help("`git baton orchestrator run --only ID` does one again"))]
    NothingLeft(BranchName),

    /// A selection that names a task which the file does not have.
    #[error("the task file has no task `{0}`")]
    #[diagnostic(help("`git baton orchestrator plan --format json FILE` names them"))]
    NoSuchTask(String),

    /// A record that this version does not understand.
    #[error("the record of run {run} cannot be read: {reason}")]
    #[diagnostic(help("use the git-baton that wrote it"))]
    Unreadable {
        /// The run's id.
        run: String,
        /// The fault.
        reason: String,
    },

    /// A record that names no commit where one must be.
    #[error("the record of the run has `{0}` in the place of a commit's id")]
    #[diagnostic(help("use the git-baton that wrote it"))]
    NoId(String),

    /// The branch of a task's worktree has lost its commits.
    #[error("{} has a branch checked out that has no commit", .0.display())]
    #[diagnostic(help("`git reflog` there lists the commits that it had"))]
    Unborn(PathBuf),

    /// A file that a run would be told in is part of the repository.
    #[error("git tracks {0}, and a run does not change what is tracked")]
    #[diagnostic(help("`git rm --cached {0}` leaves the file to the conductor"))]
    Tracked(String),

    /// There is no branch to land on.
    #[error("{0} is no branch on which a run could land")]
    #[diagnostic(help("check out a branch that has a commit, or name one with `--into BRANCH`"))]
    NoTarget(String),

    /// No such task.
    #[error("run {run} has no task `{task}`")]
    #[diagnostic(help("`git baton orchestrator status {run}` names them"))]
    NoTask {
        /// The run's id.
        run: String,
        /// The task that was asked for.
        task: String,
    },

    /// A user asked to stop before anything had begun.
    #[error("interrupted")]
    Interrupted,

    /// The state does not take what happened.
    #[error(transparent)]
    #[diagnostic(transparent)]
    State(#[from] Misplaced),

    /// The run cannot be recorded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),

    /// An agent or a gate cannot be run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] RunError),

    /// The pool has no worktree.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pool(#[from] PoolError),

    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),

    /// A session cannot begin or end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Session(#[from] SessionError),

    /// Nothing can land.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Merge(#[from] MergeError),

    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
}

/// An error and what caused it, in a line.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(&format!(": {more}"));
        }
        cause = error.source();
    }
    text
}
