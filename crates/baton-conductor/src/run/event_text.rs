//! A run in words, and as JSON for programs.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::attempt::NOTHING_TO_DO;
use super::state::{Aggregate, Event, Phase, RefusedWrite, RunState, Status, TaskState};
use baton_core::layout::counted;
use baton_core::model::SessionId;
use baton_core::plan::Mode;
use baton_core::report::escape;

/// The version of the JSON documents.
pub const VERSION: u32 = 1;

/// One thing that happened in a run, a line of `run --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Event of a run")]
pub struct EventRecord<'a> {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The run.
    pub run: &'a str,
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// What happened: `begin`, `retry`, `dispatched`, `worked`, `writes_refused`, `attempt_failed`, `disturbed`, `interrupted`, `gate_began`,
    /// `approved`, `e2e`, `rejected`, `blocked`, `landed`, `aggregated`, `cleaned_up`, `moved_target`, `target_moved`, `one_group` or
    /// `pause`.
    pub event: &'static str,
    /// The task, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<&'a str>,
    /// The details about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The agent that has taken the task over from its own, which waits for its usage limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_over_by: Option<&'a str>,
    /// The phase of the run now.
    pub phase: &'static str,
    /// The group at work, counted from 1.
    pub group: usize,
    /// The number of tasks that are over.
    pub over: usize,
    /// The number of tasks.
    pub tasks: usize,
}

/// The state of a run, as `status --format json` writes it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Status of a run")]
pub struct StatusReport<'a> {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The run.
    pub run: &'a str,
    /// True if a conductor is at work on it on this machine.
    pub is_conducted: bool,
    /// Its state.
    pub state: &'a RunState,
}

/// Writes an event as a line of JSON.
pub fn json(run: &str, state: &RunState, event: &Event) -> String {
    let taken_over_by = match event {
        Event::Dispatched { taken_over_by, .. } => taken_over_by.as_deref(),
        _ => None,
    };
    let (event, task, detail) = parts(event);
    let happening = EventRecord {
        version: VERSION,
        run,
        at: state.at,
        event,
        task,
        detail,
        taken_over_by,
        phase: state.phase.as_str(),
        group: state.group,
        over: over(state),
        tasks: state.tasks.len(),
    };
    let json = serde_json::to_string(&happening).expect("plain values are JSON");
    escape::json(&json) + "\n"
}

/// Writes the state of a run as JSON.
pub fn status_json(run: &str, state: &RunState, is_conducted: bool) -> String {
    let status = StatusReport {
        version: VERSION,
        run,
        is_conducted,
        state,
    };
    let json = serde_json::to_string_pretty(&status).expect("plain values are JSON");
    escape::json(&json) + "\n"
}

/// Writes an event in a line for people; `None` for an event that they need not know.
pub fn line(run: &str, state: &RunState, event: &Event) -> Option<String> {
    let (_, task, detail) = parts(event);
    let detail = detail.map(|text| shown(&text)).unwrap_or_default();
    let task = task.map(shown).unwrap_or_default();
    Some(match event {
        Event::Begin { .. } => format!(
            "run {run}: {} onto {}",
            counted(state.tasks.len(), "task"),
            state.target
        ),
        Event::Retry => "the tasks that came to nothing begin anew".to_owned(),
        Event::Dispatched {
            place,
            task: id,
            taken_over_by,
            ..
        } => {
            let attempt = state.task(id).map_or(1, |task| task.begun);
            let session = place.session.as_ref().map(SessionId::to_string);
            let session = session.as_deref().unwrap_or("none");
            let by = taken_over_by.as_deref().map(taken_over);
            format!(
                "{task}: attempt {attempt} in {} on {} (session {session}){}",
                place.slot,
                place.branch,
                by.unwrap_or_default()
            )
        }
        Event::Worked { .. } => format!("{task}: says it is done: {detail}"),
        Event::WritesRefused { .. } => format!("{task}: {detail}"),
        Event::AttemptFailed { .. } => format!("{task}: {}: {detail}", fate(state, event)),
        Event::Disturbed { .. } => format!("{task}: {}: {detail}", fate(state, event)),
        Event::Interrupted { .. } => format!("{task}: interrupted"),
        Event::GateBegan { .. } => return None,
        Event::Approved { checks, .. } => match checks.is_empty() {
            true => format!("{task}: taken as its agent says; no check was named"),
            false => format!("{task}: approved"),
        },
        Event::EndToEnd { report, .. } => {
            format!("{task}: end-to-end check: {}", shown(&report.status_text()))
        }
        Event::Rejected { .. } => format!("{task}: rejected, {}: {detail}", fate(state, event)),
        Event::Blocked { .. } => format!("{task}: its gate is blocked: {detail}"),
        Event::Landed { landed, refused } => {
            let mut text = format!("landed on {}: {}", state.target, names(landed));
            for (task, why) in refused {
                write!(text, "\n{}: does not land: {}", shown(task), shown(why))
                    .expect("a String takes all");
            }
            text
        }
        Event::Aggregated(Aggregate::Made { commit }) => {
            format!("summaries aggregated by {commit}")
        }
        Event::Aggregated(Aggregate::Nothing) => "no summary to aggregate".to_owned(),
        Event::Aggregated(Aggregate::Failed { reason }) => {
            format!("no aggregate commit was made: {}", shown(reason))
        }
        Event::CleanedUp | Event::MovedTarget { .. } => return None,
        Event::TargetMoved(moved) => shown(&moved.sentence()),
        Event::OneGroup => "the run pauses after this group".to_owned(),
        // The conclusion tells it.
        Event::Pause(_) => return None,
    })
}

