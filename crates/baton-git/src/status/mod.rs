//! The uncommitted content of a worktree.

mod fast_path;
mod hidden;
mod plain_rules;
mod untracked;

use bstr::{BString, ByteSlice};

use super::{GitError, Program, Repo};
use baton_core::model::Oid;
use baton_sys::{both, file};

pub use hidden::hidden;
pub use untracked::{all_untracked, ignored, not_kept, untracked_named};

use hidden::Tracked;
use untracked::{Rest, hides_untracked, not_ignored};

/// The content of a worktree beside its commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The tracked paths whose index entry or file is not as the commit has it, unresolved
    /// conflicts, paths only announced (`git add --intent-to-add`), submodules with changes and
    /// files that the index hides (`--assume-unchanged`, `--skip-worktree`) among them. Sorted.
    pub changed: Vec<BString>,
    /// The files that nothing tracks and no `.gitignore` or excludes file of the user's own
    /// names; a repository of its own as one path that ends with `/`. Sorted.
    pub untracked: Vec<BString>,
    /// The submodules that are checked out. Sorted.
    pub submodules: Vec<BString>,
    /// All that nothing tracks, ignored or not, directories with `/` at their end. Sorted. `None`
    /// when one of the directories cannot be read.
    pub leftovers: Option<Vec<BString>>,
    /// The repositories, each with `/` at its end, in what is ignored. Sorted.
    pub ignored_repositories: Vec<BString>,
    /// True if the index hides files ([`hidden`]).
    pub hides: bool,
}

/// Compares a worktree with its commit. Asks git, and what git would keep to itself, where it is
/// not plain to see that nothing has changed.
///
/// No lock is taken, and nothing is believed that an agent can tell git: no file system monitor,
/// no excludes in `info/exclude` or in a `core.excludesFile` of the repository's configuration.
pub fn of(worktree: &Repo) -> Result<Status, GitError> {
    match fast_path::of(worktree)? {
        Some(plain) => Ok(plain),
        None => from_git(worktree),
    }
}

/// The same, where it is not plain to see.
pub fn from_git(worktree: &Repo) -> Result<Status, GitError> {
    let is_hiding = hides_untracked(worktree)?;
    let tracked = Tracked::of(worktree)?;
    let program = worktree.program();
    let (changed, rest) = both(|| changed(program), || Rest::of(program, is_hiding));
    let (mut changed, mut rest) = (changed?, rest?);
    let ignored_repositories = rest.ignored_repositories();
    let hides = !tracked.looked_at(worktree).is_empty();
    if hides || !changed.is_empty() {
        // A directory in the place of a tracked file is not listed as one.
        rest.untracked = not_ignored(program, rest.is_hiding, &[])?;
        rest.leftovers = None;
    }
    changed.extend(tracked.hidden_changes(worktree)?);
    changed.sort();
    changed.dedup();
    Ok(Status {
        changed,
        untracked: rest.untracked,
        leftovers: rest.leftovers,
        ignored_repositories,
        hides,
        submodules: tracked.submodules,
    })
}

/// The options that are not left to settings, which an agent can make: that files are looked at, that all of
/// what the file system says of them counts, and that names differ where it tells them apart.
fn sober(program: &Program) -> Vec<&'static str> {
    let mut settings = vec![
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.untrackedCache=false",
        "-c",
        "core.checkStat=default",
        "-c",
        "core.trustctime=true",
    ];
    if !file::is_taken(&program.directory().join(".GIT")) {
        settings.extend(["-c", "core.ignoreCase=false"]);
    }
    settings
}

/// The output of git about the worktree's own index.
pub(super) fn ask(program: &Program, args: &[&str]) -> Result<BString, GitError> {
    let mut command = program.command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .args(sober(program));
    program.run(command, args, None)
}

fn changed(program: &Program) -> Result<Vec<BString>, GitError> {
    let out = ask(
        program,
        &[
            "status",
            "--porcelain=v2",
            "-z",
            "--untracked-files=no",
            "--ignore-submodules=none",
            "--no-renames",
        ],
    )?;
    Ok(out
        .split(|byte| *byte == 0)
        .filter_map(path_of)
        .map(BString::from)
        .collect())
}

/// The path in a line of `git status --porcelain=v2` without renames: behind eight fields, or
/// behind ten where there is a conflict.
fn path_of(line: &[u8]) -> Option<&[u8]> {
    let fields = match line.first()? {
        b'1' => 8,
        b'u' => 10,
        _ => return None,
    };
    line.splitn(fields + 1, |byte| *byte == b' ').nth(fields)
}

/// The objects that can be reached from `tip` and not from `known`.
pub fn objects_between(repo: &Repo, known: Oid, tip: Oid) -> Result<Vec<Oid>, GitError> {
    let (known, tip) = (format!("^{known}"), tip.to_string());
    let args = ["rev-list", "--objects", "--no-object-names", &tip, &known];
    let out = repo.program().output(args)?;
    Ok(out.lines().flat_map(Oid::from_hex).collect())
}

/// True if the repository has a commit, stashed ones included, that no remote is known to have.
pub fn has_unpublished(repo: &Repo) -> Result<bool, GitError> {
    let mut args = vec![
        "rev-list".to_owned(),
        "--max-count=1".to_owned(),
        "--all".to_owned(),
    ];
    args.extend(repo.head()?.map(|head| head.to_string()));
    args.extend(["--not".to_owned(), "--remotes".to_owned()]);
    // Where a clone was cut off, a remote had what is there.
    args.extend(repo.shallow_commits()?.iter().map(Oid::to_string));
    Ok(!repo.program().output(args)?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_behind_its_fields() {
        let changed = b"1 .M N... 100644 100644 100644 aa aa with space";
        assert_eq!(path_of(changed), Some(&b"with space"[..]));
        let conflict = b"u UU N... 100644 100644 100644 100644 aa bb cc f";
        assert_eq!(path_of(conflict), Some(&b"f"[..]));
        assert_eq!(path_of(b"? new"), None);
        assert_eq!(path_of(b"1 .M"), None);
        assert_eq!(path_of(b""), None);
    }
}
