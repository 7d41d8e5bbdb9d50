//! Where a run keeps its files on this machine: `<common git dir>/baton/runs/<run>/<task>/`.

use std::path::{Path, PathBuf};

use crate::landing::place;
use baton_core::policy::Policy;
use baton_git::Repo;

/// The directory of a run.
pub fn of_run(repo: &Repo, run: &str) -> PathBuf {
    repo.baton_dir().join("runs").join(file_name(run))
}

/// The lock of a process that begins a run.
pub fn begin_lock(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("runs").join("begin.lock")
}

/// The directory of a task of a run.
pub fn of_task(repo: &Repo, run: &str, task: &str) -> PathBuf {
    of_run(repo, run).join(file_name(task))
}

/// The file of what an agent printed in its attempt of this number, and what the verify commands did after.
pub fn log(repo: &Repo, run: &str, task: &str, attempt: u32) -> PathBuf {
    of_task(repo, run, task).join(format!("attempt-{attempt}.log"))
}

/// The file of the prompt that it was given.
pub fn prompt(repo: &Repo, run: &str, task: &str, attempt: u32) -> PathBuf {
    of_task(repo, run, task).join(format!("attempt-{attempt}.prompt"))
}

/// The file of what the gate printed about that attempt.
pub fn gate_log(repo: &Repo, run: &str, task: &str, attempt: u32) -> PathBuf {
    of_task(repo, run, task).join(format!("gate-{attempt}.log"))
}

/// The summary that was made for a task's session whose agent has handed in none.
pub fn made_summary(repo: &Repo, run: &str, task: &str) -> PathBuf {
    of_task(repo, run, task).join("summary.md")
}

/// The pictures that were made of that attempt.
pub fn screenshots(repo: &Repo, run: &str, task: &str, attempt: u32) -> PathBuf {
    of_task(repo, run, task).join(format!("screenshots-{attempt}"))
}

/// The directory of the worktrees in which work is judged: the pool's, since some test runners look at
/// no file below a git directory.
pub fn worktrees(repo: &Repo, policy: &Policy) -> PathBuf {
    place::worktrees(repo, policy)
}

/// The worktree in which this is done for a task.
pub fn worktree(worktrees: &Path, purpose: &str, run: &str, task: &str) -> PathBuf {
    worktrees.join(format!("{purpose}-{}-{}", file_name(run), file_name(task)))
}

/// What is told and seen of this group's work when it is merged. No task has a directory of this name.
pub fn merged(repo: &Repo, run: &str, group: usize) -> PathBuf {
    of_run(repo, run).join(format!("merged+{group}"))
}

/// The name of whatever runs for a task: always the same, so that who comes after a conductor that
/// was killed ends what it left. `git_dir` is the repository's: runs of others have the same ids.
pub fn job_id(git_dir: &Path, run: &str, task: &str) -> String {
    let about = [
        git_dir.as_os_str().as_encoded_bytes(),
        run.as_bytes(),
        task.as_bytes(),
    ];
    // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
    let sum = about
        .join(&0)
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("run-{sum:016x}")
}

/// A name of one component that no other id gets, were it made of anything.
fn file_name(id: &str) -> String {
    let mut name = String::new();
    for (at, char) in id.char_indices() {
        match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => name.push(char),
            '.' if at > 0 => name.push(char),
            other => name.push_str(&format!("%{:x}%", u32::from(other))),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn an_id_is_one_component() {
        assert_eq!(file_name("task-1.b"), "task-1.b");
        assert_eq!(file_name("../a b"), "%2e%.%2f%a%20%b");
    }
}
