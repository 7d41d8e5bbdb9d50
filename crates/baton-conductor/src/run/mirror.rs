//! A run as other programs look for it: the progress of its tasks in YAML. Pure; what is written
//! where, the conductor decides.

use std::fmt::Write;

use super::state::{Checkpoint, RunState, Status, TaskState};
use baton_core::report::escape;
use baton_sys::clock;

/// The file that says how each task stands, from the root of the main worktree.
pub const PROGRESS: &str = ".claude/auto-progress.yaml";
/// Every file that is written for others, as a pattern of gitignore(5).
pub const PATTERNS: [&str; 2] = [
    "/.claude/auto-progress.yaml",
    "/.claude/auto-memory/parallel-group-*-summary.md",
];

/// The file of a checkpoint, [`Checkpoint::to_markdown`], from the root of the main worktree: one
/// for each group.
pub fn summary(checkpoint: &Checkpoint) -> String {
    let group = checkpoint.group_number;
    format!(".claude/auto-memory/parallel-group-{group}-summary.md")
}

/// Returns the state of each task, as [`PROGRESS`] holds it.
pub fn progress(run: &str, state: &RunState) -> String {
    let mut text = String::from("# Written by `git baton orchestrator run`; read only.\n");
    let mut line = |name: &str, value: String| {
        writeln!(text, "{name}: {value}").expect("a String takes all");
    };
    line("run", quoted(run));
    line("state", state.phase.as_str().to_uppercase());
    line("target", quoted(&state.target.to_string()));
    line(
        "current_group",
        state.group.min(state.groups.len()).to_string(),
    );
    line("total_groups", state.groups.len().to_string());
    line("updated", time(state.at));
    match state.tasks.is_empty() {
        true => line("tasks", "{}".to_owned()),
        false => text.push_str("tasks:\n"),
    }
    for one in &state.tasks {
        task(&mut text, one);
    }
    text
}

fn task(text: &mut String, task: &TaskState) {
    writeln!(text, "  {}:", quoted(&task.id)).expect("a String takes all");
    let mut line = |name: &str, value: String| {
        writeln!(text, "    {name}: {value}").expect("a String takes all");
    };
    line("status", status(task).to_owned());
    if let Some(place) = &task.place {
        line("branch", quoted(&place.branch.to_string()));
    }
    line("iterations", task.begun.to_string());
    let gate = task.spans.iter().rev().find(|span| span.gate);
    line("qa_verified", task.is_checked().to_string());
    if let Some(span) = gate {
        line("qa_timestamp", time(span.to));
    }
    if let Some(outcome) = &task.outcome {
        line("outcome", quoted(outcome));
    }
}

/// The status in the words that these programs know.
fn status(task: &TaskState) -> &'static str {
    let was_rejected = task.spans.last().is_some_and(|span| span.gate && !span.ok);
    match &task.status {
        Status::Pending if was_rejected => "qa_rejected",
        Status::Running { .. } => "in_progress",
        Status::Judged { .. } => Status::ReadyForQa.as_str(),
        status => status.as_str(),
    }
}

/// A time as a quoted scalar.
fn time(millis: u64) -> String {
    let seconds = i64::try_from(millis / 1000).unwrap_or(0);
    quoted(&clock::timestamp(seconds))
}

