//! From tested commits to the target, and to the worktrees that show it.
//!
//! A record says what is under way. Whoever finds it, because the process that wrote it was
//! killed, asks the target whether the commits have landed: if so, what was to follow is done;
//! otherwise nothing happened, and the record goes.

use bstr::ByteSlice;
use serde::{Deserialize, Serialize};

use super::ground::{Ground, full};
use super::report::CheckoutReport;
use super::{MergeError, place};
use crate::git::contained::is_ancestor;
use crate::git::landing::{self as git, Refreshed};
use crate::git::{GitError, Repo, StoreError};
use crate::model::Oid;
use crate::sys::file;

/// Commits that are to land.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The target, in short.
    pub into: String,
    /// What it names before.
    pub old: Oid,
    /// What it names afterwards.
    pub new: Oid,
    /// The branches that land, in short, with their tips.
    pub branches: Vec<(String, Oid)>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    into: String,
    old: String,
    new: String,
    branches: Vec<(String, String)>,
}

/// Fails where a checkout of the target has changes of its own that the landing would touch.
pub fn check_checkouts(repo: &Repo, ground: &Ground, new: Oid) -> Result<(), MergeError> {
    for worktree in checkouts(repo, &ground.into)? {
        let here = git::open_worktree(&worktree.path)?;
        match git::would_refresh(&here, ground.tip, new) {
            Refreshed::Done => {}
            Refreshed::Locked => return Err(MergeError::Busy(worktree.path)),
            Refreshed::Dirty => {
                let files = git::dirty_among(&here, ground.tip, new)?;
                return Err(MergeError::Dirty {
                    into: ground.into.clone(),
                    path: worktree.path,
                    files: files
                        .iter()
                        .map(|path| path.to_str_lossy().into_owned())
                        .collect(),
                });
            }
        }
    }
    Ok(())
}

/// Records that the commits are about to land.
pub fn announce(repo: &Repo, landing: &Landing) -> Result<(), MergeError> {
    let text = |oid: &Oid| oid.to_string();
    let record = Record {
        into: landing.into.clone(),
        old: text(&landing.old),
        new: text(&landing.new),
        branches: landing
            .branches
            .iter()
            .map(|(name, tip)| (name.clone(), text(tip)))
            .collect(),
    };
    let json = serde_json::to_vec(&record).expect("a record is plain text");
    let path = place::landing(repo);
    file::write_atomically(&path, &json).map_err(GitError::io(path))?;
    Ok(())
}

/// Moves the target; `false` when it moved meanwhile, and all has to be made again.
pub fn land(repo: &Repo, landing: &Landing) -> Result<bool, MergeError> {
    let reason = match landing.branches.as_slice() {
        [(only, _)] => format!("baton: merge {only}"),
        all => format!("baton: merge {} branches", all.len()),
    };
    match git::move_branch(
        repo,
        &full(&landing.into),
        landing.old,
        landing.new,
        &reason,
    ) {
        Ok(()) => Ok(true),
        Err(StoreError::Raced(_)) => {
            forget(repo)?;
            Ok(false)
        }
        Err(StoreError::Git(error)) => {
            forget(repo)?;
            Err(error.into())
        }
    }
}

/// Shows the commits in the checkouts of the target.
pub fn show(repo: &Repo, landing: &Landing) -> Result<Vec<CheckoutReport>, MergeError> {
    let mut shown = Vec::new();
    for worktree in checkouts(repo, &landing.into)? {
        let here = git::open_worktree(&worktree.path)?;
        let refreshed = git::refresh(&here, landing.old, landing.new);
        shown.push(CheckoutReport {
            path: worktree.path.display().to_string(),
            updated: refreshed == Refreshed::Done,
        });
    }
    Ok(shown)
}

/// The landing that was under way when a process was killed, if it has come to pass; what was
/// announced and did not happen is forgotten.
pub fn interrupted(repo: &Repo) -> Result<Option<Landing>, MergeError> {
    let path = place::landing(repo);
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    let Some(bytes) = bytes else {
        return Ok(None);
    };
    let landing = read(&bytes);
    let tip = match &landing {
        Some(landing) => repo.refs().resolve(&full(&landing.into))?,
        None => None,
    };
    if let (Some(landing), Some(tip)) = (landing, tip)
        && repo.objects().contains(landing.new)
        && is_ancestor(repo, landing.new, tip)?
    {
        return Ok(Some(landing));
    }
    forget(repo)?;
    Ok(None)
}

/// Notes that nothing is under way.
pub fn forget(repo: &Repo) -> Result<(), GitError> {
    let path = place::landing(repo);
    file::remove_if_exists(&path).map_err(GitError::io(path))
}

fn read(bytes: &[u8]) -> Option<Landing> {
    let record: Record = serde_json::from_slice(bytes).ok()?;
    let branches = record.branches.into_iter();
    Some(Landing {
        old: record.old.parse().ok()?,
        new: record.new.parse().ok()?,
        into: record.into,
        branches: branches
            .map(|(name, tip)| Some((name, tip.parse().ok()?)))
            .collect::<Option<_>>()?,
    })
}

fn checkouts(repo: &Repo, into: &str) -> Result<Vec<git::Worktree>, GitError> {
    let reference = full(into);
    let mut all = git::worktrees(repo)?;
    all.retain(|one| {
        one.branch
            .as_ref()
            .is_some_and(|branch| **branch == *reference.as_bytes())
    });
    Ok(all)
}
