//! The work that a slot holds and that would be lost with it.

use std::path::Path;

use bstr::{BString, ByteSlice};

use super::{WorkError, include};
use baton_core::model::Oid;
use baton_git::integration::{self, MergeState};
use baton_git::operation::{self, Operation};
use baton_git::status;
use baton_git::worktrees::open_worktree;
use baton_git::{GitError, Repo};

/// The work that would be lost if a slot were reset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtRisk {
    /// Tracked paths that are not as the slot's commit has them, and submodules with work of
    /// their own. Sorted.
    pub uncommitted: Vec<BString>,
    /// Files that nothing tracks and that the repository does not ignore, but for unchanged copies
    /// of the main worktree's, and repositories, each a path that ends with `/`: ignored ones where
    /// they hold what is nowhere else. Sorted.
    pub untracked: Vec<BString>,
    /// Commits whose changes the target does not have, newest first.
    pub unmerged: Vec<Oid>,
    /// The operation that git was in the middle of.
    pub operation: Option<Operation>,
    /// The paths that a reset has to take away, as in [`status::Status::leftovers`].
    pub leftovers: Option<Vec<BString>>,
    /// True if the index hides files.
    pub hides: bool,
}

impl AtRisk {
    /// Returns true if there is nothing to lose.
    pub fn is_empty(&self) -> bool {
        self.uncommitted.is_empty()
            && self.untracked.is_empty()
            && self.unmerged.is_empty()
            && self.operation.is_none()
    }
}

/// Returns the work that is in the worktree of `slot` and not in `target`.
///
/// Entries of the stash belong to the repository and outlive every slot; they are left out.
pub fn at_risk(slot: &Repo, target: Oid) -> Result<AtRisk, WorkError> {
    let found = status::of(slot)?;
    let mut uncommitted = found.changed;
    for path in found.submodules {
        if !uncommitted.contains(&path) && has_own_work(slot, &path)? {
            uncommitted.push(path);
        }
    }
    uncommitted.sort();
    let mut untracked = found.untracked;
    for path in found.ignored_repositories {
        let mut around = untracked.iter().filter(|one| one.ends_with(b"/"));
        let is_inside = around.any(|one| path.starts_with(one));
        let root = slot.program().directory().join(path.to_path_lossy());
        if !is_inside && holds_work(&root)? {
            untracked.push(path);
        }
    }
    untracked.sort();
    include::without_copies(slot, &mut untracked)?;
    Ok(AtRisk {
        uncommitted,
        untracked,
        unmerged: unmerged(slot, target)?,
        operation: Operation::in_progress(slot)?,
        leftovers: found.leftovers,
        hides: found.hides,
    })
}

/// Returns true if commits of a submodule would be lost with the slot, in whose git directory they are.
fn has_own_work(slot: &Repo, path: &BString) -> Result<bool, GitError> {
    let directory = slot.program().directory().join(path.to_path_lossy());
    status::has_unpublished(&open_worktree(&directory)?)
}

/// Returns true if an ignored repository is worth more than other ignored files: it is a worktree of another
/// repository, or holds what no remote has.
fn holds_work(root: &Path) -> Result<bool, GitError> {
    // What only looks like a repository is none to git either.
    let Some(inner) = open_worktree(root)
        .ok()
        .filter(|it| it.has_its_root_at(root))
    else {
        return Ok(false);
    };
    if inner.git_dir() != inner.common_dir() || status::has_unpublished(&inner)? {
        return Ok(true);
    }
    let found = status::of(&inner)?;
    Ok(!found.changed.is_empty() || !found.untracked.is_empty())
}

/// The commits of the slot that the target lacks, on whichever branch or none.
fn unmerged(slot: &Repo, target: Oid) -> Result<Vec<Oid>, GitError> {
    let mut unmerged = Vec::new();
    for tip in tips(slot)? {
        if let MergeState::Missing(commits) = integration::merge_state(slot, tip, target)? {
            for commit in commits {
                if !unmerged.contains(&commit) {
                    unmerged.push(commit);
                }
            }
        }
    }
    Ok(unmerged)
}

/// The commits on which the slot stands: its own, that of a branch which a rebase is about to
/// move, and those which an operation under way remembers.
pub(super) fn tips(slot: &Repo) -> Result<Vec<Oid>, GitError> {
    let mut tips: Vec<_> = slot.head()?.into_iter().collect();
    if let Some(branch) = slot.head_branch()? {
        tips.extend(slot.refs().resolve(&branch)?);
    }
    for oid in operation::remembered_commits(slot)? {
        tips.extend(slot.objects().peel_to_commit(oid)?);
    }
    let mut seen = std::collections::HashSet::new();
    tips.retain(|tip| seen.insert(*tip));
    Ok(tips)
}
