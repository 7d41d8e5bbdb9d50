//! The files by which git programs keep each other from an index or a reference. One that is killed
//! leaves them behind, and no other gets past them.

use std::path::PathBuf;

use super::{GitError, Repo};
use baton_core::model::RefName;
use baton_sys::file;

/// A lock that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The file.
    pub path: PathBuf,
    /// The directories in which a git program that holds it is at work.
    pub at: Vec<PathBuf>,
}

/// The locks on what a worktree has for itself: its index and its `HEAD`.
pub fn on_worktree(worktree: &Repo) -> Vec<Lock> {
    let git_dir = worktree.git_dir();
    let root = worktree.work_tree().map(ToOwned::to_owned);
    let at: Vec<_> = root.into_iter().chain([git_dir.to_owned()]).collect();
    // The last is that of `reftable` (git's `Documentation/technical/reftable.txt`).
    let paths = ["index.lock", "HEAD.lock", "reftable/tables.list.lock"];
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
    match file::is_taken(&path) {
        true => Ok(Some(Lock {
            path,
            at: everywhere(repo)?,
        })),
        false => Ok(None),
    }
}

/// The locks that keep these references from being moved together.
pub fn on_edits(repo: &Repo, names: &[&RefName]) -> Result<Vec<Lock>, GitError> {
    let common = repo.common_dir();
    let mut paths: Vec<_> = ["packed-refs.lock", "reftable/tables.list.lock", "HEAD.lock"]
        .map(|path| common.join(path))
        .into();
    paths.push(repo.git_dir().join("HEAD.lock"));
    paths.extend(names.iter().map(|name| common.join(format!("{name}.lock"))));
    paths.sort();
    paths.dedup();
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

/// The locks on the references that all worktrees share. In a repository that is used, some come
/// and go.
pub fn on_references(repo: &Repo) -> Result<Vec<Lock>, GitError> {
    let common = repo.common_dir();
    let mut paths: Vec<_> = ["packed-refs.lock", "reftable/tables.list.lock"]
        .map(|path| common.join(path))
        .into_iter()
        .filter(|path| file::is_taken(path))
        .collect();
    let references = common.join("refs");
    if file::is_directory(&references) {
        let files = file::files_below(&references, &|_| true);
        let files = files.map_err(GitError::io(&references))?;
        // No reference has such a name (`git-check-ref-format(1)`).
        let locks = files.iter().filter(|name| name.ends_with(".lock"));
        paths.extend(locks.map(|name| references.join(name)));
    }
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
