//! Signs of life.

use super::state::{Lease, Process};
use super::{PoolError, notes, state_file};
use baton_core::model::{RefName, SessionId};
use baton_git::Repo;
use baton_sys::clock;

/// Notes that the holder of this lease is alive.
///
/// # Errors
/// [`PoolError::Passed`] when the slot has passed to another.
pub fn heartbeat(repo: &Repo, slot: &str, lease: &str) -> Result<String, PoolError> {
    note(repo, slot, lease, |_| ())
}

/// Notes that from now on this process holds a lease, in the place of one that is gone.
///
/// # Errors
/// As for [`heartbeat`].
pub fn take_over(repo: &Repo, slot: &str, lease: &str) -> Result<String, PoolError> {
    note(repo, slot, lease, |held| {
        held.process = Some(Process::own())
    })
}

/// Takes a slot over whose owner is not known any more, since the pool's record was lost: by the branch and
/// the session that git knows of it. Gives the lease, where it is so.
pub fn adopt(
    repo: &Repo,
    slot: &str,
    branch: &RefName,
    session: Option<&SessionId>,
    owner: &str,
) -> Result<Option<String>, PoolError> {
    state_file::update(repo, |state| {
        let lease = state.slot_mut(slot).and_then(|slot| slot.lease.as_mut());
        let is_same = |held: &&mut Lease| {
            let agrees = match (&held.session, session) {
                (Some(one), Some(other)) => one.agrees_with(other),
                // The record may have been lost before the session was bound.
                (held, _) => held.is_none(),
            };
            held.is_unknown() && held.branch.as_ref() == Some(branch) && agrees
        };
        Ok(lease.filter(is_same).map(|held| {
            held.owner = Some(owner.to_owned());
            held.process = Some(Process::own());
            held.id.clone()
        }))
    })
}

fn note(
    repo: &Repo,
    slot: &str,
    lease: &str,
    change: impl FnOnce(&mut Lease),
) -> Result<String, PoolError> {
    let now = clock::timestamp(clock::now());
    state_file::update(repo, |state| {
        let name = state.find(slot).map(|slot| slot.name.clone());
        let found = name.and_then(|name| state.slot_mut(&name));
        let slot = found.ok_or_else(|| PoolError::NoSlot(slot.to_owned()))?;
        let (name, holder) = (slot.name.clone(), notes::holder(slot));
        match slot.lease.as_mut().filter(|held| held.id == lease) {
            Some(held) => {
                held.heartbeat = now;
                change(held);
            }
            None => return Err(PoolError::Passed { slot: name, holder }),
        }
        Ok(name)
    })
}
