//! The worktrees of tasks for which nothing more is to be done go back to the pool.

use super::error::told;
use super::worker::{EventSender, RunContext};
use super::{ConductError, session, task_worktree};
use crate::pool::{self, PoolError, Release};
use crate::run::confinement;
use crate::run::state::{self, Event, RunState, TaskState};
use baton_core::policy::Policy;
use baton_git::Repo;
use baton_git::worktrees::open_in;

/// Gives back the worktrees that tasks still have. What would be lost with one is kept below
/// `refs/baton/trash/`, and its branch stays.
pub(super) fn clean_up(
    context: &RunContext<'_>,
    state: &RunState,
    events: &EventSender,
) -> Result<(), ConductError> {
    for task in &state.tasks {
        release_task_when_over(context, state, &task.id, events);
    }
    if let Err(error) = pool::shrink(context.repo, state.max_agents) {
        events.say(format!("worktrees that nobody has stay: {}", told(&error)));
    }
    events.send(Event::CleanedUp).map(drop)
}

/// Gives the worktree of a task back for which nothing more is to be done, so that another can
/// have it.
pub(super) fn release_task_when_over(
    context: &RunContext<'_>,
    state: &RunState,
    id: &str,
    events: &EventSender,
) {
    // What a target has that was moved by others is not kept there.
    let over = state.task(id).filter(|_| state.refused_move().is_none());
    let over = over.filter(|task| task.is_settled());
    for sentence in over.map_or_else(Vec::new, |task| {
        release_task(context.repo, context.policy, context.run, task)
    }) {
        events.say(sentence);
    }
}

/// Parts with a task for which nothing more is to be done. No process waits for the session of one that
/// came to nothing, and its worktree goes back to the pool, unless the policy wants to keep that of a
/// task which has failed. Says what there is to say about it; what cannot be done keeps nothing from
/// going on, and is done when the run is resumed.
pub(super) fn release_task(
    repo: &Repo,
    policy: &Policy,
    run: &str,
    task: &TaskState,
) -> Vec<String> {
    let has_failed = task.terminal() == Some(state::Terminal::Failed);
    let mut said = Vec::new();
    let mut failed = |what: &str, error: ConductError| {
        said.push(format!("the {what} of {}: {}", task.id, told(&error)));
    };
    let leased = match task_worktree::leased(repo, run, task) {
        Ok(leased) => leased,
        Err(error) => {
            failed("worktree is not looked for", error);
            None
        }
    };
    let place = task.place.as_ref();
    let session = place.and_then(|place| place.session.clone());
    let session = session.or_else(|| leased.as_ref()?.session.clone());
    let is_approved = task.approved.is_some();
    let own = session.filter(|_| has_failed).map(|own| (own, is_approved));
    // Nobody goes on where the task was worked on before, as in a worktree that is gone.
    let former = task.former.iter().filter_map(|place| place.session.clone());
    for (session, is_approved) in own.into_iter().chain(former.map(|one| (one, false))) {
        if let Err(error) = session::give_up(repo, &session, is_approved) {
            failed("session is not given up", error);
        }
    }
    if has_failed && !policy.conductor.auto_cleanup {
        return said;
    }
    if let Some(leased) = leased {
        match release_worktree(repo, &leased) {
            Ok(Some(saved)) => said.push(format!("what {} has left behind is in {saved}", task.id)),
            Ok(None) => {}
            Err(error) => failed("worktree is not given back", error),
        }
    }
    said
}

/// Gives a task's worktree back; the reference below which something was saved.
fn release_worktree(
    repo: &Repo,
    leased: &task_worktree::LeasedWorktree,
) -> Result<Option<String>, ConductError> {
    let release = Release {
        slot: leased.slot.clone(),
        lease: Some(leased.lease.clone()),
        force: true,
    };
    confinement::recover(repo, &leased.path)?;
    // Nobody is at work there any more: an agent that was killed may have left its lock.
    if let Ok(worktree) = open_in(repo.common_dir(), &leased.path) {
        pool::free_locks(&worktree, leased.branch.as_ref());
    }
    match pool::release(repo, &release) {
        Ok(released) => Ok(released.saved),
        Err(
            PoolError::NotLeased { .. }
            | PoolError::Passed { .. }
            | PoolError::NoSlot(_)
            | PoolError::None,
        ) => Ok(None),
        Err(PoolError::Unusable { .. }) if pool::make_anew(repo, &leased.slot, &leased.lease)? => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
