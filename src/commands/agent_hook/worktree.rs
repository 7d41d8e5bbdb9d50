//! The worktrees that Claude Code asks its hook for.

use std::path::{Path, PathBuf};

use miette::miette;

use super::super::{ALLOWED, ExitCode};
use baton_conductor::pool::{self, Acquire, PoolError, Release};
use baton_conductor::session::{State, store};
use baton_core::model::BranchName;
use baton_git::{Repo, worktrees};
use baton_sys::file;

/// The directory in which Claude Code has its own worktrees.
const DIRECTORY: &str = ".claude/worktrees";

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
    let path = directory(repo)?.join(name);
    if !file::is_taken(&path.join(".git")) {
        let branch = BranchName::new(format!("worktree-{name}"));
        worktrees::add(repo, &path, &branch)?;
    }
    Ok(path)
}

/// The directory of those worktrees, in the first one of the repository.
fn directory(repo: &Repo) -> miette::Result<PathBuf> {
    let first = worktrees::checkouts(repo)?.into_iter().next();
    let first = first.ok_or_else(|| miette!("this repository has no worktree"))?;
    Ok(first.path.join(DIRECTORY))
}

/// Gives a worktree back: to the pool, or to git. One in which something would be lost stays, and is told.
pub fn leave(repo: &Repo, path: &str) -> miette::Result<ExitCode> {
    let wish = Release {
        slot: path.to_owned(),
        ..Release::default()
    };
    let left = match pool::release(repo, &wish) {
        Ok(_) => return Ok(ALLOWED),
        Err(PoolError::None | PoolError::NoSlot(_)) => remove(repo, Path::new(path)),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = left {
        tell_line!("baton: {path} stays: {error}");
    }
    Ok(ALLOWED)
}

/// Removes one that [`add`] has made. Its branch keeps what is committed.
fn remove(repo: &Repo, path: &Path) -> miette::Result<()> {
    if !file::is_below(path, &directory(repo)?) {
        return Err(miette!("it is not below {DIRECTORY} of this repository"));
    }
    let worktree = worktrees::open_worktree(path)?;
    if worktree.head_branch()?.is_none() {
        return Err(miette!("its commits are on no branch"));
    }
    if let Some(session) = store::bound(&worktree)?.filter(|one| one.state == State::Active) {
        return Err(miette!("its session {} is at work", session.number));
    }
    Ok(worktrees::remove(repo, path)?)
}
