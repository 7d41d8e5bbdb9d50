//! Reading and changing what is known of the pool, one process at a time.

use std::path::PathBuf;

use super::state::{Lease, Phase, Slot, State, VERSION, number_of};
use super::{LOCK_REASON, PoolError};
use crate::git::{GitError, Repo, slot};
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
    if state != before {
        let json = serde_json::to_vec_pretty(&state).map_err(|error| PoolError::Path {
            path: path.clone(),
            why: error.to_string(),
        })?;
        file::write_atomically(&path, &json).map_err(GitError::io(path))?;
    }
    Ok(result)
}

/// The state of the pool as it is now; `None` where there is no pool.
pub fn read(repo: &Repo) -> Result<Option<State>, PoolError> {
    update_or_begin(repo, |state| Ok(state.clone()))
}

fn directory(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("pool")
}

/// What the file holds, and what is to be believed: where the file cannot be, what git knows.
fn load(repo: &Repo, path: &PathBuf) -> Result<(Option<State>, Option<State>), PoolError> {
    let bytes = file::read_if_exists(path).map_err(GitError::io(path))?;
    let Some(bytes) = bytes else {
        return Ok((None, rebuild(repo)?));
    };
    match serde_json::from_slice::<State>(&bytes) {
        Ok(state) if state.version == VERSION => Ok((Some(state.clone()), Some(state))),
        Ok(state) => Err(PoolError::Version(state.version)),
        Err(_) => Ok((None, rebuild(repo)?)),
    }
}

/// The pool that the worktrees with its lock make, each of them leased to nobody knows whom.
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
        slots.push(Slot {
            name: name.into_owned(),
            phase: Phase::Leased,
            base: None,
            worker: None,
            lease: Some(Lease {
                id: random::id().map_err(GitError::io("/dev/urandom"))?,
                owner: None,
                process: None,
                task: None,
                branch: slot::branch_in(&worktree.git_dir)?.map(|name| name.to_string()),
                base: None,
                session: None,
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