/// Returns the fate of a task after a failure.
fn fate(state: &RunState, event: &Event) -> &'static str {
    let (_, task, _) = parts(event);
    let task = task.and_then(|id| state.task(id));
    match task.map(|task| &task.status) {
        Some(Status::Failed { .. }) => "failed for good",
        _ => "to be tried again",
    }
}

fn names<T>(pairs: &[(String, T)]) -> String {
    match pairs.is_empty() {
        true => "nothing".to_owned(),
        false => {
            let names: Vec<_> = pairs.iter().map(|(task, _)| shown(task)).collect();
            names.join(", ")
        }
    }
}

fn parts(event: &Event) -> (&'static str, Option<&str>, Option<String>) {
    match event {
        Event::Begin { .. } => ("begin", None, None),
        Event::Retry => ("retry", None, None),
        Event::Dispatched { task, place, .. } => {
            ("dispatched", Some(task), Some(place.branch.to_string()))
        }
        Event::Worked { task, outcome } => ("worked", Some(task), Some(outcome.clone())),
        Event::WritesRefused { task, writes } => {
            let sentences = writes.iter().map(RefusedWrite::sentence);
            let detail = sentences.collect::<Vec<_>>().join("; ");
            ("writes_refused", Some(task), Some(detail))
        }
        Event::AttemptFailed { task, reason, .. } => {
            ("attempt_failed", Some(task), Some(reason.clone()))
        }
        Event::Disturbed { task, reason } => ("disturbed", Some(task), Some(reason.clone())),
        Event::Interrupted { task } => ("interrupted", Some(task), None),
        Event::GateBegan { task } => ("gate_began", Some(task), None),
        Event::Approved { task, commit, .. } => ("approved", Some(task), Some(commit.to_string())),
        Event::EndToEnd { task, report } => ("e2e", Some(task), Some(report.status_text())),
        Event::Rejected { task, reason, .. } => ("rejected", Some(task), Some(reason.clone())),
        Event::Blocked { task, reason } => ("blocked", Some(task), Some(reason.clone())),
        Event::Landed { landed, .. } => ("landed", None, Some(names(landed))),
        Event::Aggregated(_) => ("aggregated", None, None),
        Event::CleanedUp => ("cleaned_up", None, None),
        Event::MovedTarget { to, .. } => ("moved_target", None, Some(to.to_string())),
        Event::TargetMoved(moved) => ("target_moved", None, Some(moved.sentence())),
        Event::OneGroup => ("one_group", None, None),
        Event::Pause(reason) => ("pause", None, Some(reason.to_string())),
    }
}

/// Writes the state of a run for people.
pub fn status(run: &str, state: &RunState, is_conducted: bool, all: &[String]) -> String {
    let conductor = match (is_conducted, state.is_over()) {
        (true, _) => "at work",
        (false, true) => "over",
        (false, false) => "nobody is at work on it",
    };
    let mut text = format!(
        "run {run}: {}, {conductor}\n  onto {}, group {} of {}\n",
        phase(&state.phase),
        state.target,
        state.group.min(state.groups.len()),
        state.groups.len()
    );
    for task in &state.tasks {
        writeln!(text, "  {}", task_line(task)).expect("a String takes all");
        for write in &task.refused_writes {
            writeln!(text, "    {}", shown(&write.sentence())).expect("a String takes all");
        }
    }
    text.push_str(&moves(state));
    if matches!(state.phase, Phase::Paused { .. }) && !is_conducted {
        text.push_str(&way_on(run));
    }
    let others: Vec<_> = all.iter().filter(|id| *id != run).cloned().collect();
    if !others.is_empty() {
        writeln!(text, "earlier runs: {}", others.join(", ")).expect("a String takes all");
    }
    text
}

/// By whom a task was taken over, in words that follow others.
fn taken_over(agent: &str) -> String {
    format!(", taken over by {}", shown(agent))
}

/// True for a task whose work was there already.
fn found_nothing_to_do(task: &TaskState) -> bool {
    task.status == Status::Done && task.outcome.as_deref() == Some(NOTHING_TO_DO)
}

