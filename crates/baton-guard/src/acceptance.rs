//! Acceptances: broken rules that stand, because a maintainer's signed commit says so.
//!
//! An acceptance is a commit that changes nothing (one parent, the same tree), carries the signature
//! of a maintainer and names commits and rules in its trailers ([`rules::acceptance`]). It is looked
//! for in the history of what is judged, of what that is judged against, and of the default branch,
//! and only when a rule is broken. Where it was found does not make it valid; its signature does,
//! by the list of signers that was in force where it landed.

mod landed;
mod record;

use std::cell::OnceCell;
use std::collections::HashSet;

use bstr::{BString, ByteSlice};

use super::{GuardError, keyring};
use baton_core::model::{Accepted, Oid, RuleId, Verdict};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::{Commit, GitError, Objects, Repo};
use landed::Trunk;
pub use record::{AcceptError, record};

/// The acceptances that can be seen from some commits.
pub struct Acceptances<'a> {
    repo: &'a Repo,
    /// The commits that are judged and those they are judged against; tags of commits may be among them.
    places: Vec<Oid>,
    claims: OnceCell<Vec<Claim>>,
}

/// A commit that has the form of an acceptance. Whose signature it carries is not looked at yet.
struct Claim {
    oid: Oid,
    accepts: Vec<(Oid, RuleId)>,
    reason: BString,
}

impl<'a> Acceptances<'a> {
    /// Nothing is read before a rule is broken.
    pub fn new(repo: &'a Repo, places: Vec<Oid>) -> Self {
        Self {
            repo,
            places,
            claims: OnceCell::new(),
        }
    }

    /// Moves what was accepted out of the violations. Whose signature counts is what `policy` says,
    /// which comes from the commits `bases`, and what signed commits since have changed of it; or,
    /// of an acceptance that landed on one of these, what was in force there at that time.
    pub fn excuse(
        &self,
        policy: &Policy,
        bases: &[Oid],
        verdict: &mut Verdict,
    ) -> Result<(), GuardError> {
        if verdict.is_clean() || policy.signing.signers.is_empty() {
            return Ok(());
        }
        verdict.acceptable = true;
        let objects = self.repo.objects();
        let trunks: Vec<_> = bases
            .iter()
            .map(|base| Trunk::new(self.repo, *base))
            .collect();
        self.sort_out(verdict, |claim| {
            let newest = keyring::in_force(self.repo, policy, bases, claim)?;
            let mut by = maintainer(objects, &newest, claim)?;
            for trunk in &trunks {
                if by.is_none()
                    && let Some(policy) = trunk.at_landing(claim)?
                {
                    by = maintainer(objects, &policy, claim)?;
                }
            }
            Ok(by)
        })
    }

    /// The same for what was judged under the policies of its own history: whose signature counts
    /// is what was in force along the first parents of `trunk` when the acceptance came there.
    pub fn excuse_by_history(&self, trunk: Oid, verdict: &mut Verdict) -> Result<(), GuardError> {
        if verdict.is_clean() {
            return Ok(());
        }
        let trunk = Trunk::new(self.repo, trunk);
        verdict.acceptable = trunk.has_signers();
        if !verdict.acceptable {
            return Ok(());
        }
        self.sort_out(verdict, |claim| match trunk.in_force(claim)? {
            Some(policy) => maintainer(self.repo.objects(), &policy, claim),
            None => Ok(None),
        })
    }

    fn sort_out(
        &self,
        verdict: &mut Verdict,
        maintainer: impl Fn(Oid) -> Result<Option<String>, GuardError>,
    ) -> Result<(), GuardError> {
        for violation in std::mem::take(&mut verdict.violations) {
            let named = violation.accepted_as().map(|oid| (oid, violation.rule));
            let mut found = None;
            for claim in self.claims()? {
                if found.is_none() && named.is_some_and(|named| claim.accepts.contains(&named)) {
                    found = maintainer(claim.oid)?.map(|by| (claim, by));
                }
            }
            match found {
                None => verdict.violations.push(violation),
                Some((claim, by)) => verdict.accepted.push(Accepted {
                    violation,
                    acceptance: claim.oid,
                    by,
                    reason: claim.reason.clone(),
                }),
            }
        }
        Ok(())
    }

    fn commits(&self, objects: &[Oid]) -> Result<Vec<Oid>, GuardError> {
        let objects = objects.iter().copied();
        let commits = objects.map(|oid| self.repo.objects().peel_to_commit(oid));
        let commits = commits.filter_map(Result::transpose);
        Ok(commits.collect::<Result<_, _>>()?)
    }

    fn claims(&self) -> Result<&[Claim], GuardError> {
        if let Some(claims) = self.claims.get() {
            return Ok(claims);
        }
        let mut places = self.commits(&self.places)?;
        places.extend(default_branch(self.repo)?);
        let claims = search(self.repo, places)?;
        Ok(self.claims.get_or_init(|| claims))
    }
}

/// The maintainer who signed the commit, by the list of `policy`.
fn maintainer(
    objects: &Objects,
    policy: &Policy,
    commit: Oid,
) -> Result<Option<String>, GuardError> {
    let signature = objects.signature(commit)?;
    Ok(signature.and_then(|signature| policy.signing.maintainer(&signature).ok()))
}

/// The default branch: what `HEAD` names on a server, and what a remote calls so in a clone.
fn default_branch(repo: &Repo) -> Result<Vec<Oid>, GuardError> {
    let mut tips: Vec<_> = repo.head()?.into_iter().collect();
    for (name, oid) in repo.refs().below("refs/remotes/")? {
        if name.ends_with(b"/HEAD") {
            tips.push(oid);
        }
    }
    Ok(tips)
}

/// All acceptances in the history of these commits, as far as it is here: one that is not here is
/// not honoured.
fn search(repo: &Repo, mut pending: Vec<Oid>) -> Result<Vec<Claim>, GuardError> {
    let objects = repo.objects().for_long_reads();
    let shallow = repo.shallow_commits()?;
    let mut seen = HashSet::new();
    let mut claims = Vec::new();
    let mut buffer = Vec::new();
    while let Some(oid) = pending.pop() {
        if !seen.insert(oid) {
            continue;
        }
        let commit = match objects.commit(oid, &mut buffer) {
            Ok(commit) => commit,
            Err(GitError::Missing(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        if shallow.contains(&oid) {
            continue;
        }
        claims.extend(claim(&objects, oid, &commit)?);
        pending.extend(commit.parents);
    }
    Ok(claims)
}

fn claim(objects: &Objects, oid: Oid, commit: &Commit) -> Result<Option<Claim>, GuardError> {
    let [parent] = commit.parents[..] else {
        return Ok(None);
    };
    let accepts = match commit.signed {
        true => rules::acceptance::accepted(commit.message.as_bstr()),
        false => Vec::new(),
    };
    if accepts.is_empty() || objects.commit(parent, &mut Vec::new())?.tree != commit.tree {
        return Ok(None);
    }
    Ok(Some(Claim {
        oid,
        accepts,
        reason: rules::acceptance::reason(commit.message.as_bstr()),
    }))
}
