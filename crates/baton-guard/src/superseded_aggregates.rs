//! Aggregates that a branch gives up for others with the same summaries elsewhere in history.

use std::collections::HashSet;

use bstr::ByteSlice;

use super::GuardError;
use super::base::Bases;
use super::change::ChangeReader;
use super::provenance::Provenance;
use super::published::Published;
use baton_core::model::{Oid, SessionId, trailers};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::Repo;
use baton_git::history::{self, Walked};

/// The aggregates at a branch's tip that another commit lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupersededAggregates {
    /// Their ids, newest first; never none.
    pub commits: Vec<Oid>,
    /// The commit on which the oldest stands.
    pub base: Oid,
    /// The number of each session with its summary's digest.
    pub summaries: HashSet<(String, String)>,
}

/// Finds the aggregates that `tip` has and `other` has not, if nothing else is between them; `None` where
/// something is, or `other` lacks what they stand on.
pub fn find(
    repo: &Repo,
    policy: &Policy,
    tip: Oid,
    other: Oid,
) -> Result<Option<SupersededAggregates>, GuardError> {
    let mut found = SupersededAggregates {
        commits: Vec::new(),
        base: tip,
        summaries: HashSet::new(),
    };
    let mut reader = ChangeReader::new(repo.objects(), policy);
    for walked in history::reachable(repo, &[tip], &[other])? {
        let [parent] = walked.commit.parents[..] else {
            return Ok(None);
        };
        if walked.oid != found.base {
            return Ok(None);
        }
        let Some(summaries) = handed_over(policy, &mut reader, &walked)? else {
            return Ok(None);
        };
        found.summaries.extend(summaries);
        found.commits.push(walked.oid);
        found.base = parent;
    }
    Ok((!found.commits.is_empty()).then_some(found))
}

/// True if a branch that moves from `old` to `new` loses nothing but aggregates that no remote has,
/// and `new` carries each of their summaries by a genuine aggregate.
pub(super) fn is_replacement(
    repo: &Repo,
    policy: &Policy,
    published: &Published<'_>,
    old: Oid,
    new: Oid,
) -> Result<bool, GuardError> {
    let Some(superseded) = find(repo, policy, old, new)? else {
        return Ok(false);
    };
    let mut carried = HashSet::new();
    let mut reader = ChangeReader::new(repo.objects(), policy);
    for walked in history::reachable(repo, &[new], &[superseded.base])? {
        carried.extend(handed_over(policy, &mut reader, &walked)?.unwrap_or_default());
    }
    if !superseded.summaries.is_subset(&carried) {
        return Ok(false);
    }
    let bases = Bases::new(repo.objects());
    let provenance = Provenance::new(repo, &bases, policy, superseded.base);
    Ok(provenance.keeps(superseded.base, new)?
        && !is_published(repo, policy, published, &superseded)?)
}

/// True if a remote has one of these, as far as this clone knows or the remote says.
fn is_published(
    repo: &Repo,
    policy: &Policy,
    published: &Published<'_>,
    superseded: &SupersededAggregates,
) -> Result<bool, GuardError> {
    let tracked = repo.refs().below("refs/remotes/")?;
    let tracked: Vec<Oid> = tracked.into_iter().map(|(_, oid)| oid).collect();
    for commit in &superseded.commits {
        let is_tracked = history::reachable(repo, &[*commit], &tracked)?.is_empty();
        if is_tracked || published.may_hold(*commit, policy)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The summaries that a genuine aggregate carries; `None` of any other commit, whatever its message
/// says: what else it does would be lost with it.
fn handed_over(
    policy: &Policy,
    reader: &mut ChangeReader<'_>,
    walked: &Walked,
) -> Result<Option<Vec<(String, String)>>, GuardError> {
    let message = walked.commit.message.as_bstr();
    if !rules::claims_aggregate(policy, message) {
        return Ok(None);
    }
    let change = reader.change(walked.oid, &walked.commit, &|_| None)?;
    if !rules::check(policy, &change).is_clean() {
        return Ok(None);
    }
    let values = trailers::values(message, &policy.trailers.summary);
    let named = values.filter_map(|value| {
        let (id, digest) = value.to_str().ok()?.split_once(' ')?;
        let id = SessionId::parse(id)?;
        Some((id.number().to_owned(), digest.to_owned()))
    });
    Ok(Some(named.collect()))
}
