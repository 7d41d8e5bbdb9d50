//! The entries that a merge of a range of revisions into its target would write.

use super::GuardError;
use super::base::Bases;
use super::provenance::Provenance;
use super::rev_range::RevRange;
use baton_core::model::{Oid, RefName, Verdict};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::Repo;

/// A range that is to be merged into the commits that it would join.
pub(super) struct Joining<'a> {
    repo: &'a Repo,
    range: &'a RevRange,
    /// The best common ancestors of its tips and their targets. Git may take any of several.
    pub bases: Vec<Oid>,
}

impl<'a> Joining<'a> {
    /// Finds the merge bases.
    pub fn of(repo: &'a Repo, range: &'a RevRange) -> Result<Self, GuardError> {
        let mut bases = Vec::new();
        let stands_on_target = range.old.is_some_and(|old| range.hidden == [old]);
        if !stands_on_target {
            for target in &range.hidden {
                for tip in &range.tips {
                    bases.extend(repo.merge_bases(*target, *tip)?);
                }
            }
        }
        bases.sort();
        bases.dedup();
        Ok(Self { repo, range, bases })
    }

    /// Judges by this policy what the merge would take from the tip.
    pub fn judge(&self, bases: &Bases<'_>, policy: &Policy) -> Result<Verdict, GuardError> {
        let mut verdict = Verdict::default();
        let unnamed = RefName::new("HEAD");
        let name = self.range.reference.as_ref();
        if name.is_some_and(|name| !policy.applies_to(name)) {
            return Ok(verdict);
        }
        let name = name.unwrap_or(&unnamed);
        for target in &self.range.hidden {
            let provenance = Provenance::new(self.repo, bases, policy, *target);
            for tip in &self.range.tips {
                let merged = provenance.merging(name, *target, *tip, &self.bases)?;
                if let Some(change) = merged {
                    verdict.absorb(rules::check(policy, &change));
                }
            }
        }
        Ok(verdict)
    }
}
