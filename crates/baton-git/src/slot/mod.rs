//! A linked worktree that is reused: added, switched to a branch, reset to a commit, removed.
//! The git program does each step, and each step can be repeated after a crash at any point.

mod difference;
mod files;
mod leftovers;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bstr::{BString, ByteSlice};

use super::scratch_worktree::WITHOUT_HOOKS;
use super::{GitError, Program, RefEdit, Repo, StoreError};
use baton_core::model::{BranchName, Oid, RefName};
use baton_sys::{clock, file};

pub use difference::{Difference, Found, advance};
pub use files::{Recycled, recycle, restore, share_files};
pub use leftovers::is_pristine;

/// Makes a worktree without files at `path`, its `HEAD` at `base` and on no branch, locked with
/// this reason so that no `git worktree prune` takes it.
pub fn add(repo: &Repo, path: &Path, base: Oid, reason: &str) -> Result<(), GitError> {
    let base = base.to_string();
    let mut args: Vec<&OsStr> = [
        "worktree",
        "add",
        "--quiet",
        "--detach",
        "--no-checkout",
        "--lock",
        "--reason",
        reason,
        "--",
    ]
    .map(OsStr::new)
    .to_vec();
    args.extend([path.as_os_str(), OsStr::new(&base)]);
    run_among_others(repo, &args)
}

/// Removes a worktree with all it holds, locked or not, and what git knows of it. It need not be
/// there any more, or not yet wholly.
pub fn remove(repo: &Repo, path: &Path) -> Result<(), GitError> {
    let Some(id) = id_of(repo, path)? else {
        // What git does not know is the start of an `add` that was killed, or nothing.
        return discard(path);
    };
    if file::is_directory(path) {
        file::make_directories_writable(path).map_err(GitError::io(path))?;
    }
    let args = ["worktree", "remove", "--force", "--force", "--"].map(OsStr::new);
    let args: Vec<_> = args.into_iter().chain([path.as_os_str()]).collect();
    let done = run_among_others(repo, &args);
    let git_dir = repo.common_dir().join("worktrees").join(id);
    match done {
        Ok(()) => discard(path),
        // Git removes no worktree whose `.git` is gone: what is left of it goes by hand.
        Err(error) if file::is_taken(&path.join(".git")) => Err(error),
        Err(_) => {
            discard(path)?;
            file::remove_all_if_exists(&git_dir).map_err(GitError::io(git_dir))
        }
    }
}

fn discard(path: &Path) -> Result<(), GitError> {
    if file::is_directory(path) {
        file::make_directories_writable(path).map_err(GitError::io(path))?;
    }
    file::remove_all_if_exists(path).map_err(GitError::io(path))
}

/// The name of the git directory, below `worktrees/`, of the worktree whose root is `path`, as
/// that directory says; its files need not be there.
pub fn id_of(repo: &Repo, path: &Path) -> Result<Option<String>, GitError> {
    let link = path.join(".git");
    let worktrees = repo.worktrees()?;
    let mut own = worktrees.into_iter().filter(|one| {
        let named = one.link.as_deref();
        named == Some(&link) || named.is_some_and(|named| file::is_same_place(named, &link))
    });
    Ok(own.next().and_then(|one| one.id))
}

/// Why the worktree of this name is locked; `None` when it is not.
pub fn lock_reason(repo: &Repo, id: &str) -> Result<Option<BString>, GitError> {
    let path = repo.common_dir().join("worktrees").join(id).join("locked");
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    Ok(bytes.map(|bytes| BString::from(bytes.trim())))
}

/// Locks a worktree with this reason.
pub fn lock(repo: &Repo, path: &Path, reason: &str) -> Result<(), GitError> {
    let args = ["worktree", "lock", "--reason", reason, "--"].map(OsStr::new);
    run(repo, args.into_iter().chain([path.as_os_str()]))
}

/// Puts the links between the repository and these worktrees right, after one of them was moved.
pub fn repair(repo: &Repo, paths: &[PathBuf]) -> Result<(), GitError> {
    let args = ["worktree", "repair", "--"].map(OsString::from);
    run(
        repo,
        args.into_iter().chain(paths.iter().map(OsString::from)),
    )
}

/// The git directory that the file `.git` at this root names; `None` where there is none.
pub fn linked_git_dir(path: &Path) -> Result<Option<PathBuf>, GitError> {
    let link = path.join(".git");
    let bytes = match file::is_directory(&link) {
        true => None,
        false => file::read_if_exists(&link).map_err(GitError::io(link))?,
    };
    let target = bytes
        .as_deref()
        .and_then(|text| text.strip_prefix(b"gitdir: "));
    Ok(target.map(|target| path.join(target.trim_end().to_path_lossy())))
}

