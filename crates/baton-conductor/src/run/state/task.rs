//! Where a task of a run stands.

use std::path::Path;

use baton_core::model::{BranchName, Oid, SessionId};
use baton_core::plan::EndToEndReport;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskState {
    /// Its id.
    pub id: String,
    /// The title.
    pub title: String,
    /// The tasks without which it cannot be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub builds_on: Vec<String>,
    /// The number of attempts that may fail before the task has failed.
    pub attempts: u32,
    /// The present state.
    pub status: Status,
    /// The number of attempts that have begun.
    pub begun: u32,
    /// The number of them that have failed, or were rejected.
    pub failed: u32,
    /// The number of attempts that something other than the agent has ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub disturbed: u32,
    /// The text for the next attempt about the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<String>,
    /// Its outcome in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Where it is worked on; absent before the first attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<TaskPlace>,
    /// The agent of the last attempt, where another than the task's own has taken it over: that waited for its usage
    /// limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over_by: Option<String>,
    /// Where it was worked on before, when that was elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<TaskPlace>,
    /// The commit that was judged, once one was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Oid>,
    /// The checks that the approved work has passed: none where it was not checked, and in older records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<WorkCheck>,
    /// The report of the end-to-end check on the last work that it looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end: Option<EndToEndReport>,
    /// The commit with which it landed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<Oid>,
    /// The spans of work done for it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<TaskSpan>,
    /// The pictures that its gate left, as paths on the machine that ran it: those of the attempt
    /// that was approved or, before one was, of the last rejected one that has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<String>,
    /// The writes that its confined agents were refused outside of their worktrees, as they printed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_writes: Vec<RefusedWrite>,
}

/// Where a task is worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskPlace {
    /// The slot of the pool.
    pub slot: String,
    /// The lease on it.
    pub lease: String,
    /// The root of the slot's worktree.
    pub worktree: String,
    /// The short name of the branch.
    pub branch: BranchName,
    /// The commit on which it began.
    pub base: Oid,
    /// The commit of the branch on which the last attempt began; absent in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<Oid>,
    /// The session that is bound to the worktree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

/// A path outside of a confined agent's worktree that it was refused, as the agent printed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedWrite {
    /// The path.
    pub path: String,
    /// The line that says so.
    pub line: String,
    /// The attempt in which it was printed first, counted from 1.
    pub attempt: u32,
}

impl RefusedWrite {
    /// A path that was refused in an attempt, and the agent's line.
    pub fn printed(path: &Path, line: &str, attempt: u32) -> Self {
        Self {
            path: path.display().to_string(),
            line: line.to_owned(),
            attempt,
        }
    }

    /// It in a sentence.
    pub fn sentence(&self) -> String {
        let Self {
            path,
            line,
            attempt,
        } = self;
        format!("attempt {attempt} was refused {path}, as the agent printed it: {line}")
    }
}

/// A check that the work of a task has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkCheck {
    /// The kind of check.
    pub by: CheckKind,
    /// The command, or the name of the agent, that checked.
    pub what: String,
    /// The result that the check gave: an exit status, or a decision.
    pub outcome: String,
}

/// The kinds of check that a task's work passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// A verify command of the task.
    Verify,
    /// The gate.
    Gate,
    /// The end-to-end check.
    EndToEnd,
}

impl CheckKind {
    /// Its name, as people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Gate => "gate",
            Self::EndToEnd => "end-to-end check",
        }
    }
}

/// A stretch of time in which something was done for a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSpan {
    /// True if a gate judged; an agent worked otherwise.
    pub gate: bool,
    /// Which attempt it belongs to, counted from 1.
    pub attempt: u32,
    /// The agent, where another than the task's own had taken the attempt over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over_by: Option<String>,
    /// When it began, in milliseconds since the epoch.
    pub from: u64,
    /// When it ended, in milliseconds since the epoch.
    pub to: u64,
    /// True if it came out well.
    #[serde(rename = "well")]
    pub ok: bool,
    /// The outcome, in a few words.
    pub outcome: String,
}

