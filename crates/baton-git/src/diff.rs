//! The differences of trees, as git prints them.

use bstr::{BStr, BString, ByteSlice};

use super::{GitError, Repo};
use baton_core::model::Oid;

/// The paths that differ between two trees.
pub fn changed_paths(repo: &Repo, old: Oid, new: Oid) -> Result<Vec<BString>, GitError> {
    differing(repo, old, new, &[])
}

/// The paths that differ between two trees, each with a word for how.
pub fn changes(repo: &Repo, old: Oid, new: Oid) -> Result<Vec<(&'static str, BString)>, GitError> {
    let (old, new) = (old.to_string(), new.to_string());
    let args = ["diff-tree", "-r", "-z", "--name-status", "--no-renames"];
    let out = repo.program().output([&args[..], &[&old, &new]].concat())?;
    let parts = lines(&out);
    let (pairs, _) = parts.as_chunks::<2>();
    let how = |letter: &BString| match letter.first() {
        Some(b'A') => "added",
        Some(b'D') => "deleted",
        _ => "changed",
    };
    Ok(pairs
        .iter()
        .map(|[letter, path]| (how(letter), path.clone()))
        .collect())
}

/// The paths that the new tree has and the old one has not.
pub(super) fn added_paths(repo: &Repo, old: Oid, new: Oid) -> Result<Vec<BString>, GitError> {
    differing(repo, old, new, &["--diff-filter=A"])
}

pub(super) fn differing(
    repo: &Repo,
    old: Oid,
    new: Oid,
    options: &[&str],
) -> Result<Vec<BString>, GitError> {
    let (old, new) = (old.to_string(), new.to_string());
    let args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames"];
    let out = repo
        .program()
        .output([&args, options, &[&old, &new]].concat())?;
    Ok(lines(&out))
}

/// True if the index differs from `HEAD`.
pub fn has_staged(repo: &Repo) -> Result<bool, GitError> {
    let args = ["status", "--porcelain=v1", "-z", "--untracked-files=no"];
    let said = lines(&repo.program().output(args)?);
    Ok(said.iter().any(|line| !line.starts_with(b" ")))
}

/// Those of these paths from the root that are not as `HEAD` has them, but for what git ignores.
pub fn uncommitted(repo: &Repo, paths: &[&str]) -> Result<Vec<BString>, GitError> {
    let mut args: Vec<_> = ["status", "--porcelain=v1", "-z", "--no-renames"]
        .map(str::to_owned)
        .into();
    args.extend(["--untracked-files=all", "--"].map(str::to_owned));
    args.extend(paths.iter().map(|path| format!(":(top,literal){path}")));
    let said = lines(&repo.program().output(args)?);
    Ok(said.iter().map(|line| line[3..].into()).collect())
}

/// The parts between the NULs of git's output.
pub(super) fn lines(said: &BString) -> Vec<BString> {
    let lines = said.split(|byte| *byte == 0);
    lines
        .filter(|one| !one.is_empty())
        .map(BString::from)
        .collect()
}

/// The difference between two trees as a patch.
pub fn patch(repo: &Repo, old: Oid, new: Oid) -> Result<BString, GitError> {
    let (old, new) = (old.to_string(), new.to_string());
    let args = [
        "diff-tree",
        "-r",
        "-p",
        "--binary",
        "--no-ext-diff",
        "--no-textconv",
        &old,
        &new,
    ];
    repo.program().output(args)
}

/// The commits in the history of `tip` that changed a path, newest first.
pub fn commits_of_path(repo: &Repo, tip: Oid, path: &BStr) -> Result<Vec<Oid>, GitError> {
    let mut command = repo.program().command();
    command.env("GIT_LITERAL_PATHSPECS", "1");
    let (tip, path) = (tip.to_string(), path.to_str_lossy());
    let args = ["rev-list", &tip, "--", &path];
    let out = repo.program().run(command, args, None)?;
    Ok(out
        .lines()
        .filter_map(|line| Oid::from_hex(line.trim()).ok())
        .collect())
}
