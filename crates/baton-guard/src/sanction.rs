//! The commits that might write a protected path.

use std::cell::OnceCell;

use bstr::BStr;

use super::base::Bases;
use super::change::ChangeReader;
use super::{GuardError, adoption};
use baton_core::model::{Change, MergeChoice, Oid, RuleId, TipEntry, TipFault, Verdict};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::stream::Step;
use baton_git::tree::Trees;
use baton_git::{Repo, history};

/// The writers whom a base's policy, or one that held before it in its history, lets write.
pub(super) struct Sanction<'a> {
    repo: &'a Repo,
    bases: &'a Bases<'a>,
    policy: &'a Policy,
    base: Oid,
    trees: Trees<'a>,
    adoption: OnceCell<Oid>,
    other_adoptions: OnceCell<Vec<Oid>>,
    lineage: OnceCell<Vec<Oid>>,
}

impl<'a> Sanction<'a> {
    /// The commits that `policy` sanctions, and those that the history of `base`, which carries it, does.
    pub fn new(repo: &'a Repo, bases: &'a Bases<'a>, policy: &'a Policy, base: Oid) -> Self {
        Self {
            repo,
            bases,
            policy,
            base,
            trees: Trees::new(repo.objects()),
            adoption: OnceCell::new(),
            other_adoptions: OnceCell::new(),
            lineage: OnceCell::new(),
        }
    }

    /// The commit whose history is taken as it is.
    pub fn base(&self) -> Oid {
        self.base
    }

    /// True if this commit, which writes the path, might do so.
    ///
    /// What went before the policy, and the commit that began it, counts where the policy grew out
    /// of it. Any other commit is held to the policy and, as signers come and go, to the one of its
    /// parents, if the base has grown out of that.
    pub fn covers(&self, step: &Step, path: &BStr) -> Result<bool, GuardError> {
        let mut governed = None;
        for (parent, tree) in step.commit.parents.iter().zip(&step.parent_trees) {
            if adoption::carries_policy(&self.trees, *tree)? {
                governed = Some(*parent);
                break;
            }
        }
        let Some(parent) = governed else {
            return Ok(self.is_adopted(step.oid)?
                || !adoption::begins_policy(&self.trees, step)?
                    && self.passes(self.policy, step, path)?);
        };
        if self.passes(self.policy, step, path)? {
            return Ok(true);
        }
        if !self.is_in_base(parent)? {
            return Ok(false);
        }
        match self.bases.at(parent) {
            Ok(Some(before)) => self.passes(&before.policy, step, path),
            _ => Ok(false),
        }
    }

    /// True if the commit begins a policy from which that of the base has not come down. One that a
    /// merge has brought into the base's history and left aside is another policy still.
    pub fn begins_another_policy(&self, step: &Step) -> Result<bool, GuardError> {
        let is_first = || self.leads_to(step.oid, &[self.adoption()?]);
        Ok(adoption::begins_policy(&self.trees, step)?
            && !is_first()?
            && !(self.is_in_base(step.oid)? && self.leads_to(step.oid, self.lineage()?)?))
    }

    /// The commit with which the policy of `tip` began, where it is another policy.
    pub fn other_beginning(&self, tip: Oid) -> Result<Option<Step>, GuardError> {
        if self.is_on_line(tip)? {
            return Ok(None);
        }
        let first = adoption::first(self.repo, &self.trees, tip)?;
        let step = Step::read(self.repo.objects(), first, &mut Vec::new())?;
        let is_other = self.begins_another_policy(&step)?;
        Ok(is_other.then_some(step))
    }

    /// True if the commit is the base, or one of its first parents.
    fn is_on_line(&self, commit: Oid) -> Result<bool, GuardError> {
        let shallow = self.repo.shallow_commits()?;
        let mut buffer = Vec::new();
        let mut at = Some(self.base);
        while let Some(oid) = at.filter(|at| *at != commit) {
            let parents = self.repo.objects().commit(oid, &mut buffer)?.parents;
            at = parents.first().copied().filter(|_| !shallow.contains(&oid));
        }
        Ok(at.is_some())
    }

    fn passes(&self, policy: &Policy, step: &Step, path: &BStr) -> Result<bool, GuardError> {
        let mut reader = ChangeReader::over(self.repo.objects(), self.trees.clone(), policy);
        let tree_of = |parent| step.tree_of(parent);
        let change = reader.change(step.oid, &step.commit, &tree_of)?;
        let Change::Commit(mut commit) = change else {
            return Ok(false);
        };
        let writes = commit.paths.iter().any(|change| change.path == path);
        if writes {
            let verdict = rules::check(policy, &Change::Commit(commit));
            return Ok(!breaks(&verdict, path));
        }
        // A merge that settled between its parents' entries.
        if self.is_in_base(step.oid)? {
            return Ok(true);
        }
        if step.commit.signed {
            commit.signature = self.repo.objects().signature(step.oid)?;
        }
        let entries = vec![TipEntry {
            path: path.to_owned(),
            old: None,
            new: None,
            fault: TipFault::Lost(step.oid),
        }];
        let choice = Change::Choice(MergeChoice { commit, entries });
        Ok(rules::check(policy, &choice).is_clean())
    }

    fn is_in_base(&self, commit: Oid) -> Result<bool, GuardError> {
        Ok(history::reachable(self.repo, &[commit], &[self.base])?.is_empty())
    }

    /// True if the commit is the one with which the base's policy began, or went before it. A base
    /// into which another beginning was merged has grown out of both.
    fn is_adopted(&self, commit: Oid) -> Result<bool, GuardError> {
        Ok(self.leads_to(commit, &[self.adoption()?])?
            || self.is_in_base(commit)? && self.leads_to(commit, self.other_adoptions()?)?)
    }

    fn leads_to(&self, commit: Oid, tips: &[Oid]) -> Result<bool, GuardError> {
        Ok(history::reachable(self.repo, &[commit], tips)?.is_empty())
    }

    /// True if the commit with which the base's policy began is in this history.
    pub fn has_grown(&self, tip: Oid) -> Result<bool, GuardError> {
        Ok(history::reachable(self.repo, &[self.adoption()?], &[tip])?.is_empty())
    }

    fn adoption(&self) -> Result<Oid, GuardError> {
        if let Some(adoption) = self.adoption.get() {
            return Ok(*adoption);
        }
        let found = adoption::first(self.repo, &self.trees, self.base)?;
        Ok(*self.adoption.get_or_init(|| found))
    }

    fn lineage(&self) -> Result<&[Oid], GuardError> {
        if let Some(lineage) = self.lineage.get() {
            return Ok(lineage);
        }
        let found = adoption::lineage(self.repo, &self.trees, self.policy, self.base)?;
        Ok(self.lineage.get_or_init(|| found))
    }

    fn other_adoptions(&self) -> Result<&[Oid], GuardError> {
        if let Some(others) = self.other_adoptions.get() {
            return Ok(others);
        }
        let found = adoption::others(self.repo, &self.trees, self.base, self.adoption()?)?;
        Ok(self.other_adoptions.get_or_init(|| found))
    }
}

/// True if a rule objects to what the commit writes at this path.
fn breaks(verdict: &Verdict, path: &BStr) -> bool {
    let mut violations = verdict.violations.iter();
    violations.any(|one| {
        one.rule == RuleId::AggregateCommit
            || one.path.as_ref().is_some_and(|broken| broken == path)
    })
}
