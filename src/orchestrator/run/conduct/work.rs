//! An attempt at a task: a worktree from the pool, an agent in it, and what came of it.

use std::time::Duration;

use super::drive::{Ground, Teller};
use super::{ConductError, GRACE, session, setup, wait};
use crate::git::landing::open_worktree;
use crate::git::{GitError, Repo, slot};
use crate::model::{Oid, SessionId};
use crate::orchestrator::pool::trash::{self, Parcel};
use crate::orchestrator::pool::{self, Acquire, PoolError};
use crate::orchestrator::run::attempt::{Attempt, Outcome};
use crate::orchestrator::run::ownership::INTERVAL;
use crate::orchestrator::run::signal::Promise;
use crate::orchestrator::run::state::{Event, RunState, TaskPlace, TaskState};
use crate::orchestrator::run::{Place, RunError, agent};
use crate::plan::Task;
use crate::policy::conductor::agents::Judge;
use crate::sys::process;

/// How long the pool is asked to wait for a worktree before somebody looks whether to stop.
const PATIENCE: Duration = Duration::from_secs(1);

/// Has an agent work on a task, and tells what came of it.
pub(super) fn dispatch(
    ground: &Ground<'_>,
    state: &RunState,
    id: &str,
    number: u32,
    teller: &Teller,
) -> Result<(), ConductError> {
    let (Some(task), Some(known)) = (ground.task(id), state.task(id)) else {
        return Ok(());
    };
    let first = Duration::from_secs(ground.policy.conductor.retry_delay);
    wait(agent::backoff(first, known.failed), ground.stop)?;
    let event = match attempt(ground, state, task, known, number, teller) {
        Ok(event) => event,
        Err(ConductError::Interrupted) => return Err(ConductError::Interrupted),
        Err(error) => Event::AttemptFailed {
            task: id.to_owned(),
            is_final: is_final(&error),
            reason: told(&error),
        },
    };
    teller.tell(event)
}

/// Whether another attempt would meet the same error.
fn is_final(error: &ConductError) -> bool {
    matches!(
        error,
        ConductError::Run(RunError::NoAgent(_) | RunError::PromptTooLong { .. })
            | ConductError::Pool(PoolError::Task { .. } | PoolError::Leased { .. })
    )
}

/// An error and what caused it, in a line.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(&format!(": {more}"));
        }
        cause = error.source();
    }
    text
}

fn attempt(
    ground: &Ground<'_>,
    state: &RunState,
    task: &Task,
    known: &TaskState,
    number: u32,
    teller: &Teller,
) -> Result<Event, ConductError> {
    let id = task.id.as_str();
    let place = place(ground, state, task, known)?;
    let staff = &ground.policy.conductor.staff;
    let name = task.agent.as_deref().unwrap_or(&staff.agent);
    let agent = staff
        .agent(name)
        .ok_or_else(|| RunError::NoAgent(name.to_owned()))?;
    let assignment = setup::assignment(ground.run, task, &ground.policy.conductor);
    let spot = spot(&place)?;
    let prepared = Attempt {
        assignment: &assignment,
        place: &spot,
        agent: &agent,
        policy: ground.policy,
        number,
        feedback: known.feedback.as_deref(),
        promise: match staff.gate.judge {
            Judge::Verification => Promise::Done,
            _ => Promise::ReadyForQa,
        },
        grace: GRACE,
        look_every: INTERVAL,
    }
    .prepare(ground.repo)?;
    teller.tell(Event::Dispatched {
        task: id.to_owned(),
        place: place.clone(),
        job: prepared.job_id().to_owned(),
    })?;
    let report = prepared.run(ground.stop, &mut |_| {})?;
    let feedback = report.outcome.feedback();
    let task = id.to_owned();
    Ok(match (report.outcome, feedback) {
        (Outcome::Done { outcome }, _) => {
            session::close(&open_worktree(&spot.worktree)?, ground.run, &outcome)?;
            Event::Worked { task, outcome }
        }
        (outcome, Some(reason)) => {
            if matches!(outcome, Outcome::Strayed { .. }) {
                start_over(ground, &place)?;
            }
            Event::AttemptFailed {
                task,
                reason,
                is_final: false,
            }
        }
        (_, None) => Event::Interrupted { task },
    })
}

