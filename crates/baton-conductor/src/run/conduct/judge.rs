//! A gate judges a task's branch.

use super::error::told;
use super::session::ApprovedTask;
use super::worker::{EventSender, RunContext};
use super::{ConductError, GRACE, land, limits, release, session, setup, task_worktree};
use crate::pool;
use crate::run::attempt::is_intact;
use crate::run::gate::{self, Work};
use crate::run::signal::Decision;
use crate::run::state::{Event, RunState, TaskPlace};
use crate::run::{RunError, constraints, files};
use baton_core::model::Oid;
use baton_core::policy::conductor::agents::Judge;
use baton_git::worktrees::open_in;

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
    let event = match verdict(context, state, id, events) {
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

fn verdict(
    context: &RunContext<'_>,
    state: &RunState,
    id: &str,
    events: &EventSender,
) -> Result<Event, ConductError> {
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
        is_seen: land::is_seen(context, task, base, tip)?,
        worktrees: &files::worktrees(context.repo, context.policy),
        constraints: &constraints::told(&constraints),
        grace: GRACE,
    };
    let staff = &context.policy.conductor.staff;
    let verdict = gate::judge(context.repo, staff, &work, context.stop)?;
    let approved = ApprovedTask {
        task,
        state: known,
        agent: task.agent.as_deref().unwrap_or(&staff.agent),
        checks: &verdict.checks,
    };
    let task = id.to_owned();
    if let Some(report) = verdict.end_to_end.clone() {
        let task = task.clone();
        events.send(Event::EndToEnd { task, report })?;
    }
    let pictures = verdict.pictures.iter();
    let pictures = pictures.map(|path| path.display().to_string()).collect();
    // A neighbour may have removed it since the agent has ended.
    if !is_intact(place.worktree.as_ref()) {
        pool::put_back(context.repo, &place.slot, &place.lease)?;
    }
    Ok(match verdict.decision {
        Some(Decision::Approved) => match end(context, place, verdict.commit, &approved)? {
            Ok(commit) => Event::Approved {
                task,
                commit,
                pictures,
                checks: verdict.checks,
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

/// Records what was seen of approved work in the log of its session, and ends that. Gives the commit that may land,
/// the judged one with that log, or why none may.
fn end(
    context: &RunContext<'_>,
    place: &TaskPlace,
    judged: Oid,
    approved: &ApprovedTask<'_>,
) -> Result<Result<Oid, String>, ConductError> {
    let worktree = open_in(context.repo.common_dir(), place.worktree.as_ref())?;
    let mut commit = judged;
    // What came to the branch since then was not judged, and gets no log.
    if session::head(&worktree)? == judged {
        let place = task_worktree::of(place);
        commit = match session::record(&worktree, context, &place, judged, approved)? {
            Ok(commit) => commit,
            Err(reason) => return Ok(Err(reason)),
        };
    }
    Ok(session::end(&worktree)?.map(|()| commit))
}
