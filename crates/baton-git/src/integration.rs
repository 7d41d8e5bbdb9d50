//! Finds out how a branch is integrated in another: merged, rebased, picked or squashed.

mod line;

use std::collections::{HashMap, HashSet};

use bstr::{BString, ByteSlice};
use sha2::{Digest, Sha256};

use super::merge::Merger;
use super::scratch_index::{nul_ended, nul_separated};
use super::{GitError, GitVersion, Repo};
use baton_core::model::Oid;

/// The way in which a target holds the work of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeState {
    /// The branch's tip is in the target's history.
    Ancestor,
    /// Every commit of the branch was made again in the target, line for line; commits that
    /// change nothing need not be.
    Patches,
    /// One commit of the target makes all the changes of the branch.
    Squashed,
    /// Merging the branch would change nothing in the target.
    Content,
    /// None of these: the commits that the target lacks, newest first.
    Missing(Vec<Oid>),
}

impl MergeState {
    /// True if the target has all of the work.
    pub fn is_integrated(&self) -> bool {
        !matches!(self, Self::Missing(_))
    }
}

/// The first git with `merge-tree --write-tree` (git's release notes for 2.38.0).
const MERGES_IN_MEMORY: GitVersion = GitVersion(2, 38);

/// Git takes the paths of a walk from its input; more than this many cost more than they spare.
const MAX_WALKED_PATHS: usize = 1000;

/// The way in which the history or the content of `target` holds what `tip` would bring.
///
/// What the target took back later counts as arrived: it was taken back on purpose. What a
/// branch did and undid again is no work.
pub fn merge_state(repo: &Repo, tip: Oid, target: Oid) -> Result<MergeState, GitError> {
    if tip == target {
        return Ok(MergeState::Ancestor);
    }
    let Some(base) = repo.merge_base(target, tip)? else {
        let all = commits_between(repo, target, tip)?;
        let all = all.into_iter().map(|commit| commit.oid);
        return Ok(MergeState::Missing(all.collect()));
    };
    if base == tip {
        return Ok(MergeState::Ancestor);
    }
    let patches = Patches { repo };
    let (own, touched, empty) = match line::between(repo, base, tip)? {
        Some(line) => (line.commits, line.touched, Some(line.empty)),
        None => {
            let own = commits_between(repo, target, tip)?;
            let touched = patches.paths(base, tip, &own)?;
            (own, touched, None)
        }
    };
    let candidates = match target == base {
        true => Vec::new(),
        false => patches.walk(base, target, &touched)?,
    };
    let mut missing: Vec<_> = own.iter().map(|commit| commit.oid).collect();
    match empty {
        // Mostly so: the target has touched nothing that the branch has.
        Some(empty) if candidates.is_empty() => missing.retain(|commit| !empty.contains(commit)),
        _ => {
            let arrived = patches.of_commits(&candidates)?;
            let arrived: HashSet<_> = arrived.into_values().flatten().collect();
            if let Some(squashed) = patches.between(base, tip)?
                && arrived.contains(&squashed)
            {
                return Ok(MergeState::Squashed);
            }
            let present = present(repo, &own, &arrived)?;
            missing.retain(|commit| !present.contains(commit));
        }
    }
    if missing.is_empty() {
        return Ok(MergeState::Patches);
    }
    Ok(match is_noop(repo, tip, target, &touched)? {
        true => MergeState::Content,
        false => MergeState::Missing(missing),
    })
}

/// Those of the commits that were made again among these changes, or change nothing.
fn present(
    repo: &Repo,
    own: &[Listed],
    arrived: &HashSet<PatchId>,
) -> Result<HashSet<Oid>, GitError> {
    let merges_in_memory = merges_in_memory(repo)?;
    let single: Vec<_> = own.iter().filter(|one| one.parents.len() < 2).collect();
    let single: Vec<_> = single.iter().map(|one| one.oid).collect();
    let made = Patches { repo }.of_commits(&single)?;
    let mut present = HashSet::new();
    for commit in own {
        let is_present = match commit.parents.as_slice() {
            [one, other] => {
                merges_in_memory && merged(repo, *one, *other)? == Some(tree_of(repo, commit.oid)?)
            }
            [] | [_] => match made.get(&commit.oid) {
                Some(Some(patch)) => arrived.contains(patch),
                Some(None) => true,
                None => false,
            },
            _ => false,
        };
        if is_present {
            present.insert(commit.oid);
        }
    }
    Ok(present)
}

