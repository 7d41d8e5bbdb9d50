use std::path::{Path, PathBuf};

use super::super::WorkError;
use super::{Saved, operation_state};
use crate::ref_moves;
use baton_core::model::{BranchName, Oid, RefName};
use baton_git::worktrees::open_worktree;
use baton_git::{RefEdit, Repo, StoreError};
use baton_sys::{clock, file};

/// The work that was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The worktree that was made.
    pub path: Option<PathBuf>,
    /// The short name of the branch that was made.
    pub branch: Option<String>,
    /// The commit that is checked out, or that the branch names.
    pub commit: Oid,
    /// The objects that are kept and could not be put back, as `git show` takes them.
    pub left_out: Vec<String>,
}

/// Makes a branch whose last commit has the files that were saved.
///
/// # Errors
/// [`WorkError::Taken`] when there is such a branch.
pub fn branch(repo: &Repo, saved: &Saved, branch: &str) -> Result<Restored, WorkError> {
    let name = branch_name(repo, branch)?;
    let mut buffer = Vec::new();
    let tree = repo.objects().commit(saved.commit, &mut buffer)?.tree;
    let head = repo.objects().commit(saved.record.head, &mut buffer)?;
    let commit = match head.tree == tree {
        true => saved.record.head,
        false => {
            let message = format!("Restore {}: {}\n", saved.name, saved.record.reason);
            let store = repo.store();
            store.commit(tree, &[saved.record.head], message.as_bytes(), clock::now())?
        }
    };
    let edit = RefEdit {
        name,
        old: None,
        new: Some(commit),
    };
    match ref_moves::transact(repo, &[edit], "baton: restored") {
        Ok(()) => {}
        Err(StoreError::Raced(_)) => return Err(WorkError::Taken(format!("branch {branch}"))),
        Err(error) => return Err(error.into()),
    }
    let left_out = saved.record.rest.iter().map(Oid::to_string).collect();
    Ok(Restored {
        path: None,
        branch: Some(branch.to_owned()),
        commit,
        left_out,
    })
}

/// Makes a worktree at `directory` that is as the slot was: the commit, the index, the files. It
/// is on a new branch of this name, or on none.
///
/// # Errors
/// [`WorkError::Taken`] when something is at `directory`, or there is such a branch.
pub fn worktree(
    repo: &Repo,
    saved: &Saved,
    directory: &Path,
    branch: Option<&str>,
) -> Result<Restored, WorkError> {
    if file::is_taken(directory) {
        return Err(WorkError::Taken(directory.display().to_string()));
    }
    let record = &saved.record;
    let head = record.head.to_string();
    let mut args = vec!["worktree".as_ref(), "add".as_ref(), "--quiet".as_ref()];
    args.push("--no-checkout".as_ref());
    match branch {
        Some(branch) => {
            let name = branch_name(repo, branch)?;
            if repo.refs().resolve(&name)?.is_some() {
                return Err(WorkError::Taken(format!("branch {branch}")));
            }
            args.extend::<[&std::ffi::OsStr; 3]>([
                "--no-track".as_ref(),
                "-b".as_ref(),
                branch.as_ref(),
            ]);
        }
        None => args.push("--detach".as_ref()),
    }
    args.extend::<[&std::ffi::OsStr; 3]>(["--".as_ref(), directory.as_ref(), head.as_ref()]);
    repo.program().output(args)?;
    let worktree = open_worktree(directory)?;
    worktree.check_out_as(saved.commit, record.index)?;
    let left_out = match record.rest {
        Some(rest) => operation_state::put_back(&worktree, rest)?,
        None => Vec::new(),
    };
    Ok(Restored {
        path: Some(directory.to_owned()),
        branch: branch.map(str::to_owned),
        commit: record.head,
        left_out,
    })
}

/// The full name of a branch.
fn branch_name(repo: &Repo, branch: &str) -> Result<RefName, WorkError> {
    let checked = repo
        .program()
        .output(["check-ref-format", "--branch", branch]);
    match checked {
        Ok(name) if *name.trim_ascii() == *branch.as_bytes() => Ok(BranchName::new(branch).full()),
        _ => Err(WorkError::NoBranchName(branch.to_owned())),
    }
}
