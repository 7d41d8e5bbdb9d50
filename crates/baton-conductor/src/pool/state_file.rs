//! Reading and changing what is known of the pool, one process at a time.

use std::path::PathBuf;

use serde::Deserialize;

use super::rebuild::rebuild;
use super::state::{State, VERSION};
use super::{PoolError, directory, place};
use crate::settings;
use baton_core::model::RefName;
use baton_git::{GitError, Repo};
use baton_sys::{FileLock, file};

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
    let directory = directory::of(repo);
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

/// The directory of the slot that somebody calls so, by its name or its directory.
pub fn slot_path(repo: &Repo, words: &str) -> Result<Option<PathBuf>, PoolError> {
    let state = read(repo)?.ok_or(PoolError::None)?;
    Ok(state.find(words).map(|slot| state.path_of(&slot.name)))
}

/// The state of the pool as it is now, without the finished branches that are gone meanwhile;
/// `None` where there is no pool.
pub fn read(repo: &Repo) -> Result<Option<State>, PoolError> {
    update_or_begin(repo, |state| {
        if let Some(state) = state {
            let is_gone = |branch: &RefName| matches!(repo.refs().resolve(branch), Ok(None));
            state.finished.retain(|one| !is_gone(&one.branch));
        }
        Ok(state.clone())
    })
}

/// Finds the directory of the pool after a move: where it was from the main worktree, or where it would be made
/// now, as after both were renamed.
fn find_moved(repo: &Repo, state: &mut State) {
    let policy = settings::policy(repo).map(|policy| policy.pool);
    let now = policy
        .ok()
        .and_then(|policy| place::relative_root(repo, &policy).ok());
    let before = Some(state.relative.clone()).filter(|relative| !relative.is_empty());
    for relative in [before, now].into_iter().flatten() {
        let is_there = |root: &PathBuf| {
            let mut slots = state.slots.iter();
            slots.any(|slot| file::is_directory(&root.join(&slot.name)))
        };
        if let Some(root) = place::absolute_root(repo, &relative).ok().filter(is_there) {
            state.root = root;
            state.relative = relative;
            return;
        }
    }
}

/// The field that every version of the file begins with.
#[derive(Deserialize)]
struct Format {
    version: u32,
}

/// Returns what the file holds, and what is to be believed: where the file cannot be, what git knows.
fn load(repo: &Repo, path: &PathBuf) -> Result<(Option<State>, Option<State>), PoolError> {
    let bytes = file::read_if_exists(path).map_err(GitError::io(path))?;
    let Some(bytes) = bytes else {
        return Ok((None, rebuild(repo)?));
    };
    match serde_json::from_slice::<State>(&bytes) {
        Ok(state) if state.version == VERSION && state.is_plausible() => {
            let mut found = state.clone();
            if !file::is_directory(&found.root) && !found.slots.is_empty() {
                find_moved(repo, &mut found);
            }
            Ok((Some(state), Some(found)))
        }
        _ => match serde_json::from_slice::<Format>(&bytes) {
            Ok(Format { version }) if version != VERSION => Err(PoolError::Version(version)),
            _ => Ok((None, rebuild(repo)?)),
        },
    }
}
