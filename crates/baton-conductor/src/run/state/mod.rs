//! The state of a run and its next actions: values, and a pure function from an event to the
//! next state. The conductor only carries out [`Action`]s and reports [`Event`]s.
//!
//! ```text
//!            Begin            all over            nothing left
//!   PLAN ───────────► PARALLELIZE ─────► INTEGRATE ─────────► DONE
//!                        ▲   │              │   │
//!                        │   │ blocked,     │   └───────────► FAILED
//!               next group   │ stopped      │ group over,
//!                        │   ▼              ▼ one at a time
//!                        └── PAUSED ◄───────┘
//! ```
//!
//! A paused run continues where it stopped. A run that is done or failed is over.

mod apply;
mod checkpoint;
mod event;
mod next;
mod retry;
mod task;

pub use checkpoint::{Checkpoint, CheckpointKind, DueCheckpoint};
pub use event::{Event, Misplaced};
pub use next::Action;
pub use task::{
    CheckKind, RefusedWrite, Status, TaskPlace, TaskSpan, TaskState, Terminal, WorkCheck,
};

use baton_core::model::{BranchName, Oid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the recorded form.
pub const VERSION: u32 = 1;

/// Where a run stands, as `state.json` in its record holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "State of a run")]
pub struct RunState {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The short name of the branch on which the work lands.
    pub target: BranchName,
    /// The phase of the run.
    pub phase: Phase,
    /// The group that is at work or comes next, counted from 1.
    pub group: usize,
    /// The groups, each the lanes of tasks that run side by side; a lane's tasks run one after
    /// the other.
    pub groups: Vec<Vec<Vec<String>>>,
    /// The tasks, in the order of the groups.
    pub tasks: Vec<TaskState>,
    /// True if the run pauses after each group.
    pub one_group: bool,
    /// The maximum number of agents that work at once.
    pub max_agents: usize,
    /// The commit of the target on which the run builds: where its own work landed, or what has moved the target beside it
    /// since; absent in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_tip: Option<Oid>,
    /// The moves of the target beside the run, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_moves: Vec<TargetMove>,
    /// True if the group's approved work has been landed.
    pub landed: bool,
    /// The outcome of the aggregate commit; absent until it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// True if the worktrees have been given back.
    pub cleaned: bool,
    /// When the run began, in milliseconds since the epoch.
    pub began: u64,
    /// When the last thing happened, in milliseconds since the epoch.
    pub at: u64,
}

/// The phase of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Phase {
    /// The tasks are known and nothing has begun.
    Plan,
    /// The agents of a group work.
    Parallelize,
    /// A group's work lands.
    Integrate,
    /// Everything that was to do is done.
    Done,
    /// It is over, and not all tasks came to an end.
    Failed,
    /// It waits for a person.
    Paused {
        /// For what.
        reason: Pause,
        /// The phase in which it goes on.
        within: Within,
    },
}

/// The phases that a pause interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Nothing has begun.
    Plan,
    /// Agents work.
    Parallelize,
    /// Work lands.
    Integrate,
}

/// The cause for which a paused run waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Pause {
    /// The next call: one group a call.
    GroupOver,
    /// A person who puts right what keeps a gate from judging.
    Blocked {
        /// The task.
        task: String,
        /// The text from the gate.
        reason: String,
    },
    /// A person who puts right what keeps approved work from landing.
    Landing {
        /// The obstacle.
        reason: String,
    },
    /// A person who puts right what keeps the summaries from being aggregated.
    Aggregating {
        /// The obstacle.
        reason: String,
    },
    /// A user asked it to stop.
    Stopped,
    /// The caller's context is nearly used up.
    Context,
}

/// The outcome of the aggregate commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Aggregate {
    /// It was made.
    Made {
        /// Its id.
        commit: Oid,
    },
    /// There was nothing to aggregate.
    Nothing,
    /// It could not be made.
    Failed {
        /// Why.
        reason: String,
    },
}

