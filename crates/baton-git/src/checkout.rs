//! The changes of others in a worktree in which they work.

use bstr::{BStr, BString, ByteSlice};

use super::{GitError, Repo, diff};
use baton_core::model::{BranchName, Oid};

/// The paths that are not as the commit checked out here has them. Sorted; no lock is taken. It is what a
/// user who works here sees by `git status`, asked often while they work; what an agent may have hidden from
/// git is found by [`status::of`](super::status::of).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uncommitted {
    /// Staged, changed, or conflicting.
    pub tracked: Vec<BString>,
    /// There although neither the index nor what git ignores here names them; a repository is a path that
    /// ends with `/`.
    pub untracked: Vec<BString>,
}

/// All paths that are not as the commit checked out here has them.
pub fn uncommitted(worktree: &Repo) -> Result<Vec<BString>, GitError> {
    let found = dirty(worktree)?;
    let mut paths = [found.tracked, found.untracked].concat();
    paths.sort();
    Ok(paths)
}

/// The paths that are not as the commit checked out here has them.
pub fn dirty(worktree: &Repo) -> Result<Uncommitted, GitError> {
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
    let mut found = Uncommitted::default();
    for line in out.split(|byte| *byte == 0) {
        let Some(path) = line.get(3..) else {
            continue;
        };
        match line.starts_with(b"?? ") {
            true => found.untracked.push(path.into()),
            false => found.tracked.push(path.into()),
        }
    }
    Ok(found)
}

/// The paths that differ between a commit and the one checked out here.
pub fn committed_since(worktree: &Repo, base: Oid) -> Result<Vec<BString>, GitError> {
    match worktree.head()? {
        Some(head) if head != base => diff::changed_paths(worktree, base, head),
        _ => Ok(Vec::new()),
    }
}

/// The first line of the message of the last commit between these that changes another file than
/// these; where none does, that of the last.
pub fn subject(repo: &Repo, base: Oid, tip: Oid, besides: &[&str]) -> Result<BString, GitError> {
    let range = format!("{base}..{tip}");
    let ask = |paths: &[String]| {
        let args = ["log", "-1", "--format=%s", &range, "--"];
        let paths = paths.iter().map(String::as_str);
        repo.program().output(args.into_iter().chain(paths))
    };
    let paths = excluded(besides);
    let found = ask(&paths)?;
    match found.trim() {
        b"" if !paths.is_empty() => Ok(ask(&[])?.trim().into()),
        found => Ok(found.into()),
    }
}

/// The commits between these that are no merges and change another file than these, oldest first, each with
/// the first line of its message.
pub fn commits(
    repo: &Repo,
    base: Oid,
    tip: Oid,
    besides: &[&str],
) -> Result<Vec<(Oid, BString)>, GitError> {
    let range = format!("{base}..{tip}");
    let args = [
        "log",
        "-z",
        "--reverse",
        "--no-merges",
        "--format=%H %s",
        &range,
        "--",
    ];
    let paths = excluded(besides);
    let args = args.into_iter().chain(paths.iter().map(String::as_str));
    let said = diff::lines(&repo.program().output(args)?);
    Ok(said
        .iter()
        .filter_map(|line| {
            let (id, subject) = line.split_once_str(" ")?;
            Some((Oid::from_hex(id).ok()?, subject.trim().into()))
        })
        .collect())
}

/// True for an untracked file that git ignores.
pub fn is_ignored(worktree: &Repo, path: &str) -> Result<bool, GitError> {
    let args = ["ls-files", "--others", "--ignored", "--exclude-standard"];
    Ok(!on_paths(worktree, &args, &[path])?.is_empty())
}

/// The pathspecs for all but these files.
fn excluded(paths: &[&str]) -> Vec<String> {
    let one = |path: &&str| format!(":(top,exclude,literal){path}");
    paths.iter().map(one).collect()
}

/// The bytes that the files of a commit take when they are checked out.
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

