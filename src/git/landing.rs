//! A commit that lands on a branch without anybody's index or files: made from trees, and then
//! shown in the worktrees that have the branch checked out.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};

use super::{GitError, RefEdit, Repo, StoreError};
use crate::model::{Entry, EntryKind, Oid};
use crate::sys::GitEnv;

/// The mode of a directory in a tree.
const TREE: u32 = 0o040_000;

/// Whether a commit is signed, with an SSH key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// Not at all.
    None,
    /// With the key that git's configuration names.
    Configured,
    /// With the key in this file, or the one of this public key that an agent holds.
    Key(PathBuf),
}

/// A worktree of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// Its root.
    pub path: PathBuf,
    /// The full name of the branch that is checked out there.
    pub branch: Option<BString>,
}

/// The tree with these files in the place of those it had.
///
/// # Errors
/// When a file's directory is no directory in the tree.
pub fn tree_with(repo: &Repo, tree: Oid, files: &[(BString, Entry)]) -> Result<Oid, GitError> {
    files.iter().try_fold(tree, |tree, (path, entry)| {
        replaced(repo, Some(tree), path.as_ref(), *entry)
    })
}

fn replaced(repo: &Repo, tree: Option<Oid>, path: &BStr, entry: Entry) -> Result<Oid, GitError> {
    let mut entries: Vec<(BString, Entry)> = Vec::new();
    if let Some(tree) = tree {
        repo.objects().tree(tree, &mut Vec::new(), |name, entry| {
            entries.push((name.to_owned(), entry));
        })?;
    }
    let (name, rest) = match path.split_once_str("/") {
        Some((name, rest)) => (name.as_bstr(), Some(rest.as_bstr())),
        None => (path, None),
    };
    let at = entries.iter().position(|(one, _)| one.as_bstr() == name);
    let new = match rest {
        None => entry,
        Some(rest) => {
            let below = match at.map(|at| entries[at].1) {
                Some(below) if below.kind() == EntryKind::Tree => Some(below.oid),
                Some(other) => {
                    return Err(GitError::Corrupt {
                        oid: other.oid,
                        reason: format!("{name} is no directory where one is needed"),
                    });
                }
                None => None,
            };
            Entry {
                mode: TREE,
                oid: replaced(repo, below, rest, entry)?,
            }
        }
    };
    match at {
        Some(at) => entries[at].1 = new,
        None => entries.push((name.to_owned(), new)),
    }
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, entry)| (name.as_bstr(), *entry))
        .collect();
    repo.store().tree(&entries)
}

/// Who commits here and when, as git writes it: `Name <address> seconds zone`.
pub fn committer(repo: &Repo) -> Result<BString, GitError> {
    let ident = repo.program().output(["var", "GIT_COMMITTER_IDENT"])?;
    Ok(ident.trim().into())
}

/// The object that [`commit`] makes of these, where they are UTF-8, before it is signed.
pub fn unsigned(tree: Oid, parent: Oid, message: &BStr, who: &BStr) -> BString {
    let who = who.to_str_lossy();
    let header = format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\n");
    let mut object = BString::from(header);
    object.extend_from_slice(message);
    object
}

/// Makes a commit object, author and committer both being `who`, as [`committer`] gives it.
pub fn commit(
    repo: &Repo,
    tree: Oid,
    parent: Oid,
    message: &[u8],
    who: &BStr,
    signing: &Signing,
) -> Result<Oid, GitError> {
    let mut command = repo.program().command();
    let text = who.to_str_lossy();
    let (person, date) = text.rsplit_once("> ").unwrap_or((&text, ""));
    let (name, address) = person.split_once(" <").unwrap_or((person, ""));
    for (key, value) in [("NAME", name), ("EMAIL", address), ("DATE", date)] {
        command.env(format!("GIT_AUTHOR_{key}"), value);
        command.env(format!("GIT_COMMITTER_{key}"), value);
    }
    let mut args = vec!["-c".to_owned(), "i18n.commitEncoding=UTF-8".to_owned()];
    if *signing != Signing::None {
        args.extend(["-c".to_owned(), "gpg.format=ssh".to_owned()]);
    }
    if let Signing::Key(key) = signing {
        args.extend([
            "-c".to_owned(),
            format!("user.signingKey={}", key.display()),
        ]);
    }
    args.extend(["commit-tree".to_owned(), tree.to_string()]);
    args.extend(["-p".to_owned(), parent.to_string()]);
    if *signing != Signing::None {
        args.push("-S".to_owned());
    }
    let out = repo.program().run(command, &args, Some(message))?;
    Oid::from_hex(out.trim()).map_err(|error| GitError::Program {
        args: args.join(" "),
        reason: error.to_string(),
    })
}

