//! Where on this machine a merge keeps what it needs.

use std::path::{Path, PathBuf};

use crate::pool::place as pool;
use baton_core::policy::Policy;
use baton_git::Repo;
use baton_sys::file;

/// The name of the directory of the worktrees in which branches wait.
pub const WAITING: &str = "merge-waiting";

/// The maximum number of logs that are kept.
pub const LOGS: usize = 50;

/// The directory of the worktrees: the pool's. Not the git directory, in which some test runners
/// look at no file.
pub fn worktrees(repo: &Repo, policy: &Policy) -> PathBuf {
    let relative = pool::relative_root(repo, &policy.pool);
    let found = relative.and_then(|relative| pool::absolute_root(repo, &relative));
    let found = found.and_then(|found| pool::hide(repo, &found).map(|()| found));
    found.unwrap_or_else(|_| root(repo))
}

/// The directory of records, logs and the queue.
pub fn root(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("merge")
}

/// The worktree in which merged files are tested.
pub fn test(worktrees: &Path) -> PathBuf {
    worktrees.join("merge-test")
}

/// The worktree in which commands resolve conflicts.
pub fn resolver(worktrees: &Path) -> PathBuf {
    worktrees.join("merge-resolve")
}

/// The worktree in which a branch waits for a user to resolve its conflicts.
pub fn waiting(worktrees: &Path, branch: &str) -> PathBuf {
    worktrees.join(WAITING).join(file_name(branch))
}

/// The record of a branch that waits.
pub fn record(repo: &Repo, branch: &str) -> PathBuf {
    records(repo).join(format!("{}.json", file_name(branch)))
}

/// The directory of those records.
pub fn records(repo: &Repo) -> PathBuf {
    root(repo).join("records")
}

/// The directory of the queue.
pub fn queue(repo: &Repo) -> PathBuf {
    root(repo).join("queue")
}

/// The log of a command that is about to begin, by what it does and what it is about. Of those that
/// are there the [`LOGS`] newest stay, this one among them.
pub fn log(repo: &Repo, kind: &str, about: &str) -> PathBuf {
    let directory = root(repo).join("logs");
    let path = directory.join(format!("{kind}-{}.log", file_name(about)));
    let others = LOGS - usize::from(!file::is_taken(&path));
    // Old logs are in nobody's way.
    // Old logs may stay.
    file::keep_newest(&directory, others).ok();
    path
}

/// The name of what runs in a worktree: always the same, so that who comes after a process that was
/// killed ends what it left.
pub fn job_id(worktree: &Path) -> String {
    let place = worktree.display().to_string();
    let sum = place.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    format!("merge-{sum:016x}")
}

/// A name for files, one for each branch: `/` would lead into a directory, and `+` takes its
/// place: shells leave it alone.
fn file_name(branch: &str) -> String {
    branch.replace('+', "++").replace('/', "+-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_branches_have_one_name() {
        assert_eq!(file_name("auto/x"), "auto+-x");
        assert_ne!(file_name("auto/x"), file_name("auto+-x"));
    }
}
