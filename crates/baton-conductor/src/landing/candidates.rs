//! Which branches are to be merged, and what is known of them beforehand.

use std::collections::{BTreeSet, HashSet};

use bstr::{BString, ByteSlice};

use super::context::MergeContext;
use super::order::{self, Cycle, Node};
use super::report::{BranchReport, Outcome, Unmatched};
use super::unfinished::Unfinished;
use super::{MergeError, MergeRequest};
use crate::pool;
use crate::run_record::approvals::{Approvals, Asked};
use baton_core::model::{BranchName, Oid};
use baton_git::merge::Merger;
use baton_git::tree::{Everything, TreeReader};
use baton_git::{GitError, Repo, history};

/// A branch to merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name, in short.
    pub name: String,
    /// The commit that it names.
    pub tip: Oid,
    /// The commits that it has and the target has not.
    pub commits: HashSet<Oid>,
    /// The paths that it changes.
    pub paths: BTreeSet<BString>,
    /// The names of the candidates that must land before it.
    pub needs: Vec<String>,
}

/// The branches to merge, in their order, and what is said of those that are not.
#[derive(Debug, Default)]
pub struct Candidates {
    /// The branches to merge.
    pub ordered: Vec<Candidate>,
    /// The others.
    pub others: Vec<BranchReport>,
    /// The branches that the policy's patterns leave out, where they take nothing to merge.
    pub unmatched: Option<Unmatched>,
}

/// Finds the branches and puts them in order.
pub fn collect(
    repo: &Repo,
    context: &MergeContext,
    request: &MergeRequest,
    merger: &Merger<'_>,
) -> Result<Candidates, MergeError> {
    let named = match request.branches.is_empty() {
        true if request.of_pool => pooled(repo, context)?,
        true => matching(repo, context)?,
        false => named(repo, context, &request.branches)?,
    };
    let mut found = Candidates::default();
    let mut taken: Vec<Candidate> = Vec::new();
    let checks = match request.branches.is_empty() {
        true => Some(UnnamedChecks::read(repo, context)?),
        false => None,
    };
    for (name, tip) in named {
        let (commits, objection) = match &checks {
            Some(checks) => checks.check(repo, context, &name, tip)?,
            None => (brought(repo, context, tip)?, None),
        };
        if let Some(why) = objection {
            let outcome = Outcome::Unfinished { why };
            found.others.push(BranchReport::new(&name, tip, outcome));
            continue;
        }
        if commits.is_empty() {
            let report = BranchReport::new(&name, tip, Outcome::AlreadyIn);
            found.others.push(report);
            continue;
        }
        taken.push(Candidate {
            paths: changed_paths(repo, context.tip, tip)?,
            commits,
            name,
            tip,
            needs: Vec::new(),
        });
    }
    if let Some(checks) = checks.filter(|_| taken.is_empty() && !request.of_pool) {
        found.unmatched = unmatched(repo, context, &checks)?;
    }
    for (later, earlier) in &request.after {
        let [later, earlier] = [later, earlier].map(|name| BranchName::given(name).to_string());
        depend(&mut taken, &found.others, &later, &earlier)?;
    }
    found.ordered = ordered(repo, context, taken, merger)?;
    Ok(found)
}

/// The checks of branches that are not named in the command.
struct UnnamedChecks {
    unfinished: Unfinished,
    approvals: Approvals,
}

impl UnnamedChecks {
    fn read(repo: &Repo, context: &MergeContext) -> Result<Self, MergeError> {
        Ok(Self {
            unfinished: Unfinished::read(repo)?,
            approvals: Approvals::read(repo, &context.policy().trailers.session)?,
        })
    }

    /// The commits that a branch brings, and the reason why it is left out; of a branch that is still worked on no commits
    /// are listed.
    fn check(
        &self,
        repo: &Repo,
        context: &MergeContext,
        name: &str,
        tip: Oid,
    ) -> Result<(HashSet<Oid>, Option<String>), MergeError> {
        if let Some(why) = self.unfinished.reason(repo, name, tip)? {
            return Ok((HashSet::new(), Some(why)));
        }
        let commits = brought(repo, context, tip)?;
        if commits.is_empty() {
            return Ok((commits, None));
        }
        let branch = BranchName::new(name);
        let asked = Asked {
            branch: &branch,
            tip,
            commits: &commits,
        };
        let objection = self.approvals.objection(repo, &asked)?;
        Ok((commits, objection))
    }
}

