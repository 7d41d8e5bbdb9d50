//! From a commit object to the branch, and to the worktrees that show the branch.
//!
//! A record in Baton's directory says what is under way. Whoever finds it there, because the
//! process that wrote it was killed, asks the branch whether the commit has landed: if so the
//! worktrees are brought up to it, otherwise nothing happened and the record goes.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::AggregateError;
use crate::landing::checkouts::{self, Shown};
use baton_core::model::Oid;
use baton_git::{GitError, Repo, StoreError, history, worktree_sync, worktrees};
use baton_guard::landings;
use baton_sys::file;

/// A commit and where it is to land.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The branch, full name.
    pub branch: String,
    /// What it names before.
    pub old: Oid,
    /// The commit.
    pub new: Oid,
}

#[derive(Serialize, Deserialize)]
struct Record {
    branch: String,
    old: String,
    new: String,
    /// The worktrees, by their ids, of which files may have been written.
    #[serde(default)]
    begun: BTreeSet<String>,
}

/// Records that the commit is about to land.
pub fn announce(repo: &Repo, landing: &Landing) -> Result<(), AggregateError> {
    Ok(write(repo, landing, &BTreeSet::new())?)
}

fn write(repo: &Repo, landing: &Landing, begun: &BTreeSet<String>) -> Result<(), GitError> {
    let record = Record {
        branch: landing.branch.clone(),
        old: landing.old.to_string(),
        new: landing.new.to_string(),
        begun: begun.clone(),
    };
    let json = serde_json::to_vec(&record).expect("a record is plain text");
    let path = landings::of_aggregate(repo);
    file::write_atomically(&path, &json).map_err(GitError::io(path))
}

/// The worktrees that have the branch checked out and something of their own where the commit
/// changes it.
pub fn in_the_way(repo: &Repo, landing: &Landing) -> Result<Vec<PathBuf>, AggregateError> {
    let mut found = Vec::new();
    for worktree in worktrees::checkouts(repo)? {
        if worktree.branch.is_some_and(|name| name == landing.branch) {
            let here = worktrees::open_worktree(&worktree.path)?;
            let would = worktree_sync::would_refresh(&here, landing.old, landing.new);
            if matches!(
                would,
                worktree_sync::Refreshed::Dirty | worktree_sync::Refreshed::Locked
            ) {
                found.push(worktree.path);
            }
        }
    }
    Ok(found)
}

/// Moves the branch; `false` when it moved meanwhile, and the commit has to be made again.
pub fn land(repo: &Repo, landing: &Landing) -> Result<bool, AggregateError> {
    let reason = "baton: aggregate";
    match repo
        .store()
        .move_branch(&landing.branch, landing.old, landing.new, reason)
    {
        Ok(()) => Ok(true),
        Err(StoreError::Raced(_)) => Ok(false),
        Err(StoreError::Git(error)) => {
            forget(repo)?;
            Err(error.into())
        }
    }
}

/// Shows the change in every worktree that has the branch checked out and nothing of its own at
/// the changed paths. The record stays while a worktree cannot be written.
pub fn finish(repo: &Repo, landing: &Landing) -> Result<Vec<Shown>, AggregateError> {
    show(repo, landing, BTreeSet::new())
}

fn show(
    repo: &Repo,
    landing: &Landing,
    begun: BTreeSet<String>,
) -> Result<Vec<Shown>, AggregateError> {
    let ends = [landing.old, landing.new];
    let note = |begun: &BTreeSet<String>| write(repo, landing, begun);
    let shown = checkouts::show(repo, &landing.branch, ends, begun, note)?;
    if shown.iter().all(Shown::is_settled) {
        forget(repo)?;
    }
    Ok(shown)
}

/// Completes or rolls back what an earlier run left; `None` when there was nothing.
///
/// # Errors
/// Besides those of git, when a worktree still cannot be brought up to what has landed.
pub fn recover(repo: &Repo) -> Result<Option<Vec<Shown>>, AggregateError> {
    let path = landings::of_aggregate(repo);
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    let Some((landing, begun)) = bytes.and_then(|bytes| read(&bytes)) else {
        forget(repo)?;
        return Ok(None);
    };
    let tip = repo.refs().resolve(&landing.branch)?;
    let landed = match tip {
        Some(tip) if repo.objects().contains(landing.new) => {
            history::reachable(repo, &[landing.new], &[tip])?.is_empty()
        }
        _ => false,
    };
    if !landed {
        forget(repo)?;
        return Ok(None);
    }
    let shown = show(repo, &landing, begun)?;
    if shown.iter().all(Shown::is_settled) {
        return Ok(Some(shown));
    }
    Err(AggregateError::Unshown {
        branch: landing.branch,
        commit: landing.new,
        shown,
    })
}

fn read(bytes: &[u8]) -> Option<(Landing, BTreeSet<String>)> {
    let record: Record = serde_json::from_slice(bytes).ok()?;
    let landing = Landing {
        old: record.old.parse().ok()?,
        new: record.new.parse().ok()?,
        branch: record.branch,
    };
    Some((landing, record.begun))
}

fn forget(repo: &Repo) -> Result<(), GitError> {
    let path = landings::of_aggregate(repo);
    file::remove_if_exists(&path).map_err(GitError::io(path))
}