/// A text as a quoted scalar of YAML, of which JSON's strings are a part.
fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text).expect("a text is JSON");
    escape::json(&json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::state::{CheckKind, CheckpointKind, Event, TaskPlace, WorkCheck};
    use baton_core::model::{BranchName, Oid};

    fn place() -> TaskPlace {
        TaskPlace {
            slot: "wt-1".to_owned(),
            lease: "l".to_owned(),
            worktree: "/w".to_owned(),
            branch: BranchName::new("auto/task-1"),
            base: Oid::from_bytes(&[7; 20]).unwrap(),
            tip: None,
            session: None,
        }
    }

    fn run(events: &[Event]) -> RunState {
        let task = TaskState::new("task-1", "One", Vec::new(), 3);
        let state = RunState::new(BranchName::new("main"), vec![vec![vec![task]]], 1, false, 0);
        let begin = Event::Begin { one_group: false };
        let dispatched = Event::Dispatched {
            task: "task-1".to_owned(),
            place: place(),
            job: "j".to_owned(),
            taken_over_by: None,
        };
        let events = [begin, dispatched]
            .into_iter()
            .chain(events.iter().cloned());
        events.fold(state, |state, event| state.apply(&event, 1_000).unwrap().0)
    }

    fn judged(last: Event) -> RunState {
        let task = "task-1".to_owned();
        let outcome = "It \"works\":\n# yes".to_owned();
        run(&[
            Event::Worked {
                task: task.clone(),
                outcome,
            },
            Event::GateBegan { task },
            last,
        ])
    }

    #[test]
    fn progress_is_told_in_the_words_that_others_know() {
        assert_eq!(
            progress("2025-12-18-1", &run(&[])),
            "# Written by `git baton orchestrator run`; read only.\n\
             run: \"2025-12-18-1\"\nstate: PARALLELIZE\ntarget: \"main\"\n\
             current_group: 1\ntotal_groups: 1\nupdated: \"1970-01-01T00:00:01Z\"\n\
             tasks:\n  \"task-1\":\n    status: in_progress\n    branch: \"auto/task-1\"\n    \
             iterations: 1\n    qa_verified: false\n"
        );
    }

    #[test]
    fn a_gate_s_word_is_told_with_its_time() {
        let approved = progress(
            "r",
            &judged(Event::Approved {
                task: "task-1".to_owned(),
                commit: Oid::from_bytes(&[7; 20]).unwrap(),
                pictures: Vec::new(),
                checks: vec![WorkCheck {
                    by: CheckKind::Gate,
                    what: "codex".to_owned(),
                    outcome: "TASK_APPROVED".to_owned(),
                }],
            }),
        );
        assert!(approved.contains(
            "    status: qa_approved\n    branch: \"auto/task-1\"\n    iterations: 1\n    \
             qa_verified: true\n    qa_timestamp: \"1970-01-01T00:00:01Z\"\n    \
             outcome: \"It \\\"works\\\":\\n# yes\"\n"
        ));
        let read: serde_json::Value = serde_saphyr::from_str(&approved).unwrap();
        assert_eq!(read["tasks"]["task-1"]["outcome"], "It \"works\":\n# yes");
        let rejected = progress(
            "r",
            &judged(Event::Rejected {
                task: "task-1".to_owned(),
                reason: "no".to_owned(),
                pictures: Vec::new(),
            }),
        );
        assert!(rejected.contains("status: qa_rejected\n"), "{rejected}");
        assert!(rejected.contains("qa_verified: false\n"), "{rejected}");
    }

    #[test]
    fn what_nobody_has_checked_is_not_called_verified() {
        let taken = Event::Approved {
            task: "task-1".to_owned(),
            commit: Oid::from_bytes(&[7; 20]).unwrap(),
            pictures: Vec::new(),
            checks: Vec::new(),
        };
        let state = judged(taken);
        let text = progress("r", &state);
        assert!(text.contains("qa_verified: false\n"), "{text}");
        let checkpoint = state.checkpoint("r", CheckpointKind::Context);
        assert!(!checkpoint.verification_passed);
    }

    #[test]
    fn the_patterns_cover_every_file() {
        let checkpoint = run(&[]).checkpoint("r", CheckpointKind::PreGroup);
        let summary = format!("/{}", summary(&checkpoint));
        let (before, after) = PATTERNS[1].split_once('*').unwrap();
        assert!(summary.starts_with(before) && summary.ends_with(after));
        assert_eq!(PATTERNS[0], format!("/{PROGRESS}"));
    }
}
