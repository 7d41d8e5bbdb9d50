//! The commit that git is about to make from an index.

use std::collections::BTreeMap;
use std::path::Path;

use bstr::BString;

use super::GuardError;
use crate::git::tree::TreeReader;
use crate::git::{Repo, index};
use crate::model::{Change, CommitChange, Entry, Oid, PathChange, Subject};
use crate::policy::Policy;

/// The commits that git may be about to make from this index, one for each set of parents that
/// it could have. A hook cannot know whether `--amend` was given: only what breaks a rule with
/// every set of parents is sure to break it. The commit object itself is judged later.
pub fn candidates(
    repo: &Repo,
    index: &Path,
    merged: &[Oid],
    policy: &Policy,
    message: Option<BString>,
) -> Result<Vec<Change>, GuardError> {
    let objects = repo.objects();
    let entries = index::staged_entries(index, repo.git_dir(), objects.id_len(), policy, objects)?;
    let mut trees = TreeReader::new(objects, policy);
    let mut changes = Vec::new();
    for parents in possible_parents(repo, merged)? {
        let before = parents
            .iter()
            .map(|parent| {
                let tree = objects.commit(*parent, &mut Vec::new())?.tree;
                trees.entries(tree)
            })
            .collect::<Result<Vec<_>, _>>()?;
        changes.push(Change::Commit(CommitChange {
            subject: Subject::Staged,
            parents,
            message: message.clone(),
            paths: compare(&entries, &before),
            aggregate: None,
            signature: None,
        }));
    }
    Ok(changes)
}

/// `HEAD` with the commits being merged, then `HEAD`'s own parents, in case it is amended.
fn possible_parents(repo: &Repo, merged: &[Oid]) -> Result<Vec<Vec<Oid>>, GuardError> {
    let Some(head) = repo.head()? else {
        return Ok(vec![Vec::new()]);
    };
    let ordinary = std::iter::once(head)
        .chain(merged.iter().copied())
        .collect();
    let mut possible = vec![ordinary];
    if merged.is_empty() {
        possible.push(repo.objects().commit(head, &mut Vec::new())?.parents);
    }
    Ok(possible)
}

fn compare(after: &[(BString, Entry)], before: &[Vec<(BString, Entry)>]) -> Vec<PathChange> {
    let mut paths: BTreeMap<&BString, PathChange> = BTreeMap::new();
    let blank = |path: &BString| PathChange {
        path: path.clone(),
        before: vec![None; before.len()],
        after: None,
    };
    for (path, entry) in after {
        paths.entry(path).or_insert_with(|| blank(path)).after = Some(*entry);
    }
    for (number, parent) in before.iter().enumerate() {
        for (path, entry) in parent {
            paths.entry(path).or_insert_with(|| blank(path)).before[number] = Some(*entry);
        }
    }
    let changed = paths
        .into_values()
        .filter(|change| !change.before.contains(&change.after));
    changed.collect()
}
