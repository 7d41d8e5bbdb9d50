//! A feature: from a sentence to a merged, validated branch.
//!
//! **Steps.** The constraints are loaded ([`crate::run::constraints`]); every [`scout`] is asked, and [`readonly_check`]
//! verifies that it changed nothing; their findings become one [`context`]; a [`planner`] makes a task file, whose [`tasks`]
//! are checked; they are run, by [`crate::run`]; and every [`validator`] judges what was merged. `drive` goes from step to
//! step.
//!
//! **Promises.** The answer of a scout or validator that changed something does not count. A step that ended is not repeated.
//!
//! **Stores.** `feature.json`, `context.md` and `tasks.toml` in the record of its run, `refs/baton/runs/<id>` ([`record`]),
//! for people also as files in `runs/<id>/` of Baton's directory, with `feature.lock` while a process works on it.
//!
//! **A kill** costs the step under way: `resume` ends the agents that are left and begins that step again.

pub mod ask;
pub mod brief;
mod conducted;
pub mod context;
mod drive;
mod error;
pub mod output;
pub mod planner;
pub mod readonly_check;
pub mod record;
pub mod scout;
pub mod state;
pub mod tasks;
pub mod validator;
pub mod worker_pool;

use std::path::PathBuf;

use miette::Diagnostic;
use schemars::JsonSchema;
use serde::Serialize;

use baton_core::model::Oid;
pub use conducted::conducted;
pub use drive::{begin, intend, resume};
pub use error::FeatureError;
use state::State;

/// A request for a feature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureRequest {
    /// The request, in words.
    pub text: String,
    /// The branch that it is for; `None` for the one that is checked out.
    pub into: Option<String>,
    /// Its options.
    pub options: FeatureOptions,
}

/// The options of a feature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureOptions {
    /// A task file that a person has made, and what errors call it, in place of the planners'.
    pub tasks: Option<(String, Vec<u8>)>,
    /// If true, it ends once there is a task file.
    pub plan_only: bool,
    /// If true, it pauses after each group of tasks.
    pub one_group: bool,
}

/// Tasks that are to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToRun<'a> {
    /// The id of the run, whose record is there already.
    pub run: &'a str,
    /// The task file.
    pub tasks: &'a [u8],
    /// The branch on which the work lands; `None` for the one that is checked out.
    pub into: Option<&'a str>,
    /// If true, it pauses after each group.
    pub one_group: bool,
}

/// The outcome of the tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// All are done and merged.
    Merged {
        /// The tip of the branch on which they landed.
        tip: Oid,
    },
    /// Some came to nothing, and it is over.
    Failed {
        /// Which.
        why: String,
    },
    /// So far it went well, and it waits for the next call.
    Paused {
        /// For what.
        why: String,
    },
    /// Something has to be put right first.
    Unfinished {
        /// Why.
        why: String,
    },
    /// The caller asked to stop.
    Stopped,
}

/// Has tasks done, or goes on with it when the run of this id was begun before.
pub type Conduct<'a> = &'a dyn Fn(&ToRun<'_>) -> Result<Ran, Box<dyn Diagnostic + Send + Sync>>;

/// The callbacks of a feature.
#[derive(Clone, Copy)]
pub struct Callbacks<'a> {
    /// The function that has the tasks done; without, a feature ends once there is a task file.
    pub conduct: Option<Conduct<'a>>,
    /// Returns true if it is to stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// The function that is told in a line what happens.
    pub tell: &'a dyn Fn(&str),
}

/// The result of a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureResult {
    /// The id of its run.
    pub id: String,
    /// Its progress.
    pub state: State,
    /// The outcome.
    pub end: End,
    /// The directory of the run's files on this machine.
    pub files: PathBuf,
}

/// The outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// There is a task file, and the feature was to end there.
    Planned,
    /// No scout found anything that counts.
    NoFindings,
    /// No planner made a task file that can be run.
    NoPlan(String),
    /// The planners differ, and a person has to decide.
    Undecided(String),
    /// Tasks came to nothing.
    Failed(String),
    /// Some tasks are done, and it waits for the next call.
    Paused(String),
    /// Something has to be put right before the tasks go on.
    Unfinished(String),
    /// The merged result was not approved.
    Rejected(String),
    /// It is merged, and no validator objects.
    Done,
    /// The caller asked to stop.
    Interrupted,
}

impl End {
    /// The word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::NoFindings => "no_findings",
            Self::NoPlan(_) => "no_plan",
            Self::Undecided(_) => "undecided",
            Self::Failed(_) => "failed",
            Self::Paused(_) => "paused",
            Self::Unfinished(_) => "unfinished",
            Self::Rejected(_) => "rejected",
            Self::Done => "done",
            Self::Interrupted => "interrupted",
        }
    }

    /// Why it did not go on.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::NoPlan(why)
            | Self::Undecided(why)
            | Self::Failed(why)
            | Self::Paused(why)
            | Self::Unfinished(why)
            | Self::Rejected(why) => Some(why),
            _ => None,
        }
    }
}

/// The work that would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "What a feature would do")]
pub struct Intent {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The commit on which it would begin.
    #[schemars(with = "String")]
    pub base: Oid,
    /// The paths of the constraints.
    pub constraints: Vec<String>,
    /// The scouts and their agents.
    pub scouts: Vec<(String, String)>,
    /// The file of the tasks, where a person has made it.
    pub tasks: Option<String>,
    /// The number of planners.
    pub planners: usize,
    /// Their agent or command.
    pub planner: String,
    /// The way in which their task files become one: `merge`, `vote` or `escalate`.
    pub combine: String,
    /// The validators and their agents or commands.
    pub validators: Vec<(String, String)>,
}
