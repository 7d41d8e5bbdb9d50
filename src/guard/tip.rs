//! What a branch that moves does to the protected paths at its tip.

use std::collections::HashSet;

use bstr::{BStr, BString, ByteSlice};

use super::GuardError;
use crate::git::history::Walked;
use crate::git::stream::Step;
use crate::git::tree::{TreeReader, Trees};
use crate::git::{Objects, Repo, history, stream};
use crate::model::{Change, Entry, Oid, PathChange, TipEntry, TipMove, Watch};
use crate::policy::{POLICY_PATH, Policy};

/// The move as the rules judge it; `None` when no protected path differs between the two tips.
/// `walked` may be what leads to `new` and not to `old`, where that is known.
pub fn tip_move(
    repo: &Repo,
    policy: &Policy,
    reference: &BString,
    old: Oid,
    new: Oid,
    walked: Option<Vec<Walked>>,
) -> Result<Option<Change>, GuardError> {
    let differing = differing(repo.objects(), policy, old, new)?;
    if differing.is_empty() {
        return Ok(None);
    }
    let watch = Exactly(&differing);
    let written = |walked: Vec<Walked>| written(repo, &watch, walked, Some(policy));
    let walked = match walked {
        Some(walked) => walked,
        None => history::reachable(repo, &[new], &[old])?,
    };
    let mut entries = derive(&differing, &written(walked)?);
    if entries.iter().any(|entry| !entry.derived) {
        // The branch may have been behind: what leads to the new entries can be older than this
        // move.
        let walked = history::reachable(repo, &[new], &[])?;
        entries = derive(&differing, &written(walked)?);
    }
    Ok(Some(Change::Tip(TipMove {
        reference: reference.clone(),
        old,
        new: Some(new),
        entries,
    })))
}

fn derive(differing: &[PathChange], written: &[PathChange]) -> Vec<TipEntry> {
    let entries = differing.iter().map(|change| {
        let before = change.before.first().copied().flatten();
        TipEntry {
            derived: is_derived(&change.path, before, change.after, written),
            path: change.path.clone(),
            old: before,
            new: change.after,
        }
    });
    entries.collect()
}

/// The commits that `tip` has and `other` has not and that write a protected path.
pub fn writers(repo: &Repo, policy: &Policy, tip: Oid, other: Oid) -> Result<Vec<Oid>, GuardError> {
    let watch = Protected(policy);
    let mut trees = TreeReader::new(repo.objects(), &watch);
    let mut writers = Vec::new();
    for walked in history::reachable(repo, &[tip], &[other])? {
        let mut parents = Vec::new();
        for parent in &walked.commit.parents {
            parents.push(repo.objects().commit(*parent, &mut Vec::new())?.tree);
        }
        if !trees.changes(walked.commit.tree, &parents)?.is_empty() {
            writers.push(walked.oid);
        }
    }
    Ok(writers)
}

/// The deletion of a branch as the rules judge it: the protected entries that were written on it
/// and on no branch that remains. `None` when there are none.
pub fn deletion(
    repo: &Repo,
    policy: &Policy,
    reference: &BString,
    old: Oid,
    remaining: &[Oid],
) -> Result<Option<Change>, GuardError> {
    let watch = Protected(policy);
    let walked = history::reachable(repo, &[old], remaining)?;
    let written = written(repo, &watch, walked, None)?;
    if written.is_empty() {
        return Ok(None);
    }
    let tree = repo.objects().commit(old, &mut Vec::new())?.tree;
    let mut entries = TreeReader::new(repo.objects(), &watch).entries(tree)?;
    entries.retain(|(path, entry)| {
        let mut writers = written.iter();
        writers.any(|change| change.path == *path && change.after == Some(*entry))
    });
    let lost: Vec<_> = entries
        .into_iter()
        .map(|(path, entry)| TipEntry {
            path,
            old: Some(entry),
            new: None,
            derived: false,
        })
        .collect();
    Ok((!lost.is_empty()).then(|| {
        Change::Tip(TipMove {
            reference: reference.clone(),
            old,
            new: None,
            entries: lost,
        })
    }))
}

