//! The permitted signers, commit by commit: those that the base lists, and the changes of that list
//! since that one of them has signed.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::GuardError;
use super::base::{BasePolicy, Bases};
use super::change::ChangeReader;
use baton_core::model::{Oid, Verdict};
use baton_core::policy::{Policy, Signing};
use baton_core::rules;
use baton_git::history::{self, Walked};
use baton_git::{Objects, Repo};

/// The signers that have replaced the base's, by the commits on top of which they hold. A commit without
/// an entry is under the base's.
type Keyring = HashMap<Oid, Rc<Signing>>;

/// The policy with the signers that are in force at `tip`, which follows `hidden`, where `policy`
/// is in force.
pub(super) fn in_force(
    repo: &Repo,
    policy: &Policy,
    hidden: &[Oid],
    tip: Oid,
) -> Result<Policy, GuardError> {
    let bases = Bases::new(repo.objects());
    let commits = history::reachable(repo, &[tip], hidden)?;
    let keyring = follow(&bases, repo.objects(), policy, &commits)?;
    Ok(match keyring.get(&tip) {
        Some(newer) => signed_as(policy, newer),
        None => policy.clone(),
    })
}

/// Judges those of these commits again for which a signed commit before them has changed the list
/// of signers.
pub(super) fn judge_again(
    repo: &Repo,
    policy: &Policy,
    commits: &[Walked],
    verdict: &mut Verdict,
) -> Result<(), GuardError> {
    let again = resigned(repo, policy, commits)?;
    let kept = |commit: Option<Oid>| commit.is_none_or(|oid| !again.contains_key(&oid));
    verdict
        .violations
        .retain(|one| one.reference.is_some() || kept(one.commit));
    verdict.overrides.retain(|one| kept(Some(one.commit)));
    for walked in commits {
        if let Some(policy) = again.get(&walked.oid) {
            let mut reader = ChangeReader::new(repo.objects(), policy);
            let change = reader.change(walked.oid, &walked.commit, &|_| None)?;
            verdict.absorb(rules::check(policy, &change));
        }
    }
    Ok(())
}

/// The policy, with the signers that are in force before it, for each of these commits that another
/// list than the base's is in force for.
pub(super) fn resigned(
    repo: &Repo,
    policy: &Policy,
    commits: &[Walked],
) -> Result<HashMap<Oid, Policy>, GuardError> {
    let bases = Bases::new(repo.objects());
    let keyring = follow(&bases, repo.objects(), policy, commits)?;
    let mut resigned = HashMap::new();
    for walked in commits {
        // What a commit changes of the list holds for its children.
        let mut parents = walked.commit.parents.iter();
        if let Some(newer) = parents.find_map(|parent| keyring.get(parent)) {
            resigned.insert(walked.oid, signed_as(policy, newer));
        }
    }
    Ok(resigned)
}

fn follow(
    bases: &Bases<'_>,
    objects: &Objects,
    policy: &Policy,
    commits: &[Walked],
) -> Result<Keyring, GuardError> {
    let mut keyring = Keyring::new();
    for walked in parents_first(commits) {
        let parents = &walked.commit.parents;
        let before = parents.iter().find_map(|parent| keyring.get(parent));
        let signing = before.map_or(&policy.signing, |before| before);
        let newer = match written(bases, walked) {
            Some(written) if is_signed(objects, signing, walked)? => {
                Some(Rc::new(written.replace(signing)))
            }
            _ => before.cloned(),
        };
        if let Some(newer) = newer {
            keyring.insert(walked.oid, newer);
        }
    }
    Ok(keyring)
}

/// The changes of a commit to the files that list the signers.
struct Written {
    own: Rc<BasePolicy>,
    policy: bool,
    signers: bool,
}

impl Written {
    /// The signers on top of the commit. A file that it leaves as it found it says no more than
    /// what was in force before: it may have been written without permission.
    fn replace(&self, before: &Signing) -> Signing {
        let own = &self.own.policy.signing;
        let mut signing = before.clone();
        if self.policy {
            signing.maintainers.clone_from(&own.maintainers);
            signing.orchestrators.clone_from(&own.orchestrators);
            signing.allowed_signers.clone_from(&own.allowed_signers);
        }
        if self.signers || signing.allowed_signers != before.allowed_signers {
            signing.signers.clone_from(&own.signers);
        }
        signing
    }
}

/// `None` where the commit has each file from one of its parents, or no policy.
fn written(bases: &Bases<'_>, walked: &Walked) -> Option<Written> {
    let own = policy_at(bases, walked.oid)?;
    let parents = walked.commit.parents.iter();
    let parents: Vec<_> = parents.map(|parent| policy_at(bases, *parent)).collect();
    let is_new = |same: &dyn Fn(&BasePolicy) -> bool| {
        let mut parents = parents.iter().flatten();
        !parents.any(|parent| same(parent))
    };
    let policy = is_new(&|parent| parent.key.policy == own.key.policy);
    let signers = is_new(&|parent| parent.key.signers == own.key.signers);
    (policy || signers).then_some(Written {
        own,
        policy,
        signers,
    })
}

fn is_signed(objects: &Objects, signing: &Signing, walked: &Walked) -> Result<bool, GuardError> {
    if !walked.commit.signed {
        return Ok(false);
    }
    let signature = objects.signature(walked.oid)?;
    Ok(signature.is_some_and(|signature| signing.maintainer(&signature).is_ok()))
}

/// A policy that cannot be read changes nothing: what was in force before stays so.
fn policy_at(bases: &Bases<'_>, commit: Oid) -> Option<Rc<BasePolicy>> {
    bases.at(commit).ok().flatten()
}

fn signed_as(policy: &Policy, signing: &Signing) -> Policy {
    let mut policy = policy.clone();
    let required = policy.signing.aggregate;
    policy.signing = Signing {
        aggregate: required,
        ..signing.clone()
    };
    policy
}

/// The commits in an order in which parents come before their children, whatever their dates.
fn parents_first(commits: &[Walked]) -> Vec<&Walked> {
    let by_id: HashMap<_, _> = commits.iter().map(|one| (one.oid, one)).collect();
    let mut order = Vec::with_capacity(commits.len());
    let mut done = HashSet::new();
    let mut pending: Vec<_> = commits.iter().map(|one| (one, false)).collect();
    while let Some((walked, parents_done)) = pending.pop() {
        if parents_done {
            order.push(walked);
            continue;
        }
        if !done.insert(walked.oid) {
            continue;
        }
        pending.push((walked, true));
        let parents = walked.commit.parents.iter();
        pending.extend(parents.filter_map(|parent| Some((*by_id.get(parent)?, false))));
    }
    order
}
