//! Brings the worktrees that have a branch checked out to the commit that has landed on it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};

use crate::diff::{added_paths, changed_paths, differing, lines};
use crate::tree::Trees;
use crate::{GitError, Repo};
use baton_core::model::{EntryKind, Oid};

/// The result for a worktree's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// The new commit's changes are in the index and among the files.
    Done,
    /// The index or the files hold something else at these paths; nothing was touched.
    Dirty,
    /// Another git holds the index; nothing was touched.
    Locked,
    /// The files could not be written, for this reason; what is there now is a part of what should
    /// be.
    Failed(String),
}

/// Brings the paths that differ between two commits into this worktree's index and files, where
/// both still are as the old commit has them; whatever else is staged or changed stays. `begin` is
/// called before anything is touched.
pub fn refresh(
    worktree: &Repo,
    old: Oid,
    new: Oid,
    begin: impl FnOnce() -> Result<(), GitError>,
) -> Refreshed {
    match would_refresh(worktree, old, new) {
        Refreshed::Done => {
            let done = begin().and_then(|()| read_tree(worktree, &[], old, new));
            outcome(worktree, done)
        }
        blocked => blocked,
    }
}

/// The result that [`refresh`] would have. No file is touched.
pub fn would_refresh(worktree: &Repo, old: Oid, new: Oid) -> Refreshed {
    let possible = read_tree(worktree, &["-n"], old, new).or_else(|_| {
        // Times that differ, with content that does not, are put right by this.
        let _ = in_worktree(worktree, &["update-index", "-q", "--refresh"]);
        read_tree(worktree, &["-n"], old, new)
    });
    match possible {
        // To git, a file that is ignored is nobody's, and goes.
        Ok(_) if is_in_the_way(worktree, old, new) => Refreshed::Dirty,
        Err(_) if !is_locked(worktree) && is_changed(worktree, old, new) => Refreshed::Dirty,
        possible => outcome(worktree, possible),
    }
}

/// True if something that nothing tracks, ignored or not, lies where the new commit adds a file.
fn is_in_the_way(worktree: &Repo, old: Oid, new: Oid) -> bool {
    let (Some(root), Ok(added)) = (worktree.work_tree(), added_paths(worktree, old, new)) else {
        return true;
    };
    let mut taken = BTreeSet::new();
    for path in &added {
        let ends = path.find_iter("/").chain([path.len()]);
        // Of the directories above, those that are none are looked for.
        let found = ends.map(|end| path[..end].as_bstr()).find(|part| {
            let file = root.join(part.to_path_lossy());
            let is_whole = part.len() == path.len();
            // What a submodule has left there is the submodule's again.
            if is_whole && is_submodule(worktree, new, part) && is_repository(&file) {
                return false;
            }
            baton_sys::file::is_taken(&file)
                && (is_whole
                    || baton_sys::file::is_link(&file)
                    || !baton_sys::file::is_directory(&file))
        });
        taken.extend(found.map(ToOwned::to_owned));
    }
    let taken: Vec<_> = taken.into_iter().collect();
    !taken.is_empty()
        && at_paths(worktree, &["ls-files", "--others", "-z"], &taken)
            .is_ok_and(|others| !others.is_empty())
}

/// True if the commit has a submodule at this path.
fn is_submodule(repo: &Repo, commit: Oid, path: &BStr) -> bool {
    let tree = repo.objects().peel_to_tree(commit);
    let entry = tree.and_then(|tree| Trees::new(repo.objects()).entry(tree, path));
    entry.is_ok_and(|entry| entry.is_some_and(|entry| entry.kind() == EntryKind::Submodule))
}

fn is_repository(directory: &Path) -> bool {
    !baton_sys::file::is_link(directory) && baton_sys::file::is_taken(&directory.join(".git"))
}

fn read_tree(worktree: &Repo, options: &[&str], old: Oid, new: Oid) -> Result<BString, GitError> {
    let (old, new) = (old.to_string(), new.to_string());
    let args = [&["read-tree", "-m", "-u"], options, &[&old, &new]].concat();
    in_worktree(worktree, &args)
}