/// Whether both commits hold the same protected entries.
pub fn keeps(repo: &Repo, policy: &Policy, one: Oid, other: Oid) -> Result<bool, GuardError> {
    Ok(differing(repo.objects(), policy, one, other)?.is_empty())
}

fn differing(
    objects: &Objects,
    policy: &Policy,
    old: Oid,
    new: Oid,
) -> Result<Vec<PathChange>, GuardError> {
    let watch = Protected(policy);
    let mut trees = TreeReader::new(objects, &watch);
    let mut buffer = Vec::new();
    let old = objects.commit(old, &mut buffer)?.tree;
    let new = objects.commit(new, &mut buffer)?.tree;
    Ok(trees.changes(new, &[old])?)
}

/// What these commits write, against all of their parents, at the watched paths. Where a policy is in force, a commit that begins another one elsewhere
/// may write the files of that one, but not of this: those writes do not count.
fn written(
    repo: &Repo,
    watch: &dyn Watch,
    walked: Vec<Walked>,
    in_force: Option<&Policy>,
) -> Result<Vec<PathChange>, GuardError> {
    let objects = repo.objects().for_long_reads();
    let trees = Trees::new(&objects);
    let mut reader = TreeReader::over(trees.clone(), watch);
    let mut written = Vec::new();
    for step in stream::steps(&objects, walked) {
        let step = step?;
        let mut changes = reader.changes(step.commit.tree, &step.parent_trees)?;
        if let Some(policy) = in_force {
            let is_its_file = |change: &PathChange| policy.is_policy_file(change.path.as_ref());
            if changes.iter().any(is_its_file) && begins_policy(&trees, &step)? {
                changes.retain(|change| !is_its_file(change));
            }
        }
        written.extend(changes);
    }
    Ok(written)
}

/// Whether the commit has a policy and none of its parents has one.
fn begins_policy(trees: &Trees<'_>, step: &Step) -> Result<bool, GuardError> {
    for parent in &step.parent_trees {
        if trees.entry(*parent, POLICY_PATH.into())?.is_some() {
            return Ok(false);
        }
    }
    Ok(trees.entry(step.commit.tree, POLICY_PATH.into())?.is_some())
}

/// Whether a chain of writes leads from the old entry to the new one.
fn is_derived(
    path: &BString,
    old: Option<Entry>,
    new: Option<Entry>,
    written: &[PathChange],
) -> bool {
    let mut pending = vec![new];
    let mut seen = HashSet::new();
    while let Some(entry) = pending.pop() {
        if !seen.insert(entry) {
            continue;
        }
        let writers = written
            .iter()
            .filter(|change| change.path == *path && change.after == entry);
        for before in writers.flat_map(|change| &change.before) {
            if *before == old {
                return true;
            }
            pending.push(*before);
        }
    }
    false
}

/// Watches the protected paths alone.
struct Protected<'a>(&'a Policy);

impl Watch for Protected<'_> {
    fn watches(&self, path: &BStr) -> bool {
        self.0.writer_of(path).is_some()
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        self.0.may_watch_below(directory)
    }

    fn scan_bound(&self) -> Option<&BStr> {
        self.0.scan_bound()
    }
}

/// Watches these paths and no others.
struct Exactly<'a>(&'a [PathChange]);

impl Watch for Exactly<'_> {
    fn watches(&self, path: &BStr) -> bool {
        self.0.iter().any(|change| change.path == path)
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        let is_below = |change: &PathChange| {
            let rest = change.path.strip_prefix(directory.as_bytes());
            directory.is_empty() || rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        self.0.iter().any(is_below)
    }

    fn scan_bound(&self) -> Option<&BStr> {
        None
    }
}