/// Begins a branch at a commit, without anything upstream, and has `HEAD` of this worktree name
/// it; index and files must be that commit's. `reason` is the first line of the branch's log.
///
/// # Errors
/// [`StoreError::Raced`] when there is a branch of that name.
pub fn begin_branch(
    slot: &Repo,
    branch: &RefName,
    base: Oid,
    reason: &str,
) -> Result<(), StoreError> {
    // First, so that at no time there is a branch of which no worktree tells whose it is.
    enter_branch(slot, branch, reason)?;
    let input = [
        b"create ",
        branch.as_bytes(),
        b"\0",
        base.to_string().as_bytes(),
        b"\0",
    ]
    .concat();
    let args = [
        "update-ref",
        "--create-reflog",
        "-m",
        reason,
        "--stdin",
        "-z",
    ];
    if let Err(error) = slot.program().output_with_input(args, &input) {
        return Err(match slot.refs().resolve(branch)? {
            Some(_) => StoreError::Raced(branch.clone()),
            None => error.into(),
        });
    }
    Ok(())
}

/// Has `HEAD` of this worktree name a branch; index and files must be those of its tip.
pub fn enter_branch(slot: &Repo, branch: &RefName, reason: &str) -> Result<(), GitError> {
    run(
        slot,
        ["symbolic-ref", "-m", reason, "HEAD", &branch.to_str_lossy()],
    )
}

/// The reason with which a branch was begun, as far back as its log goes.
pub fn first_reason(repo: &Repo, branch: &RefName) -> Result<Option<BString>, GitError> {
    let args = [
        "log",
        "--walk-reflogs",
        "--format=%gs",
        &branch.to_str_lossy(),
        "--",
    ];
    let said = repo.program().output(args)?;
    Ok(said.lines().next_back().map(BString::from))
}

/// Removes a branch that names this commit.
pub fn delete_branch(
    repo: &Repo,
    branch: &RefName,
    tip: Oid,
    reason: &str,
) -> Result<(), StoreError> {
    let edit = RefEdit {
        name: branch.clone(),
        old: Some(tip),
        new: None,
    };
    repo.store().transact(&[edit], reason)
}

/// Has `HEAD` name a commit and no branch; index and files stay.
pub fn detach(slot: &Repo, commit: Oid, reason: &str) -> Result<(), GitError> {
    let commit = commit.to_string();
    run_unhooked(
        slot,
        &["update-ref", "--no-deref", "-m", reason, "HEAD", &commit],
    )
}

/// Runs a command that moves the `HEAD` of a slot, which names no branch then: that is nobody's but the pool's, and each
/// move would start up to five hooks.
fn run_unhooked(slot: &Repo, args: &[&str]) -> Result<(), GitError> {
    run(slot, WITHOUT_HOOKS.iter().chain(args))
}

fn run<A: AsRef<OsStr>>(repo: &Repo, args: impl IntoIterator<Item = A>) -> Result<(), GitError> {
    let mut command = repo.program().command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_PREFIX");
    repo.program().run(command, args, None).map(drop)
}

/// Runs a command on the worktree with this input.
fn run_with<'a>(
    program: &Program,
    args: impl IntoIterator<Item = &'a str>,
    input: &[u8],
) -> Result<(), GitError> {
    let mut command = program.command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_PREFIX");
    program.run(command, args, Some(input)).map(drop)
}

/// The number of tries of a command that reads the list of worktrees.
const TRIES: usize = 20;

/// The time between two tries.
const PAUSE: Duration = Duration::from_millis(25);

/// Runs a command that reads the list of worktrees first. It dies, before it has done anything, of
/// an entry that another `git worktree add` is just writing (`get_common_dir_noenv` in git's
/// `setup.c`): then it is run again.
fn run_among_others(repo: &Repo, args: &[&OsStr]) -> Result<(), GitError> {
    for _ in 1..TRIES {
        match run(repo, args) {
            Err(GitError::Program { reason, .. }) if reason.contains("failed to read") => {
                clock::sleep(PAUSE);
            }
            done => return done,
        }
    }
    run(repo, args)
}

/// True if a branch, a tag or what was saved by Baton keeps this commit.
pub fn is_kept(repo: &Repo, commit: Oid) -> Result<bool, GitError> {
    let contains = format!("--contains={commit}");
    let kept = repo.program().output([
        "for-each-ref",
        "--count=1",
        "--format=%(refname)",
        &contains,
        BranchName::PREFIX,
        "refs/tags",
        "refs/remotes",
        "refs/baton/trash",
    ])?;
    Ok(!kept.trim().is_empty())
}

/// True if a branch beside this one, here or of a remote, has this commit.
pub fn is_on_another_branch(repo: &Repo, commit: Oid, branch: &RefName) -> Result<bool, GitError> {
    let contains = format!("--contains={commit}");
    let found = repo.program().output([
        "for-each-ref",
        "--count=2",
        "--format=%(refname)",
        &contains,
        BranchName::PREFIX,
        "refs/remotes",
    ])?;
    Ok(found.lines().any(|name| **branch != *name))
}

/// The full name of the branch that the `HEAD` in this git directory names.
pub fn branch_in(git_dir: &Path) -> Result<Option<RefName>, GitError> {
    let path = git_dir.join("HEAD");
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    let bytes = bytes.unwrap_or_default();
    Ok(bytes.trim().strip_prefix(b"ref: ").map(RefName::new))
}
