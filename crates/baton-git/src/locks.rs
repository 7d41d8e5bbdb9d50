//! The files by which git programs keep each other from an index or a reference. One that is killed
//! leaves them behind, and no other gets past them.

use std::path::PathBuf;
use std::time::Duration;

use super::{GitError, Repo};
use baton_core::model::RefName;
use baton_sys::{file, process};

/// The age from which on a lock may be stale. Git holds most for milliseconds; longer, while a
/// hook or an editor runs, or while it writes many files.
pub const STALE_AGE: Duration = Duration::from_secs(120);

/// The locks on the references that all worktrees share; the last is that of `reftable` (git's
/// `Documentation/technical/reftable.txt`).
const SHARED: [&str; 2] = ["packed-refs.lock", "reftable/tables.list.lock"];

/// A lock that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The file.
    pub path: PathBuf,
    /// The directories in which a git program that holds it is at work.
    pub at: Vec<PathBuf>,
}

impl Lock {
    /// True if a killed git has left it: it is old, and no git that could hold it is at work.
    pub fn is_stale(&self) -> bool {
        self.is_older_than(STALE_AGE) && self.is_nobodys()
    }

    /// True if it is at least so old.
    pub fn is_older_than(&self, age: Duration) -> bool {
        process::age(&self.path).is_some_and(|own| own >= age)
    }

    fn is_nobodys(&self) -> bool {
        process::gits_behind(&self.path, &self.at).is_some_and(|gits| gits.is_empty())
    }
}

/// Removes the locks that are at least so old and that no git at work could hold; true if there was one.
pub fn remove_stale(locks: &[Lock], age: Duration) -> bool {
    let mut removed = false;
    for lock in locks {
        if lock.is_older_than(age) && lock.is_nobodys() {
            // If it stays, git says so.
            removed |= file::remove_if_exists(&lock.path).is_ok();
        }
    }
    removed
}

/// The locks on what a worktree has for itself: its index and its `HEAD`.
pub fn on_worktree(worktree: &Repo) -> Vec<Lock> {
    let git_dir = worktree.git_dir();
    let root = worktree.work_tree().map(ToOwned::to_owned);
    let at: Vec<_> = root.into_iter().chain([git_dir.to_owned()]).collect();
    let paths = ["index.lock", "HEAD.lock", SHARED[1]];
    let taken = paths.map(|path| git_dir.join(path)).into_iter();
    let taken = taken.filter(|path| file::is_taken(path));
    taken
        .map(|path| Lock {
            path,
            at: at.clone(),
        })
        .collect()
}

/// The lock on a branch, by its full name.
pub fn on_branch(repo: &Repo, branch: &RefName) -> Result<Option<Lock>, GitError> {
    let path = repo.common_dir().join(format!("{branch}.lock"));
    Ok(taken(repo, vec![path])?.pop())
}

/// The locks that keep these references from being moved together.
pub fn on_edits(repo: &Repo, names: &[&RefName]) -> Result<Vec<Lock>, GitError> {
    let common = repo.common_dir();
    let mut paths: Vec<_> = SHARED.map(|path| common.join(path)).into();
    paths.extend([common, repo.git_dir()].map(|dir| dir.join("HEAD.lock")));
    paths.extend(names.iter().map(|name| common.join(format!("{name}.lock"))));
    paths.dedup();
    taken(repo, paths)
}

/// The locks on the references that all worktrees share. In a repository that is used, some come
/// and go.
pub fn on_references(repo: &Repo) -> Result<Vec<Lock>, GitError> {
    let common = repo.common_dir();
    let mut paths: Vec<_> = SHARED.map(|path| common.join(path)).into();
    let references = common.join("refs");
    if file::is_directory(&references) {
        let files = file::files_below(&references, &|_| true);
        let files = files.map_err(GitError::io(&references))?;
        // No reference has such a name (`git-check-ref-format(1)`).
        let locks = files.iter().filter(|name| name.ends_with(".lock"));
        paths.extend(locks.map(|name| references.join(name)));
    }
    taken(repo, paths)
}

/// Those of these files that are there, as locks that a git in any worktree may hold.
fn taken(repo: &Repo, mut paths: Vec<PathBuf>) -> Result<Vec<Lock>, GitError> {
    paths.retain(|path| file::is_taken(path));
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let at = everywhere(repo)?;
    let lock = |path| Lock {
        path,
        at: at.clone(),
    };
    Ok(paths.into_iter().map(lock).collect())
}

/// The roots of all worktrees, and the git directory.
fn everywhere(repo: &Repo) -> Result<Vec<PathBuf>, GitError> {
    let worktrees = repo.worktrees()?;
    let roots = worktrees.iter().filter_map(|one| repo.root_of(one));
    Ok(roots.chain([repo.common_dir().to_owned()]).collect())
}

/// The full name of the branch that a worktree's `HEAD` names, if it is one that can be written.
pub fn branch_of(worktree: &Repo) -> Result<Option<RefName>, GitError> {
    worktree.refs().symbolic("HEAD")
}
