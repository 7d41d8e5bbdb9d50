//! A commit that lands on a branch without anybody's index or files: made from trees, and then
//! shown in the worktrees that have the branch checked out.

mod refresh;

use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};

pub use refresh::{Refreshed, dirty_among, refresh, resume, would_refresh};

use super::{GitError, RefEdit, Repo, StoreError};
use baton_core::model::{Entry, EntryKind, Oid};
use baton_sys::GitEnv;

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
    // Without the mark git takes few digits for something else than seconds.
    let date = &format!("@{date}");
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
        !bare.contains(&position) && baton_sys::file::is_directory(&worktree.path)
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

/// The tree with this patch applied, or git's complaint.
pub fn tree_patched(repo: &Repo, tree: Oid, patch: &[u8]) -> Result<Oid, GitError> {
    let directory = repo.baton_dir();
    let index = baton_sys::file::temporary_directory(&directory);
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
    repo.program_for_remote(remote)?
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
