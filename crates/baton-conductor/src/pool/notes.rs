//! The notes at a slot when a step comes to nothing.

use super::state::{Phase, Slot};
use super::{PoolError, state_file};
use baton_git::Repo;

/// Notes that a slot could not be settled, for the next to try.
pub(super) fn abandon(repo: &Repo, name: &str, error: &PoolError) -> Result<(), PoolError> {
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(name) {
            slot.worker = None;
            // Git's advice is of no use here: what to do is said by `pool health`.
            let said = error.to_string();
            slot.trouble = Some(said.lines().next().unwrap_or_default().to_owned());
        }
        Ok(())
    })
}

/// The slot stays with who had it.
pub(super) fn keep_leased(repo: &Repo, slot: &Slot) -> Result<(), PoolError> {
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(&slot.name) {
            slot.phase = Phase::Ready;
            if slot.lease.is_some() {
                slot.phase = Phase::Leased;
                slot.trouble = None;
            }
            slot.worker = None;
        }
        Ok(())
    })
}

/// Gives a claimed slot up that cannot be used as it is; nothing in it was changed.
pub(super) fn mark(repo: &Repo, name: &str, lease: &str, why: &str) -> Result<(), PoolError> {
    state_file::update(repo, |state| {
        let slot = state.slot_mut(name);
        if let Some(slot) = slot.filter(|slot| slot.is_held_by(lease)) {
            slot.phase = Phase::Ready;
            slot.worker = None;
            slot.lease = None;
            slot.trouble = Some(why.to_owned());
        }
        Ok(())
    })
}

/// Returns the name of a lease's holder in a refusal.
pub(super) fn holder(slot: &Slot) -> String {
    let Some(lease) = &slot.lease else {
        return "nobody".to_owned();
    };
    let owner = lease.owner.as_deref().unwrap_or("nobody known");
    match &lease.branch {
        Some(branch) => format!("{owner} (on {})", branch.readable()),
        None => owner.to_owned(),
    }
}
