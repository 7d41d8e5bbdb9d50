//! The repairs by which nothing is lost.

use std::path::{Path, PathBuf};

use super::{Code, Finding};
use crate::pool::place::{self, Standing};
use crate::pool::release::{self, Release};
use crate::pool::state::Phase;
use crate::pool::{PoolError, fill, locks, notes, recover, slot_worktree, state_file};
use crate::settings;
use baton_core::policy::PoolPolicy;
use baton_git::{GitError, Repo, locks as git_locks};
use baton_sys::file;

/// Repairs what was found, as far as that loses nothing.
pub(super) fn repair(repo: &Repo, finding: &Finding, policy: &PoolPolicy) -> Result<(), PoolError> {
    let state = state_file::update(repo, |state| Ok(state.clone()))?;
    let name = finding.slot.as_deref().unwrap_or_default();
    match finding.code {
        Code::Interrupted => recover::interrupted(repo, policy),
        Code::SlotsMissing => fill::init(repo, Some(state.size)).map(drop),
        Code::Moved | Code::Unlocked => match state.slot(name) {
            Some(slot) => {
                place::open(repo, &state, slot)?;
                clear_trouble(repo, name)
            }
            None => Ok(()),
        },
        Code::DirectoryGone => refill(repo, name, policy),
        Code::Forgotten => {
            set_aside(repo, name)?;
            refill(repo, name, policy)
        }
        Code::Unfit | Code::StaleLease | Code::UnknownHolder => {
            let slot = state.slot(name);
            let lease = slot.and_then(|slot| slot.lease.as_ref());
            let wish = Release {
                slot: name.to_owned(),
                lease: lease.map(|lease| lease.id.clone()),
                force: false,
            };
            release::release(repo, &wish).map(drop)
        }
        Code::InUse => {
            let worktree = state
                .slot(name)
                .map(|slot| place::open(repo, &state, slot))
                .transpose()?;
            let found = match &worktree {
                Some(worktree) => git_locks::on_worktree(worktree),
                None => locks::shared_locks(repo)?,
            };
            let left = found.iter().filter(|lock| lock.is_stale());
            left.into_iter().try_for_each(locks::remove)?;
            recover::interrupted(repo, policy)
        }
        Code::RecordLost | Code::Foreign | Code::LockedByOther => Ok(()),
    }
}

fn clear_trouble(repo: &Repo, name: &str) -> Result<(), PoolError> {
    state_file::update(repo, |state| {
        if let Some(slot) = state.slot_mut(name) {
            slot.trouble = None;
        }
        Ok(())
    })
}

/// Makes a slot anew that is lent under this lease and whose directory is gone; the lease is over
/// then, and the branch stays. Says whether it was so.
pub fn make_anew(repo: &Repo, name: &str, lease: &str) -> Result<bool, PoolError> {
    let policy = settings::policy(repo)?.pool;
    let state = state_file::update(repo, |state| Ok(state.clone()))?;
    let Some(slot) = state.slot(name).filter(|slot| slot.is_held_by(lease)) else {
        return Ok(false);
    };
    match place::standing(repo, &state, slot)? {
        Standing::Missing => refill(repo, name, &policy).map(|()| true),
        _ => Ok(false),
    }
}

/// Makes the directory of a slot anew that is lent under this lease and whose directory is gone: on the lease's branch, and
/// bound to its session. Says whether it was so; a kill leaves a directory that is gone or on no branch.
pub fn put_back(repo: &Repo, name: &str, lease: &str) -> Result<bool, PoolError> {
    let policy = settings::policy(repo)?.pool;
    let state = state_file::update(repo, |state| Ok(state.clone()))?;
    let Some(slot) = state.slot(name).filter(|slot| slot.is_held_by(lease)) else {
        return Ok(false);
    };
    let branch = slot.lease.as_ref().and_then(|held| held.branch.as_ref());
    let tip = branch
        .map(|branch| repo.refs().resolve(branch))
        .transpose()?;
    let (Some(branch), Some(tip)) = (branch, tip.flatten()) else {
        return Ok(false);
    };
    if place::standing(repo, &state, slot)? != Standing::Missing {
        return Ok(false);
    }
    let session = slot.lease.as_ref().and_then(|held| held.session.as_ref());
    slot_worktree::put_back(repo, &state.path_of(name), (branch, tip), session, &policy)?;
    Ok(true)
}

/// Moves the files of a slot of which git knows nothing out of the way.
fn set_aside(repo: &Repo, name: &str) -> Result<(), PoolError> {
    state_file::update(repo, |state| {
        let slot = state
            .slot(name)
            .ok_or_else(|| PoolError::NoSlot(name.to_owned()))?;
        let is_settled = matches!(slot.phase, Phase::Ready | Phase::Leased);
        if is_settled && place::standing(repo, state, slot)? == Standing::Forgotten {
            let path = state.path_of(name);
            file::rename(&path, &aside(&path)).map_err(GitError::io(path))?;
        }
        Ok(())
    })
}

/// A name beside a slot's directory that nothing has.
pub(super) fn aside(path: &Path) -> PathBuf {
    let name = |number: usize| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".lost-{number}"));
        PathBuf::from(name)
    };
    let mut names = (1..).map(name);
    names.find(|name| !file::is_taken(name)).unwrap_or_default()
}

/// Makes a slot anew whose directory is gone; the branch stays unless something else has all of its
/// commits.
fn refill(repo: &Repo, name: &str, policy: &PoolPolicy) -> Result<(), PoolError> {
    let (state, held) = state_file::update(repo, |state| {
        let all = state.clone();
        let slot = state.slot_mut(name);
        let slot = slot.filter(|slot| matches!(slot.phase, Phase::Ready | Phase::Leased));
        let slot = slot.ok_or_else(|| PoolError::NoSlot(name.to_owned()))?;
        let held = slot.clone();
        slot.begin(Phase::Filling);
        Ok((all, held))
    })?;
    let filled = slot_worktree::refill(repo, &state, &held, policy);
    if let Err(error) = &filled {
        notes::abandon(repo, name, error)?;
    }
    filled
}
