//! The form that a landing gives the commits that it brings, for stages that see the commits alone.

use std::collections::HashMap;

use super::{Judge, branch_name};
use crate::GuardError;
use crate::change::ChangeReader;
use baton_core::model::{BranchName, Landing, Oid};
use baton_core::policy::merge::Strategy;
use baton_core::policy::{Mover, Policy};
use baton_core::rules;
use baton_git::{Commit, history};

impl Judge<'_> {
    /// The landing that the form of the commits shows: along first parents, down to
    /// what the branch had, each is a merge, a proven aggregate or signed by a maintainer. The
    /// other strategies leave no form.
    pub(super) fn form(
        &self,
        policy: &Policy,
        old: Option<Oid>,
        new: Oid,
    ) -> Result<Landing, GuardError> {
        if policy.merge.strategy != Strategy::Merge {
            return Ok(Landing::Unknown);
        }
        let hidden = match old {
            Some(old) => vec![old],
            None => self.present(policy)?,
        };
        let brought = history::reachable(self.repo, &[new], &hidden)?;
        let brought: HashMap<_, _> = brought.iter().map(|one| (one.oid, &one.commit)).collect();
        let mut at = Some(new);
        while let Some(oid) = at {
            if Some(oid) == old {
                return Ok(Landing::Proven);
            }
            let Some(commit) = brought.get(&oid) else {
                // By its first parents the branch comes from elsewhere.
                return Ok(match old {
                    None => Landing::Proven,
                    Some(_) => Landing::Refuted,
                });
            };
            if !self.may_land(policy, oid, commit)? {
                return Ok(Landing::Refuted);
            }
            at = commit.parents.first().copied();
        }
        Ok(Landing::Refuted)
    }

    fn may_land(&self, policy: &Policy, oid: Oid, commit: &Commit) -> Result<bool, GuardError> {
        if commit.parents.len() > 1 {
            return Ok(true);
        }
        if rules::claims_aggregate(policy, commit.message.as_ref()) {
            let mut reader = ChangeReader::new(self.repo.objects(), policy);
            let change = reader.change(oid, commit, &|_| None)?;
            return Ok(rules::check(policy, &change).is_clean());
        }
        let signature = self.repo.objects().signature(oid)?;
        Ok(signature.is_some_and(|signature| policy.signing.maintainer(&signature).is_ok()))
    }

    /// The tips of the other branches that landings move, and of the one that they go to. In CI the
    /// branch that was pushed is here already.
    fn present(&self, policy: &Policy) -> Result<Vec<Oid>, GuardError> {
        let mut present = Vec::new();
        let target = BranchName::new(policy.merge.landing_branch()).full();
        let tracked = self.repo.refs().below("refs/remotes/")?;
        for (name, oid) in self.repo.refs().branches()?.into_iter().chain(tracked) {
            let Some(branch) = branch_name(&name) else {
                continue;
            };
            let rule = policy.branch_rule(&branch);
            let lands = rule.is_some_and(|rule| rule.forward == Mover::Landing) || branch == target;
            let moves = self.updates.iter().any(|one| one.reference == branch);
            if lands && !moves {
                present.extend(self.repo.objects().peel_to_commit(oid)?);
            }
        }
        Ok(present)
    }
}