/// True if merging the branch, which touches these paths, would change nothing in the target.
fn is_noop(repo: &Repo, tip: Oid, target: Oid, touched: &[BString]) -> Result<bool, GitError> {
    if let Some(known) = Merger::new(repo)?.is_noop(target, tip)? {
        return Ok(known);
    }
    Ok(merges_in_memory(repo)?
        && !has_merge_drivers(repo, touched)?
        && merged(repo, target, tip)? == Some(tree_of(repo, target)?))
}

fn merges_in_memory(repo: &Repo) -> Result<bool, GitError> {
    Ok(repo.program().version()? >= MERGES_IN_MEMORY)
}

struct Listed {
    oid: Oid,
    parents: Vec<Oid>,
}

/// The commits in the history of `tip` and not of `base`, newest first.
fn commits_between(repo: &Repo, base: Oid, tip: Oid) -> Result<Vec<Listed>, GitError> {
    let range = format!("{base}..{tip}");
    let out = repo
        .program()
        .output(["rev-list", "--topo-order", "--parents", &range])?;
    let ids = |line: &[u8]| {
        let ids = line.fields().map(Oid::from_hex);
        ids.collect::<Result<Vec<_>, _>>().ok()
    };
    let listed = out.lines().filter_map(ids).filter_map(|ids| {
        let (oid, parents) = ids.split_first()?;
        Some(Listed {
            oid: *oid,
            parents: parents.to_vec(),
        })
    });
    Ok(listed.collect())
}

fn tree_of(repo: &Repo, commit: Oid) -> Result<Oid, GitError> {
    Ok(repo.objects().commit(commit, &mut Vec::new())?.tree)
}

/// The tree of the merge of two commits; `None` where they conflict.
fn merged(repo: &Repo, one: Oid, other: Oid) -> Result<Option<Oid>, GitError> {
    let (one, other) = (one.to_string(), other.to_string());
    let args = ["merge-tree", "--write-tree", &one, &other];
    let tree = repo.program().answer_or_none(args)?;
    Ok(tree.and_then(|tree| Oid::from_hex(tree.trim()).ok()))
}

/// True if something other than git's own merge may decide about one of these paths: it could
/// drop what the branch brings.
fn has_merge_drivers(repo: &Repo, paths: &[BString]) -> Result<bool, GitError> {
    let default = ["config", "--get", "merge.default"];
    if repo.program().answer_or_none(default)?.is_some() {
        return Ok(true);
    }
    let args = ["check-attr", "--stdin", "-z", "merge"];
    let out = repo.program().output_with_input(args, &nul_ended(paths))?;
    let words: Vec<&[u8]> = out.split(|byte| *byte == 0).collect();
    let plain: [&[u8]; 4] = [b"unspecified", b"set", b"unset", b"text"];
    Ok(words
        .chunks_exact(3)
        .any(|words| !plain.contains(&words[2])))
}

/// The id of a change wherever it is made: its lines with those around them, its paths and
/// modes, and of what is no text the objects. Stricter than `git patch-id`, for which white space
/// and modes are all one.
type PatchId = [u8; 32];

struct Patches<'a> {
    repo: &'a Repo,
}

/// The options by which differences are written, whatever the configuration says.
const DIFF: [&str; 13] = [
    "-c",
    "diff.suppressBlankEmpty=false",
    "diff-tree",
    "-r",
    "-p",
    "--full-index",
    "--unified=3",
    "--diff-algorithm=myers",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--submodule=short",
    "--root",
];

