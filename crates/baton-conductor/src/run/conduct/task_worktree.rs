//! The worktree of a task: leased from the pool, and put right before each attempt.

use std::path::PathBuf;
use std::time::Duration;

use super::worker::RunContext;
use super::{ConductError, session, setup};
use crate::pool::state::Phase;
use crate::pool::trash::{self, Parcel};
use crate::pool::{self, Acquire, Acquired, PoolError};
use crate::run::Place;
use crate::run::attempt::is_intact;
use crate::run::confinement;
use crate::run::ownership::Ownership;
use crate::run::state::{RunState, TaskPlace, TaskState};
use baton_core::model::{BranchName, Oid, RefName, SessionId};
use baton_core::plan::Task;
use baton_git::worktrees::open_in;
use baton_git::{Repo, slot};
use baton_sys::process;

/// The time that the pool is asked to wait for a worktree before the run checks for a stop.
const PATIENCE: Duration = Duration::from_secs(1);

/// The number of names tried for a task's branch: earlier runs may have left some.
const NAMES: usize = 50;

/// The text that is written into the log of a branch.
const REASON: &str = "baton: a task begins again";

/// The worktree in which the task was worked on before, where it is still lent to it, or another; and what the agent is to
/// know of how it was put right.
pub fn find(
    context: &RunContext<'_>,
    state: &RunState,
    task: &Task,
    known: &TaskState,
) -> Result<(TaskPlace, Option<String>), ConductError> {
    pool::recover(context.repo)?;
    let owner_name = owner(context.run, task.id.as_str());
    let before = known
        .place
        .as_ref()
        .map(|place| still_leased(context.repo, place, &owner_name));
    let leased = match before.transpose()?.flatten() {
        Some(place) => Some(place),
        // A conductor that was killed may have got a worktree without having told.
        None => begun_in(context, task)?,
    };
    if let Some(place) = leased
        && takes_over(context.repo, &place)?
    {
        if is_intact(place.worktree.as_ref()) {
            let note = put_right(context, task, &place)?;
            let tip = context.repo.refs().resolve(place.branch.full())?;
            return Ok((TaskPlace { tip, ..place }, note));
        }
        pool::make_anew(context.repo, &place.slot, &place.lease)?;
    }
    let acquired = acquire(context, state, task)?;
    let worktree = open_in(context.repo.common_dir(), &acquired.path)?;
    let base = session::head(&worktree)?;
    let place = TaskPlace {
        slot: acquired.slot,
        lease: acquired.lease,
        worktree: acquired.path.display().to_string(),
        branch: BranchName::given(acquired.branch),
        base,
        tip: Some(base),
        session: acquired.session,
    };
    Ok((place, None))
}

/// A place as an attempt takes it.
pub fn of(place: &TaskPlace) -> Place {
    Place {
        worktree: place.worktree.clone().into(),
        branch: place.branch.clone(),
        base: place.base,
        session: place.session.clone(),
    }
}

/// The place as the pool still lends it to the task: by its lease or, where the pool's record was lost meanwhile, by what
/// git knows of the worktree.
fn still_leased(
    repo: &Repo,
    place: &TaskPlace,
    owner: &str,
) -> Result<Option<TaskPlace>, ConductError> {
    if is_leased(repo, place) {
        return Ok(Some(place.clone()));
    }
    let (branch, session) = (place.branch.full(), place.session.as_ref());
    let lease = match pool::adopt(repo, &place.slot, &branch, session, owner) {
        Err(PoolError::None) => None,
        lease => lease?,
    };
    Ok(lease.map(|lease| TaskPlace {
        lease,
        ..place.clone()
    }))
}

