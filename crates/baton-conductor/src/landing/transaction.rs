//! From tested commits to the target, and to the worktrees that show it.
//!
//! A record says what is about to land. Whoever finds it, because the process that wrote it was
//! killed, asks the target whether the commits have landed: if so, what was to follow is done.

use std::collections::BTreeSet;

use bstr::ByteSlice;
use serde::{Deserialize, Serialize};

use super::MergeError;
use super::checkouts::{self, Shown};
use super::ground::{Ground, full};
use baton_core::model::Oid;
use baton_git::worktree_sync::{self, Refreshed};
use baton_git::{GitError, Repo, StoreError, worktrees};
use baton_guard::landings;
use baton_sys::file;

/// Commits that are to land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landing {
    /// The target, in short.
    pub into: String,
    /// What it names before.
    pub old: Oid,
    /// What it names afterwards.
    pub new: Oid,
    /// The branches that land, in short, with their tips.
    pub branches: Vec<(String, Oid)>,
    /// The worktrees, by their ids, of which files may have been written.
    #[serde(default)]
    pub begun: BTreeSet<String>,
}

/// Fails where a checkout of the target has changes of its own that the landing would touch.
pub fn check_checkouts(repo: &Repo, ground: &Ground, new: Oid) -> Result<(), MergeError> {
    for worktree in checkouts::of(repo, &ground.reference())? {
        let here = worktrees::open_worktree(&worktree.path)?;
        match worktree_sync::would_refresh(&here, ground.tip, new) {
            Refreshed::Done => {}
            Refreshed::Locked => return Err(MergeError::Busy(worktree.path)),
            Refreshed::Failed(reason) => {
                let args = "read-tree -n -m -u".to_owned();
                return Err(GitError::Program { args, reason }.into());
            }
            Refreshed::Dirty => {
                let files = worktree_sync::dirty_among(&here, ground.tip, new)?;
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
    let mut all = announced(repo)?;
    // What a killed process had asked of git may still come to pass, as long as the target is
    // where that process saw it.
    all.retain(|one| one.into == landing.into && one.old == landing.old && one != landing);
    all.push(landing.clone());
    Ok(write(repo, &all)?)
}

fn write(repo: &Repo, all: &[Landing]) -> Result<(), GitError> {
    let json = serde_json::to_vec(all).expect("records are plain text");
    let path = landings::of_merge(repo);
    file::write_atomically(&path, &json).map_err(GitError::io(path))
}

/// Moves the target; `false` when it moved meanwhile, and all has to be made again.
pub fn land(repo: &Repo, landing: &Landing) -> Result<bool, MergeError> {
    let reason = match landing.branches.as_slice() {
        [(only, _)] => format!("baton: merge {only}"),
        all => format!("baton: merge {} branches", all.len()),
    };
    let target = full(&landing.into);
    match repo
        .store()
        .move_branch(&target, landing.old, landing.new, &reason)
    {
        Ok(()) => Ok(true),
        Err(StoreError::Raced(_)) => Ok(false),
        Err(StoreError::Git(error)) => Err(error.into()),
    }
}

/// Shows the commits in the checkouts of the target.
pub fn show(repo: &Repo, landing: &Landing) -> Result<Vec<Shown>, MergeError> {
    let note = |begun: &BTreeSet<String>| {
        let begun = begun.clone();
        write(
            repo,
            &[Landing {
                begun,
                ..landing.clone()
            }],
        )
    };
    let ends = [landing.old, landing.new];
    let branch = full(&landing.into);
    Ok(checkouts::show(
        repo,
        &branch,
        ends,
        landing.begun.clone(),
        note,
    )?)
}

/// The landing that was announced by a process that was killed, if it has come to pass.
pub fn interrupted(repo: &Repo) -> Result<Option<Landing>, MergeError> {
    for landing in announced(repo)? {
        let tip = repo.refs().resolve(&full(&landing.into))?;
        if let Some(tip) = tip
            && repo.objects().contains(landing.new)
            && repo.merge_base(landing.new, tip)? == Some(landing.new)
        {
            return Ok(Some(landing));
        }
    }
    Ok(None)
}

/// Notes that nothing is under way.
pub fn forget(repo: &Repo) -> Result<(), GitError> {
    let path = landings::of_merge(repo);
    file::remove_if_exists(&path).map_err(GitError::io(path))
}

/// What was announced; a record that cannot be read announces nothing.
fn announced(repo: &Repo) -> Result<Vec<Landing>, GitError> {
    let path = landings::of_merge(repo);
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).ok();
    Ok(bytes.and_then(read).unwrap_or_default())
}
