//! Giving a slot back: nothing in it is lost, and the next to have it finds it clean.

use super::at_risk_text::AtRiskText;
use super::slot_worktree::{Secured, Verdict};
use super::state::{Phase, Slot, State};
use super::steps::{self, Moment, Step};
use super::{PoolError, Settled, locks, notes, place, recover, session, slot_worktree, state_file};

use crate::settings;
use baton_core::model::RefName;
use baton_core::policy::PoolPolicy;
use baton_git::Repo;

/// The slot that is given back.
#[derive(Debug, Clone, Default)]
pub struct Release {
    /// The slot, by its name or its directory.
    pub slot: String,
    /// The lease under which it was acquired; `None` when its present holder is to lose it.
    pub lease: Option<String>,
    /// True if what would be lost is saved, instead of standing in the way.
    pub force: bool,
}

/// The outcome of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The slot.
    pub slot: String,
    /// The short name of the branch that was made for its task.
    pub branch: Option<String>,
    /// True if that branch is still there: nothing else has all of its commits.
    pub kept: bool,
    /// The reference below which what would have been lost was saved.
    pub saved: Option<String>,
    /// The outcome of its session, where one was active.
    pub session: Option<Settled>,
}

/// Gives a slot back.
///
/// # Errors
/// [`PoolError::AtRisk`] when something would be lost; [`PoolError::Passed`] when the lease is
/// another's.
pub fn release(repo: &Repo, wish: &Release) -> Result<Released, PoolError> {
    let policy = settings::policy(repo)?.pool;
    recover::interrupted(repo, &policy)?;
    let (state, held) = state_file::update(repo, |state| take(state, wish))?;
    let cleared = clear_up(repo, &state, &held, &policy);
    let secured = match cleared {
        Err(error) if !wish.force => Err(error),
        _ => place::open(repo, &state, &held).and_then(|worktree| {
            let worktree = worktree.remembering();
            let secured = secure(repo, &state, &worktree, &held, wish, &policy)?;
            let session = session::settle(repo, Some(&worktree), &held)?;
            Ok((worktree, secured, session))
        }),
    };
    let (worktree, secured, session) = match secured {
        Ok(secured) => secured,
        Err(error) => {
            notes::keep_leased(repo, &held)?;
            return Err(error);
        }
    };
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(&held.name) {
            slot.begin(Phase::Resetting);
        }
        Ok(())
    })?;
    let saved = match slot_worktree::reset(repo, &worktree, &held, &policy, &secured) {
        Ok(saved) => secured.saved.or(saved),
        Err(error) => {
            notes::abandon(repo, &held.name, &error)?;
            return Err(error);
        }
    };
    let branch = held.lease.and_then(|lease| lease.branch);
    let kept = match &branch {
        Some(branch) => repo.refs().resolve(branch)?.is_some(),
        None => false,
    };
    Ok(Released {
        slot: held.name,
        branch: branch.map(|branch| branch.readable().into_owned()),
        kept,
        saved,
        session,
    })
}

/// Finds the slot and sees to it that no other process releases it meanwhile.
fn take(state: &mut State, wish: &Release) -> Result<(State, Slot), PoolError> {
    let found = state.find(&wish.slot).map(|slot| slot.name.clone());
    let name = found.ok_or_else(|| PoolError::NoSlot(wish.slot.clone()))?;
    let all = state.clone();
    let slot = state
        .slot_mut(&name)
        .ok_or_else(|| PoolError::NoSlot(wish.slot.clone()))?;
    if let Some(lease) = &wish.lease
        && !slot.is_held_by(lease)
    {
        return Err(PoolError::Passed {
            slot: name,
            holder: notes::holder(slot),
        });
    }
    let is_in_trouble = slot.phase == Phase::Ready && slot.trouble.is_some();
    if slot.phase != Phase::Leased && !is_in_trouble {
        return Err(PoolError::NotLeased {
            slot: name,
            phase: slot.phase.as_str(),
        });
    }
    slot.begin(Phase::Releasing);
    Ok((all, slot.clone()))
}

/// Runs the commands of the policy that clear up after a task.
fn clear_up(repo: &Repo, state: &State, held: &Slot, policy: &PoolPolicy) -> Result<(), PoolError> {
    let Some(lease) = held
        .lease
        .as_ref()
        .filter(|_| !policy.pre_release.is_empty())
    else {
        return Ok(());
    };
    place::open(repo, state, held)?;
    let branch = lease.branch.as_ref().map(RefName::readable);
    let step = Step {
        moment: Moment::PreRelease,
        slot: &held.name,
        lease: &lease.id,
        directory: &state.path_of(&held.name),
        task: lease.task.as_deref(),
        branch: branch.as_deref(),
    };
    Ok(steps::run(
        repo,
        &policy.pre_release,
        policy.step_limit,
        &step,
    )?)
}

/// Sees to it that nothing in the slot is lost.
fn secure(
    repo: &Repo,
    state: &State,
    worktree: &Repo,
    held: &Slot,
    wish: &Release,
    policy: &PoolPolicy,
) -> Result<Secured, PoolError> {
    locks::refuse(worktree, held)?;
    let target = place::default_base(repo, policy)?;
    let risk = AtRiskText::of(worktree, target)?;
    if risk.is_none() {
        return Ok(Secured {
            saved: None,
            verdict: worktree.head()?.map(|tip| Verdict {
                tip,
                target,
                is_merged: risk.is_merged(),
            }),
            leftovers: risk.at_risk.leftovers.filter(|_| !risk.at_risk.hides),
        });
    }
    if !wish.force {
        let directory = state.path_of(&held.name).display().to_string();
        let verb = format!("release {}", held.name);
        return Err(risk.refusal(&held.name, &directory, &verb));
    }
    Ok(Secured {
        saved: slot_worktree::save(repo, worktree, held, policy, "released by force")?,
        ..Secured::default()
    })
}
