//! A worktree for a task: claimed, put on a branch of its own, bound to a session.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bstr::ByteSlice;

use super::state::{Lease, Phase, Process, Slot, State};
use super::steps::{self, Moment, Step};
use super::{
    PoolError, choose_slot, locks, name, notes, place, recover, slot_worktree, state_file,
};
use crate::session::allocate::NewSession;
use crate::session::start;
use crate::settings;
use baton_core::model::{Oid, RefName, SessionId};
use baton_core::policy::PoolPolicy;
use baton_git::{GitError, Repo, StoreError, locks as git_locks, slot};
use baton_hooks::upkeep;
use baton_sys::{clock, process, random};

/// The pause between two looks of a process that waits for a slot.
const PAUSE: Duration = Duration::from_millis(50);

/// A request to the pool for a slot.
#[derive(Debug, Clone, Default)]
pub struct Acquire {
    /// The task.
    pub task: String,
    /// The revision to begin on; `None` for the policy's.
    pub base: Option<String>,
    /// The time to wait while no slot is free.
    pub wait: Duration,
    /// The owner that asks, in words; `None` for the session.
    pub owner: Option<String>,
    /// The process whose end is the end of the lease; `None` for the caller's.
    pub process: Option<u32>,
    /// The title of the session; `None` for the task.
    pub title: Option<String>,
    /// The day of the session, `YYYY-MM-DD`; `None` for today (UTC).
    pub date: Option<String>,
    /// True if no session begins.
    pub no_session: bool,
}

/// The slot that the pool gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquired {
    /// The slot.
    pub slot: String,
    /// Its directory, absolute.
    pub path: PathBuf,
    /// The short name of the branch that is checked out there.
    pub branch: String,
    /// The lease, by which the slot is given back.
    pub lease: String,
    /// The session that the slot is bound to.
    pub session: Option<SessionId>,
    /// The commit on which the branch begins.
    pub base: Oid,
}

/// A slot that no other process will be given, and what is to be made of it.
struct Claim {
    state: State,
    slot: Slot,
    lease: String,
    branch: RefName,
    base: Oid,
}

/// Gives a task a worktree, on a branch of its own and bound to a session.
///
/// Killed at any point, it leaves nothing behind that the next call does not clear away.
pub fn acquire(repo: &Repo, wish: &Acquire) -> Result<Acquired, PoolError> {
    let policy = settings::policy(repo)?;
    let repairs_guard = policy.repairs_guard;
    let policy = policy.pool;
    let branch = name::branch(&policy, &wish.task)?;
    let base = match &wish.base {
        Some(revision) => repo.commit_of(revision)?,
        None => place::default_base(repo, &policy)?,
    };
    let deadline = Instant::now().checked_add(wish.wait);
    loop {
        recover::interrupted(repo, &policy)?;
        match claim(repo, wish, &branch, base)? {
            Ok(claim) => match prepare(repo, wish, &claim, &policy) {
                Ok(Some(session)) => {
                    // Late: what runs in a slot that was acquired may install hooks.
                    upkeep::look(repo, repairs_guard);
                    return finish(repo, claim, session);
                }
                Ok(None) => {}
                Err(error) => {
                    recover::give_up(repo, &claim.slot, &policy)?;
                    return Err(error);
                }
            },
            Err(none) if !none.soon && deadline.is_some_and(|end| Instant::now() >= end) => {
                return Err(PoolError::NoneFree(none.of));
            }
            Err(_) => clock::sleep(PAUSE),
        }
    }
}

/// No slot is free.
struct NoneFree {
    /// The number of slots.
    of: usize,
    /// True if one is only being brought to where tasks begin.
    soon: bool,
}