/// The worktree in which the task was worked on before, where it is still lent to it, or another.
fn place(
    ground: &Ground<'_>,
    state: &RunState,
    task: &Task,
    known: &TaskState,
) -> Result<TaskPlace, ConductError> {
    let before = known.place.as_ref();
    if let Some(place) = before.filter(|place| is_lent(ground.repo, place)) {
        return Ok(place.clone());
    }
    // A conductor that was killed may have got a worktree without having told.
    if let Some(place) = lent_to(ground.repo, task.id.as_str())? {
        return Ok(place);
    }
    let mut wish = Acquire {
        task: task.id.as_str().to_owned(),
        base: Some(base(ground.repo, state, task)?.to_string()),
        wait: PATIENCE,
        owner: Some(format!("run {}", ground.run)),
        process: Some(process::own_id()),
        title: Some(task.title.clone()),
        date: None,
    };
    let acquired = loop {
        match pool::acquire(ground.repo, &wish) {
            Err(PoolError::NoneFree(_)) if (ground.stop)() => {
                return Err(ConductError::Interrupted);
            }
            Err(PoolError::NoneFree(_)) => {}
            // The branch of an earlier run, on which there is work that has not landed.
            Err(PoolError::Branch(_)) if wish.task == task.id.as_str() => {
                wish.task = format!("{}-{}", task.id.as_str(), ground.run);
            }
            acquired => break acquired?,
        }
    };
    let worktree = open_worktree(&acquired.path)?;
    Ok(TaskPlace {
        slot: acquired.slot,
        lease: acquired.lease,
        worktree: acquired.path.display().to_string(),
        branch: acquired.branch,
        base: session::open(&worktree)?.to_string(),
        session: Some(acquired.session),
    })
}

/// Whether the pool still lends this worktree to the task.
fn is_lent(repo: &Repo, place: &TaskPlace) -> bool {
    let Ok(Some(pool)) = pool::read(repo) else {
        return false;
    };
    let lease = pool.slot(&place.slot).and_then(|slot| slot.lease.as_ref());
    lease.is_some_and(|lease| lease.id == place.lease)
}

/// The worktree that the pool lends to a task of this name.
fn lent_to(repo: &Repo, task: &str) -> Result<Option<TaskPlace>, ConductError> {
    let Some(pool) = pool::read(repo)? else {
        return Ok(None);
    };
    let lent = pool.slots.iter().find_map(|slot| {
        let lease = slot.lease.as_ref()?;
        (lease.task.as_deref() == Some(task)).then_some((slot, lease))
    });
    let Some((slot, lease)) = lent else {
        return Ok(None);
    };
    let (Some(branch), Some(_)) = (&lease.branch, &lease.session) else {
        return Ok(None);
    };
    let path = pool.path_of(&slot.name);
    let worktree = open_worktree(&path)?;
    Ok(Some(TaskPlace {
        slot: slot.name.clone(),
        lease: lease.id.clone(),
        worktree: path.display().to_string(),
        branch: branch.trim_start_matches("refs/heads/").to_owned(),
        base: session::open(&worktree)?.to_string(),
        session: lease.session.clone(),
    }))
}

/// The commit on which a task begins: what the task before it in its lane came to, or the
/// target's tip.
fn base(repo: &Repo, state: &RunState, task: &Task) -> Result<Oid, ConductError> {
    let lanes = state.groups.iter().flatten();
    let mut lanes = lanes.filter(|lane| lane.iter().any(|id| id == task.id.as_str()));
    let before = lanes.next().into_iter().flatten();
    let before = before.take_while(|id| *id != task.id.as_str());
    let approved = before
        .filter_map(|id| state.task(id))
        .filter(|task| task.gone().is_none())
        .filter_map(|task| task.approved.as_deref());
    match approved.last() {
        Some(commit) => Ok(repo.commit_of(commit)?),
        None => Ok(repo.commit_of(&format!("refs/heads/{}", state.target))?),
    }
}

/// A place as an attempt takes it.
pub(super) fn spot(place: &TaskPlace) -> Result<Place, ConductError> {
    Ok(Place {
        worktree: place.worktree.clone().into(),
        branch: place.branch.clone(),
        base: oid(&place.base)?,
        session: place.session.as_deref().and_then(SessionId::parse),
    })
}

/// The commit that a record names.
pub(super) fn oid(hex: &str) -> Result<Oid, ConductError> {
    let id = Oid::from_hex(hex.as_bytes());
    id.map_err(|error| {
        ConductError::Git(GitError::Program {
            args: "rev-parse".to_owned(),
            reason: format!("`{hex}`: {error}"),
        })
    })
}

/// Brings a worktree back to where the task began; what was there is kept below
/// `refs/baton/trash/`.
fn start_over(ground: &Ground<'_>, place: &TaskPlace) -> Result<(), ConductError> {
    let worktree = open_worktree(place.worktree.as_ref())?;
    let base = oid(&place.base)?;
    let parcel = Parcel {
        slot: &place.slot,
        reason: "an agent changed files of others",
        with_ignored: false,
    };
    trash::save(&worktree, base, &parcel).map_err(PoolError::from)?;
    let keep = &ground.policy.pool.keep;
    let reason = "baton: a task begins again";
    let branch = format!("refs/heads/{}", place.branch);
    let tip = worktree.refs().resolve(&branch)?;
    slot::restore(&worktree, base, keep, reason)?;
    if let Some(tip) = tip {
        slot::delete_branch(&worktree, &branch, tip, reason).map_err(PoolError::from)?;
    }
    slot::begin_branch(&worktree, &branch, base, reason).map_err(PoolError::from)?;
    Ok(())
}