/// Adds these paths of the worktree to the index as they are, also those that are ignored or outside of a sparse checkout. Says
/// whether they differ from what is committed.
pub fn stage_paths(worktree: &Repo, paths: &[&str]) -> Result<bool, GitError> {
    let mut add = vec!["add", "--force"];
    // Git knows the option since 2.34.
    if worktree.is_sparse() {
        add.push("--sparse");
    }
    on_paths(worktree, &add, paths)?;
    let changed = on_paths(worktree, &["diff", "--cached", "--name-only"], paths)?;
    Ok(!changed.is_empty())
}

/// Commits these staged paths and nothing else. Hooks run as for any commit.
pub fn commit_paths(worktree: &Repo, paths: &[&str], message: &str) -> Result<(), GitError> {
    on_paths(
        worktree,
        &["commit", "--quiet", "--only", "-m", message],
        paths,
    )
    .map(drop)
}

/// Puts these staged paths and nothing else into the commit that is checked out, which keeps its
/// author and its message. Hooks run as for any `git commit --amend`.
pub fn amend_paths(worktree: &Repo, paths: &[&str]) -> Result<(), GitError> {
    let args = [
        "commit",
        "--quiet",
        "--amend",
        "--no-edit",
        "--allow-empty-message",
        "--cleanup=whitespace",
        "--only",
    ];
    on_paths(worktree, &args, paths).map(drop)
}

fn on_paths(worktree: &Repo, args: &[&str], paths: &[&str]) -> Result<BString, GitError> {
    let mut command = worktree.program().command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_LITERAL_PATHSPECS", "1");
    let all = args.iter().chain(["--"].iter()).chain(paths);
    worktree.program().run(command, all, None)
}

/// True if another branch, a tag or a remote-tracking branch than this one has the commit.
pub fn is_elsewhere(repo: &Repo, commit: Oid, branch: &BStr) -> Result<bool, GitError> {
    let commit = commit.to_string();
    let args = [
        "for-each-ref",
        "--count=2",
        "--format=%(refname)",
        "--contains",
        &commit,
        BranchName::PREFIX,
        "refs/remotes",
        "refs/tags",
    ];
    let names = repo.program().output(args)?;
    Ok(names.lines().any(|name| name != branch.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worktrees::open_worktree;
    use baton_testkit::git;

    #[test]
    fn a_worktree_tells_what_was_done_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        git(root, &["init", "-q"], b"");
        std::fs::write(root.join("a"), "12345").unwrap();
        git(root, &["add", "a"], b"");
        git(root, &["commit", "-qm", "one\n\nmore"], b"");
        let repo = open_worktree(root).unwrap();
        let base = repo.head().unwrap().unwrap();
        assert_eq!(size(&repo, base).unwrap(), 5);

        std::fs::write(root.join("a"), "other").unwrap();
        git(root, &["commit", "-qam", "two\n\nmore"], b"");
        std::fs::create_dir(root.join("new")).unwrap();
        std::fs::write(root.join("new/ b"), "").unwrap();
        assert_eq!(committed_since(&repo, base).unwrap(), ["a"]);
        assert_eq!(uncommitted(&repo).unwrap(), ["new/ b"]);

        git(root, &["add", "."], b"");
        git(root, &["commit", "-qm", "three"], b"");
        let tip = repo.head().unwrap().unwrap();
        let said = |from, besides: &[&str]| subject(&repo, from, tip, besides).unwrap();
        assert_eq!(said(base, &[]), "three");
        assert_eq!(said(base, &["new/ b"]), "two");
        let two = repo.commit_of("HEAD^").unwrap();
        assert_eq!(said(two, &["new/ b"]), "three");
        let all = commits(&repo, base, tip, &[]).unwrap();
        assert_eq!(all, [(two, "two".into()), (tip, "three".into())]);
        assert_eq!(
            commits(&repo, base, tip, &["new/ b"]).unwrap(),
            [(two, "two".into())]
        );
    }
}