/// Claims the free slot that is nearest to the base.
fn claim(
    repo: &Repo,
    wish: &Acquire,
    branch: &RefName,
    base: Oid,
) -> Result<Result<Claim, NoneFree>, PoolError> {
    let now = clock::timestamp(clock::now());
    let lease = Lease {
        id: random::id().map_err(GitError::io("/dev/urandom"))?,
        owner: wish.owner.clone(),
        process: Some(Process::local(
            wish.process.unwrap_or_else(process::caller_id),
        )),
        task: Some(wish.task.clone()),
        branch: Some(branch.to_owned()),
        base: Some(base),
        session: None,
        acquired_at: now.clone(),
        heartbeat: now,
    };
    state_file::update(repo, |state| {
        refuse_a_second(repo, state, wish, branch)?;
        let mut busy = Vec::new();
        loop {
            let free = state.slots.iter().filter(|slot| slot.is_free());
            let free = free.filter(|slot| !busy.contains(&slot.name));
            let Some(at) = choose_slot::nearest(repo, base, free)? else {
                return Ok(Err(NoneFree {
                    of: state.slots.len(),
                    soon: state.slots.iter().any(Slot::is_free_soon),
                }));
            };
            let fitness = fitness(repo, state, &at)?;
            let slot = state.slot_mut(&at).ok_or(PoolError::None)?;
            match fitness {
                Fitness::Fit => {}
                Fitness::Busy => {
                    busy.push(at);
                    continue;
                }
                Fitness::Unfit(why) => {
                    slot.trouble = Some(why);
                    continue;
                }
            }
            slot.begin(Phase::Acquiring);
            slot.lease = Some(lease.clone());
            let slot = slot.clone();
            return Ok(Ok(Claim {
                state: state.clone(),
                slot,
                lease: lease.id.clone(),
                branch: branch.to_owned(),
                base,
            }));
        }
    })
}

/// One task has one worktree and one branch.
fn refuse_a_second(
    repo: &Repo,
    state: &State,
    wish: &Acquire,
    branch: &RefName,
) -> Result<(), PoolError> {
    let held = state.slots.iter().find(|slot| {
        let lease = slot.lease.as_ref();
        lease.is_some_and(|lease| lease.branch.as_ref() == Some(branch))
    });
    if let Some(slot) = held {
        return Err(PoolError::Leased {
            task: wish.task.clone(),
            slot: slot.name.clone(),
            path: state.path_of(&slot.name).display().to_string(),
        });
    }
    match repo.refs().resolve(branch)? {
        Some(_) => Err(PoolError::Branch(branch.readable().into_owned())),
        None => Ok(()),
    }
}

/// No branch can be named like a directory in which another's name lies (`git-check-ref-format(1)`).
fn refuse_beside(repo: &Repo, branch: &RefName) -> Result<(), PoolError> {
    let above = branch.find_iter("/").map(|at| RefName::new(&branch[..at]));
    let mut other = None;
    for name in above.filter(RefName::is_branch) {
        if repo.refs().resolve(&name)?.is_some() {
            other = Some(name);
        }
    }
    if other.is_none() {
        let below = repo.refs().below(&format!("{branch}/"))?;
        other = below.first().map(|(name, _)| name.clone());
    }
    match other {
        Some(other) => Err(PoolError::Beside {
            branch: branch.readable().into_owned(),
            other: other.readable().into_owned(),
        }),
        None => Ok(()),
    }
}

/// The state of a slot that ought to be free: as it was left, or not.
pub(super) enum Fitness {
    /// It is.
    Fit,
    /// The git of another process looks at it, which may be over in a moment.
    Busy,
    /// It is not, for this reason.
    Unfit(String),
}

/// Checks that a slot that ought to be free is as it was left.
pub(super) fn fitness(repo: &Repo, state: &State, name: &str) -> Result<Fitness, PoolError> {
    let Some(slot) = state.slot(name) else {
        return Ok(Fitness::Fit);
    };
    let worktree = match place::open(repo, state, slot) {
        Ok(worktree) => worktree,
        Err(PoolError::Unusable { why, .. }) => return Ok(Fitness::Unfit(why)),
        Err(error) => return Err(error),
    };
    if !git_locks::on_worktree(&worktree).is_empty() {
        return Ok(Fitness::Busy);
    }
    let untouched = worktree.refs().symbolic("HEAD")?.is_none() && worktree.head()? == slot.base;
    Ok(match untouched {
        true => Fitness::Fit,
        false => Fitness::Unfit("somebody works in it without having acquired it".to_owned()),
    })
}

