use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::run::RunError;
use crate::run::constraints::ConstraintsError;
use crate::run::preflight::{Obstacle, listed};
use crate::run_record::RecordError;
use crate::settings::SettingsError;
use baton_git::GitError;
use baton_guard::GuardError;

/// Why a feature cannot go on; not what its agents came to.
#[derive(Debug, Error, Diagnostic)]
pub enum FeatureError {
    /// Nothing to do was named.
    #[error("what is wanted was not said")]
    #[diagnostic(help("say it: `git baton orchestrator feature \"…\"`"))]
    NoWish,

    /// No feature is left to go on with.
    #[error("there is no feature that is not finished")]
    #[diagnostic(help("begin one: `git baton orchestrator feature \"…\"`"))]
    NothingToResume,

    /// A run that began with a task file.
    #[error("run {0} did not begin as a feature")]
    #[diagnostic(help("go on with it: `git baton orchestrator resume {0}`"))]
    NoFeature(String),

    /// There is no commit to begin on.
    #[error("there is no commit here to begin on")]
    #[diagnostic(help("make the first commit, with the policy in it, and try again"))]
    NoBase,

    /// Another process goes on with this feature.
    #[error("another process goes on with feature {0} at this moment")]
    #[diagnostic(help("wait until it has ended"))]
    Busy(String),

    /// An agent that is needed is not there.
    #[error("nobody is asked yet, for not all that a feature needs is there:\n{}", listed(.0))]
    #[diagnostic(help("put that right and run the command again"))]
    Lacking(Vec<Obstacle>),

    /// Agents cannot be told what no agent may do.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Constraints(#[from] ConstraintsError),

    /// A task file that cannot be run.
    #[error("the tasks in {source_name} cannot be run")]
    #[diagnostic(help("{}", why.trim()))]
    Tasks {
        /// The file.
        source_name: String,
        /// The problem.
        why: String,
    },

    /// The record holds what this version does not understand.
    #[error("the record of feature {run} cannot be read: {reason}")]
    #[diagnostic(help("use the git-baton that it began with, or begin anew"))]
    Unreadable {
        /// The run's id.
        run: String,
        /// The problem.
        reason: String,
    },

    /// A file of the feature cannot be read or written.
    #[error("{} cannot be read or written", .path.display())]
    #[diagnostic(help("see to it that there is room, and that the file may be written"))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },

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

    /// The run's record cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),

    /// An agent cannot be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] RunError),

    /// The tasks could not be conducted.
    #[error("the tasks could not be conducted")]
    #[diagnostic(help(
        "the tasks are kept: once that is put right, `git baton orchestrator feature --resume` goes on with them"
    ))]
    Conduct(
        #[source]
        #[diagnostic_source]
        Box<dyn Diagnostic + Send + Sync>,
    ),
}

impl FeatureError {
    /// Wraps an error of the system about this path.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
