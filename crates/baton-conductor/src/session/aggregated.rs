//! The sessions that the handoff document and its archives carry.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice};

use super::SessionError;
use baton_core::handoff::{canonical_summary, carried_sessions};
use baton_core::model::{EntryKind, Oid};
use baton_core::policy::Policy;
use baton_git::tree::{TreeReader, Trees};
use baton_git::{GitError, Repo};
use baton_guard::base::Bases;

/// The sessions that this tree's handoff document and archives carry, by number, each with the
/// summaries that stand there, in canonical form.
pub fn sessions(
    repo: &Repo,
    policy: &Policy,
    tree: Oid,
) -> Result<BTreeMap<String, Vec<BString>>, GitError> {
    let (objects, table) = (repo.objects(), &policy.handoff);
    let document = Trees::new(objects).entry(tree, table.path.as_ref())?;
    let archives = TreeReader::new(objects, &table.archive).entries(tree)?;
    let archives = archives.into_iter().map(|(_, entry)| entry);
    let mut carried: BTreeMap<String, Vec<BString>> = BTreeMap::new();
    for entry in document.into_iter().chain(archives) {
        if entry.kind() != EntryKind::File {
            continue;
        }
        let text = objects.blob(entry.oid)?;
        for (number, summary) in carried_sessions(text.as_bstr(), &table.heading, &table.wording) {
            let summaries = carried.entry(number).or_default();
            summaries.push(canonical_summary(summary));
        }
    }
    Ok(carried)
}

/// The numbers of the sessions that what is checked out carries, by its own policy; none without a
/// policy.
pub fn at_head(repo: &Repo) -> Result<BTreeSet<String>, SessionError> {
    at(repo, repo.head()?)
}

/// The numbers of the sessions that what is checked out or some local branch carries, each by its
/// own policy.
pub fn on_branches(repo: &Repo) -> Result<BTreeSet<String>, SessionError> {
    let branches = repo.refs().branches()?;
    let tips: BTreeSet<Oid> = branches.into_iter().map(|(_, tip)| tip).collect();
    at(repo, tips.into_iter().chain(repo.head()?))
}

fn at(
    repo: &Repo,
    commits: impl IntoIterator<Item = Oid>,
) -> Result<BTreeSet<String>, SessionError> {
    let bases = Bases::new(repo.objects());
    let mut numbers = BTreeSet::new();
    for commit in commits {
        if let Some(base) = bases.adopted(commit)? {
            let tree = repo.objects().commit(commit, &mut Vec::new())?.tree;
            numbers.extend(sessions(repo, &base.policy, tree)?.into_keys());
        }
    }
    Ok(numbers)
}
