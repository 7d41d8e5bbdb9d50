//! Checkpoints: what a later session needs in order to go on, as the protocol of parallel runs
//! words it.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::task::Status;
use super::{Pause, Phase, RunState};
use baton_core::report::escape;

/// The reason for a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointKind {
    /// A group is about to begin.
    PreGroup,
    /// A group is over.
    PostGroup,
    /// A failed task is about to be tried again.
    PreRetry,
    /// The caller's context is being used up, or a user asked for it.
    Context,
    /// Another session is to go on.
    Handoff,
}

/// A checkpoint that an event makes due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueCheckpoint {
    /// The reason for it.
    pub kind: CheckpointKind,
    /// The group that it is about, counted from 1.
    pub group: usize,
}

impl DueCheckpoint {
    /// A checkpoint of this kind about this group.
    pub fn new(kind: CheckpointKind, group: usize) -> Self {
        Self { kind, group }
    }
}

/// A run at a moment, as another session reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Checkpoint of a run")]
pub struct Checkpoint {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The run's id.
    pub run: String,
    /// Why it was written.
    pub kind: CheckpointKind,
    /// The group that it is about, counted from 1.
    pub group_number: usize,
    /// The state of that group: `pending`, `in_progress`, `complete` or `failed`.
    pub status: String,
    /// The tasks of that group that are done, with their outcomes in a line.
    pub tasks_completed: Vec<(String, String)>,
    /// The branches on which there is work of that group.
    pub branches_created: Vec<String>,
    /// True if every task of the group that is over was checked, approved and has landed.
    pub verification_passed: bool,
    /// The group that comes next; absent after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_group: Option<usize>,
    /// The groups that are not over.
    pub remaining_groups: Vec<usize>,
    /// The part of its context that the caller has used, from 0 to 1, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_used: Option<f64>,
    /// The note of the writer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was written, in milliseconds since the epoch.
    pub at: u64,
}

impl RunState {
    /// The checkpoint of this kind for the run of this id, as a user asks for it.
    pub fn checkpoint(&self, run: &str, kind: CheckpointKind) -> Checkpoint {
        let group = self.checkpoint_group(kind);
        self.due_checkpoint(run, DueCheckpoint::new(kind, group))
    }

    /// The checkpoint that is due, for the run of this id.
    pub fn due_checkpoint(&self, run: &str, due: DueCheckpoint) -> Checkpoint {
        let DueCheckpoint { kind, group } = due;
        let ids = self.groups.get(group - 1).into_iter().flatten().flatten();
        let tasks: Vec<_> = ids.filter_map(|id| self.task(id)).collect();
        let over = tasks.iter().all(|task| task.terminal().is_some());
        let ok = tasks.iter().all(|task| task.status == Status::Done);
        let begun = tasks.iter().any(|task| task.status != Status::Pending);
        let remaining: Vec<_> = (1..=self.groups.len())
            .filter(|number| *number > group || (*number == group && !over))
            .collect();
        let completed = tasks
            .iter()
            .filter(|task| matches!(task.status, Status::Done | Status::QaApproved));
        Checkpoint {
            version: super::VERSION,
            run: run.to_owned(),
            kind,
            group_number: group,
            status: match (over, ok, begun) {
                (true, true, _) => "complete",
                (true, false, _) => "failed",
                (false, _, true) => "in_progress",
                (false, _, false) => "pending",
            }
            .to_owned(),
            tasks_completed: completed
                .map(|task| (task.id.clone(), task.outcome.clone().unwrap_or_default()))
                .collect(),
            branches_created: tasks
                .iter()
                .filter_map(|task| task.place.as_ref())
                .map(|place| place.branch.to_string())
                .collect(),
            verification_passed: over && ok && tasks.iter().all(|task| task.is_checked()),
            next_group: remaining.first().copied(),
            remaining_groups: remaining,
            context_used: None,
            note: None,
            at: self.at,
        }
    }

    /// The group that a checkpoint is about that a user asks for: between two groups the one that is
    /// over, where another session is to go on.
    fn checkpoint_group(&self, kind: CheckpointKind) -> usize {
        let between = matches!(
            self.phase,
            Phase::Paused {
                reason: Pause::GroupOver,
                ..
            }
        );
        let last = self.groups.len().max(1);
        match kind == CheckpointKind::Handoff && between {
            true => self.group.saturating_sub(1).clamp(1, last),
            false => self.group.clamp(1, last),
        }
    }
}

impl Checkpoint {
    /// The checkpoint as the YAML that agents read, between the marks of a document's front
    /// matter, with a sentence for people below.
    pub fn to_markdown(&self) -> String {
        let mut text = String::from("---\n");
        let mut line = |name: &str, value: String| {
            let blank = if value.starts_with('\n') { "" } else { " " };
            writeln!(text, "{name}:{blank}{value}").expect("a String takes all");
        };
        line("run", quoted(&self.run));
        line("kind", json(&self.kind));
        line("group_number", self.group_number.to_string());
        line("status", self.status.clone());
        line("tasks_completed", pairs(&self.tasks_completed));
        line("branches_created", list(&self.branches_created));
        line("verification_passed", self.verification_passed.to_string());
        let next = self.next_group.map(|number| number.to_string());
        line("next_group", next.unwrap_or_else(|| "null".to_owned()));
        line("remaining_groups", json(&self.remaining_groups));
        if let Some(used) = self.context_used {
            line("context_used", used.to_string());
        }
        if let Some(note) = &self.note {
            line("note", quoted(note));
        }
        text.push_str("---\n\n");
        text.push_str(&match self.next_group {
            Some(number) => format!(
                "Go on with group {number}: `git baton orchestrator resume {}`\n",
                self.run
            ),
            None => "Every group is over.\n".to_owned(),
        });
        text
    }
}

/// A text as a quoted scalar of YAML, of which JSON's strings are a part.
fn quoted(text: &str) -> String {
    json(&text)
}

fn json(value: &impl Serialize) -> String {
    escape::json(&serde_json::to_string(value).expect("plain values are JSON"))
}

fn pairs(pairs: &[(String, String)]) -> String {
    let lines: Vec<_> = pairs
        .iter()
        .map(|(task, outcome)| format!("\n  - {}: {}", quoted(task), quoted(outcome)))
        .collect();
    match lines.is_empty() {
        true => "[]".to_owned(),
        false => lines.concat(),
    }
}

fn list(items: &[String]) -> String {
    let lines: Vec<_> = items
        .iter()
        .map(|item| format!("\n  - {}", quoted(item)))
        .collect();
    match lines.is_empty() {
        true => "[]".to_owned(),
        false => lines.concat(),
    }
}
