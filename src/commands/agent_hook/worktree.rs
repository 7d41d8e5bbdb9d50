//! The worktrees that Claude Code asks its hook for.

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, WrapErr, miette};

use super::super::{ALLOWED, ExitCode};
use baton_conductor::pool::state::Process;
use baton_conductor::pool::{self, Acquire, PoolError, Release, Stays};
use baton_conductor::session::{State, store};
use baton_core::model::BranchName;
use baton_git::{Repo, slot, worktrees};
use baton_sys::file;

/// The directory in which Claude Code has its own worktrees.
const DIRECTORY: &str = ".claude/worktrees";
/// The owner of its leases in the pool, in words.
const OWNER: &str = "claude";
/// The file below a worktree's git directory that names the process for which [`add`] has made it.
const PROCESS: &str = "baton/claude.json";

/// Prints the path of a worktree of this name: one of the pool, or without a free one a new one where Claude Code has its own.
pub fn create(repo: &Repo, name: &str) -> miette::Result<ExitCode> {
    let wish = Acquire {
        task: name.to_owned(),
        owner: Some(OWNER.to_owned()),
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
    let is_new = !file::is_taken(&path.join(".git"));
    if is_new {
        worktrees::add(repo, &path, &branch_of(name))?;
    }
    mark(&path, is_new)?;
    Ok(path)
}

/// The branch of a worktree of this name.
fn branch_of(name: &str) -> BranchName {
    BranchName::new(format!("worktree-{name}"))
}

/// Notes for whom a worktree was made; of one that was there, only where no other process is in it any more.
fn mark(path: &Path, is_new: bool) -> miette::Result<()> {
    let place = worktrees::open_worktree(path)?.git_dir().join(PROCESS);
    let told = || format!("{} cannot be written", place.display());
    let own = baton_sys::agent_process().map(Process::local);
    let before = marked(&place);
    let is_free = is_new || before.is_some_and(|one| one.is_gone() || Some(&one) == own.as_ref());
    match own {
        Some(process) if is_free => {
            let text = serde_json::to_vec(&process).into_diagnostic()?;
            file::write_atomically(&place, &text)
        }
        _ => file::remove_if_exists(&place),
    }
    .into_diagnostic()
    .wrap_err_with(told)
}

/// The process that such a file names.
fn marked(place: &Path) -> Option<Process> {
    let bytes = file::read_if_exists(place).ok()??;
    serde_json::from_slice(&bytes).ok()
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

/// Gives the worktree of a subagent that is done back, as [`leave_all`] does.
pub fn after_subagent(repo: &Repo, session: &str, subagent: &str) -> miette::Result<ExitCode> {
    let name = format!("agent-{subagent}");
    leave_all(repo, session, &|task| task == name)
}

/// Gives the worktrees of a session that ends back, as [`leave_all`] does.
pub fn after_session(repo: &Repo, session: &str) -> miette::Result<ExitCode> {
    leave_all(repo, session, &|_| true)
}

/// Gives the worktrees of these names back that were made for this process of Claude Code and hold no work:
/// no user is asked. The others are told.
fn leave_all(
    repo: &Repo,
    session: &str,
    is_meant: &dyn Fn(&str) -> bool,
) -> miette::Result<ExitCode> {
    // Another agent that Claude Code has started ends a session of its own.
    let own = baton_sys::agent_process().map(Process::local);
    let Some(process) = own.filter(|_| baton_sys::agent_session().as_deref() == Some(session))
    else {
        return Ok(ALLOWED);
    };
    // The directory of the event may be one of those that go.
    let repo = &worktrees::main(repo)?;
    let mut stays = pool::release_spent(repo, OWNER, &process, is_meant)?;
    let directory = directory(repo)?;
    for checkout in worktrees::checkouts(repo)? {
        let name = checkout.path.strip_prefix(&directory);
        let Some(name) = name.ok().and_then(Path::to_str).filter(|one| is_meant(one)) else {
            continue;
        };
        if let Err(error) = remove_spent(repo, &checkout.path, name, &process) {
            let path = checkout.path;
            let why = error.to_string();
            stays.push(Stays { path, why });
        }
    }
    for Stays { path, why } in stays {
        tell_line!("baton: {} stays: {why}", path.display());
    }
    Ok(ALLOWED)
}

/// Removes a worktree that was made for this process, and its branch, if neither has anything of its own. Others are passed over.
fn remove_spent(repo: &Repo, path: &Path, name: &str, process: &Process) -> miette::Result<()> {
    let worktree = worktrees::open_worktree(path)?;
    if marked(&worktree.git_dir().join(PROCESS)).as_ref() != Some(process) {
        return Ok(());
    }
    let (Some(branch), Some(head)) = (worktree.head_branch()?, worktree.head()?) else {
        return Err(miette!("it is on no branch"));
    };
    let is_elsewhere = slot::is_on_another_branch(repo, head, &branch)?;
    let target = match is_elsewhere {
        true => head,
        false => repo.head()?.unwrap_or(head),
    };
    if let Some(work) = pool::work(&worktree, target)? {
        return Err(miette!("{work}"));
    }
    remove(repo, path)?;
    if branch == *branch_of(name).full() && is_elsewhere {
        let reason = "baton: its worktree was left with nothing of its own";
        slot::delete_branch(repo, &branch, head, reason)?;
    }
    Ok(())
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
