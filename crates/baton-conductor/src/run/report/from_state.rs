//! The report of a run, made from its state.

use super::{Picture, RunReport, Span, Standing, TaskReport, Work};
use crate::run::event_text;
use crate::run::state::{Aggregate, RefusedWrite, RunState, Status, TaskState, Terminal};
use baton_core::model::SessionId;
use baton_core::plan::Mode;

/// The report of the run of this id.
pub fn from_state(run: &str, state: &RunState) -> RunReport {
    let mut landed: Vec<_> = state
        .tasks
        .iter()
        .filter_map(|task| Some((format!("task {}", task.id), task.landed?.to_string())))
        .collect();
    if let Some(Aggregate::Made { commit }) = &state.aggregate {
        landed.push((
            "the aggregate of all summaries".to_owned(),
            commit.to_string(),
        ));
    }
    RunReport {
        run: run.to_owned(),
        phase: state.phase.as_str().to_owned(),
        mode: match event_text::mode(state) {
            Mode::Parallel => "PARALLEL".to_owned(),
            Mode::Sequential { reason } => format!("SEQUENTIAL: {reason}"),
        },
        target: state.target.to_string(),
        began: state.began,
        until: state.at,
        tasks: state
            .tasks
            .iter()
            .map(|task| of_task(state, task))
            .collect(),
        landed,
    }
}

fn of_task(state: &RunState, task: &TaskState) -> TaskReport {
    let mut spans: Vec<_> = task
        .spans
        .iter()
        .map(|span| Span {
            work: match span.gate {
                true => Work::Gate,
                false => Work::Agent,
            },
            attempt: span.attempt,
            taken_over_by: span.taken_over_by.clone(),
            from: span.from,
            to: span.to,
            ok: span.ok,
            outcome: span.outcome.clone(),
        })
        .collect();
    let now = |work, since| Span {
        work,
        attempt: task.begun,
        taken_over_by: task.taken_over_by.clone().filter(|_| work == Work::Agent),
        from: since,
        to: state.at,
        ok: true,
        outcome: "under way".to_owned(),
    };
    match task.status {
        Status::Running { since, .. } => spans.push(now(Work::Agent, since)),
        Status::Judged { since } => spans.push(now(Work::Gate, since)),
        _ => {}
    }
    TaskReport {
        id: task.id.clone(),
        title: task.title.clone(),
        group: state.group_of(&task.id),
        status: match (task.terminal(), &task.status) {
            (Some(Terminal::Done), _) => Standing::Done,
            (_, Status::Skipped { .. }) => Standing::Skipped,
            (Some(Terminal::Failed), _) => Standing::Failed,
            (None, _) => Standing::Open,
        },
        outcome: match &task.status {
            Status::Failed { reason } | Status::QaBlocked { reason } => reason.clone(),
            Status::Skipped { because } => format!("{because} came to nothing"),
            _ => task.outcome.clone().unwrap_or_default(),
        },
        branch: task.place.as_ref().map(|place| place.branch.to_string()),
        session: task
            .place
            .as_ref()
            .and_then(|place| place.session.as_ref().map(SessionId::to_string)),
        spans,
        pictures: task
            .pictures
            .iter()
            .map(|path| Picture {
                path: path.clone(),
                data: None,
            })
            .collect(),
        refused_writes: task
            .refused_writes
            .iter()
            .map(RefusedWrite::sentence)
            .collect(),
    }
}