/// The commit that these words name, as git understands them; `None` when they name none.
pub fn commit_named(repo: &Repo, words: &str) -> Result<Option<Oid>, GitError> {
    let wanted = format!("{words}^{{commit}}");
    let args = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &wanted,
    ];
    match repo.program().output(args) {
        Ok(hex) => Ok(Oid::from_hex(hex.trim()).ok()),
        Err(GitError::Program { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Moves a branch from one commit to another, if it is still there. The hooks judge it like
/// anybody's move.
pub fn move_branch(
    repo: &Repo,
    branch: &str,
    old: Oid,
    new: Oid,
    reason: &str,
) -> Result<(), StoreError> {
    let edit = RefEdit {
        name: branch.to_owned(),
        old: Some(old),
        new: Some(new),
    };
    repo.store().transact(&[edit], reason)
}

/// The worktrees of the repository whose directories are there, the main one first.
pub fn worktrees(repo: &Repo) -> Result<Vec<Worktree>, GitError> {
    let listing = repo
        .program()
        .output(["worktree", "list", "--porcelain", "-z"])?;
    let mut found: Vec<Worktree> = Vec::new();
    let mut bare = Vec::new();
    for line in listing.split(|byte| *byte == 0) {
        if let Some(path) = line.strip_prefix(b"worktree ") {
            found.push(Worktree {
                path: path.to_path_lossy().into_owned(),
                branch: None,
            });
        } else if let (Some(branch), Some(last)) = (line.strip_prefix(b"branch "), found.last_mut())
        {
            last.branch = Some(branch.into());
        } else if line == b"bare" {
            bare.push(found.len());
        }
    }
    let mut position = 0;
    found.retain(|worktree| {
        position += 1;
        !bare.contains(&position) && crate::sys::file::is_directory(&worktree.path)
    });
    Ok(found)
}

/// The repository as that worktree sees it.
pub fn open_worktree(path: &Path) -> Result<Repo, GitError> {
    Repo::open(&GitEnv {
        current_dir: path.to_owned(),
        ..GitEnv::default()
    })
}

/// Whether anything in the worktree is not committed: staged, changed or not tracked.
pub fn has_changes(worktree: &Repo) -> Result<bool, GitError> {
    let args = ["status", "--porcelain", "-z", "--untracked-files=normal"];
    let mut command = worktree.program().command();
    command.env("GIT_OPTIONAL_LOCKS", "0");
    Ok(!worktree.program().run(command, args, None)?.is_empty())
}

/// What became of a worktree's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// What the new commit changes is in the index and among the files.
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
        hindered => hindered,
    }
}

/// What [`refresh`] would come to. No file is touched.
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

/// Whether something that nothing tracks, ignored or not, lies where the new commit adds a file.
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
            crate::sys::file::is_taken(&file)
                && (is_whole
                    || crate::sys::file::is_link(&file)
                    || !crate::sys::file::is_directory(&file))
        });
        taken.extend(found.map(ToOwned::to_owned));
    }
    let taken: Vec<_> = taken.into_iter().collect();
    !taken.is_empty()
        && at_paths(worktree, &["ls-files", "--others", "-z"], &taken)
            .is_ok_and(|others| !others.is_empty())
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

/// How many bytes of paths one call of git is given: some systems take no more than 256 KiB.
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
    crate::sys::file::is_taken(&worktree.git_dir().join("index.lock"))
}

/// Whether the index has these paths as the commit does.
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