/// The commits that this one has and the target has not.
fn brought(repo: &Repo, context: &MergeContext, tip: Oid) -> Result<HashSet<Oid>, GitError> {
    let commits = history::reachable(repo, &[tip], &[context.tip])?;
    Ok(commits.into_iter().map(|one| one.oid).collect())
}

/// Notes that one branch needs another; one that is in already, needs not be waited for.
fn depend(
    taken: &mut [Candidate],
    others: &[BranchReport],
    later: &str,
    earlier: &str,
) -> Result<(), MergeError> {
    let is_in = |name: &str| {
        let mut others = others.iter().filter(|one| one.branch == name);
        others.any(|one| one.outcome == Outcome::AlreadyIn)
    };
    let has = |name: &str| taken.iter().any(|one| one.name == name);
    for name in [later, earlier] {
        if !has(name) && !others.iter().any(|one| one.branch == name) {
            return Err(MergeError::NotAmong(name.to_owned()));
        }
    }
    if let Some(later) = taken.iter_mut().find(|one| one.name == later)
        && !is_in(earlier)
    {
        later.needs.push(earlier.to_owned());
    }
    Ok(())
}

fn ordered(
    repo: &Repo,
    context: &MergeContext,
    mut taken: Vec<Candidate>,
    merger: &Merger<'_>,
) -> Result<Vec<Candidate>, MergeError> {
    let contains: Vec<Vec<String>> = taken
        .iter()
        .map(|one| {
            let below = |other: &&Candidate| {
                other.name != one.name
                    && one.commits.contains(&other.tip)
                    && (one.tip != other.tip || other.name < one.name)
            };
            taken
                .iter()
                .filter(below)
                .map(|other| other.name.clone())
                .collect()
        })
        .collect();
    for (one, below) in taken.iter_mut().zip(contains) {
        one.needs.extend(below);
    }
    let conflicts = conflicts(repo, context, &taken, merger)?;
    let nodes: Vec<_> = taken
        .iter()
        .zip(conflicts)
        .map(|(one, conflicts)| Node {
            name: one.name.clone(),
            conflicts,
        })
        .collect();
    let mut before = Vec::new();
    for (later, one) in taken.iter().enumerate() {
        for name in &one.needs {
            let earlier = taken.iter().position(|other| other.name == *name);
            before.extend(earlier.map(|earlier| (earlier, later)));
        }
    }
    let order = order::order(&nodes, &before).map_err(|Cycle(names)| MergeError::Cycle(names))?;
    let mut taken: Vec<_> = taken.into_iter().map(Some).collect();
    Ok(order
        .into_iter()
        .filter_map(|at| taken[at].take())
        .collect())
}

/// Returns the number of files each branch has in conflict with the target and with the others. Only what
/// changes a path in common is merged to find out.
fn conflicts(
    repo: &Repo,
    context: &MergeContext,
    taken: &[Candidate],
    merger: &Merger<'_>,
) -> Result<Vec<usize>, MergeError> {
    let mut pairs = Vec::new();
    let mut members = Vec::new();
    for (at, one) in taken.iter().enumerate() {
        let since = changed_paths(repo, one.tip, context.tip)?;
        if !since.is_disjoint(&one.paths) {
            pairs.push((context.tip, one.tip));
            members.push(vec![at]);
        }
        for (other_at, other) in taken.iter().enumerate().skip(at + 1) {
            if !other.paths.is_disjoint(&one.paths) {
                pairs.push((one.tip, other.tip));
                members.push(vec![at, other_at]);
            }
        }
    }
    let mut counts = vec![0; taken.len()];
    if pairs.is_empty() {
        return Ok(counts);
    }
    for (merged, members) in merger.predict_conflicts(&pairs)?.into_iter().zip(members) {
        // What cannot be merged at all comes last.
        let count = merged.map_or(usize::MAX / 2, |merged| {
            merged.map_or(0, |merged| merged.conflicts.len())
        });
        for at in members {
            counts[at] = count.saturating_add(counts[at]);
        }
    }
    Ok(counts)
}

