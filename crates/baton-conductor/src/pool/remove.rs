//! Taking slots away.

use schemars::JsonSchema;
use serde::Serialize;

use super::at_risk_text::AtRiskText;
use super::place::{self, Standing};
use super::state::{Phase, Slot, State};
use super::{PoolError, fill, locks, notes, recover, session, slot_worktree, state_file};
use crate::settings;
use baton_core::policy::PoolPolicy;
use baton_git::{Repo, slot};
use baton_guard::binding;

/// A slot that was not removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Left {
    /// The slot.
    pub slot: String,
    /// True if that is because it has a holder.
    pub in_use: bool,
    /// Why.
    pub why: String,
}

/// Removes the slots that have no holder and, by force, the others too, once what would be lost with them is
/// saved. Branches stay unless something else has all of their commits.
pub fn cleanup(repo: &Repo, force: bool) -> Result<Vec<Left>, PoolError> {
    let policy = settings::policy(repo)?.pool;
    recover::interrupted(repo, &policy)?;
    let mut left = Vec::new();
    let state = state_file::update(repo, |state| Ok(state.clone()))?;
    for slot in &state.slots {
        if slot.phase == Phase::Leased && !force {
            left.push(Left {
                slot: slot.name.clone(),
                in_use: true,
                why: format!("{} has it", notes::holder(slot)),
            });
            continue;
        }
        match remove(repo, &slot.name, force, &policy) {
            // Somebody else has removed it meanwhile.
            Ok(()) | Err(PoolError::NoSlot(_)) => {}
            Err(error) if error.is_refusal() => left.push(Left {
                slot: slot.name.clone(),
                in_use: matches!(error, PoolError::NotLeased { .. }),
                why: error.to_string(),
            }),
            Err(error) => return Err(error),
        }
    }
    Ok(left)
}

/// Removes slots that have no holder, the last first, until there are no more than a user has asked for, or
/// than `least`.
pub fn shrink(repo: &Repo, least: usize) -> Result<(), PoolError> {
    let policy = settings::policy(repo)?.pool;
    let Some(state) = state_file::read(repo)? else {
        return Ok(());
    };
    let mut surplus = state.slots.len().saturating_sub(state.size.max(least));
    for slot in state.slots.iter().rev().filter(|slot| slot.is_free()) {
        if surplus == 0 {
            break;
        }
        match remove(repo, &slot.name, false, &policy) {
            Ok(()) | Err(PoolError::NoSlot(_)) => surplus -= 1,
            Err(error) if error.is_refusal() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// [`cleanup`], and then a pool of this many slots, or of as many as the policy says.
pub fn reset(repo: &Repo, size: Option<usize>, force: bool) -> Result<Vec<Left>, PoolError> {
    let left = cleanup(repo, force)?;
    fill::init(repo, size)?;
    Ok(left)
}

/// Removes one slot.
fn remove(repo: &Repo, name: &str, force: bool, policy: &PoolPolicy) -> Result<(), PoolError> {
    let (state, held) = state_file::update(repo, |state| take(state, name, force))?;
    let secured = secure(repo, &state, &held, force, policy).and_then(|gone| {
        let worktree = match gone {
            true => None,
            false => Some(place::open(repo, &state, &held)?),
        };
        session::settle(repo, worktree.as_ref(), &held)?;
        Ok(gone)
    });
    let gone = match secured {
        Ok(gone) => gone,
        Err(error) => {
            notes::keep_leased(repo, &held)?;
            return Err(error);
        }
    };
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(name) {
            slot.begin(Phase::Removing);
        }
        Ok(())
    })?;
    let done = dismantle(repo, &state, &held, gone, policy);
    if let Err(error) = &done {
        notes::abandon(repo, name, error)?;
    }
    done
}

/// Takes a slot away in which nothing is left to lose, and notes the branch that stays.
fn dismantle(
    repo: &Repo,
    state: &State,
    held: &Slot,
    gone: bool,
    policy: &PoolPolicy,
) -> Result<(), PoolError> {
    if !gone {
        let worktree = place::open(repo, state, held)?;
        if let Some(head) = worktree.head()? {
            slot::detach(&worktree, head, "baton: slot removed")?;
        }
        binding::unbind(&worktree)?;
    }
    let target = place::default_base(repo, policy)?;
    let finished = slot_worktree::part_with_branch(repo, held, target, None)?;
    state_file::update(repo, |state| {
        state.note_finished(finished);
        Ok(())
    })?;
    slot_worktree::remove(repo, state, &held.name)
}

fn take(state: &mut State, name: &str, force: bool) -> Result<(State, Slot), PoolError> {
    let all = state.clone();
    let slot = state
        .slot_mut(name)
        .ok_or_else(|| PoolError::NoSlot(name.to_owned()))?;
    if slot.phase != Phase::Ready && !(force && slot.phase == Phase::Leased) {
        return Err(PoolError::NotLeased {
            slot: name.to_owned(),
            phase: slot.phase.as_str(),
        });
    }
    slot.begin(Phase::Releasing);
    Ok((all, slot.clone()))
}

/// Sees to it that nothing in the slot is lost; says whether its directory is gone already.
fn secure(
    repo: &Repo,
    state: &State,
    held: &Slot,
    force: bool,
    policy: &PoolPolicy,
) -> Result<bool, PoolError> {
    if place::standing(repo, state, held)? == Standing::Missing {
        return Ok(true);
    }
    let worktree = place::open(repo, state, held)?;
    locks::refuse(&worktree, held)?;
    let risk = AtRiskText::of(&worktree, place::default_base(repo, policy)?)?;
    match (risk.is_none(), force) {
        (true, _) => {}
        (false, true) => {
            slot_worktree::save(repo, &worktree, held, policy, "removed by force")?;
        }
        (false, false) => {
            let directory = state.path_of(&held.name).display().to_string();
            return Err(risk.refusal(&held.name, &directory, "cleanup"));
        }
    }
    Ok(false)
}
