//! From a commit to the branch that it is to land on, and to the worktrees that show the branch.
//!
//! The one protocol by which a branch is moved, of merges, aggregates and edits alike. [`announce`] records what is about
//! to happen, where the guard looks too; [`land`] moves the branch by compare-and-swap; [`show`] brings its worktrees up to
//! it; [`forget`] says that nothing is under way.
//!
//! A process may be killed between any two of these, and a git that it has started may still move the branch. So a record
//! stays until its branch has moved on, and the next process asks the branch ([`interrupted`]): what has landed is
//! shown, and what has not is made again. Merges and aggregates can be at work at once, each kind one process at a time; a
//! process looks after the records of its own kind only.
//!
//! The records are `merge/landing.json` in Baton's directory, rewritten under `merge/landing.lock`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::checkouts::{self, Shown};
use crate::ref_moves;
use baton_core::model::{BranchName, Oid, RefName};
use baton_git::{GitError, RefEdit, Repo, StoreError};
use baton_guard::landings;
use baton_sys::{FileLock, file};

/// Commits that are to land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landing {
    /// The branch to move, full name.
    #[serde(rename = "into", alias = "branch")]
    pub branch: RefName,
    /// The commit that it names before.
    pub old: Oid,
    /// The commit that it names afterwards.
    pub new: Oid,
    /// The kind of change that lands.
    #[serde(default)]
    pub kind: Kind,
    /// The branches that land, in short, with their tips.
    #[serde(default)]
    pub branches: Vec<(String, Oid)>,
    /// The worktrees, by their ids, of which files may have been written.
    #[serde(default)]
    pub begun: BTreeSet<String>,
}

/// The kind of change that lands: of each kind, one process at a time is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Branches, by the process whose turn it is.
    #[default]
    Merge,
    /// A commit on the handoff document, by the process that has the lease.
    Aggregate,
}

/// Records that the commits are about to land.
pub fn announce(repo: &Repo, landing: &Landing) -> Result<(), GitError> {
    change(repo, |all| {
        // What a killed process had asked of git may still come to pass, as long as the branch is where that process
        // saw it.
        let may_land = |one: &Landing| (&one.branch, one.old) == (&landing.branch, landing.old);
        all.retain(|one| one.kind != landing.kind || may_land(one) && one != landing);
        all.push(landing.clone());
    })
}

/// Moves the branch; `false` when it moved meanwhile, and the commits have to be made again.
pub fn land(repo: &Repo, landing: &Landing) -> Result<bool, GitError> {
    let reason = match (landing.kind, landing.branches.as_slice()) {
        (Kind::Aggregate, _) => "baton: aggregate".to_owned(),
        (Kind::Merge, [(only, _)]) => format!("baton: merge {only}"),
        (Kind::Merge, all) => format!("baton: merge {} branches", all.len()),
    };
    let edit = RefEdit {
        name: landing.branch.clone(),
        old: Some(landing.old),
        new: Some(landing.new),
    };
    match ref_moves::transact(repo, &[edit], &reason) {
        Ok(()) => Ok(true),
        Err(StoreError::Raced(_)) => Ok(false),
        Err(StoreError::Git(error)) => {
            if repo.refs().resolve(&landing.branch)? != Some(landing.new) {
                change(repo, |all| all.retain(|one| one != landing))?;
            }
            Err(error)
        }
    }
}

/// Shows the commits in the worktrees of the branch that have nothing of their own at the changed paths.
pub fn show(repo: &Repo, landing: &Landing) -> Result<Vec<Shown>, GitError> {
    let note = |begun: &BTreeSet<String>| {
        change(repo, |all| {
            all.retain(|one| one.kind != landing.kind);
            all.push(Landing {
                begun: begun.clone(),
                ..landing.clone()
            });
        })
    };
    let ends = [landing.old, landing.new];
    checkouts::show(repo, &landing.branch, ends, landing.begun.clone(), note)
}

/// The landing that a killed process announced and that has come to pass, if there is one.
pub fn interrupted(repo: &Repo, kind: Kind) -> Result<Option<Landing>, GitError> {
    for landing in announced(repo)? {
        if landing.kind == kind
            && let Some(tip) = repo.refs().resolve(&landing.branch)?
            && repo.objects().contains(landing.new)
            && repo.merge_base(landing.new, tip)? == Some(landing.new)
        {
            return Ok(Some(landing));
        }
    }
    Ok(None)
}

/// Notes that nothing of this kind is under way.
pub fn forget(repo: &Repo, kind: Kind) -> Result<(), GitError> {
    change(repo, |all| all.retain(|one| one.kind != kind))
}

/// Rewrites the records, one process at a time.
fn change(repo: &Repo, edit: impl FnOnce(&mut Vec<Landing>)) -> Result<(), GitError> {
    let path = landings::records(repo);
    let lock = path.with_extension("lock");
    let _turn = FileLock::acquire(&lock).map_err(GitError::io(lock))?;
    let before = announced(repo)?;
    let mut all = before.clone();
    edit(&mut all);
    if all.is_empty() {
        file::remove_if_exists(&path).map_err(GitError::io(path))?;
    } else if all != before {
        let json = serde_json::to_vec(&all).expect("records are plain text");
        file::write_atomically(&path, &json).map_err(GitError::io(path))?;
    }
    let former = landings::former_record(repo);
    file::remove_if_exists(&former).map_err(GitError::io(former))
}

/// Returns the landings that were announced, by an older version too; a record that cannot be read announces nothing.
fn announced(repo: &Repo) -> Result<Vec<Landing>, GitError> {
    let read = |path: PathBuf| file::read_if_exists(&path).map_err(GitError::io(path));
    let bytes = read(landings::records(repo))?.unwrap_or_default();
    let mut all: Vec<Landing> = serde_json::from_slice(&bytes).unwrap_or_default();
    for landing in &mut all {
        landing.branch = BranchName::given(&landing.branch).full();
    }
    let former = read(landings::former_record(repo))?.unwrap_or_default();
    all.extend(serde_json::from_slice(&former).ok().map(|one| Landing {
        kind: Kind::Aggregate,
        ..one
    }));
    Ok(all)
}
