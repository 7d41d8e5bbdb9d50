//! The commits that a move brings: which are judged, by what, and which are let be.

use std::collections::HashMap;

use super::{Judge, Move, Place, RefUpdate};
use crate::base::BasePolicy;
use crate::change::ChangeReader;
use crate::journal::Mark;
use crate::provenance::Provenance;
use crate::{GuardError, Judgement, keyring};
use baton_core::model::{Oid, Verdict};
use baton_core::rules;
use baton_git::history::Walked;
use baton_git::stream::Step;

/// The judgement of commits, and those of them that are let be.
type Judged = (Judgement, Vec<(Oid, Mark)>);

impl Judge<'_> {
    /// Judges the commits that a move brings.
    pub(super) fn commits(&mut self, update: &RefUpdate, brought: &Move) -> Result<(), GuardError> {
        let (judgement, passed) = self.judge_commits(update, brought)?;
        self.judgement.absorb(judgement);
        if !passed.is_empty() {
            self.passed.push((brought.base.key.clone(), passed));
        }
        Ok(())
    }

    fn judge_commits(&self, update: &RefUpdate, brought: &Move) -> Result<Judged, GuardError> {
        let base = &brought.base;
        let mut judgement = Judgement::default();
        let mut passed = Vec::new();
        for (oid, mut verdict, mark) in self.verdicts(update, brought)? {
            judgement.commits += 1;
            self.acceptances
                .excuse(&base.policy, &[brought.stands_on], &mut verdict)?;
            if verdict.is_clean() {
                let is_excused = !verdict.accepted.is_empty();
                passed.push((oid, if is_excused { Mark::Excused } else { mark }));
                judgement.verdict.absorb(verdict);
            } else if update.is_head() && self.published.is_named(oid)? {
                // Looked at where it lies, not made now.
            } else if self.place == Place::Clone && self.published.holds(oid, &base.policy)? {
                passed.push((oid, Mark::Published));
                judgement.published += 1;
            } else {
                judgement.verdict.absorb(verdict);
            }
        }
        Ok((judgement, passed))
    }

    /// Judges the commits that are not known to have passed, each under the signers
    /// that are in force for it, and how one that breaks none is recorded.
    fn verdicts(
        &self,
        update: &RefUpdate,
        brought: &Move,
    ) -> Result<Vec<(Oid, Verdict, Mark)>, GuardError> {
        let base = &brought.base;
        let objects = self.repo.objects().for_long_reads();
        let reader = ChangeReader::new(&objects, &base.policy);
        let mut reader = reader.among(brought.commits.len());
        let trees = brought.commits.iter();
        let trees: HashMap<_, _> = trees.map(|one| (one.oid, one.commit.tree)).collect();
        let tree_of = |parent| trees.get(&parent).copied();
        let provenance = Provenance::new(self.repo, self.bases, &base.policy, brought.stands_on);
        let mut verdicts = Vec::new();
        let mut changes_policy = self.changes_policy(update, base);
        for walked in brought.commits.iter().rev() {
            let known = self.judged_commits.judged(walked.oid, &base.key)?;
            if known.is_none() {
                let change = reader.change(walked.oid, &walked.commit, &tree_of)?;
                let mut verdict = rules::check(&base.policy, &change);
                changes_policy |= verdict.changes_policy;
                verdict.absorb(self.choices(&provenance, walked)?);
                verdicts.push((walked.oid, verdict, Mark::Passed));
            } else if known == Some(Mark::Passed) {
                // What a merge gives up depends on what the branch had.
                let verdict = self.choices(&provenance, walked)?;
                if !verdict.is_clean() {
                    verdicts.push((walked.oid, verdict, Mark::Passed));
                }
            }
        }
        if !changes_policy {
            return Ok(verdicts);
        }
        let resigned = keyring::resigned(self.repo, &base.policy, &brought.commits)?;
        for walked in brought.commits.iter() {
            if let Some(policy) = resigned.get(&walked.oid) {
                let mut reader = ChangeReader::new(self.repo.objects(), policy);
                let change = reader.change(walked.oid, &walked.commit, &|_| None)?;
                let mut verdict = rules::check(policy, &change);
                verdict.absorb(self.choices(&provenance, walked)?);
                verdicts.retain(|(oid, ..)| *oid != walked.oid);
                verdicts.push((walked.oid, verdict, Mark::Excused));
            }
        }
        Ok(verdicts)
    }

    /// Judges the entries that a commit takes over from some of its parents.
    fn choices(&self, provenance: &Provenance<'_>, walked: &Walked) -> Result<Verdict, GuardError> {
        if walked.commit.parents.len() < 2 {
            return Ok(Verdict::default());
        }
        let merge = Step::read(self.repo.objects(), walked.oid, &mut Vec::new())?;
        provenance.judge_merge(&merge)
    }

    fn changes_policy(&self, update: &RefUpdate, base: &BasePolicy) -> bool {
        let new = update.new.and_then(|new| self.bases.at(new).ok());
        new.flatten().is_some_and(|new| new.key != base.key)
    }
}