/// The state of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Status {
    /// It waits for an attempt.
    Pending,
    /// An agent works on it.
    Running {
        /// When the attempt began, in milliseconds since the epoch.
        since: u64,
        /// The name of the attempt's processes on the machine that runs it.
        job: String,
    },
    /// An agent says that it is done, and a gate has to judge.
    ReadyForQa,
    /// A gate judges.
    Judged {
        /// When it began, in milliseconds since the epoch.
        since: u64,
    },
    /// A gate has approved it; it waits to land.
    QaApproved,
    /// A gate could not judge it.
    QaBlocked {
        /// Why.
        reason: String,
    },
    /// It has landed.
    Done,
    /// It will not be done.
    Failed {
        /// Why.
        reason: String,
    },
    /// It was never begun.
    Skipped {
        /// The task that it would have built on.
        because: String,
    },
}

/// The end of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// It has landed.
    Done,
    /// It failed or was skipped.
    Failed,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl TaskState {
    /// A task that has not begun.
    pub fn new(id: &str, title: &str, builds_on: Vec<String>, attempts: u32) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            builds_on,
            attempts: attempts.max(1),
            status: Status::Pending,
            begun: 0,
            failed: 0,
            disturbed: 0,
            feedback: None,
            outcome: None,
            place: None,
            taken_over_by: None,
            former: Vec::new(),
            approved: None,
            checks: Vec::new(),
            end_to_end: None,
            landed: None,
            spans: Vec::new(),
            pictures: Vec::new(),
            refused_writes: Vec::new(),
        }
    }

    /// Returns true if a machine or a judge has checked the work that was approved.
    pub fn is_checked(&self) -> bool {
        self.approved.is_some() && !self.checks.is_empty()
    }

    /// Returns the way it ended; `None` while it is not over.
    pub fn terminal(&self) -> Option<Terminal> {
        match self.status {
            Status::Done => Some(Terminal::Done),
            Status::Failed { .. } | Status::Skipped { .. } => Some(Terminal::Failed),
            _ => None,
        }
    }

    /// Returns true if agents and gates have nothing more to do for it.
    pub fn is_settled(&self) -> bool {
        self.status == Status::QaApproved || self.terminal().is_some()
    }

    /// Returns true if an agent or a gate is at work.
    pub fn is_busy(&self) -> bool {
        matches!(self.status, Status::Running { .. } | Status::Judged { .. })
    }

    /// Takes up the place of a new attempt.
    pub(super) fn work_at(&mut self, place: &TaskPlace) {
        let has_left =
            |old: &TaskPlace| (&old.branch, &old.session) != (&place.branch, &place.session);
        let before = self.place.replace(place.clone());
        self.former.extend(before.filter(has_left));
    }

    /// Takes up what was refused, each path once.
    pub(super) fn refuse_writes(&mut self, writes: &[RefusedWrite]) {
        for write in writes {
            if self
                .refused_writes
                .iter()
                .all(|known| known.path != write.path)
            {
                self.refused_writes.push(write.clone());
            }
        }
    }

    pub(super) fn span(&mut self, gate: bool, from: u64, to: u64, ok: bool, outcome: &str) {
        self.spans.push(TaskSpan {
            gate,
            attempt: self.begun,
            taken_over_by: self.taken_over_by.clone().filter(|_| !gate),
            from,
            to,
            ok,
            outcome: outcome.to_owned(),
        });
    }
}

impl Status {
    /// Its name, as it is written.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running { .. } => "running",
            Self::ReadyForQa => "ready_for_qa",
            Self::Judged { .. } => "judged",
            Self::QaApproved => "qa_approved",
            Self::QaBlocked { .. } => "qa_blocked",
            Self::Done => "done",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
        }
    }
}
