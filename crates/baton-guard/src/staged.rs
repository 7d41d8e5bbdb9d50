//! The commit that git is about to make from an index.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};

use super::GuardError;
use super::change::ChangeReader;
use baton_core::model::{
    CommitChange, CommitRef, Entry, EntryKind, MalformedEntry, Oid, PathChange, TreeFault, Watch,
};
use baton_core::policy::{POLICY_PATH, Policy};
use baton_git::tree::{TreeReader, Trees};
use baton_git::{Commit, Repo, index};

/// The commits that git may be about to make from this index, one for each set of parents that
/// it could have: `head` with the commits being merged, and, in case it is amended, `head`'s own
/// parents. A hook cannot know whether `--amend` was given: only what breaks a rule with every
/// set of parents is sure to break it. The commit object itself is judged later.
///
/// Each is read when it is asked for; the first, the usual one, is mostly enough.
pub fn candidates<'a>(
    repo: &'a Repo,
    trees: Trees<'a>,
    index: &Path,
    head: (Oid, Commit),
    merged: &[Oid],
    policy: &'a Policy,
    message: Option<BString>,
) -> Result<impl Iterator<Item = Result<CommitChange, GuardError>>, GuardError> {
    let objects = repo.objects();
    let (head, commit) = head;
    let entries = index::staged_entries(index, repo.git_dir(), objects.id_len(), policy, objects)?;
    let usual = std::iter::once(head).chain(merged.iter().copied());
    let mut possible = vec![usual.collect()];
    if merged.is_empty() {
        possible.push(commit.parents);
    }
    let mut reader = ChangeReader::over(objects, trees.clone(), policy);
    let mut trees = TreeReader::over(trees, policy);
    Ok(possible.into_iter().map(move |parents: Vec<Oid>| {
        let mut before = Vec::with_capacity(parents.len());
        for parent in &parents {
            let tree = match *parent == head {
                true => commit.tree,
                false => objects.commit(*parent, &mut Vec::new())?.tree,
            };
            before.push(trees.entries(tree)?);
        }
        let mut change = CommitChange {
            subject: CommitRef::Pending,
            parents,
            message: message.clone(),
            paths: compare(&entries, &before),
            malformed: doubled(&before),
            aggregate: None,
            signature: None,
            signs_as_maintainer: false,
            records: Vec::new(),
            policy: None,
        };
        reader.add_policy(&mut change)?;
        reader.add_records(&mut change)?;
        Ok(change)
    }))
}

/// The watched paths of this index whose entry differs from the entry in each of these commits.
pub fn changed(
    repo: &Repo,
    index: &Path,
    parents: &[Oid],
    watch: &dyn Watch,
) -> Result<Vec<BString>, GuardError> {
    let objects = repo.objects();
    let entries = index::staged_entries(index, repo.git_dir(), objects.id_len(), watch, objects)?;
    let mut trees = TreeReader::new(objects, watch);
    let mut before = Vec::with_capacity(parents.len());
    for parent in parents {
        before.push(trees.entries(objects.commit(*parent, &mut Vec::new())?.tree)?);
    }
    let changed = compare(&entries, &before).into_iter();
    Ok(changed.map(|change| change.path).collect())
}

/// True if the policy in this index, with its list of signers, can be read.
pub fn has_readable_policy(repo: &Repo, index: &Path) -> Result<bool, GuardError> {
    let objects = repo.objects();
    let file = |policy: &Policy, path: &BStr| -> Result<_, GuardError> {
        let all = index::staged_entries(index, repo.git_dir(), objects.id_len(), policy, objects)?;
        let found = all.into_iter().find(|(name, _)| name == path);
        Ok(found.map(|(_, entry)| entry))
    };
    let is_file = |entry: &Entry| entry.kind() == EntryKind::File;
    let Some(entry) = file(&Policy::default(), POLICY_PATH.into())?.filter(is_file) else {
        return Ok(false);
    };
    let Ok((policy, _)) = Policy::parse_known(POLICY_PATH, &objects.blob(entry.oid)?) else {
        return Ok(false);
    };
    let path = policy.signing.allowed_signers.clone();
    Ok(match file(&policy, path.as_ref())? {
        None => true,
        Some(entry) if !is_file(&entry) => false,
        Some(entry) => {
            let list = objects.blob(entry.oid)?;
            policy.with_signers(POLICY_PATH, &list).is_ok()
        }
    })
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
    let is_file = |path: &BStr| after.iter().any(|(file, _)| file == path);
    let changed = paths
        .into_values()
        .filter(|change| !change.before.contains(&change.after))
        // What lay below a file of the same name in a tree that git does not write has to go.
        .filter(|change| change.after.is_some() || !directories(&change.path).any(is_file));
    changed.collect()
}

/// The entries of these trees that are files and directories at once.
fn doubled(before: &[Vec<(BString, Entry)>]) -> Vec<MalformedEntry> {
    let mut doubled = Vec::new();
    for entries in before {
        let above: HashSet<_> = entries
            .iter()
            .flat_map(|(path, _)| directories(path))
            .collect();
        let both = entries
            .iter()
            .filter(|(path, _)| above.contains(path.as_bstr()));
        doubled.extend(both.map(|(path, _)| MalformedEntry {
            path: path.clone(),
            fault: TreeFault::Duplicate,
        }));
    }
    doubled
}

/// The directories above a path.
fn directories(path: &BString) -> impl Iterator<Item = &BStr> {
    let slashes = path.find_iter("/");
    slashes.map(|at| path[..at].as_bstr())
}
