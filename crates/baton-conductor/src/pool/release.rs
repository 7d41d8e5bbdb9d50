//! Giving a slot back: nothing in it is lost, and the next to have it finds it clean.

use super::at_risk_text::AtRiskText;
use super::state::{Finished, Phase, Slot, State};
use super::steps::{self, Moment, Step};
use super::trash::{self, Parcel};
use super::{PoolError, acquire, locks, name, place, recover, state_file};
use bstr::{BString, ByteSlice};

use crate::session::store;
use baton_core::model::Oid;
use baton_core::policy::PoolPolicy;
use baton_git::slot::Recycled;
use baton_git::{Repo, integration, slot};
use baton_guard::binding;
use baton_sys::clock;

/// What is given back.
#[derive(Debug, Clone, Default)]
pub struct Release {
    /// The slot, by its name or its directory.
    pub slot: String,
    /// The lease under which it was acquired; `None` when whoever has it now is to lose it.
    pub lease: Option<String>,
    /// Whether what would be lost is saved, instead of standing in the way.
    pub force: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The slot.
    pub slot: String,
    /// The short name of the branch that was made for its task.
    pub branch: Option<String>,
    /// Whether that branch is still there: nothing else has all of its commits.
    pub kept: bool,
    /// The reference below which what would have been lost was saved.
    pub saved: Option<String>,
}

/// Gives a slot back.
///
/// # Errors
/// [`PoolError::AtRisk`] when something would be lost; [`PoolError::Passed`] when the lease is
/// another's.
pub fn release(repo: &Repo, wish: &Release) -> Result<Released, PoolError> {
    let policy = store::policy(repo)?.pool;
    recover::interrupted(repo, &policy)?;
    let (state, held) = state_file::update(repo, |state| take(state, wish))?;
    let cleared = clear_up(repo, &state, &held, &policy);
    let secured = match cleared {
        Err(error) if !wish.force => Err(error),
        _ => place::open(repo, &state, &held).and_then(|worktree| {
            let worktree = worktree.remembering();
            let secured = secure(repo, &state, &worktree, &held, wish, &policy)?;
            Ok((worktree, secured))
        }),
    };
    let (worktree, secured) = match secured {
        Ok(secured) => secured,
        Err(error) => {
            recover::keep_leased(repo, &held)?;
            return Err(error);
        }
    };
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(&held.name) {
            slot.begin(Phase::Resetting);
        }
        Ok(())
    })?;
    let saved = match reset(repo, &worktree, &held, &policy, &secured) {
        Ok(saved) => secured.saved.or(saved),
        Err(error) => {
            recover::abandon(repo, &held.name, &error)?;
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
        branch: branch.map(|branch| name::short(&branch).to_owned()),
        kept,
        saved,
    })
}

/// Finds the slot and sees to it that nobody else releases it meanwhile.
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
            holder: recover::holder(slot),
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
    let step = Step {
        moment: Moment::PreRelease,
        slot: &held.name,
        lease: &lease.id,
        directory: &state.path_of(&held.name),
        task: lease.task.as_deref(),
        branch: lease.branch.as_deref().map(name::short),
    };
    Ok(steps::run(
        repo,
        &policy.pre_release,
        policy.step_limit,
        &step,
    )?)
}

/// What was seen of a slot of which nothing can be lost any more.
#[derive(Default)]
pub(super) struct Secured {
    /// The reference below which something was saved.
    saved: Option<String>,
    /// All that is not as the slot's commit has it, when every tracked file is.
    leftovers: Option<Vec<BString>>,
    /// Whether the work of the task has arrived.
    verdict: Option<Verdict>,
}

/// Whether one commit has all that another would bring.
#[derive(Clone, Copy)]
pub(super) struct Verdict {
    tip: Oid,
    target: Oid,
    is_merged: bool,
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
        saved: save(repo, worktree, held, policy, "released by force")?,
        ..Secured::default()
    })
}

/// Saves what is in the slot and nowhere else, where there is such a thing; names the reference.
pub(super) fn save(
    repo: &Repo,
    worktree: &Repo,
    held: &Slot,
    policy: &PoolPolicy,
    reason: &str,
) -> Result<Option<String>, PoolError> {
    let target = place::default_base(repo, policy)?;
    if AtRiskText::of(worktree, target)?.is_none() {
        return Ok(None);
    }
    let parcel = Parcel {
        slot: &held.name,
        reason,
        with_ignored: false,
    };
    Ok(trash::save(worktree, target, &parcel)?.map(|saved| saved.reference()))
}

/// Brings the slot back to the commit on which tasks begin, ends its session's binding and its
/// lease. A branch that something else contains is removed; any other stays and is noted. Gives
/// the reference below which something was saved.
pub(super) fn reset(
    repo: &Repo,
    worktree: &Repo,
    held: &Slot,
    policy: &PoolPolicy,
    secured: &Secured,
) -> Result<Option<String>, PoolError> {
    const REASON: &str = "baton: released";
    let base = place::default_base(repo, policy)?;
    let recycled = secured
        .leftovers
        .as_ref()
        .map(|leftovers| slot::recycle(worktree, base, leftovers, &policy.keep, REASON));
    let (recycled, saved) = match recycled {
        Some(Ok(recycled)) => (recycled, None),
        failed => {
            let saved = match failed {
                Some(_) => save(repo, worktree, held, policy, "written during a release")?,
                None => None,
            };
            slot::restore(worktree, base, &policy.keep, REASON)?;
            (Recycled::Whole, saved)
        }
    };
    acquire::equip_ahead(repo, worktree, policy);
    binding::unbind(worktree)?;
    let finished = part_with_branch(repo, held, base, secured.verdict)?;
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(&held.name) {
            slot.settle(base);
            if let Recycled::Disturbed { at, path } = &recycled {
                slot.base = Some(*at);
                slot.trouble = Some(format!(
                    "{} was written while the slot was released",
                    path.to_str_lossy().escape_debug()
                ));
            }
        }
        state.note_finished(finished);
        Ok(())
    })?;
    Ok(saved)
}

/// Removes the branch of the slot's task when `target` has all of it, or tells what is to be noted
/// of it. What is known already need not be found out again.
pub(super) fn part_with_branch(
    repo: &Repo,
    held: &Slot,
    target: Oid,
    known: Option<Verdict>,
) -> Result<Option<Finished>, PoolError> {
    let lease = held.lease.as_ref();
    let branch = lease.and_then(|lease| lease.branch.as_deref());
    let (Some(lease), Some(branch)) = (lease, branch) else {
        return Ok(None);
    };
    let Some(tip) = repo.refs().resolve(branch)? else {
        return Ok(None);
    };
    let known = known.filter(|known| known.tip == tip && known.target == target);
    let merged = match known {
        _ if lease.base == Some(tip) => true,
        Some(known) => known.is_merged,
        None => integration::merge_state(repo, tip, target)?.is_integrated(),
    };
    if merged && lease.task.is_some() && !is_checked_out(repo, branch)? {
        slot::delete_branch(repo, branch, tip, "baton: released, merged")?;
        return Ok(None);
    }
    Ok(Some(Finished {
        task: lease.task.clone(),
        branch: branch.to_owned(),
        tip,
        base: lease.base,
        session: lease.session.clone(),
        slot: held.name.clone(),
        released_at: clock::timestamp(clock::now()),
    }))
}

fn is_checked_out(repo: &Repo, branch: &str) -> Result<bool, PoolError> {
    for worktree in repo.worktrees()? {
        if slot::branch_in(&worktree.git_dir)?.is_some_and(|name| name == branch) {
            return Ok(true);
        }
    }
    Ok(false)
}
