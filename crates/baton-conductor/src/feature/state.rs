//! The progress of a feature: what is recorded of it, and shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use baton_core::model::Oid;

/// The version of the record.
pub const VERSION: u32 = 1;

/// The progress of a feature, in the record of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct State {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The request, in its maker's words.
    pub wish: String,
    /// The commit on which it begins, whose policy and constraints hold.
    #[schemars(with = "String")]
    pub base: Oid,
    /// The branch that it is for; `null` for the one that the conductor takes.
    pub into: Option<String>,
    /// The step that is next, or how it ended.
    pub phase: Phase,
    /// The paths of the constraints.
    pub constraints: Vec<String>,
    /// The outcome of each scout, by its name.
    pub scouts: BTreeMap<String, Scouted>,
    /// The outcome of each planner, by its name, such as `planner-1`.
    pub planners: BTreeMap<String, Planned>,
    /// The tasks, in the order of the task file; empty before there is one.
    pub tasks: Vec<TaskLine>,
    /// The tip of the merged result.
    #[schemars(with = "Option<String>")]
    pub merged: Option<Oid>,
    /// The decision of each validator, by its name.
    pub validators: BTreeMap<String, Judged>,
}

/// The step that is next, or how a feature ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Scouts look around.
    Scouting,
    /// Planners make a task file.
    Planning,
    /// The tasks are done.
    Running,
    /// The merged result is judged.
    Validating,
    /// It is merged, and approved where there is a validator.
    Done,
    /// It is merged, and was not approved.
    Rejected,
    /// Tasks came to nothing.
    Failed,
}

/// The outcome of a scout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scouted {
    /// Why what it found does not count; `null` when it does.
    pub void: Option<String>,
    /// The time it took, in whole seconds.
    pub seconds: u64,
}

/// The outcome of a planner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Planned {
    /// The number of times it was asked.
    pub attempts: u32,
    /// Why there is no task file of it; `null` when there is one.
    pub failed: Option<String>,
}

/// A task, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskLine {
    /// Its id.
    pub id: String,
    /// The title.
    pub title: String,
}

/// The decision of a validator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// Its verdict.
    pub verdict: Verdict,
    /// Why; empty for an approval.
    pub reason: String,
}

/// The verdict of a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The result is what was wanted.
    Approved,
    /// It is not.
    Rejected,
    /// It could not be judged.
    Blocked,
}

impl Verdict {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Blocked => "blocked",
        }
    }
}

impl Phase {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scouting => "scouting",
            Self::Planning => "planning",
            Self::Running => "running",
            Self::Validating => "validating",
            Self::Done => "done",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }

    /// Returns true if nothing is left to do.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Rejected | Self::Failed)
    }
}

impl State {
    /// A feature of which nothing is done.
    pub fn new(wish: &str, base: Oid, into: Option<String>, constraints: Vec<String>) -> Self {
        Self {
            version: VERSION,
            wish: wish.to_owned(),
            base,
            into,
            phase: Phase::Scouting,
            constraints,
            scouts: BTreeMap::new(),
            planners: BTreeMap::new(),
            tasks: Vec::new(),
            merged: None,
            validators: BTreeMap::new(),
        }
    }

    /// Returns true if the findings of this scout are there.
    pub fn has_found(&self, scout: &str) -> bool {
        let scouted = self.scouts.get(scout);
        scouted.is_some_and(|scouted| scouted.void.is_none())
    }

    /// Returns true if this planner's task file is there.
    pub fn has_planned(&self, planner: &str) -> bool {
        let planned = self.planners.get(planner);
        planned.is_some_and(|planned| planned.failed.is_none())
    }
}
