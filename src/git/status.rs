//! What a worktree holds that no commit does.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Stdio;

use bstr::{BStr, BString, ByteSlice};

use super::config::{Config, Scope};
use super::index::{self, Marked};
use super::scratch_index::{ScratchIndex, nul_separated};
use super::{GitError, Program, Repo};
use crate::model::{EntryKind, Oid, Watch};
use crate::sys::{self, file, tree};

/// What a worktree holds beside its commit.
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
    /// Whether the index hides files ([`hidden`]).
    pub hides: bool,
}

/// An operation of git that waits for somebody to finish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `git merge`.
    Merge,
    /// `git rebase`, or `git am`.
    Rebase,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git bisect`.
    Bisect,
}

impl Operation {
    /// The files of the git directory that tell of one (`wt-status.c`).
    const FILES: [(&str, Self); 7] = [
        ("rebase-merge", Self::Rebase),
        ("rebase-apply", Self::Rebase),
        ("MERGE_HEAD", Self::Merge),
        ("CHERRY_PICK_HEAD", Self::CherryPick),
        ("REVERT_HEAD", Self::Revert),
        ("sequencer", Self::CherryPick),
        ("BISECT_LOG", Self::Bisect),
    ];

    /// What git calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Bisect => "bisect",
        }
    }

    /// The one under way in a worktree.
    pub fn under_way(worktree: &Repo) -> Option<Self> {
        let is_there = |(name, _): &&(&str, Self)| file::is_taken(&worktree.git_dir().join(name));
        Some(Self::FILES.iter().find(is_there)?.1)
    }
}

/// The files of the git directory in which an operation under way remembers commits.
const REMEMBERED: [&str; 8] = [
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "rebase-merge/orig-head",
    "rebase-merge/onto",
    "rebase-apply/orig-head",
    "rebase-apply/onto",
    "BISECT_START",
];

/// The commits that an operation under way in the worktree stands on or goes back to.
pub fn remembered_commits(worktree: &Repo) -> Result<Vec<Oid>, GitError> {
    let mut all = Vec::new();
    for name in REMEMBERED {
        all.extend(worktree.listed_ids(name)?);
    }
    Ok(all)
}

/// Compares a worktree with its commit. Asks git, and what git would keep to itself.
///
/// No lock is taken, and nothing is believed that an agent can tell git: no file system monitor,
/// no excludes in `info/exclude` or in a `core.excludesFile` of the repository's configuration.
pub fn of(worktree: &Repo) -> Result<Status, GitError> {
    let is_hiding = hides_untracked(worktree)?;
    let tracked = Tracked::of(worktree)?;
    let program = worktree.program();
    let (changed, rest) = std::thread::scope(|scope| {
        let changed = scope.spawn(|| changed(program));
        let rest = Rest::of(program, is_hiding);
        (changed.join().expect("the thread only asks git"), rest)
    });
    let (mut changed, mut rest) = (changed?, rest?);
    let hides = !tracked.looked_at(worktree).is_empty();
    if hides || !changed.is_empty() {
        // A directory in the place of a tracked file is not listed as one.
        rest.untracked = untracked(program, is_hiding, &[])?;
        rest.leftovers = None;
    }
    changed.extend(tracked.hidden_changes(worktree)?);
    changed.sort();
    changed.dedup();
    Ok(Status {
        changed,
        untracked: rest.untracked,
        leftovers: rest.leftovers,
        hides,
        submodules: tracked.submodules,
    })
}

/// What git prints about the worktree's own index.
fn ask(program: &Program, args: &[&str]) -> Result<BString, GitError> {
    let mut command = program.command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .args(["-c", "core.fsmonitor=false"])
        .args(["-c", "core.untrackedCache=false"]);
    program.run(command, args, None)
}

/// What git says, on the way, of a directory that it passes over (`dir.c`).
const PASSED_OVER: &str = "could not open directory";

/// The files that nothing tracks, but for those these options exclude. A directory into which git
/// cannot look is an error: it could hold anything.
///
/// Arguments behind `--` are paths, not patterns.
fn others<A: AsRef<OsStr>>(
    program: &Program,
    options: impl IntoIterator<Item = A>,
) -> Result<Vec<BString>, GitError> {
    let mut command = program.command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .args(["-c", "core.untrackedCache=false"])
        .args(["ls-files", "--others", "-z"])
        .args(options)
        .stdin(Stdio::null());
    let failed = |reason: String| GitError::Program {
        args: "ls-files --others".to_owned(),
        reason,
    };
    let out = command
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !out.status.success() || out.stderr.contains_str(PASSED_OVER) {
        return Err(failed(out.stderr.trim().to_str_lossy().into_owned()));
    }
    let mut paths = nul_separated(&out.stdout);
    paths.sort();
    Ok(paths)
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

/// What no commit and no index holds.
struct Rest {
    /// What `.gitignore` files and the user's own excludes do not name; `.gitignore` files do not
    /// count where they could be hiding something.
    untracked: Vec<BString>,
    /// As in [`Status::leftovers`].
    leftovers: Option<Vec<BString>>,
}

impl Rest {
    /// Walks the worktree once, and again only where there is something to tell of. All that is
    /// there is listed first: what appears in between is told of as untracked, or not at all.
    fn of(program: &Program, hiding: bool) -> Result<Self, GitError> {
        let tops = others(program, ["--directory"])?;
        let mut leftovers = Some(Vec::new());
        for top in &tops {
            if let Some(all) = &mut leftovers {
                match below(program, top) {
                    Some(found) => all.extend(found),
                    None => leftovers = None,
                }
            }
        }
        let untracked = match tops.is_empty() {
            true => Vec::new(),
            false => untracked(program, hiding, &tops)?,
        };
        if let Some(all) = &mut leftovers {
            all.sort();
        }
        Ok(Self {
            untracked,
            leftovers,
        })
    }
}

/// What is listed, and for a directory all that it holds; `None` where that cannot be read.
fn below(program: &Program, listed: &BString) -> Option<Vec<BString>> {
    let mut all = vec![listed.clone()];
    if listed.ends_with(b"/") {
        let root = program.directory().join(listed.to_path_lossy());
        let found = tree::names_below(&root).ok()?;
        all.extend(found.into_iter().map(|name| {
            let path: [&[u8]; 2] = [listed, &name];
            BString::from(path.concat())
        }));
    }
    Some(all)
}

/// The most paths to which a walk is confined: git compares each entry with each of them.
const FEW: usize = 32;

/// What the rules do not name among all that is listed.
fn untracked(
    program: &Program,
    hiding: bool,
    listed: &[BString],
) -> Result<Vec<BString>, GitError> {
    let mut args: Vec<OsString> = Vec::new();
    if !hiding {
        args.push("--exclude-per-directory=.gitignore".into());
    }
    if let Some(path) = users_excludes(program)? {
        let mut option = OsString::from("--exclude-from=");
        option.push(path);
        args.push(option);
    }
    if listed.len() <= FEW {
        args.push("--".into());
        let bare = |path: &BString| path.strip_suffix(b"/").unwrap_or(path).to_owned();
        args.extend(listed.iter().map(|path| OsString::from_vec(bare(path))));
    }
    others(program, args)
}

/// Those of the leftovers that no pattern of these names. A directory stays if anything in it does.
pub fn not_kept(
    worktree: &Repo,
    leftovers: &[BString],
    keep: &[String],
) -> Result<Vec<BString>, GitError> {
    if keep.is_empty() || leftovers.is_empty() {
        return Ok(leftovers.to_vec());
    }
    let options = keep.iter().map(|pattern| format!("--exclude={pattern}"));
    let named = others(worktree.program(), options)?;
    let goes = |path: &[u8]| {
        let above = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let mut above = above.map(|(at, _)| path[..=at].as_bstr());
        let is_named = |path: &BStr| {
            named
                .binary_search_by(|one| one.as_bstr().cmp(path))
                .is_ok()
        };
        is_named(path.as_bstr()) || above.any(is_named)
    };
    let is_file = |path: &&BString| !path.ends_with(b"/");
    let stays: Vec<_> = leftovers
        .iter()
        .filter(is_file)
        .filter(|path| !goes(path))
        .collect();
    let is_emptied = |path: &BString| !stays.iter().any(|kept| kept.starts_with(path));
    let of_those = leftovers.iter().filter(|path| match is_file(path) {
        true => goes(path),
        false => is_emptied(path),
    });
    Ok(of_those.cloned().collect())
}

/// The rules at the root of a worktree.
const RULES: &str = ".gitignore";

/// Whether there is a `.gitignore` at the root that nobody has committed: it could hide all there
/// is, itself too.
fn hides_untracked(worktree: &Repo) -> Result<bool, GitError> {
    if !file::is_taken(&worktree.program().directory().join(RULES)) {
        return Ok(false);
    }
    let objects = worktree.objects();
    let path = worktree.git_dir().join("index");
    let (git_dir, id_len) = (worktree.git_dir(), objects.id_len());
    match index::staged_entries(&path, git_dir, id_len, &Rules, objects) {
        Ok(found) => Ok(found.is_empty()),
        // An index in the middle of a merge, say, is for git to read.
        Err(_) => {
            let args = ["ls-files", "-z", "--", ":(top,literal).gitignore"];
            Ok(ask(worktree.program(), &args)?.is_empty())
        }
    }
}

/// Watches [`RULES`] alone.
struct Rules;

impl Watch for Rules {
    fn watches(&self, path: &BStr) -> bool {
        path == RULES
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        directory.is_empty()
    }

    fn scan_bound(&self) -> Option<&BStr> {
        Some(RULES.into())
    }
}

/// Every file that nothing tracks, ignored or not.
pub fn all_untracked(worktree: &Repo) -> Result<Vec<BString>, GitError> {
    others(worktree.program(), [""; 0])
}

/// What git ignores in a worktree; a directory of which it ignores all as one path that ends with
/// `/`.
pub fn ignored(worktree: &Repo) -> Result<Vec<BString>, GitError> {
    ignored_by(worktree, "--exclude-standard")
}

/// What nothing tracks and these rules, lines as in a `.gitignore` at the root, name; a directory
/// of which they name all as one path that ends with `/`.
pub fn untracked_named(worktree: &Repo, rules: &[u8]) -> Result<Vec<BString>, GitError> {
    let below = worktree.baton_dir();
    let directory = file::temporary_directory(&below).map_err(GitError::io(below))?;
    let path = directory.path().join("rules");
    file::write_atomically(&path, rules).map_err(GitError::io(&path))?;
    ignored_by(worktree, &format!("--exclude-from={}", path.display()))
}

fn ignored_by(worktree: &Repo, rules: &str) -> Result<Vec<BString>, GitError> {
    let listing = ["ls-files", "--others", "--ignored", "--directory", "-z"];
    let args: Vec<_> = listing.into_iter().chain([rules]).collect();
    Ok(nul_separated(&ask(worktree.program(), &args)?))
}

/// The objects that can be reached from `tip` and not from `known`.
pub fn objects_between(repo: &Repo, known: Oid, tip: Oid) -> Result<Vec<Oid>, GitError> {
    let (known, tip) = (format!("^{known}"), tip.to_string());
    let args = ["rev-list", "--objects", "--no-object-names", &tip, &known];
    let out = repo.program().output(args)?;
    Ok(out.lines().flat_map(Oid::from_hex).collect())
}

/// The excludes file that holds for all of the user's repositories, where there is one.
fn users_excludes(program: &Program) -> Result<Option<PathBuf>, GitError> {
    let set = Config::new(program.clone()).paths("core.excludesFile")?;
    let users = set.into_iter().rev().find(|one| one.scope <= Scope::Global);
    let path = match users {
        Some(setting) => Some(setting.path),
        None => sys::config_home().map(|home| home.join("git/ignore")),
    };
    Ok(path.filter(|path| file::is_taken(path)))
}

/// What the index says of its entries that `git status` does not.
#[derive(Debug, Default)]
struct Tracked {
    /// Entries whose files git was told not to look at, and whether an absent file is as it
    /// should be.
    hidden: Vec<(BString, bool)>,
    submodules: Vec<BString>,
}

impl Tracked {
    fn of(worktree: &Repo) -> Result<Self, GitError> {
        let path = worktree.git_dir().join("index");
        let id_len = worktree.objects().id_len();
        let marked = match index::marked_entries(&path, worktree.git_dir(), id_len) {
            Ok(Some(marked)) => marked,
            Ok(None) | Err(_) => listed(worktree.program())?,
        };
        let root = worktree.program().directory();
        let mut tracked = Self::default();
        for one in marked {
            if one.assumed || one.skipped {
                tracked.hidden.push((one.path.clone(), one.skipped));
            }
            if one.is_submodule && file::is_taken(&root.join(one.path.to_path_lossy()).join(".git"))
            {
                tracked.submodules.push(one.path);
            }
        }
        tracked.submodules.dedup();
        Ok(tracked)
    }

    fn hidden_changes(&self, worktree: &Repo) -> Result<Vec<BString>, GitError> {
        let looked_at = self.looked_at(worktree);
        if looked_at.is_empty() {
            return Ok(Vec::new());
        }
        let index = ScratchIndex::copy(worktree)?;
        index.unhide(&looked_at)?;
        let mut changed = index.changed()?;
        changed.retain(|path| looked_at.contains(path));
        Ok(changed)
    }

    /// The hidden entries that may hold work: a sparse checkout has no files for most of them.
    fn looked_at(&self, worktree: &Repo) -> Vec<BString> {
        let root = worktree.program().directory();
        let is_sparse = file::is_taken(&worktree.git_dir().join("info/sparse-checkout"));
        let holds_work = |(path, skipped): &&(BString, bool)| {
            !skipped || !is_sparse || file::is_taken(&root.join(path.to_path_lossy()))
        };
        let held = self.hidden.iter().filter(holds_work);
        held.map(|(path, _)| path.clone()).collect()
    }
}

/// The entries of the index that are hidden or submodules, as git lists them.
fn listed(program: &Program) -> Result<Vec<Marked>, GitError> {
    let out = ask(program, &["ls-files", "-v", "--stage", "-z"])?;
    // `<tag> <mode> <id> <stage>\t<path>`
    let lines = out.split(|byte| *byte == 0).filter_map(|line| {
        let (tag, at) = (line.first()?, line.find_byte(b'\t')?);
        let mode = line.get(2..8).and_then(|mode| mode.to_str().ok());
        let mode = mode.and_then(|mode| u32::from_str_radix(mode, 8).ok());
        Some(Marked {
            path: line[at + 1..].into(),
            assumed: tag.is_ascii_lowercase(),
            skipped: matches!(tag, b'S' | b's'),
            is_submodule: mode.is_some_and(|mode| EntryKind::of(mode) == EntryKind::Submodule),
        })
    });
    Ok(lines.collect())
}

/// The entries of the worktree's index whose files git was told not to look at, but for those
/// that a sparse checkout leaves out.
pub fn hidden(worktree: &Repo) -> Result<Vec<BString>, GitError> {
    Ok(Tracked::of(worktree)?.looked_at(worktree))
}

/// Whether the repository has a commit, stashed ones included, that no remote is known to have.
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
