//! Worktrees in which others work: what they changed, and fresh ones to judge it in.

use std::ffi::OsStr;
use std::path::Path;

use bstr::{BString, ByteSlice};

use super::{GitError, Repo, landing};
use crate::model::Oid;
use crate::sys::file;

/// The paths that are not as the commit checked out here has them: staged, changed, conflicting,
/// or there although neither a commit nor a `.gitignore` names them. Sorted; no lock is taken.
pub fn uncommitted(worktree: &Repo) -> Result<Vec<BString>, GitError> {
    let mut command = worktree.program().command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .args(["-c", "core.fsmonitor=false"]);
    let args = [
        "status",
        "--porcelain",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=none",
        "--no-renames",
    ];
    let out = worktree.program().run(command, args, None)?;
    let mut paths: Vec<BString> = out
        .split(|byte| *byte == 0)
        .filter_map(|line| Some(line.get(3..)?.into()))
        .collect();
    paths.sort();
    Ok(paths)
}

/// The paths that differ between a commit and the one checked out here.
pub fn committed_since(worktree: &Repo, base: Oid) -> Result<Vec<BString>, GitError> {
    match worktree.head()? {
        Some(head) if head != base => landing::changed_paths(worktree, base, head),
        _ => Ok(Vec::new()),
    }
}

/// The first line of a commit's message.
pub fn subject(repo: &Repo, commit: Oid) -> Result<BString, GitError> {
    let args = ["log", "-1", "--format=%s", &commit.to_string()];
    Ok(repo.program().output(args)?.trim().into())
}

/// How many bytes the files of a commit take when they are checked out.
pub fn size(repo: &Repo, commit: Oid) -> Result<u64, GitError> {
    let args = ["ls-tree", "-r", "-z", "--format=%(objectsize)"];
    let out = repo
        .program()
        .output(args.into_iter().chain([commit.to_string().as_str()]))?;
    let sizes = out.split(|byte| *byte == 0);
    Ok(sizes
        .filter_map(|size| size.to_str().ok()?.parse::<u64>().ok())
        .sum())
}

/// Commits these paths of the worktree as they are, and nothing else, where they differ from what
/// is committed. Hooks run as for any commit.
pub fn commit_paths(worktree: &Repo, paths: &[&str], message: &str) -> Result<(), GitError> {
    let run = |args: &[&str]| {
        let mut command = worktree.program().command();
        command
            .env_remove("GIT_INDEX_FILE")
            .env("GIT_LITERAL_PATHSPECS", "1");
        let all = args.iter().chain(["--"].iter()).chain(paths);
        worktree.program().run(command, all, None)
    };
    run(&["add", "--force"])?;
    let changed = run(&["diff", "--cached", "--name-only"])?;
    if changed.is_empty() {
        return Ok(());
    }
    run(&["commit", "--quiet", "--only", "-m", message]).map(drop)
}

/// Makes a worktree of this commit at `path`, on no branch, in the place of one that a run which
/// was killed left there.
pub fn add(repo: &Repo, path: &Path, commit: Oid) -> Result<(), GitError> {
    remove(repo, path)?;
    let commit = commit.to_string();
    let args = ["worktree", "add", "--quiet", "--force", "--detach", "--"].map(OsStr::new);
    let args = args
        .into_iter()
        .chain([path.as_os_str(), OsStr::new(&commit)]);
    repo.program().output(args).map(drop)
}

/// Removes a worktree that holds nothing of worth, and what git knows of it. It need not be there.
pub fn remove(repo: &Repo, path: &Path) -> Result<(), GitError> {
    let args = ["worktree", "remove", "--force", "--force", "--"].map(OsStr::new);
    // What git knows nothing of is removed below.
    let _unknown_is_fine = repo
        .program()
        .output(args.into_iter().chain([path.as_os_str()]));
    file::remove_all_if_exists(path).map_err(GitError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::landing::open_worktree;
    use std::process::Command;

    fn git(directory: &Path, args: &[&str]) {
        let mut command = Command::new("git");
        command
            .args(args)
            .current_dir(directory)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Tester")
                .env(format!("GIT_{role}_EMAIL"), "tester@example.com");
        }
        assert!(command.status().unwrap().success());
    }

    #[test]
    fn a_worktree_tells_what_was_done_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let (root, fresh) = (dir.path().join("repo"), dir.path().join("fresh"));
        std::fs::create_dir(&root).unwrap();
        git(&root, &["init", "-q"]);
        std::fs::write(root.join("a"), "12345").unwrap();
        git(&root, &["add", "a"]);
        git(&root, &["commit", "-qm", "one\n\nmore"]);
        let repo = open_worktree(&root).unwrap();
        let base = repo.head().unwrap().unwrap();
        assert_eq!(size(&repo, base).unwrap(), 5);
        assert_eq!(subject(&repo, base).unwrap(), "one");

        for _ in 0..2 {
            add(&repo, &fresh, base).unwrap();
        }
        std::fs::write(fresh.join("a"), "other").unwrap();
        git(&fresh, &["commit", "-qam", "two"]);
        std::fs::create_dir(fresh.join("new")).unwrap();
        std::fs::write(fresh.join("new/ b"), "").unwrap();
        let worktree = open_worktree(&fresh).unwrap();
        assert_eq!(committed_since(&worktree, base).unwrap(), ["a"]);
        assert_eq!(uncommitted(&worktree).unwrap(), ["new/ b"]);
        remove(&repo, &fresh).unwrap();
        assert!(!fresh.exists());
        assert_eq!(repo.worktrees().unwrap().len(), 1);
    }
}