impl Patches<'_> {
    /// The paths that the branch changes as a whole or in any of its commits.
    fn paths(&self, base: Oid, tip: Oid, own: &[Listed]) -> Result<Vec<BString>, GitError> {
        let names = ["-r", "-z", "--name-only", "--no-renames"];
        let (base, tip) = (base.to_string(), tip.to_string());
        let whole = ["diff-tree"]
            .into_iter()
            .chain(names)
            .chain([&*base, &*tip]);
        let mut paths = nul_separated(&self.repo.program().output(whole)?);
        let each = ["diff-tree", "--stdin", "--root", "--no-commit-id", "-m"];
        let input: String = own.iter().map(|one| format!("{}\n", one.oid)).collect();
        let each = each.into_iter().chain(names);
        let out = self
            .repo
            .program()
            .output_with_input(each, input.as_bytes())?;
        paths.extend(nul_separated(&out));
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// The commits of one parent between two that touch one of these paths.
    fn walk(&self, base: Oid, tip: Oid, paths: &[BString]) -> Result<Vec<Oid>, GitError> {
        let mut input = BString::from(format!("{tip}\n^{base}\n"));
        if paths.len() <= MAX_WALKED_PATHS && !paths.iter().any(|path| path.contains(&b'\n')) {
            input.extend_from_slice(b"--\n");
            for path in paths {
                input.extend_from_slice(path);
                input.push(b'\n');
            }
        }
        let mut command = self.repo.program().command();
        command.env("GIT_LITERAL_PATHSPECS", "1");
        let args = ["rev-list", "--no-merges", "--full-history", "--stdin"];
        let out = self.repo.program().run(command, args, Some(&input))?;
        Ok(out.lines().flat_map(Oid::from_hex).collect())
    }

    /// The change that each of these commits makes to its parent; `None` where it makes none.
    fn of_commits(&self, commits: &[Oid]) -> Result<HashMap<Oid, Option<PatchId>>, GitError> {
        let mut ids: HashMap<_, _> = commits.iter().map(|commit| (*commit, None)).collect();
        if commits.is_empty() {
            return Ok(ids);
        }
        let input: String = commits.iter().map(|commit| format!("{commit}\n")).collect();
        let args = DIFF.into_iter().chain(["--stdin"]);
        let out = self
            .repo
            .program()
            .output_with_input(args, input.as_bytes())?;
        let mut current = None;
        for line in out.lines_with_terminator() {
            match Oid::from_hex(line.trim_end()) {
                Ok(commit) if ids.contains_key(&commit) => {
                    finish(&mut ids, current.take());
                    current = Some((commit, Reader::default()));
                }
                _ => {
                    if let Some((_, reader)) = &mut current {
                        reader.line(line);
                    }
                }
            }
        }
        finish(&mut ids, current);
        Ok(ids)
    }

    /// The change between two commits; `None` where there is none.
    fn between(&self, one: Oid, other: Oid) -> Result<Option<PatchId>, GitError> {
        let ends = [one.to_string(), other.to_string()];
        let args = DIFF.into_iter().chain(ends.iter().map(String::as_str));
        let out = self.repo.program().output(args)?;
        let mut reader = Reader::default();
        out.lines_with_terminator()
            .for_each(|line| reader.line(line));
        Ok(reader.finish())
    }
}

fn finish(ids: &mut HashMap<Oid, Option<PatchId>>, read: Option<(Oid, Reader)>) {
    if let Some((commit, reader)) = read {
        ids.insert(commit, reader.finish());
    }
}

/// Reads a patch and forgets where in its files the lines stand.
#[derive(Default)]
struct Reader {
    hash: Sha256,
    has_lines: bool,
    /// The line that names the objects: of text it says too much.
    objects: BString,
}

impl Reader {
    fn line(&mut self, line: &[u8]) {
        self.has_lines = true;
        if line.starts_with(b"index ") {
            self.objects = line.into();
        } else if line.starts_with(b"@@ ") {
            self.hash.update(b"@@\n");
        } else {
            if line.starts_with(b"Binary files ") {
                self.hash.update(&self.objects);
            }
            self.hash.update(line);
        }
    }

    fn finish(self) -> Option<PatchId> {
        self.has_lines.then(|| self.hash.finalize().into())
    }
}