/// The paths that a commit changes against the base that it shares with another.
pub fn changed_paths(repo: &Repo, other: Oid, tip: Oid) -> Result<BTreeSet<BString>, GitError> {
    let Some(base) = repo.merge_base(other, tip)? else {
        return Ok(BTreeSet::new());
    };
    let tree = |commit| Ok::<_, GitError>(repo.objects().commit(commit, &mut Vec::new())?.tree);
    let changes = TreeReader::new(repo.objects(), &Everything).changes(tree(tip)?, &[tree(base)?]);
    Ok(changes?.into_iter().map(|change| change.path).collect())
}

fn named(
    repo: &Repo,
    context: &MergeContext,
    names: &[String],
) -> Result<Vec<(String, Oid)>, MergeError> {
    let mut found: Vec<(String, Oid)> = Vec::new();
    for name in names {
        let branch = BranchName::given(name);
        let name = branch.to_string();
        if name == context.into {
            return Err(MergeError::Itself(name));
        }
        let Some(tip) = repo.refs().resolve(branch.full())? else {
            return Err(MergeError::NoBranch(name));
        };
        if found.iter().all(|(known, _)| *known != name) {
            found.push((name, tip));
        }
    }
    Ok(found)
}

/// The branches that the policy takes.
fn matching(repo: &Repo, context: &MergeContext) -> Result<Vec<(String, Oid)>, MergeError> {
    let mut all = others(repo, context)?;
    all.retain(|(name, _)| context.terms().takes(name.as_str().into()));
    Ok(all)
}

/// Every branch but the target. A name that is no UTF-8 cannot be asked for, and is left alone.
fn others(repo: &Repo, context: &MergeContext) -> Result<Vec<(String, Oid)>, MergeError> {
    let all = repo.refs().branches()?;
    let names = all.into_iter().filter_map(|(name, tip)| {
        let name = name.branch()?.short().to_str().ok()?.to_owned();
        (name != context.into).then_some((name, tip))
    });
    Ok(names.collect())
}

/// Returns what the policy's patterns leave out; `None` where they match a branch and leave out nothing
/// that is finished.
fn unmatched(
    repo: &Repo,
    context: &MergeContext,
    checks: &UnnamedChecks,
) -> Result<Option<Unmatched>, MergeError> {
    let terms = context.terms();
    let (taken, left): (Vec<_>, Vec<_>) = others(repo, context)?
        .into_iter()
        .partition(|(name, _)| terms.takes(name.as_str().into()));
    let mut finished = Vec::new();
    for (name, tip) in left {
        let (commits, objection) = checks.check(repo, context, &name, tip)?;
        if !commits.is_empty() && objection.is_none() {
            finished.push(name);
        }
    }
    let patterns = terms.branches.iter().map(|glob| glob.as_str().to_owned());
    let unmatched = Unmatched {
        patterns: patterns.collect(),
        finished,
    };
    Ok(Some(unmatched).filter(|one| taken.is_empty() || !one.finished.is_empty()))
}

/// The branches of the pool's tasks: of those whose slots were given back, oldest first, and then
/// of those that have one.
fn pooled(repo: &Repo, context: &MergeContext) -> Result<Vec<(String, Oid)>, MergeError> {
    let pool = pool::read(repo)?.ok_or(pool::PoolError::None)?;
    let released = pool.finished.into_iter().map(|one| one.branch);
    let leased = pool.slots.into_iter().filter_map(|slot| slot.lease?.branch);
    let mut found: Vec<(String, Oid)> = Vec::new();
    for branch in released.chain(leased) {
        let name = BranchName::given(&branch).to_string();
        let is_known = found.iter().any(|(known, _)| *known == name);
        if let Some(tip) = repo.refs().resolve(&branch)?
            && !is_known
            && name != context.into
        {
            found.push((name.to_owned(), tip));
        }
    }
    Ok(found)
}
