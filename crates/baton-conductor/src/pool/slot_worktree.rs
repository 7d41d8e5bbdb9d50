//! The worktree of a slot: made, brought back to where tasks begin, and removed.

use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::at_risk_text::AtRiskText;
use super::state::{Finished, Slot, State};
use super::trash::{self, Parcel};
use super::{LOCK_REASON, PoolError, directory, include, place, session, state_file};
use baton_core::model::{Oid, RefName, SessionId};
use baton_core::policy::PoolPolicy;
use baton_git::slot::Recycled;
use baton_git::{Repo, integration, settings, slot, worktrees};
use baton_guard::binding;
use baton_sys::{clock, file};

/// Puts a slot's files there, at the commit on which tasks begin now, and has it ready.
pub(super) fn fill(
    repo: &Repo,
    state: &State,
    name: &str,
    policy: &PoolPolicy,
) -> Result<(), PoolError> {
    let base = place::default_base(repo, policy)?;
    let path = state.path_of(name);
    {
        let _turn = directory::worktree_list(repo)?;
        // What a fill that was killed has left is of no use: git may not have finished it.
        slot::remove(repo, &path)?;
        slot::add(repo, &path, base, LOCK_REASON)?;
    }
    let worktree = worktrees::open_in(repo.common_dir(), &path)?;
    settings::note(&worktree)?;
    if let Some(other) = alike(repo, base)? {
        slot::share_files(&worktree, &other, base)?;
    }
    slot::restore(&worktree, base, &[], "baton: slot made")?;
    equip_ahead(repo, &worktree, policy);
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(name) {
            slot.settle(base);
        }
        Ok(())
    })
}

/// Makes a slot anew of whose directory nothing is needed any more, and parts with what it was held for: the session
/// is over, and the branch stays unless something else has all of its commits.
pub(super) fn refill(
    repo: &Repo,
    state: &State,
    held: &Slot,
    policy: &PoolPolicy,
) -> Result<(), PoolError> {
    {
        let _turn = directory::worktree_list(repo)?;
        slot::remove(repo, &state.path_of(&held.name))?;
    }
    session::settle(repo, None, held)?;
    let finished = part_with_branch(repo, held, place::default_base(repo, policy)?, None)?;
    state_file::update(repo, |state| {
        state.note_finished(finished);
        Ok(())
    })?;
    fill(repo, state, &held.name, policy)
}

/// Puts the files of a slot that is lent there again, on its branch and bound to its session.
pub(super) fn put_back(
    repo: &Repo,
    path: &Path,
    (branch, tip): (&RefName, Oid),
    session: Option<&SessionId>,
    policy: &PoolPolicy,
) -> Result<(), PoolError> {
    const REASON: &str = "baton: slot made again";
    {
        let _turn = directory::worktree_list(repo)?;
        slot::remove(repo, path)?;
        slot::add(repo, path, tip, LOCK_REASON)?;
    }
    let worktree = worktrees::open_in(repo.common_dir(), path)?;
    settings::note(&worktree)?;
    slot::restore(&worktree, tip, &[], REASON)?;
    slot::enter_branch(&worktree, branch, REASON)?;
    if let Some(session) = session {
        binding::bind(&worktree, session, Some(branch))?;
    }
    equip(repo, &worktree, policy)
}

/// The directory of a free slot at this commit. It may be acquired any time: what is taken from
/// it is looked at again.
fn alike(repo: &Repo, base: Oid) -> Result<Option<PathBuf>, PoolError> {
    state_file::update(repo, |state| {
        let mut free = state.slots.iter().filter(|slot| slot.is_free());
        let same = free.find(|slot| slot.base == Some(base));
        Ok(same.map(|slot| state.path_of(&slot.name)))
    })
}

/// Removes a slot in which nothing is left to lose.
pub(super) fn remove(repo: &Repo, state: &State, name: &str) -> Result<(), PoolError> {
    {
        let _turn = directory::worktree_list(repo)?;
        slot::remove(repo, &state.path_of(name))?;
    }
    state_file::update(repo, |state| {
        state.slots.retain(|slot| slot.name != name);
        if state.slots.is_empty() {
            file::remove_if_empty(&state.root);
        }
        Ok(())
    })
}

/// The facts about a slot of which nothing can be lost any more.
#[derive(Default)]
pub(super) struct Secured {
    /// The reference below which something was saved.
    pub(super) saved: Option<String>,
    /// All that is not as the slot's commit has it, when every tracked file is.
    pub(super) leftovers: Option<Vec<BString>>,
    /// The verdict on the work of the task: whether it has arrived.
    pub(super) verdict: Option<Verdict>,
}

/// The verdict whether one commit has all that another would bring.
#[derive(Clone, Copy)]
pub(super) struct Verdict {
    pub(super) tip: Oid,
    pub(super) target: Oid,
    pub(super) is_merged: bool,
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
    Ok(trash::save(worktree, target, &parcel)?.map(|saved| saved.reference().to_string()))
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
    equip_ahead(repo, worktree, policy);
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
    let branch = lease.and_then(|lease| lease.branch.as_ref());
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
        branch: branch.clone(),
        tip,
        base: lease.base,
        session: lease.session.clone(),
        slot: held.name.clone(),
        released_at: clock::timestamp(clock::now()),
    }))
}

fn is_checked_out(repo: &Repo, branch: &RefName) -> Result<bool, PoolError> {
    for worktree in repo.worktrees()? {
        if slot::branch_in(&worktree.git_dir)?.is_some_and(|name| name == *branch) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives a slot the ignored files of the main worktree that it should have.
pub(super) fn equip(repo: &Repo, worktree: &Repo, policy: &PoolPolicy) -> Result<(), PoolError> {
    let main = place::main(repo)?;
    include::copy(&main, worktree, &policy.include)?;
    Ok(())
}

/// The same before a task asks for the slot, so that little is left to copy then. What fails now
/// is tried again, and told, when one does.
pub(super) fn equip_ahead(repo: &Repo, worktree: &Repo, policy: &PoolPolicy) {
    drop(equip(repo, worktree, policy));
}