fn task_line(task: &TaskState) -> String {
    let what = match &task.status {
        Status::Failed { reason } | Status::QaBlocked { reason } => shown(reason),
        Status::Skipped { because } => format!("because of {}", shown(because)),
        _ if found_nothing_to_do(task) => shown(&task.title),
        _ => shown(task.outcome.as_deref().unwrap_or(&task.title)),
    };
    let place = task.place.as_ref().map_or(String::new(), |place| {
        format!(" [{} {}]", place.slot, place.branch)
    });
    let TaskState {
        begun,
        failed,
        attempts,
        taken_over_by,
        ..
    } = task;
    let by = taken_over_by.as_deref().map(taken_over).unwrap_or_default();
    // What was interrupted does not count.
    let attempts = match begun > attempts {
        true => format!("attempt {begun}, {failed} of {attempts} failed"),
        false => format!("attempt {begun} of {attempts}"),
    };
    format!(
        "{:16} {} ({attempts}{by}){place}  {what}",
        match found_nothing_to_do(task) {
            true => "done (nothing to do)",
            false => task.status.as_str(),
        },
        shown(&task.id),
    )
}

fn phase(phase: &Phase) -> String {
    match phase {
        Phase::Paused { reason, .. } => format!("paused: {}", shown(&reason.to_string())),
        other => other.as_str().to_owned(),
    }
}

/// Writes the end of a run, and the next steps.
pub fn conclusion(run: &str, state: &RunState) -> String {
    let count = |name: &str| {
        let tasks = state.tasks.iter();
        tasks.filter(|task| task.status.as_str() == name).count()
    };
    let mut text = format!(
        "run {run}: {}; {} done, {} failed, {} skipped\n",
        phase(&state.phase),
        count("done"),
        count("failed"),
        count("skipped")
    );
    for task in &state.tasks {
        let is_failed = matches!(task.status, Status::Failed { .. } | Status::Skipped { .. });
        if is_failed || found_nothing_to_do(task) {
            writeln!(text, "  {}", task_line(task)).expect("a String takes all");
        }
    }
    text.push_str(&moves(state));
    if matches!(state.phase, Phase::Paused { .. }) {
        text.push_str(&way_on(run));
    } else {
        let mut failed = state.tasks.iter();
        let failed = failed.find(|task| matches!(task.status, Status::Failed { .. }));
        if let Some(task) = failed {
            writeln!(
                text,
                "what its agent said: `git baton orchestrator logs {} --run {run}`\nbegin what failed anew: `git baton orchestrator resume {run} --failed`",
                task.id
            )
            .expect("a String takes all");
        }
        writeln!(
            text,
            "the whole story: `git baton orchestrator report {run}`"
        )
        .expect("a String takes all");
    }
    text
}

/// The moves of the target that are not the run's own, but for one that the pause tells.
fn moves(state: &RunState) -> String {
    let is_open = matches!(state.phase, Phase::Paused { .. }) && state.refused_move().is_some();
    let told = state.target_moves.len() - usize::from(is_open);
    let lines = state.target_moves[..told].iter();
    lines
        .map(|moved| format!("  {}\n", shown(&moved.sentence())))
        .collect()
}

fn way_on(run: &str) -> String {
    format!("go on with `git baton orchestrator resume {run}`\n")
}

/// The states of a run, with a mark at the one it is in.
pub fn diagram(run: &str, state: &RunState) -> String {
    let at = state.phase.as_str();
    let name = |phase: &str| match phase == at {
        true => format!("[{}]", phase.to_uppercase()),
        false => phase.to_uppercase(),
    };
    format!(
        "run {run}\n\n  {} -> {} -> {} -> {} or {}\n  {} goes on where it was\n\n{}\n",
        name("plan"),
        name("parallelize"),
        name("integrate"),
        name("done"),
        name("failed"),
        name("paused"),
        phase(&state.phase)
    )
}

/// Returns the mode in which a run was planned, as far as its state tells.
pub fn mode(state: &RunState) -> Mode {
    match state.groups.iter().any(|group| group.len() > 1) {
        true => Mode::Parallel,
        false => Mode::Sequential {
            reason: "one task after the other".to_owned(),
        },
    }
}

/// Returns the number of tasks that need nothing more of agents.
fn over(state: &RunState) -> usize {
    let tasks = state.tasks.iter();
    let settled =
        |task: &&TaskState| task.terminal().is_some() || task.status == Status::QaApproved;
    tasks.filter(settled).count()
}

/// A text on one line.
pub(super) fn shown(text: &str) -> String {
    let mut line = String::new();
    for part in text.lines().map(str::trim).filter(|part| !part.is_empty()) {
        if !line.is_empty() {
            line.push_str(match line.ends_with([':', ';', ',', '.']) {
                true => " ",
                false => "; ",
            });
        }
        line.push_str(&part.replace('\t', " "));
    }
    escape::visible(line.as_bytes())
}

#[cfg(test)]
mod tests;