/// Goes on with [`refresh`] where it had begun: a file may be gone or written in part.
pub fn resume(worktree: &Repo, old: Oid, new: Oid) -> Refreshed {
    let torn = || {
        let paths = changed_paths(worktree, old, new)?;
        let unlike_old = unlike(worktree, old, &paths)?;
        let mut torn = unlike_old.is_disjoint(&unlike(worktree, new, &paths)?);
        for path in &paths {
            torn = torn && is_torn(worktree, [old, new], &paths, path.as_ref())?;
        }
        Ok::<_, GitError>(torn)
    };
    match torn() {
        Ok(false) => refresh(worktree, old, new, || Ok(())),
        Ok(true) => outcome(worktree, restore(worktree, old, new)),
        Err(error) => Refreshed::Failed(error.to_string()),
    }
}

/// Brings the paths that differ into index and files, whatever is there. What goes makes room first:
/// where a file takes the place of a directory, git would not find what was in that any more.
fn restore(worktree: &Repo, old: Oid, new: Oid) -> Result<BString, GitError> {
    let gone = differing(worktree, old, new, &["--diff-filter=D"])?;
    let stay = differing(worktree, old, new, &["--diff-filter=d"])?;
    let gone = match gone.is_empty() {
        true => gone,
        false => lines(&at_paths(worktree, &["ls-files", "-z"], &gone)?),
    };
    let source = format!("--source={new}");
    let args = ["restore", &source, "--staged", "--worktree"];
    for paths in [gone, stay] {
        if !paths.is_empty() {
            at_paths(worktree, &args, &paths)?;
        }
    }
    Ok(BString::default())
}

fn outcome(worktree: &Repo, done: Result<BString, GitError>) -> Refreshed {
    match done {
        Ok(_) => Refreshed::Done,
        Err(_) if is_locked(worktree) => Refreshed::Locked,
        Err(GitError::Program { reason, .. }) => {
            let telling = reason.lines().filter(|line| !line.starts_with("hint:"));
            Refreshed::Failed(telling.collect::<Vec<_>>().join("; "))
        }
        Err(error) => Refreshed::Failed(error.to_string()),
    }
}

fn in_worktree(worktree: &Repo, args: &[&str]) -> Result<BString, GitError> {
    at_paths(worktree, args, &[])
}

/// The bytes of paths that one call of git is given: some systems take no more than 256 KiB.
const PATHS_AT_ONCE: usize = 100_000;

/// Runs git in the worktree, on its own index, with these paths for what they are: several times
/// where they are many, until it fails.
fn at_paths(worktree: &Repo, args: &[&str], paths: &[BString]) -> Result<BString, GitError> {
    let mut said = BString::default();
    let mut rest = paths;
    loop {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|path| {
            bytes += path.len() + 1;
            bytes <= PATHS_AT_ONCE
        });
        let (now, later) = rest.split_at(fits.count().max(1).min(rest.len()));
        let mut command = worktree.program().command();
        command.env_remove("GIT_INDEX_FILE");
        command.env("GIT_LITERAL_PATHSPECS", "1");
        let mut args: Vec<_> = args.iter().map(OsString::from).collect();
        if !now.is_empty() {
            args.push("--".into());
            args.extend(now.iter().map(|path| path.to_os_str_lossy().into_owned()));
        }
        said.extend_from_slice(&worktree.program().run(command, args, None)?);
        rest = later;
        if rest.is_empty() {
            return Ok(said);
        }
    }
}

fn is_locked(worktree: &Repo) -> bool {
    baton_sys::file::is_taken(&worktree.git_dir().join("index.lock"))
}

/// True if the index has these paths as the commit does.
fn is_indexed(worktree: &Repo, commit: Oid, paths: &[BString]) -> bool {
    unlike(worktree, commit, paths).is_ok_and(|unlike| unlike.is_empty())
}

/// Those of these paths that the index has not as the commit does.
fn unlike(worktree: &Repo, commit: Oid, paths: &[BString]) -> Result<BTreeSet<BString>, GitError> {
    let commit = commit.to_string();
    let args = [
        "diff-index",
        "--cached",
        "--name-only",
        "--no-renames",
        "-z",
        &commit,
    ];
    Ok(lines(&at_paths(worktree, &args, paths)?)
        .into_iter()
        .collect())
}

