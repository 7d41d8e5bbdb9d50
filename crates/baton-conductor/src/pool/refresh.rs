//! Bringing free slots to the commit on which tasks begin now, before a task asks for one.

use super::acquire::{Fitness, fitness};
use super::state::{Phase, Slot, State};
use super::{PoolError, notes, place, recover, slot_worktree, state_file};
use crate::settings;
use baton_core::model::Oid;
use baton_core::policy::PoolPolicy;
use baton_git::{Repo, slot};

/// The first line in the log of what this moves.
const REASON: &str = "baton: refreshed";

/// Brings the free slots to the commit on which tasks begin now, one after the other; returns the
/// names of those that were somewhere else.
///
/// The last free slot is left as it is: a process that asks meanwhile gets it, and moves it itself.
pub fn refresh(repo: &Repo) -> Result<Vec<String>, PoolError> {
    refresh_until(repo, &|| false)
}

/// Like [`refresh`], unless `stop` says to leave the slots that remain as they are.
pub fn refresh_until(repo: &Repo, stop: &dyn Fn() -> bool) -> Result<Vec<String>, PoolError> {
    let policy = settings::policy(repo)?.pool;
    recover::interrupted(repo, &policy)?;
    let target = place::default_base(repo, &policy)?;
    let mut refreshed = Vec::new();
    while !stop()
        && let Some((state, slot)) = state_file::update(repo, |state| take(repo, state, target))?
    {
        match advance(repo, &state, &slot, target, &policy) {
            Ok(true) => refreshed.push(slot.name),
            Ok(false) => {}
            Err(error) => {
                notes::abandon(repo, &slot.name, &error)?;
                return Err(error);
            }
        }
    }
    Ok(refreshed)
}

/// Takes a free slot that is not where it should be, if another one is free too.
fn take(repo: &Repo, state: &mut State, target: Oid) -> Result<Option<(State, Slot)>, PoolError> {
    let mut busy = Vec::new();
    loop {
        let free: Vec<&Slot> = state.slots.iter().filter(|slot| slot.is_free()).collect();
        let stale = |slot: &&&Slot| slot.base != Some(target) && !busy.contains(&slot.name);
        let stale = free.iter().find(stale);
        let Some(name) = stale
            .map(|slot| slot.name.clone())
            .filter(|_| free.len() > 1)
        else {
            return Ok(None);
        };
        let fitness = fitness(repo, state, &name)?;
        let all = state.clone();
        let Some(slot) = state.slot_mut(&name) else {
            return Ok(None);
        };
        match fitness {
            Fitness::Fit => {
                slot.begin(Phase::Resetting);
                return Ok(Some((all, slot.clone())));
            }
            Fitness::Busy => busy.push(name),
            Fitness::Unfit(why) => slot.trouble = Some(why),
        }
    }
}

/// Moves one slot; `false` when there is work in it of a process that has not acquired it, which is noted.
fn advance(
    repo: &Repo,
    state: &State,
    slot: &Slot,
    target: Oid,
    policy: &PoolPolicy,
) -> Result<bool, PoolError> {
    let worktree = place::open(repo, state, slot)?;
    let mut is_pristine = slot::is_pristine(&worktree)?;
    if let Some(old) = slot.base.filter(|_| is_pristine) {
        is_pristine = slot::advance(&worktree, old, target, REASON)?;
    }
    if is_pristine {
        slot_worktree::equip_ahead(repo, &worktree, policy);
    }
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(&slot.name) {
            slot.settle(if is_pristine {
                target
            } else {
                slot.base.unwrap_or(target)
            });
            slot.trouble = (!is_pristine).then(|| "its files are not as they were left".to_owned());
        }
        Ok(())
    })?;
    Ok(is_pristine)
}
