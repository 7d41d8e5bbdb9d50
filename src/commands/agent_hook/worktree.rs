//! The worktrees that Claude Code asks its hook for.

use std::path::{Path, PathBuf};

use miette::{Report, miette};

use super::super::{ALLOWED, ExitCode};
use baton_conductor::pool::{self, Acquire, PoolError, Release};
use baton_core::model::BranchName;
use baton_git::{Repo, worktrees};
use baton_sys::file;

/// Prints the path of a worktree of this name: one of the pool, or without a free one a new one where Claude Code has its own.
pub fn create(repo: &Repo, name: &str) -> miette::Result<ExitCode> {
    let wish = Acquire {
        task: name.to_owned(),
        owner: Some("claude".to_owned()),
        process: baton_sys::agent_process(),
        ..Acquire::default()
    };
    let path = match pool::acquire(repo, &wish) {
        Ok(acquired) => acquired.path,
        Err(error) => {
            if !matches!(error, PoolError::None) {
                tell_line!("baton: no worktree of the pool: {error}");
            }
            add(repo, name)?
        }
    };
    say!("{}", path.display());
    Ok(ALLOWED)
}

/// Makes a worktree as Claude Code does without a hook, or takes the one that it has made before.
fn add(repo: &Repo, name: &str) -> miette::Result<PathBuf> {
    let is_name = |name: &str| !name.is_empty() && !name.starts_with(['.', '-']);
    if !name.split('/').all(is_name) {
        return Err(miette!(
            "`{}` is no name of a worktree",
            name.escape_debug()
        ));
    }
    let root = repo
        .work_tree()
        .ok_or_else(|| miette!("this repository is bare"))?;
    let path = root.join(".claude/worktrees").join(name);
    if !file::is_taken(&path.join(".git")) {
        let branch = BranchName::new(format!("worktree-{name}"));
        worktrees::add(repo, &path, &branch)?;
    }
    Ok(path)
}

/// Gives a worktree back: to the pool, or to git. One in which something would be lost stays, and is told.
pub fn leave(repo: &Repo, path: &str) -> miette::Result<ExitCode> {
    let wish = Release {
        slot: path.to_owned(),
        ..Release::default()
    };
    let left = match pool::release(repo, &wish) {
        Ok(_) => return Ok(ALLOWED),
        Err(PoolError::None | PoolError::NoSlot(_)) => {
            worktrees::remove(repo, Path::new(path)).map_err(Report::from)
        }
        Err(error) => Err(error.into()),
    };
    if let Err(error) = left {
        tell_line!("baton: {path} stays: {error}");
    }
    Ok(ALLOWED)
}
