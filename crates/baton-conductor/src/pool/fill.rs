//! Making slots.

use std::sync::Mutex;

use super::state::State;
use super::{PoolError, notes, place, recover, slot_worktree, state_file};
use crate::settings;
use baton_core::policy::PoolPolicy;
use baton_git::Repo;
use baton_sys::file;

/// The most checkouts that are made at once: the disk serves no more.
const MAX_AT_ONCE: usize = 4;

/// Makes a pool of this many slots, or adds to the pool as many as are missing; without a number,
/// as many as the policy says. Returns the names of the new ones.
///
/// Slots that are there stay, also when there are more.
pub fn init(repo: &Repo, size: Option<usize>) -> Result<Vec<String>, PoolError> {
    let policy = settings::policy(repo)?.pool;
    fill_up(repo, &policy, size.unwrap_or(policy.size), true)
}

/// Adds slots until there are this many, which [`shrink`](super::shrink) takes away again: the pool stays as
/// large as a user has asked for.
pub fn grow(repo: &Repo, size: usize) -> Result<Vec<String>, PoolError> {
    let policy = settings::policy(repo)?.pool;
    fill_up(repo, &policy, size, false)
}

fn fill_up(
    repo: &Repo,
    policy: &PoolPolicy,
    size: usize,
    is_to_stay: bool,
) -> Result<Vec<String>, PoolError> {
    // Asked first: a repository that has nothing to check out gets no pool.
    place::default_base(repo, policy)?;
    let relative = place::relative_root(repo, policy)?;
    let root = place::absolute_root(repo, &relative)?;
    place::refuse_blocked(&root)?;
    recover::interrupted(repo, policy)?;
    let (state, new) = state_file::update_or_begin(repo, |state| {
        let fresh = || State {
            relative,
            ..State::new(root)
        };
        let state = match state {
            Some(state) if !state.slots.is_empty() => state,
            Some(state) => {
                let finished = std::mem::take(&mut state.finished);
                *state = State {
                    finished,
                    ..fresh()
                };
                state
            }
            None => state.insert(fresh()),
        };
        if is_to_stay || state.slots.is_empty() {
            state.size = size.max(state.slots.len());
        }
        place::hide(repo, &state.root)?;
        let mut new = Vec::new();
        while state.slots.len() < size {
            new.push(state.add_slot(file::is_taken));
        }
        Ok((state.clone(), new))
    })?;
    fill_all(repo, &state, &new, policy)?;
    Ok(new)
}

/// Fills these slots, several at once. Those that cannot be filled are taken away again.
fn fill_all(
    repo: &Repo,
    state: &State,
    names: &[String],
    policy: &PoolPolicy,
) -> Result<(), PoolError> {
    let waiting = Mutex::new(names.iter());
    let failed = Mutex::new(None);
    let next = || waiting.lock().ok()?.next();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let directory = repo.common_dir();
    let work = || {
        // Its own view of the repository: gix's object database is for one thread.
        let repo = match place::main_at(directory) {
            Ok(repo) => repo,
            Err(error) => return note(&failed, error),
        };
        while let Some(name) = next() {
            fill_or_remove(&repo, state, name, policy, &failed);
        }
    };
    // The others share the files of the first, where the file system can.
    if let Some(name) = next() {
        fill_or_remove(repo, state, name, policy, &failed);
    }
    std::thread::scope(|scope| {
        for _ in 0..cores.min(MAX_AT_ONCE).min(names.len()) {
            scope.spawn(work);
        }
    });
    match failed.into_inner() {
        Ok(Some(error)) => Err(error),
        _ => Ok(()),
    }
}

fn fill_or_remove(
    repo: &Repo,
    state: &State,
    name: &str,
    policy: &PoolPolicy,
    failed: &Mutex<Option<PoolError>>,
) {
    if let Err(error) = slot_worktree::fill(repo, state, name, policy) {
        // What stays behind is taken up by the next command, if it can be told so.
        if let Err(error) = slot_worktree::remove(repo, state, name) {
            drop(notes::abandon(repo, name, &error));
        }
        note(failed, error);
    }
}

/// Keeps the first error.
fn note(failed: &Mutex<Option<PoolError>>, error: PoolError) {
    if let Ok(mut failed) = failed.lock() {
        failed.get_or_insert(error);
    }
}
