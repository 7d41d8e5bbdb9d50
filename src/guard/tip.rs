//! What a branch that moves does to the protected paths at its tip.

use std::collections::HashSet;

use bstr::{BStr, BString};

use super::GuardError;
use super::change::ChangeReader;
use crate::git::tree::TreeReader;
use crate::git::{Objects, Repo, history};
use crate::model::{Change, Entry, Oid, PathChange, TipEntry, TipMove, Watch};
use crate::policy::Policy;

/// The move as the rules judge it; `None` when no protected path differs between the two tips.
pub fn tip_move(
    repo: &Repo,
    policy: &Policy,
    reference: &BString,
    old: Oid,
    new: Option<Oid>,
) -> Result<Option<Change>, GuardError> {
    let objects = repo.objects();
    let differing = differing(objects, policy, old, new)?;
    if differing.is_empty() {
        return Ok(None);
    }
    let written = match new {
        Some(new) => written(repo, policy, old, new)?,
        None => Vec::new(),
    };
    let entries = differing.into_iter().map(|change| {
        let before = change.before.first().copied().flatten();
        TipEntry {
            derived: is_derived(&change.path, before, change.after, &written),
            path: change.path,
            old: before,
            new: change.after,
        }
    });
    Ok(Some(Change::Tip(TipMove {
        reference: reference.clone(),
        old,
        new,
        entries: entries.collect(),
    })))
}

fn differing(
    objects: &Objects,
    policy: &Policy,
    old: Oid,
    new: Option<Oid>,
) -> Result<Vec<PathChange>, GuardError> {
    let watch = Protected(policy);
    let mut trees = TreeReader::new(objects, &watch);
    let mut buffer = Vec::new();
    let old = objects.commit(old, &mut buffer)?.tree;
    let Some(new) = new else {
        let lost = trees
            .entries(old)?
            .into_iter()
            .map(|(path, entry)| PathChange {
                path,
                before: vec![Some(entry)],
                after: None,
            });
        return Ok(lost.collect());
    };
    let new = objects.commit(new, &mut buffer)?.tree;
    Ok(trees.changes(new, &[old])?)
}

/// What the commits that come with the move write, against all of their parents.
fn written(
    repo: &Repo,
    policy: &Policy,
    old: Oid,
    new: Oid,
) -> Result<Vec<PathChange>, GuardError> {
    let mut reader = ChangeReader::new(repo.objects(), policy);
    let mut written = Vec::new();
    for walked in history::reachable(repo, &[new], &[old])? {
        written.extend(reader.paths(&walked.commit, &|_| None)?);
    }
    Ok(written)
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
