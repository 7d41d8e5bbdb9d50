//! Reading and changing what is known of the pool, one process at a time.

use std::path::PathBuf;

use serde::Deserialize;

use super::state::{Lease, Phase, Slot, State, VERSION, number_of};
use super::{LOCK_REASON, PoolError, place};
use crate::git::{GitError, Repo, landing, slot};
use crate::guard::binding;
use crate::orchestrator::store;
use crate::sys::{FileLock, clock, file, random};

/// Calls `change` with the state of the pool and stores what it left; nothing when it fails.
/// Whatever takes long belongs outside.
///
/// # Errors
/// [`PoolError::None`] where there is no pool.
pub fn update<T>(
    repo: &Repo,
    change: impl FnOnce(&mut State) -> Result<T, PoolError>,
) -> Result<T, PoolError> {
    update_or_begin(repo, |state| match state {
        Some(state) => change(state),
        None => Err(PoolError::None),
    })
}

/// Like [`update`], where there may be no pool yet.
pub fn update_or_begin<T>(
    repo: &Repo,
    change: impl FnOnce(&mut Option<State>) -> Result<T, PoolError>,
) -> Result<T, PoolError> {
    let directory = directory(repo);
    let lock = directory.join("lock");
    let _turn = FileLock::acquire(&lock).map_err(GitError::io(lock))?;
    let path = directory.join("state.json");
    let (before, mut state) = load(repo, &path)?;
    let result = change(&mut state)?;
    if let Some(state) = &mut state {
        state.forget_loss();
    }
    if state != before {
        let json = serde_json::to_vec_pretty(&state).map_err(|error| PoolError::Path {
            path: path.clone(),
            why: error.to_string(),
        })?;
        // A record that a power cut has emptied is made again; one that is old is found out, since
        // a slot that is given out must be as the record says.
        file::write_at_once(&path, &json).map_err(GitError::io(path))?;
    }
    Ok(result)
}

/// The state of the pool as it is now, without the finished branches that are gone meanwhile;
/// `None` where there is no pool.
pub fn read(repo: &Repo) -> Result<Option<State>, PoolError> {
    update_or_begin(repo, |state| {
        if let Some(state) = state {
            let is_gone = |branch: &str| matches!(repo.refs().resolve(branch), Ok(None));
            state.finished.retain(|one| !is_gone(&one.branch));
        }
        Ok(state.clone())
    })
}

/// Waits until no other process of the pool changes the list of worktrees, and keeps others from it
/// until the value is dropped: a git that reads the list dies of an entry that another git is
/// still writing.
pub fn worktree_list(repo: &Repo) -> Result<FileLock, PoolError> {
    let lock = directory(repo).join("worktrees.lock");
    Ok(FileLock::acquire(&lock).map_err(GitError::io(lock))?)
}

fn directory(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("pool")
}

/// What every version of the file begins with.
#[derive(Deserialize)]
struct Format {
    version: u32,
}

/// What the file holds, and what is to be believed: where the file cannot be, what git knows.
fn load(repo: &Repo, path: &PathBuf) -> Result<(Option<State>, Option<State>), PoolError> {
    let bytes = file::read_if_exists(path).map_err(GitError::io(path))?;
    let Some(bytes) = bytes else {
        return Ok((None, rebuild(repo)?));
    };
    match serde_json::from_slice::<State>(&bytes) {
        Ok(state) if state.version == VERSION && state.is_plausible() => {
            let mut found = state.clone();
            if !file::is_directory(&found.root) && !found.relative.is_empty() {
                let moved = place::absolute_root(repo, &found.relative)?;
                if file::is_directory(&moved) {
                    found.root = moved;
                }
            }
            Ok((Some(state), Some(found)))
        }
        _ => match serde_json::from_slice::<Format>(&bytes) {
            Ok(Format { version }) if version != VERSION => Err(PoolError::Version(version)),
            _ => Ok((None, rebuild(repo)?)),
        },
    }
}

/// The pool that the worktrees with its lock make, each of them leased to nobody knows whom: what
/// their sessions say of them helps people, and proves nothing.
/// `None` where there is no such worktree.
fn rebuild(repo: &Repo) -> Result<Option<State>, PoolError> {
    let mut slots = Vec::new();
    let mut root = None;
    let now = clock::timestamp(clock::now());
    for worktree in repo.worktrees()? {
        let (Some(id), Some(path)) = (&worktree.id, repo.root_of(&worktree)) else {
            continue;
        };
        let reason = slot::lock_reason(repo, id)?;
        let name = path.file_name().map(|name| name.to_string_lossy());
        let name = name.filter(|name| number_of(name).is_some());
        let (Some(name), true) = (name, reason.is_some_and(|it| it == LOCK_REASON)) else {
            continue;
        };
        let parent = path.parent().map(ToOwned::to_owned);
        if root.is_some() && root != parent {
            continue;
        }
        root = parent;
        let session = landing::open_worktree(&path).and_then(|slot| binding::session(&slot));
        let session = session.ok().flatten();
        let recorded = session.as_ref().map(|id| store::find(repo, id.number()));
        let recorded = recorded.and_then(|found| found.ok().flatten());
        slots.push(Slot {
            name: name.into_owned(),
            phase: Phase::Leased,
            base: None,
            worker: None,
            lease: Some(Lease {
                id: random::id().map_err(GitError::io("/dev/urandom"))?,
                owner: None,
                process: None,
                task: recorded.as_ref().and_then(|session| session.task.clone()),
                branch: slot::branch_in(&worktree.git_dir)?.map(|name| name.to_string()),
                base: recorded.and_then(|session| session.base),
                session: session.map(|id| id.to_string()),
                acquired_at: now.clone(),
                heartbeat: now.clone(),
            }),
            trouble: None,
        });
    }
    slots.sort_by_key(Slot::number);
    Ok(root.map(|root| State {
        size: slots.len(),
        slots,
        rebuilt_at: Some(now),
        ..State::new(root)
    }))
}