/// Whether somebody has staged or written something at the paths that differ between the commits.
fn is_changed(worktree: &Repo, old: Oid, new: Oid) -> bool {
    let Ok(paths) = changed_paths(worktree, old, new) else {
        return false;
    };
    let others = at_paths(worktree, &["ls-files", "--others"], &paths);
    !is_indexed(worktree, old, &paths)
        || at_paths(worktree, &["diff", "--quiet", "--no-ext-diff"], &paths).is_err()
        || others.is_ok_and(|others| !others.is_empty())
}

/// Whether the file is gone, is still as the old commit has it, or holds a beginning of what the new
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
    let is_link = crate::sys::file::is_link(&file);
    if !crate::sys::file::is_taken(&file) {
        return Ok(true);
    }
    if !is_link && crate::sys::file::is_directory(&file) {
        let args = ["ls-files", "--others", "-z"];
        let others = at_paths(worktree, &args, &[path.to_owned()])?;
        let mut others = others
            .split(|byte| *byte == 0)
            .filter(|one| !one.is_empty());
        return Ok(others.all(|one| changed.iter().any(|path| *path == one)));
    }
    let text = match is_link {
        true => crate::sys::file::link_target(&file),
        false => crate::sys::file::read(&file),
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
    let touches = |path: &BString| {
        let is_in = |one: &&[u8], other: &[u8]| {
            one.strip_prefix(other)
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        };
        own.iter()
            .any(|one| is_in(one, path) || is_in(&&path[..], one))
    };
    Ok(changed.into_iter().filter(touches).collect())
}

/// The tree with this patch applied, or git's complaint.
pub fn tree_patched(repo: &Repo, tree: Oid, patch: &[u8]) -> Result<Oid, GitError> {
    let directory = repo.baton_dir();
    let index = crate::sys::file::temporary_directory(&directory);
    let index = index.map_err(GitError::io(directory))?;
    let run = |args: &[&str], input: Option<&[u8]>| {
        let mut command = repo.program().command();
        command.env("GIT_INDEX_FILE", index.path().join("index"));
        repo.program().run(command, args, input)
    };
    run(&["read-tree", &tree.to_string()], None)?;
    run(
        &["apply", "--cached", "--whitespace=nowarn", "-"],
        Some(patch),
    )?;
    let args = ["write-tree"];
    let out = run(&args, None)?;
    Oid::from_hex(out.trim()).map_err(|error| GitError::Program {
        args: args.join(" "),
        reason: error.to_string(),
    })
}

/// The paths that differ between two trees.
pub fn changed_paths(repo: &Repo, old: Oid, new: Oid) -> Result<Vec<BString>, GitError> {
    differing(repo, old, new, &[])
}

/// The paths that the new tree has and the old one has not.
fn added_paths(repo: &Repo, old: Oid, new: Oid) -> Result<Vec<BString>, GitError> {
    differing(repo, old, new, &["--diff-filter=A"])
}

fn differing(repo: &Repo, old: Oid, new: Oid, options: &[&str]) -> Result<Vec<BString>, GitError> {
    let (old, new) = (old.to_string(), new.to_string());
    let args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames"];
    let out = repo
        .program()
        .output([&args, options, &[&old, &new]].concat())?;
    Ok(lines(&out))
}

/// What stands between the NULs of what git says.
fn lines(said: &BString) -> Vec<BString> {
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

/// Pushes a branch to the branch of that name.
pub fn push(repo: &Repo, remote: &str, branch: &str) -> Result<(), GitError> {
    let refspec = format!("{branch}:{branch}");
    repo.program()
        .output(["push", "--quiet", "--", remote, &refspec])?;
    Ok(())
}

/// Opens a file in the editor that git would open, and waits until it is closed.
pub fn open_editor(repo: &Repo, file: &Path) -> Result<(), GitError> {
    let editor = repo.program().output(["var", "GIT_EDITOR"])?;
    let editor = editor.trim().to_str_lossy().into_owned();
    let failed = |reason: String| GitError::Program {
        args: format!("var GIT_EDITOR: {editor}"),
        reason,
    };
    let status = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$@\""))
        .arg(&editor)
        .arg(file)
        .status()
        .map_err(|error| failed(error.to_string()))?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(status.to_string())),
    }
}