/// The session that was begun, if any.
type Begun = Option<SessionId>;

/// Puts the slot on its branch and binds it to a session. `None` when its files are not as they
/// were left: then it is marked, and another has to serve.
fn prepare(
    repo: &Repo,
    wish: &Acquire,
    claim: &Claim,
    policy: &PoolPolicy,
) -> Result<Option<Begun>, PoolError> {
    let worktree = place::open(repo, &claim.state, &claim.slot)?;
    let reason = name::reason(&claim.lease);
    if let Some(old) = claim.slot.base.filter(|old| *old != claim.base) {
        // Asked before: what a check-out that fails has left is then known to be nobody's work.
        if !slot::advance(&worktree, old, claim.base, &reason)? {
            let why = "its files are not as they were left";
            notes::mark(repo, &claim.slot.name, &claim.lease, why)?;
            return Ok(None);
        }
    }
    match slot::begin_branch(&worktree, &claim.branch, claim.base, &reason) {
        Err(StoreError::Raced(branch)) => {
            return Err(PoolError::Branch(branch.readable().into_owned()));
        }
        Err(error) => {
            locks::refuse_branch(repo, &claim.branch)?;
            refuse_beside(repo, &claim.branch)?;
            return Err(error.into());
        }
        Ok(()) => {}
    }
    let begun = match wish.no_session {
        true => None,
        false => Some(begin_session(&worktree, wish)?),
    };
    slot_worktree::equip(repo, &worktree, policy)?;
    let step = Step {
        moment: Moment::PostAcquire,
        slot: &claim.slot.name,
        lease: &claim.lease,
        directory: &claim.state.path_of(&claim.slot.name),
        task: Some(&wish.task),
        branch: Some(&claim.branch.readable()),
    };
    steps::run(repo, &policy.post_acquire, policy.step_limit, &step)?;
    Ok(Some(begun))
}

fn begin_session(worktree: &Repo, wish: &Acquire) -> Result<SessionId, PoolError> {
    let new = NewSession {
        title: wish.title.clone().unwrap_or_else(|| wish.task.clone()),
        task: Some(wish.task.clone()),
        date: wish.date.clone(),
        ..NewSession::default()
    };
    Ok(start::start(worktree, &new)?.session.id())
}

fn finish(repo: &Repo, claim: Claim, session: Begun) -> Result<Acquired, PoolError> {
    let claimed = claim.slot;
    let Slot { name, lease, .. } = claimed.clone();
    state_file::update(repo, |state| {
        let slot = state.slot_mut(&name);
        let own =
            slot.filter(|slot| slot.is_held_by(&claim.lease) || slot.is_forgotten_claim(&claimed));
        let slot = own.ok_or_else(|| PoolError::Passed {
            slot: name.clone(),
            holder: "nobody known: the pool's state was lost meanwhile".to_owned(),
        })?;
        slot.phase = Phase::Leased;
        slot.worker = None;
        slot.base = Some(claim.base);
        slot.lease = lease;
        if let Some(lease) = &mut slot.lease {
            lease.session.clone_from(&session);
            let owner = match (&session, &lease.task) {
                (Some(session), _) => Some(format!("session {session}")),
                (None, Some(task)) => Some(format!("task {task}")),
                (None, None) => None,
            };
            lease.owner = lease.owner.take().or(owner);
        }
        Ok(())
    })?;
    Ok(Acquired {
        path: claim.state.path_of(&name),
        slot: name,
        branch: claim.branch.readable().into_owned(),
        lease: claim.lease,
        session,
        base: claim.base,
    })
}