/// Has this process hold the lease; false if the pool has lost the slot, or given it to another, meanwhile.
fn takes_over(repo: &Repo, place: &TaskPlace) -> Result<bool, ConductError> {
    match pool::take_over(repo, &place.slot, &place.lease) {
        Ok(_) => Ok(true),
        Err(PoolError::NoSlot(_) | PoolError::Passed { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns true if the pool still lends this worktree to the task.
fn is_leased(repo: &Repo, place: &TaskPlace) -> bool {
    let Ok(Some(pool)) = pool::read(repo) else {
        return false;
    };
    let slot = pool.slot(&place.slot);
    slot.is_some_and(|slot| slot.phase == Phase::Leased && slot.is_held_by(&place.lease))
}

/// By what the pool knows for which task a worktree is lent: no other run's task of that name has it.
pub(super) fn owner(run: &str, task: &str) -> String {
    format!("run {run}, task {task}")
}

/// A worktree that is leased from the pool.
pub struct LeasedWorktree {
    /// The slot.
    pub slot: String,
    /// The lease on it.
    pub lease: String,
    /// The root of the worktree.
    pub path: PathBuf,
    /// The full name of the branch.
    pub branch: Option<RefName>,
    /// The session that is bound to it.
    pub session: Option<SessionId>,
}

/// The worktree that the pool still lends to a task: the one that its state names or, where that
/// is none, the one that a conductor got and had no time to tell of.
pub fn leased(
    repo: &Repo,
    run: &str,
    task: &TaskState,
) -> Result<Option<LeasedWorktree>, ConductError> {
    let owner = owner(run, &task.id);
    let place = task.place.as_ref();
    let place = place.map(|place| still_leased(repo, place, &owner));
    match place.transpose()?.flatten() {
        Some(place) => Ok(Some(LeasedWorktree {
            branch: Some(place.branch.full()),
            slot: place.slot,
            lease: place.lease,
            path: place.worktree.into(),
            session: place.session,
        })),
        None => leased_to(repo, run, &task.id),
    }
}

/// Has the pool lend a worktree, on a branch of the task's name or, where an earlier run or another
/// has left one with work that has not landed, of a longer one.
fn acquire(
    context: &RunContext<'_>,
    state: &RunState,
    task: &Task,
) -> Result<Acquired, ConductError> {
    let name = task.id.as_str();
    let mut request = Acquire {
        task: name.to_owned(),
        base: Some(base(context.repo, state, task)?.to_string()),
        wait: PATIENCE,
        owner: Some(owner(context.run, name)),
        process: Some(process::own_id()),
        title: Some(task.title.clone()),
        date: None,
        no_session: false,
    };
    let mut names = 1;
    loop {
        match pool::acquire(context.repo, &request) {
            Err(PoolError::NoneFree(_)) if (context.stop)() => {
                return Err(ConductError::Interrupted);
            }
            // Others have taken what was made for this run, or tasks that failed keep theirs.
            Err(PoolError::NoneFree(size)) => {
                pool::grow(context.repo, size + 1)?;
            }
            Err(PoolError::Branch(_) | PoolError::Leased { .. }) if names < NAMES => {
                request.task = match names {
                    1 => format!("{name}-{}", context.run),
                    number => format!("{name}-{}-{number}", context.run),
                };
                names += 1;
            }
            acquired => return Ok(acquired?),
        }
    }
}

/// The worktree that the pool lends to a task of this run.
fn leased_to(repo: &Repo, run: &str, task: &str) -> Result<Option<LeasedWorktree>, ConductError> {
    let Some(pool) = pool::read(repo)? else {
        return Ok(None);
    };
    let owner = owner(run, task);
    Ok(pool.slots.iter().find_map(|slot| {
        let lease = slot
            .lease
            .as_ref()
            .filter(|_| slot.phase == Phase::Leased)?;
        (lease.owner.as_ref() == Some(&owner)).then(|| LeasedWorktree {
            slot: slot.name.clone(),
            lease: lease.id.clone(),
            path: pool.path_of(&slot.name),
            branch: lease.branch.clone(),
            session: lease.session.clone(),
        })
    }))
}

/// The worktree that a conductor which was killed had got for a task.
fn begun_in(context: &RunContext<'_>, task: &Task) -> Result<Option<TaskPlace>, ConductError> {
    let leased = leased_to(context.repo, context.run, task.id.as_str())?;
    let Some(LeasedWorktree {
        branch: Some(branch),
        session: Some(session),
        slot,
        lease,
        path,
    }) = leased
    else {
        return Ok(None);
    };
    let worktree = open_in(context.repo.common_dir(), &path)?;
    pool::free_locks(&worktree, Some(&branch));
    Ok(Some(TaskPlace {
        slot,
        lease,
        worktree: path.display().to_string(),
        branch: BranchName::given(&branch),
        base: session::head(&worktree)?,
        tip: None,
        session: Some(session),
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
        .filter(|task| task.terminal().is_none())
        .filter_map(|task| task.approved);
    match approved.last().or(state.target_tip) {
        Some(commit) => Ok(repo.commit_of(&commit.to_string())?),
        None => Ok(repo.commit_of(&state.target.full().to_string())?),
    }
}

/// Clears away what the attempt before, which may have been killed, has left in the way of another:
/// a lock, a branch of its own, changes in files of others, a base that was rewritten. What the task came to before that
/// attempt stays. Gives what the next one is to know.
fn put_right(
    context: &RunContext<'_>,
    task: &Task,
    place: &TaskPlace,
) -> Result<Option<String>, ConductError> {
    confinement::recover(context.repo, place.worktree.as_ref())?;
    let worktree = open_in(context.repo.common_dir(), place.worktree.as_ref())?;
    let branch = place.branch.full();
    pool::free_locks(&worktree, Some(&branch));
    let base = place.base;
    let tip = worktree.refs().resolve(&branch)?;
    let is_there = worktree.head_branch()?.is_some_and(|name| name == branch);
    if tip.is_none() || !is_there {
        save(&worktree, base, place, "an agent left its branch")?;
        slot::restore(
            &worktree,
            tip.unwrap_or(base),
            &context.policy.pool.keep,
            REASON,
        )?;
        match tip {
            Some(_) => slot::enter_branch(&worktree, &branch, REASON)?,
            None => {
                slot::begin_branch(&worktree, &branch, base, REASON).map_err(PoolError::from)?
            }
        }
    }
    let assignment = setup::assignment(context.run, task, &context.policy.conductor);
    let location = of(place);
    let ownership = Ownership::new(&assignment, &location, context.policy);
    let has_lost_its_base = match tip {
        Some(tip) => worktree.merge_base(base, tip)? != Some(base),
        None => false,
    };
    let strays = ownership.strays_in(&worktree, base)?;
    let reason = match (has_lost_its_base, strays.is_empty()) {
        (true, _) => format!(
            "an agent rewrote {}, the commit on which its task began",
            base.short()
        ),
        (false, false) => "an agent changed files of others".to_owned(),
        (false, true) => {
            session::restore_log(&worktree)?;
            return Ok(None);
        }
    };
    let to = attempt_base(&worktree, place)?;
    start_over(context, place, &branch, to, &reason)?;
    session::restore_log(&worktree)?;
    Ok(Some(format!(
        "{reason}: the branch is at {} again, where that attempt began, and what was done since is kept below refs/baton/trash/",
        to.short()
    )))
}

/// The commit on which the last attempt began, as far as it is on top of the task's.
fn attempt_base(worktree: &Repo, place: &TaskPlace) -> Result<Oid, ConductError> {
    match place.tip.filter(|tip| worktree.objects().contains(*tip)) {
        Some(tip) if worktree.merge_base(place.base, tip)? == Some(place.base) => Ok(tip),
        _ => Ok(place.base),
    }
}

/// Brings a worktree back to where an attempt began; what was there is kept below
/// `refs/baton/trash/`. Killed in between, it leaves a worktree that is not on its branch, which
/// the next attempt puts right.
fn start_over(
    context: &RunContext<'_>,
    place: &TaskPlace,
    branch: &RefName,
    to: Oid,
    reason: &str,
) -> Result<(), ConductError> {
    let worktree = open_in(context.repo.common_dir(), place.worktree.as_ref())?;
    save(&worktree, to, place, reason)?;
    let tip = worktree.refs().resolve(branch)?;
    slot::restore(&worktree, to, &context.policy.pool.keep, REASON)?;
    if let Some(tip) = tip {
        slot::delete_branch(&worktree, branch, tip, REASON).map_err(PoolError::from)?;
    }
    Ok(slot::begin_branch(&worktree, branch, to, REASON).map_err(PoolError::from)?)
}

fn save(worktree: &Repo, base: Oid, place: &TaskPlace, reason: &str) -> Result<(), ConductError> {
    let parcel = Parcel {
        slot: &place.slot,
        reason,
        with_ignored: false,
    };
    let saved = trash::save(worktree, base, &parcel).map_err(PoolError::from)?;
    drop(saved);
    Ok(())
}
