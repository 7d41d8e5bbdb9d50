//! The worktrees that have a branch checked out, brought up to what has landed on it.
//!
//! Writing files can fail in the middle. A process that shows a commit therefore notes first in which
//! worktree it begins: what is half written there is a part of what should be and not a user's
//! work, and is completed by the process that finds the note.

use std::collections::BTreeSet;
use std::path::PathBuf;

use baton_core::model::{Oid, RefName};
use baton_git::worktree_sync::{self, Refreshed};
use baton_git::{GitError, Repo, worktrees};

/// The state in which a worktree shows a commit that landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The worktree's root.
    pub path: PathBuf,
    /// The state of its index and its files: whether they have the change.
    pub refreshed: Refreshed,
}

impl Shown {
    /// Returns true if the next run has nothing left to do there.
    pub fn is_settled(&self) -> bool {
        self.pending().is_none()
    }

    /// Why the next run has something left to do there.
    pub fn pending(&self) -> Option<&str> {
        match &self.refreshed {
            Refreshed::Done | Refreshed::Dirty => None,
            Refreshed::Locked => Some("another git command holds its index.lock"),
            Refreshed::Failed(reason) => Some(reason),
        }
    }
}

/// The worktrees that have this branch, full name, checked out.
pub fn of(repo: &Repo, branch: &RefName) -> Result<Vec<worktrees::Checkout>, GitError> {
    let mut all = worktrees::checkouts(repo)?;
    all.retain(|one| one.branch.as_ref() == Some(branch));
    Ok(all)
}

/// Returns what each worktree that has the branch checked out would show of a change; nothing is written.
pub fn preview(
    repo: &Repo,
    branch: &RefName,
    [old, new]: [Oid; 2],
) -> Result<Vec<Shown>, GitError> {
    let worktrees = of(repo, branch)?.into_iter();
    worktrees
        .map(|worktree| {
            let here = worktrees::open_in(repo.common_dir(), &worktree.path)?;
            Ok(Shown {
                refreshed: worktree_sync::would_refresh(&here, old, new),
                path: worktree.path,
            })
        })
        .collect()
}

/// Shows the change from one commit to another in every worktree that has the branch checked out
/// and nothing of its own at the changed paths. `begun` are the ids of those of which files may
/// have been written before; `note` keeps the ids before anything is touched.
pub fn show(
    repo: &Repo,
    branch: &RefName,
    [old, new]: [Oid; 2],
    mut begun: BTreeSet<String>,
    mut note: impl FnMut(&BTreeSet<String>) -> Result<(), GitError>,
) -> Result<Vec<Shown>, GitError> {
    let mut shown = Vec::new();
    for worktree in of(repo, branch)? {
        let here = worktrees::open_in(repo.common_dir(), &worktree.path)?;
        let refreshed = match begun.contains(&here.worktree_id()) {
            true => worktree_sync::resume(&here, old, new),
            false => worktree_sync::refresh(&here, old, new, || {
                begun.insert(here.worktree_id());
                note(&begun)
            }),
        };
        shown.push(Shown {
            refreshed,
            path: worktree.path,
        });
    }
    Ok(shown)
}
