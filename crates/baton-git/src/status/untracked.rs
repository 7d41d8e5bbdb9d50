//! The untracked files: all of them, those that git ignores, and those that it does not.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use bstr::{BStr, BString, ByteSlice};

use super::{ask, sober};
use crate::config::{Config, Scope};
use crate::scratch_index::nul_separated;
use crate::{GitError, Program, Repo, index};
use baton_core::model::Watch;
use baton_sys::{dir_ops, file};

/// The message of git about a directory that it passes over (`dir.c`).
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
        .args(sober(program))
        .args(["ls-files", "--others", "-z"])
        .args(options);
    let failed = |reason: String| GitError::Program {
        args: "ls-files --others".to_owned(),
        reason,
    };
    let out = baton_sys::command::output(&mut command, None)
        .map_err(|error| failed(error.to_string()))?;
    if !out.status.success() || out.stderr.contains_str(PASSED_OVER) {
        return Err(failed(out.stderr.trim().to_str_lossy().into_owned()));
    }
    let mut paths = nul_separated(&out.stdout);
    paths.sort();
    Ok(paths)
}

/// The files that no commit and no index holds.
pub(super) struct Rest {
    /// The files that `.gitignore` files and the user's own excludes do not name; `.gitignore` files do not
    /// count where they could be hiding something.
    pub(super) untracked: Vec<BString>,
    /// As in [`Status::leftovers`](super::Status::leftovers).
    pub(super) leftovers: Option<Vec<BString>>,
    /// True if a `.gitignore` could be hiding something.
    pub(super) is_hiding: bool,
}

impl Rest {
    /// Walks the worktree once, and again only where there is something to tell of. All that is
    /// there is listed first: what appears in between is told of as untracked, or not at all.
    pub(super) fn of(program: &Program, hiding: bool) -> Result<Self, GitError> {
        let tops = others(program, ["--directory"])?;
        let is_hiding = hiding || tops.iter().any(|top| is_rules(top));
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
            false => not_ignored(program, is_hiding, &tops)?,
        };
        if let Some(all) = &mut leftovers {
            all.sort();
        }
        Ok(Self {
            untracked,
            leftovers,
            is_hiding,
        })
    }

    /// As in [`Status::ignored_repositories`](super::Status::ignored_repositories): git lists those
    /// alone that nothing ignores.
    pub(super) fn ignored_repositories(&self) -> Vec<BString> {
        let root = |path: &BString| {
            let path = path.strip_suffix(b"/").unwrap_or(path);
            path.strip_suffix(LINK)
                .filter(|root| root.ends_with(b"/"))
                .map(BString::from)
        };
        let is_listed = |root: &BString| {
            let mut listed = self.untracked.iter().filter(|path| path.ends_with(b"/"));
            listed.any(|path| root.starts_with(path))
        };
        let mut found: Vec<_> = self.leftovers.iter().flatten().filter_map(root).collect();
        found.retain(|root| !is_listed(root));
        found.sort();
        found
    }
}

/// The listed path, or for a directory all that it holds; `None` where that cannot be read.
fn below(program: &Program, listed: &BString) -> Option<Vec<BString>> {
    let mut all = vec![listed.clone()];
    if listed.ends_with(b"/") {
        let root = program.directory().join(listed.to_path_lossy());
        let found = dir_ops::names_below(&root).ok()?;
        all.extend(found.into_iter().map(|name| {
            let path: [&[u8]; 2] = [listed, &name];
            BString::from(path.concat())
        }));
    }
    Some(all)
}

/// The most paths to which a walk is confined: git compares each entry with each of them.
const FEW: usize = 32;

/// The listed paths that the rules do not name.
pub(super) fn not_ignored(
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

/// Those of these paths, all that nothing tracks, that neither a `.gitignore` nor an excludes file
/// of the user's own names; directories end with `/`, and what they hold is asked for too. `None`
/// where that takes a walk.
pub(super) fn visible(
    worktree: &Repo,
    paths: &BTreeSet<Vec<u8>>,
) -> Result<Option<Vec<BString>>, GitError> {
    let mut found = Vec::new();
    if paths.is_empty() {
        return Ok(Some(found));
    }
    let mut input = Vec::new();
    for path in paths {
        // So that no name is taken for a magic one.
        input.extend_from_slice(b"./");
        input.extend_from_slice(path.strip_suffix(b"/").unwrap_or(path));
        input.push(0);
    }
    let mut command = worktree.program().command();
    for variable in PATHSPECS {
        command.env_remove(variable);
    }
    command.args(sober(worktree.program()));
    let args = ["-c", "core.excludesFile=", "check-ignore", "--no-index"];
    let args = args.into_iter().chain(["--stdin", "-z", "-v", "-n"]);
    // 1 says that none is ignored.
    let out = worktree
        .program()
        .run_to(&[0, 1], command, args, Some(&input))?;
    // `<file with the rule>\0<line>\0<rule>\0<path>\0`
    let fields: Vec<&[u8]> = out.split(|byte| *byte == 0).collect();
    let answers: Vec<_> = fields.chunks_exact(4).collect();
    if answers.len() != paths.len() {
        return Ok(None);
    }
    for (path, fields) in paths.iter().zip(answers) {
        let is_own = fields[0]
            .strip_suffix(RULES.as_bytes())
            .is_some_and(|above| {
                (above.is_empty() || above.ends_with(b"/")) && path.starts_with(above)
            });
        // What other rules name, these could name too.
        if !is_own && !fields[0].is_empty() {
            return Ok(None);
        }
        if !is_own || fields[2].starts_with(b"!") {
            found.push(BString::from(path.as_slice()));
        }
    }
    let is_users = !found.is_empty() && users_excludes(worktree.program())?.is_some();
    Ok((!is_users).then_some(found))
}

/// The variables by which the caller has git take names of files for something else.
const PATHSPECS: [&str; 4] = [
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

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

/// The rules of a directory.
pub(super) const RULES: &str = ".gitignore";

/// The name that a repository or a linked worktree has at its root beside its files.
pub(super) const LINK: &[u8] = b".git";

/// Returns true if this, which nothing tracks and which is beside tracked files or at the root, is a
/// `.gitignore`: it is not committed, and could hide all there is, itself too.
pub(super) fn is_rules(path: &[u8]) -> bool {
    path.rsplit(|byte| *byte == b'/').next() == Some(RULES.as_bytes())
}

/// Returns true if there is a `.gitignore` at the root that is not committed: it could hide all there is, itself too.
pub(super) fn hides_untracked(worktree: &Repo) -> Result<bool, GitError> {
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

/// The paths that git ignores in a worktree; a directory of which it ignores all as one path that ends with
/// `/`.
pub fn ignored(worktree: &Repo) -> Result<Vec<BString>, GitError> {
    ignored_by(worktree, "--exclude-standard")
}

/// The untracked paths that these rules, lines as in a `.gitignore` at the root, name; a directory
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

/// The excludes file that holds for all of the user's repositories, where there is one.
fn users_excludes(program: &Program) -> Result<Option<PathBuf>, GitError> {
    let set = Config::new(program.clone()).paths("core.excludesFile")?;
    let users = set.into_iter().rev().find(|one| one.scope <= Scope::Global);
    let path = match users {
        Some(setting) => Some(setting.path),
        None => baton_sys::config_home().map(|home| home.join("git/ignore")),
    };
    Ok(path.filter(|path| file::is_taken(path)))
}
