//! A gate judges a task's branch.

use super::error::told;
use super::worker::{EventSender, RunContext};
use super::{ConductError, GRACE, limits, release, session, setup};
use crate::pool;
use crate::run::attempt::is_intact;
use crate::run::gate::{self, Work};
use crate::run::signal::Decision;
use crate::run::state::{Event, RunState};
use crate::run::{RunError, constraints, files};
use baton_core::plan::Kind;
use baton_core::policy::conductor::agents::Judge;
use baton_git::worktrees::open_worktree;

/// Has a task's work judged, and tells how.
pub(super) fn judge(
    context: &RunContext<'_>,
    state: &RunState,
    id: &str,
    events: &EventSender,
) -> Result<(), ConductError> {
    if let Judge::Agent(name) = &context.policy.conductor.staff.gate.judge {
        limits::wait_for(context, name)?;
    }
    events.send(Event::GateBegan {
        task: id.to_owned(),
    })?;
    let task = id.to_owned();
    let guard = context.guard.snapshot(context.repo);
    let event = match verdict(context, state, id) {
        Ok(event) => event,
        Err(_) if context.guard.is_lost_since(context.repo, &guard) => Event::Interrupted { task },
        Err(ConductError::Run(RunError::Limited { agent, said })) => {
            limits::meet(context, &agent, id, &said, events);
            Event::Interrupted { task }
        }
        Err(error) => Event::Blocked {
            task,
            reason: told(&error),
        },
    };
    let after = events.send(event)?;
    release::release_task_when_over(context, &after, id, events);
    Ok(())
}

fn verdict(context: &RunContext<'_>, state: &RunState, id: &str) -> Result<Event, ConductError> {
    let missing = || ConductError::NoTask {
        run: context.run.to_owned(),
        task: id.to_owned(),
    };
    let task = context.task(id).ok_or_else(missing)?;
    let known = state.task(id).ok_or_else(missing)?;
    let place = known.place.as_ref().ok_or_else(missing)?;
    let assignment = setup::assignment(context.run, task, &context.policy.conductor);
    let tip = context.repo.commit_of(&place.branch.full().to_string())?;
    let base = place.base;
    let constraints = &context.policy.conductor.feature.constraints;
    let constraints = constraints::load(context.repo, base, constraints).map_err(RunError::from)?;
    let work = Work {
        assignment: &assignment,
        branch: &place.branch,
        base,
        tip,
        attempt: known.begun,
        is_frontend: task.kind == Kind::Frontend,
        worktrees: &files::worktrees(context.repo, context.policy),
        constraints: &constraints::told(&constraints),
        grace: GRACE,
    };
    let staff = &context.policy.conductor.staff;
    let verdict = gate::judge(context.repo, staff, &work, context.stop)?;
    let task = id.to_owned();
    let pictures = verdict.pictures.iter();
    let pictures = pictures.map(|path| path.display().to_string()).collect();
    // A neighbour may have removed it since the agent has ended.
    if !is_intact(place.worktree.as_ref()) {
        pool::put_back(context.repo, &place.slot, &place.lease)?;
    }
    Ok(match verdict.decision {
        Some(Decision::Approved) => match session::end(&open_worktree(place.worktree.as_ref())?)? {
            Ok(()) => Event::Approved {
                task,
                commit: verdict.commit,
                pictures,
            },
            Err(reason) => Event::Rejected {
                task,
                reason,
                pictures,
            },
        },
        Some(Decision::Rejected { reason }) => Event::Rejected {
            task,
            reason,
            pictures,
        },
        Some(Decision::Blocked { reason }) => Event::Blocked { task, reason },
        None => Event::Interrupted { task },
    })
}