/// A move of the target that was not the run's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetMove {
    /// When it was seen, in milliseconds since the epoch.
    pub at: u64,
    /// The commit that the target named then; absent where it was gone, or led to another reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Oid>,
    /// The event, in a line.
    pub what: String,
    /// Why the run does not build on it, and what to do; absent where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl TargetMove {
    /// Returns the event and its consequence, in a line.
    pub fn sentence(&self) -> String {
        match &self.problem {
            None => format!("{}; it breaks no rule, and the run builds on it", self.what),
            Some(problem) => format!("{}, and the run does not build on it: {problem}", self.what),
        }
    }
}

impl RunState {
    /// A run of these groups of lanes of tasks, at `now`.
    pub fn new(
        target: BranchName,
        groups: Vec<Vec<Vec<TaskState>>>,
        max_agents: usize,
        one_group: bool,
        now: u64,
    ) -> Self {
        let ids = |lane: &Vec<TaskState>| lane.iter().map(|task| task.id.clone()).collect();
        let lanes = |group: &Vec<Vec<TaskState>>| group.iter().map(ids).collect();
        Self {
            version: VERSION,
            target,
            phase: Phase::Plan,
            group: 1,
            groups: groups.iter().map(lanes).collect(),
            tasks: groups.into_iter().flatten().flatten().collect(),
            one_group,
            max_agents: max_agents.max(1),
            target_tip: None,
            target_moves: Vec::new(),
            landed: false,
            aggregate: None,
            cleaned: false,
            began: now,
            at: now,
        }
    }

    /// The task of this id.
    pub fn task(&self, id: &str) -> Option<&TaskState> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// The move that has left the target where the run does not build on it.
    pub fn refused_move(&self) -> Option<&TargetMove> {
        let last = self.target_moves.last();
        last.filter(|last| last.problem.is_some())
    }

    /// Returns true if nothing will happen any more.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Done | Phase::Failed)
    }

    /// The group of a task, counted from 1.
    pub fn group_of(&self, id: &str) -> usize {
        let has = |group: &Vec<Vec<String>>| group.iter().flatten().any(|task| task == id);
        1 + self.groups.iter().position(has).unwrap_or(0)
    }

    /// True if a task of the group before this one came to nothing.
    pub fn last_group_failed(&self) -> bool {
        let group = self.group.checked_sub(2).and_then(|at| self.groups.get(at));
        let ids = group.into_iter().flatten().flatten();
        let mut tasks = ids.filter_map(|id| self.task(id));
        tasks.any(|task| task.terminal() == Some(Terminal::Failed))
    }

    /// The lanes of the group that is at work.
    fn lanes(&self) -> &[Vec<String>] {
        let group = self.groups.get(self.group.saturating_sub(1));
        group.map_or(&[], Vec::as_slice)
    }

    /// The tasks of the group that is at work.
    fn of_group(&self) -> impl Iterator<Item = &TaskState> {
        let ids = self.lanes().iter().flatten();
        ids.filter_map(|id| self.task(id))
    }

    /// Returns true if a later group has a task that can still come to something.
    fn has_more(&self) -> bool {
        self.group < self.groups.len()
    }
}

impl Phase {
    /// Its name, as it is written.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Parallelize => "parallelize",
            Self::Integrate => "integrate",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Paused { .. } => "paused",
        }
    }
}

impl std::fmt::Display for Pause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::GroupOver => write!(f, "the group is over, and one group is run a call"),
            Self::Blocked { task, reason } => write!(f, "the gate of {task} is blocked: {reason}"),
            Self::Landing { reason } => write!(f, "nothing can land: {reason}"),
            Self::Aggregating { reason } => write!(
                f,
                "all has landed, and no aggregate commit was made: {reason}; resume tries again"
            ),
            Self::Stopped => write!(f, "it was asked to stop"),
            Self::Context => write!(f, "the caller's context is nearly used up"),
        }
    }
}

#[cfg(test)]
mod tests;
