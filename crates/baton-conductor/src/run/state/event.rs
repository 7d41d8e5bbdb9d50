//! The events of a run.

use miette::Diagnostic;
use thiserror::Error;

use super::task::{RefusedWrite, TaskPlace, WorkCheck};
use super::{Aggregate, Pause, TargetMove};
use baton_core::model::Oid;
use baton_core::plan::EndToEndReport;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The run begins, or goes on after a pause; what was at work when the conductor was killed
    /// begins anew.
    Begin {
        /// True if it pauses after each group from now on.
        one_group: bool,
    },
    /// Every task that came to nothing is to begin anew.
    Retry,
    /// An agent has begun to work on a task.
    Dispatched {
        /// The task.
        task: String,
        /// Where.
        place: TaskPlace,
        /// The name of the attempt's processes on this machine.
        job: String,
        /// The agent that has taken the task over from its own; `None` where its own works.
        taken_over_by: Option<String>,
    },
    /// An attempt is over: the agent says that the task is done, and it looks so.
    Worked {
        /// The task.
        task: String,
        /// Its outcome in a line.
        outcome: String,
    },
    /// A confined agent was refused what lies outside of its worktree, as it printed that.
    WritesRefused {
        /// The task.
        task: String,
        /// What.
        writes: Vec<RefusedWrite>,
    },
    /// An attempt came to nothing.
    AttemptFailed {
        /// The task.
        task: String,
        /// Why.
        reason: String,
        /// True if another attempt is of no use.
        is_final: bool,
    },
    /// Something other than the agent has ended an attempt; a few of these do not count.
    Disturbed {
        /// The task.
        task: String,
        /// The disturbance, in words.
        reason: String,
    },
    /// An attempt, or a gate, ended before it came to anything, and does not count.
    Interrupted {
        /// The task.
        task: String,
    },
    /// A gate has begun to judge a task.
    GateBegan {
        /// The task.
        task: String,
    },
    /// A gate has approved a task.
    Approved {
        /// The task.
        task: String,
        /// The commit that was judged, with the log of its session.
        commit: Oid,
        /// The pictures that were made.
        pictures: Vec<String>,
        /// The checks that it has passed.
        checks: Vec<WorkCheck>,
    },
    /// The end-to-end check has looked at a task.
    EndToEnd {
        /// The task.
        task: String,
        /// The report.
        report: EndToEndReport,
    },
    /// A gate sends a task back.
    Rejected {
        /// The task.
        task: String,
        /// Why.
        reason: String,
        /// The pictures that were made.
        pictures: Vec<String>,
    },
    /// A gate could not judge a task.
    Blocked {
        /// The task.
        task: String,
        /// Why.
        reason: String,
    },
    /// A group's approved tasks have landed, but for those that could not.
    Landed {
        /// The tasks that have, and the commits with which they did.
        landed: Vec<(String, Oid)>,
        /// Those that have not, and why.
        refused: Vec<(String, String)>,
    },
    /// The aggregate commit was tried.
    Aggregated(Aggregate),
    /// The worktrees have been given back.
    CleanedUp,
    /// The run has moved the target.
    MovedTarget {
        /// From this commit.
        from: Oid,
        /// To this one.
        to: Oid,
    },
    /// Something else has moved the target.
    TargetMoved(TargetMove),
    /// From now on the run pauses after each group.
    OneGroup,
    /// A pause of the run is wanted; the conductor ends the work under way.
    Pause(Pause),
}

/// An event that does not fit the state: a fault of the conductor, or of a record that was
/// changed by others.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("{what} does not fit the state of the run: {state}")]
#[diagnostic(help("look at the run with `git baton orchestrator status`, and resume it"))]
pub struct Misplaced {
    /// The event.
    pub what: String,
    /// The present state.
    pub state: String,
}