/// True if something is staged or written at the paths that differ between the commits.
fn is_changed(worktree: &Repo, old: Oid, new: Oid) -> bool {
    let Ok(paths) = changed_paths(worktree, old, new) else {
        return false;
    };
    let others = at_paths(worktree, &["ls-files", "--others"], &paths);
    !is_indexed(worktree, old, &paths)
        || at_paths(worktree, &["diff", "--quiet", "--no-ext-diff"], &paths).is_err()
        || others.is_ok_and(|others| !others.is_empty())
        || is_overlooked(worktree, &paths)
}

/// True if git was told not to look at the file of one of these paths (`update-index
/// --assume-unchanged` or `--skip-worktree`).
fn is_overlooked(worktree: &Repo, paths: &[BString]) -> bool {
    !overlooked(worktree, paths).is_empty()
}

/// Those of these paths that git was told to overlook.
fn overlooked(worktree: &Repo, paths: &[BString]) -> Vec<BString> {
    let listed = at_paths(worktree, &["ls-files", "-v", "-z"], paths).unwrap_or_default();
    let lines = listed.split(|byte| *byte == 0);
    let overlooked = lines.filter_map(|line| {
        let (tag, path) = (line.first()?, line.get(2..)?);
        (*tag == b'S' || tag.is_ascii_lowercase()).then(|| path.into())
    });
    overlooked.collect()
}

/// True if the file is gone, is still as the old commit has it, or holds a beginning of what the new
/// one has there and no more. Of a directory in its place nothing may be untracked but what is among
/// the changed paths itself.
fn is_torn(
    worktree: &Repo,
    commits: [Oid; 2],
    changed: &[BString],
    path: &BStr,
) -> Result<bool, GitError> {
    let Some(root) = worktree.work_tree() else {
        return Ok(false);
    };
    let file = root.join(path.to_path_lossy());
    let is_link = baton_sys::file::is_link(&file);
    if !baton_sys::file::is_taken(&file) {
        return Ok(true);
    }
    if !is_link && baton_sys::file::is_directory(&file) {
        let args = ["ls-files", "--others", "-z"];
        let others = at_paths(worktree, &args, &[path.to_owned()])?;
        let mut others = others
            .split(|byte| *byte == 0)
            .filter(|one| !one.is_empty());
        return Ok(others.all(|one| changed.iter().any(|path| *path == one)));
    }
    let text = match is_link {
        true => baton_sys::file::link_target(&file),
        false => baton_sys::file::read(&file),
    };
    let text = text.map_err(GitError::io(file))?;
    let [old, new] = commits.map(|commit| {
        let object = format!("{commit}:{path}");
        let filters = if is_link { "blob" } else { "--filters" };
        in_worktree(worktree, &["cat-file", filters, &object])
    });
    let is_old = old.is_ok_and(|old| old == text);
    Ok(is_old || new.is_ok_and(|new| new.starts_with(&text)))
}

/// The paths that differ between two commits and at which the worktree has something of its own,
/// tracked or not.
pub fn dirty_among(worktree: &Repo, old: Oid, new: Oid) -> Result<Vec<BString>, GitError> {
    let changed = changed_paths(worktree, old, new)?;
    let args = [
        "status",
        "--porcelain",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--ignored",
    ];
    let mut command = worktree.program().command();
    command.env("GIT_OPTIONAL_LOCKS", "0");
    let out = worktree.program().run(command, args, None)?;
    let own = out
        .split(|byte| *byte == 0)
        .filter_map(|line| line.get(3..));
    let own: Vec<_> = own
        .map(|path| path.strip_suffix(b"/").unwrap_or(path))
        .collect();
    let overlooked = overlooked(worktree, &changed);
    let touches = |path: &BString| {
        let is_in = |one: &&[u8], other: &[u8]| {
            one.strip_prefix(other)
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        };
        overlooked.contains(path)
            || own
                .iter()
                .any(|one| is_in(one, path) || is_in(&&path[..], one))
    };
    Ok(changed.into_iter().filter(touches).collect())
}
