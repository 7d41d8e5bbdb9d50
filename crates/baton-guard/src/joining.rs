//! What a merge of a stretch of history into its target would write.

use bstr::BString;

use super::GuardError;
use super::base::Bases;
use super::provenance::Provenance;
use super::span::Span;
use baton_core::model::{Oid, Verdict};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::Repo;

/// A stretch that is to be merged into the commits that it would join.
pub(super) struct Joining<'a> {
    repo: &'a Repo,
    span: &'a Span,
    /// The best common ancestors of its tips and their targets. Git may take any of several.
    pub bases: Vec<Oid>,
}

impl<'a> Joining<'a> {
    /// Finds the merge bases.
    pub fn of(repo: &'a Repo, span: &'a Span) -> Result<Self, GuardError> {
        let mut bases = Vec::new();
        let stands_on_target = span.old.is_some_and(|old| span.hidden == [old]);
        if !stands_on_target {
            for target in &span.hidden {
                for tip in &span.tips {
                    bases.extend(repo.merge_bases(*target, *tip)?);
                }
            }
        }
        bases.sort();
        bases.dedup();
        Ok(Self { repo, span, bases })
    }

    /// Judges by this policy what the merge would take from the tip.
    pub fn judge(&self, bases: &Bases<'_>, policy: &Policy) -> Result<Verdict, GuardError> {
        let mut verdict = Verdict::default();
        let unnamed = BString::from("HEAD");
        let name = self.span.reference.as_ref();
        if name.is_some_and(|name| !policy.applies_to(name.as_ref())) {
            return Ok(verdict);
        }
        let name = name.unwrap_or(&unnamed);
        for target in &self.span.hidden {
            let provenance = Provenance::new(self.repo, bases, policy, *target);
            for tip in &self.span.tips {
                let merged = provenance.merging(name.as_ref(), *target, *tip, &self.bases)?;
                if let Some(change) = merged {
                    verdict.absorb(rules::check(policy, &change));
                }
            }
        }
        Ok(verdict)
    }
}
