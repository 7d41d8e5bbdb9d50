//! An attempt at a task: a worktree from the pool, an agent in it, and what came of it.

use std::time::Duration;

use super::error::told;
use super::session::Said;
use super::worker::{EventSender, RunContext};
use super::{ConductError, GRACE, intrusion, limits, release, session, setup, task_worktree, wait};
use crate::pool::PoolError;
use crate::run::attempt::{Attempt, Outcome};
use crate::run::ownership::INTERVAL;
use crate::run::signal::Promise;
use crate::run::state::{Event, RefusedWrite, RunState, TaskState};
use crate::run::{RunError, agent, files};
use baton_core::plan::Task;
use baton_core::policy::conductor::agents::Judge;
use baton_git::worktrees::open_in;

/// Has an agent work on a task, and tells what came of it.
pub(super) fn dispatch(
    context: &RunContext<'_>,
    state: &RunState,
    id: &str,
    number: u32,
    events: &EventSender,
) -> Result<(), ConductError> {
    let (Some(task), Some(known)) = (context.task(id), state.task(id)) else {
        return Ok(());
    };
    let first = Duration::from_secs(context.policy.conductor.retry_delay);
    let setbacks = known.failed + known.disturbed;
    wait(agent::backoff(first, setbacks), context.stop)?;
    let own = task.agent.as_deref();
    let own = own.unwrap_or(&context.policy.conductor.staff.agent);
    let worker = Worker {
        name: limits::wait_for_worker(context, own)?,
        own,
    };
    let event = match attempt(context, state, task, known, number, worker, events) {
        Ok(event) => event,
        Err(ConductError::Interrupted) => return Err(ConductError::Interrupted),
        Err(error) if is_final(&error) => Event::AttemptFailed {
            task: id.to_owned(),
            is_final: true,
            reason: told(&error),
        },
        Err(error) => Event::Disturbed {
            task: id.to_owned(),
            reason: told(&error),
        },
    };
    let after = events.send(event)?;
    release::release_task_when_over(context, &after, id, events);
    Ok(())
}

/// The agent that works on a task.
#[derive(Clone, Copy)]
struct Worker<'a> {
    /// Its name.
    name: &'a str,
    /// The name of the task's own agent.
    own: &'a str,
}

impl Worker<'_> {
    /// Its name, where it is not the task's own.
    fn taken_over_by(self) -> Option<String> {
        (self.name != self.own).then(|| self.name.to_owned())
    }
}

/// Returns true if another attempt would meet the same error.
fn is_final(error: &ConductError) -> bool {
    matches!(
        error,
        ConductError::Run(RunError::NoAgent(_) | RunError::PromptTooLong { .. })
            | ConductError::Pool(PoolError::Task { .. })
    )
}

fn attempt(
    context: &RunContext<'_>,
    state: &RunState,
    task: &Task,
    known: &TaskState,
    number: u32,
    worker: Worker<'_>,
    events: &EventSender,
) -> Result<Event, ConductError> {
    let id = task.id.as_str();
    let (place, note) = task_worktree::find(context, state, task, known)?;
    let feedback: Vec<_> = known.feedback.iter().chain(&note).cloned().collect();
    let feedback = (!feedback.is_empty()).then(|| feedback.join("\n"));
    let staff = &context.policy.conductor.staff;
    let name = worker.name;
    let agent = staff
        .agent(name)
        .ok_or_else(|| RunError::NoAgent(name.to_owned()))?;
    let assignment = setup::assignment(context.run, task, &context.policy.conductor);
    let location = task_worktree::of(&place);
    // Before anything else can fail: what is recorded is found again, also where the pool's record is lost meanwhile.
    events.send(Event::Dispatched {
        task: id.to_owned(),
        place: place.clone(),
        job: files::job_id(context.repo.common_dir(), context.run, id),
        taken_over_by: worker.taken_over_by(),
    })?;
    let guard = context.guard.snapshot(context.repo);
    let prepared = Attempt {
        assignment: &assignment,
        place: &location,
        agent: &agent,
        policy: context.policy,
        number,
        feedback: feedback.as_deref(),
        promise: match staff.gate.judge {
            Judge::Verification => Promise::Done,
            _ => Promise::ReadyForQa,
        },
        grace: GRACE,
        look_every: INTERVAL,
    }
    .prepare(context.repo)?;
    let report = prepared.run(context.stop, &mut |_| {})?;
    if !report.refused.is_empty() {
        let paths = report.refused.iter();
        let paths = paths.map(|one| RefusedWrite::printed(&one.path, &one.line, number));
        events.send(Event::WritesRefused {
            task: id.to_owned(),
            writes: paths.collect(),
        })?;
    }
    let feedback = report.outcome.feedback();
    let task = id.to_owned();
    if !matches!(report.outcome, Outcome::Limited { .. } | Outcome::Stopped) {
        context.limits.forget(name);
    }
    Ok(match (report.outcome, feedback) {
        (Outcome::Limited { said }, _) => {
            limits::meet(context, name, id, &said, events);
            Event::Interrupted { task }
        }
        (Outcome::Done { outcome }, _) => {
            let said = Said {
                outcome: &outcome,
                words: report.words.as_deref(),
            };
            let worktree = open_in(context.repo.common_dir(), &location.worktree)?;
            session::close(&worktree, context, &location, &task, &said)?;
            Event::Worked { task, outcome }
        }
        (_, Some(_)) if context.guard.is_lost_since(context.repo, &guard) => {
            let reason = "Baton's directory was removed from the repository meanwhile".to_owned();
            Event::Disturbed { task, reason }
        }
        (Outcome::Uprooted, Some(reason)) => Event::Disturbed { task, reason },
        (Outcome::Strayed { paths }, Some(reason))
            if intrusion::is_likely(context, &task, &location, &paths)? =>
        {
            Event::Disturbed { task, reason }
        }
        // Another attempt would meet the same machine.
        (Outcome::NotStarted { how }, _) => Event::AttemptFailed {
            task,
            reason: format!("a program of agent `{name}` is not there or cannot be run: it {how}"),
            is_final: true,
        },
        (_, Some(reason)) => Event::AttemptFailed {
            task,
            reason,
            is_final: false,
        },
        (_, None) => Event::Interrupted { task },
    })
}
