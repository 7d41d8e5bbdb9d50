//! Slots whose worker is gone before the end: what it began is completed or taken back.

use super::slot_worktree::Secured;
use super::state::{Phase, Slot, State};
use super::{PoolError, locks, name, notes, place, slot_worktree, state_file, steps};
use crate::session::{self, Session, store};
use crate::settings;
use baton_core::model::RefName;
use baton_core::policy::PoolPolicy;
use baton_git::{Repo, slot};
use baton_guard::binding;

/// Completes or takes back whatever a process that is gone was in the middle of. What cannot be
/// done now is left for the next time; `pool health` tells.
pub fn interrupted(repo: &Repo, policy: &PoolPolicy) -> Result<(), PoolError> {
    let adopted = state_file::update_or_begin(repo, |state| {
        let Some(state) = state else {
            return Ok(None);
        };
        let mut slots = Vec::new();
        for slot in state.slots.iter_mut().filter(|slot| slot.is_interrupted()) {
            slot.begin(slot.phase);
            slots.push(slot.clone());
        }
        Ok(Some((state.clone(), slots)))
    })?;
    let Some((state, slots)) = adopted else {
        return Ok(());
    };
    for slot in slots {
        if let Err(error) = settle(repo, &state, &slot, policy) {
            notes::abandon(repo, &slot.name, &error)?;
        }
    }
    Ok(())
}

/// The same, by the settings that count now.
pub fn recover(repo: &Repo) -> Result<(), PoolError> {
    interrupted(repo, &settings::policy(repo)?.pool)
}

fn settle(repo: &Repo, state: &State, slot: &Slot, policy: &PoolPolicy) -> Result<(), PoolError> {
    if let (Phase::Acquiring | Phase::Releasing, Some(lease)) = (slot.phase, &slot.lease) {
        steps::end_leftovers(&lease.id);
    }
    match slot.phase {
        Phase::Ready | Phase::Leased => Ok(()),
        Phase::Filling => slot_worktree::refill(repo, state, slot, policy),
        Phase::Acquiring => roll_back(repo, state, slot, policy),
        Phase::Releasing => notes::keep_leased(repo, slot),
        Phase::Resetting => {
            let worktree = place::open(repo, state, slot)?;
            // It is on no branch from the first step of the reset on.
            match worktree.refs().symbolic("HEAD")? {
                Some(_) => notes::keep_leased(repo, slot),
                None => {
                    let lease = slot.lease.as_ref();
                    locks::free(&worktree, lease.and_then(|lease| lease.branch.as_ref()));
                    slot_worktree::save(repo, &worktree, slot, policy, "a reset was interrupted")?;
                    slot_worktree::reset(repo, &worktree, slot, policy, &Secured::default())
                        .map(drop)
                }
            }
        }
        Phase::Removing => slot_worktree::remove(repo, state, &slot.name),
    }
}

/// Takes back an acquisition that has failed, also where the pool's record was lost meanwhile. What cannot be taken back
/// now is left to the next call.
pub(super) fn give_up(repo: &Repo, claimed: &Slot, policy: &PoolPolicy) -> Result<(), PoolError> {
    let state = state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(&claimed.name)
            && slot.is_forgotten_claim(claimed)
        {
            *slot = claimed.clone();
        }
        Ok(state.clone())
    })?;
    let lease = claimed.lease.as_ref();
    let own = state.slot(&claimed.name);
    match own.filter(|slot| lease.is_some_and(|lease| slot.is_held_by(&lease.id))) {
        Some(slot) => match roll_back(repo, &state, slot, policy) {
            Ok(()) => Ok(()),
            Err(error) => notes::abandon(repo, &slot.name, &error),
        },
        None => Ok(()),
    }
}

/// Takes an acquisition back: the session is over, the branch is gone, the slot is ready.
fn roll_back(
    repo: &Repo,
    state: &State,
    slot: &Slot,
    policy: &PoolPolicy,
) -> Result<(), PoolError> {
    let Some(lease) = &slot.lease else {
        return notes::keep_leased(repo, slot);
    };
    let worktree = place::open(repo, state, slot)?;
    locks::free(&worktree, lease.branch.as_ref());
    abandon_session(&worktree, lease.branch.as_ref())?;
    let base = match slot.base.or(lease.base) {
        Some(base) => base,
        None => place::default_base(repo, policy)?,
    };
    let reason = name::reason(&lease.id);
    slot::restore(&worktree, base, &policy.keep, &reason)?;
    if let Some(branch) = &lease.branch
        && let Some(tip) = repo.refs().resolve(branch)?
        && Some(tip) == lease.base
        && slot::first_reason(repo, branch)?.is_some_and(|first| first == reason.as_str())
    {
        slot::delete_branch(repo, branch, tip, &reason)?;
    }
    binding::unbind(&worktree)?;
    state_file::update(repo, |state| {
        let slot = state.slot_mut(&slot.name);
        if let Some(slot) = slot.filter(|slot| slot.is_held_by(&lease.id)) {
            slot.settle(base);
        }
        Ok(())
    })
}

/// Gives up the session that began in a slot on this branch.
fn abandon_session(worktree: &Repo, branch: Option<&RefName>) -> Result<(), PoolError> {
    let here = worktree.worktree_id();
    let active = |session: &Session| {
        session.state == session::State::Active
            && session.worktree == here
            && session.branch.as_ref() == branch
            && session.host == baton_sys::host_name()
    };
    for session in store::list(worktree)?.iter().filter(|one| active(one)) {
        store::abandon(
            worktree,
            &session.number,
            "its worktree could not be acquired",
        )?;
    }
    Ok(())
}
