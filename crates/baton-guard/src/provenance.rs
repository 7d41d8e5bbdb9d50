//! Which commits wrote the protected entries of a history, and which of those writers a merge or a
//! move gives up.
//!
//! A commit writes a path when its entry differs from the entry in every parent; so does a merge
//! that settles between entries neither of which comes from the other. A history keeps what another
//! one had when it holds each of its writers: what their bytes are, and when they are dated, is
//! nothing to it.

mod choice;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use bstr::{BString, ByteSlice};

pub(super) use self::choice::chooses;
use self::choice::{Choice, Protected};
use super::GuardError;
use super::base::Bases;
use super::change::ChangeReader;
use super::sanction::Sanction;
use baton_core::model::{
    Change, MergeChoice, Oid, PathChange, RefName, TipEntry, TipFault, TipMove, Verdict, Watch,
};
use baton_core::policy::{POLICY_PATH, Policy};
use baton_core::rules;
use baton_git::stream::Step;
use baton_git::tree::{TreeReader, Trees};
use baton_git::{Repo, history};

/// The depth to which merges may lie within what other merges give up; beyond, each counts as a writer.
const MAX_DEPTH: usize = 32;

/// The writers of what one policy protects.
pub(super) struct Provenance<'a> {
    repo: &'a Repo,
    policy: &'a Policy,
    sanction: Sanction<'a>,
    trees: Trees<'a>,
    settled: RefCell<HashMap<Oid, Rc<[BString]>>>,
    depth: Cell<usize>,
}

/// The permission of a branch to give up a writer for another that comes with the move and writes the same
/// entry again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rewriting {
    /// The branch is work in progress until it lands.
    Allowed,
    /// It is the branch on which work lands.
    Forbidden,
}

/// A writer that one history has and another lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    pub path: BString,
    pub writer: Oid,
}

impl<'a> Provenance<'a> {
    /// The writers in the history of `repo`. That of `base`, which carries the policy, is taken as
    /// it is.
    pub fn new(repo: &'a Repo, bases: &'a Bases<'a>, policy: &'a Policy, base: Oid) -> Self {
        Self {
            repo,
            policy,
            sanction: Sanction::new(repo, bases, policy, base),
            trees: Trees::new(repo.objects()),
            settled: RefCell::default(),
            depth: Cell::default(),
        }
    }

    /// The move of a branch as the rules judge it; `None` when no writer is lost.
    pub fn tip_move(
        &self,
        reference: &RefName,
        old: Oid,
        new: Oid,
        rewriting: Rewriting,
    ) -> Result<Option<Change>, GuardError> {
        let mut lost = self.lost(&[old], &[new], &Protected(self.policy))?;
        if rewriting == Rewriting::Allowed && !lost.is_empty() {
            self.retain_not_rewritten(&mut lost, old, new)?;
        }
        if lost.is_empty() {
            return Ok(None);
        }
        let (old_tree, new_tree) = (self.tree(old)?, self.tree(new)?);
        let mut entries = Vec::new();
        for Lost { path, writer } in lost {
            entries.push(TipEntry {
                old: self.trees.entry(old_tree, path.as_ref())?,
                new: self.trees.entry(new_tree, path.as_ref())?,
                path,
                fault: TipFault::Lost(writer),
            });
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Some(Change::Tip(TipMove {
            reference: reference.clone(),
            old,
            new: Some(new),
            entries,
        })))
    }

    /// The entries that a merge of `tip` into `target` gives up, whichever of these merge bases git takes: it has
    /// the tip's entry where the target has that of a base. `None` when no writer is lost.
    pub fn merging(
        &self,
        reference: &RefName,
        target: Oid,
        tip: Oid,
        bases: &[Oid],
    ) -> Result<Option<Change>, GuardError> {
        let watch = Protected(self.policy);
        let mut reader = TreeReader::over(self.trees.clone(), &watch);
        let target_tree = self.tree(target)?;
        let mut entries = reader.changes(self.tree(tip)?, &[target_tree])?;
        if entries.is_empty() || bases.is_empty() {
            return Ok(None);
        }
        let mut moved: Vec<HashSet<BString>> = Vec::new();
        for base in bases {
            let changes = reader.changes(target_tree, &[self.tree(*base)?])?;
            moved.push(changes.into_iter().map(|change| change.path).collect());
        }
        entries.retain(|change| moved.iter().any(|moved| !moved.contains(&change.path)));
        let choice = Choice {
            kept: vec![tip],
            left: vec![target],
            entries,
        };
        let entries = self.given_up(&choice)?;
        Ok((!entries.is_empty()).then(|| {
            Change::Tip(TipMove {
                reference: reference.clone(),
                old: target,
                new: Some(tip),
                entries,
            })
        }))
    }

    /// The deletion of a branch as the rules judge it: the writers that no commit which stays has
    /// in its history. `None` when there are none.
    pub fn deletion(
        &self,
        reference: &RefName,
        old: Oid,
        remaining: &[Oid],
    ) -> Result<Option<Change>, GuardError> {
        let lost = self.lost(&[old], remaining, &Protected(self.policy))?;
        let tree = self.tree(old)?;
        let mut entries = Vec::new();
        for Lost { path, writer } in lost {
            entries.push(TipEntry {
                old: self.trees.entry(tree, path.as_ref())?,
                new: None,
                path,
                fault: TipFault::Lost(writer),
            });
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let deleted = TipMove {
            reference: reference.clone(),
            old,
            new: None,
            entries,
        };
        Ok((!deleted.entries.is_empty()).then_some(Change::Tip(deleted)))
    }

    /// Judges a merge that keeps protected entries of some of its parents.
    pub fn judge_merge(&self, merge: &Step) -> Result<Verdict, GuardError> {
        let mut entries = Vec::new();
        for choice in self.choices(merge)? {
            entries.extend(self.given_up(&choice)?);
            entries.extend(self.foreign(&choice)?);
        }
        if entries.is_empty() {
            return Ok(Verdict::default());
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        self.check(merge, entries)
    }

    /// Judges a commit that begins a policy of its own.
    pub fn judge_beginning(&self, step: &Step) -> Result<Verdict, GuardError> {
        if !self.sanction.begins_another_policy(step)? {
            return Ok(Verdict::default());
        }
        let entry = TipEntry {
            path: POLICY_PATH.into(),
            old: None,
            new: self.trees.entry(step.commit.tree, POLICY_PATH.into())?,
            fault: TipFault::Foreign(step.oid),
        };
        self.check(step, vec![entry])
    }

    /// Judges the commit from which the policy of a commit comes that is there
    /// already.
    pub fn judge_standing_on(&self, commit: Oid) -> Result<Verdict, GuardError> {
        match self.sanction.other_beginning(commit)? {
            Some(step) => self.judge_beginning(&step),
            None => Ok(Verdict::default()),
        }
    }

    /// True if a history has grown out of the commit with which the policy began.
    pub fn has_grown(&self, tip: Oid) -> Result<bool, GuardError> {
        self.sanction.has_grown(tip)
    }

    fn check(&self, step: &Step, entries: Vec<TipEntry>) -> Result<Verdict, GuardError> {
        let mut reader = ChangeReader::over(self.repo.objects(), self.trees.clone(), self.policy);
        let Change::Commit(mut commit) =
            reader.change(step.oid, &step.commit, &|parent| step.tree_of(parent))?
        else {
            return Ok(Verdict::default());
        };
        if step.commit.signed && commit.signature.is_none() {
            commit.signature = self.repo.objects().signature(step.oid)?;
        }
        let change = Change::Choice(MergeChoice { commit, entries });
        Ok(rules::check(self.policy, &change))
    }

    /// True if every writer of a protected path that `from` has in its history is in that of `to`.
    pub fn keeps(&self, from: Oid, to: Oid) -> Result<bool, GuardError> {
        let lost = self.lost(&[from], &[to], &Protected(self.policy))?;
        Ok(lost.is_empty())
    }

    /// Leaves out what a commit that comes with the move writes again, to the very entry that the
    /// branch had: the author of a commit amends or rebases it.
    fn retain_not_rewritten(
        &self,
        lost: &mut Vec<Lost>,
        old: Oid,
        new: Oid,
    ) -> Result<(), GuardError> {
        let old_tree = self.tree(old)?;
        let mut buffer = Vec::new();
        for walked in history::reachable(self.repo, &[new], &[old])? {
            let commit = (*walked.commit).clone();
            let step = Step::of(self.repo.objects(), walked.oid, commit, &mut buffer)?;
            for path in self.written(&step, &Protected(self.policy))? {
                let entry = |tree: Oid| self.trees.entry(tree, path.as_ref());
                if entry(step.commit.tree)? == entry(old_tree)?
                    && lost.iter().any(|one| one.path == path)
                    && self.sanction.covers(&step, path.as_ref())?
                {
                    lost.retain(|one| one.path != path);
                }
            }
        }
        Ok(())
    }

    fn tree(&self, commit: Oid) -> Result<Oid, GuardError> {
        Ok(self.repo.objects().commit(commit, &mut Vec::new())?.tree)
    }

    /// The newest sanctioned writer of each of these paths that can be reached from `from` and not
    /// from `to`.
    fn lost(&self, from: &[Oid], to: &[Oid], watch: &dyn Watch) -> Result<Vec<Lost>, GuardError> {
        let mut lost: Vec<Lost> = Vec::new();
        let mut buffer = Vec::new();
        for walked in history::reachable(self.repo, from, to)? {
            let commit = (*walked.commit).clone();
            let step = Step::of(self.repo.objects(), walked.oid, commit, &mut buffer)?;
            for path in self.written(&step, watch)? {
                let is_known = lost.iter().any(|one| one.path == path);
                if !is_known && self.sanction.covers(&step, path.as_ref())? {
                    let writer = step.oid;
                    lost.push(Lost { path, writer });
                }
            }
        }
        Ok(lost)
    }

    /// The watched paths that this commit writes.
    fn written(&self, step: &Step, watch: &dyn Watch) -> Result<Vec<BString>, GuardError> {
        let mut reader = TreeReader::over(self.trees.clone(), watch);
        let changes = reader.changes(step.commit.tree, &step.parent_trees)?;
        let mut paths: Vec<_> = changes.into_iter().map(|change| change.path).collect();
        if step.commit.parents.len() > 1 {
            let settled = self.settled(step)?;
            let settled = settled.iter().filter(|path| watch.watches(path.as_bstr()));
            paths.extend(settled.cloned());
        }
        Ok(paths)
    }

    /// The protected paths at which this merge gives up a writer for one that does not come from it.
    fn settled(&self, merge: &Step) -> Result<Rc<[BString]>, GuardError> {
        if let Some(known) = self.settled.borrow().get(&merge.oid) {
            return Ok(Rc::clone(known));
        }
        let choices = self.choices(merge)?;
        let mut paths = Vec::new();
        if self.depth.get() == MAX_DEPTH {
            let all = choices.into_iter().flat_map(|choice| choice.entries);
            paths.extend(all.map(|change| change.path));
        } else {
            self.depth.set(self.depth.get() + 1);
            for choice in &choices {
                let given_up = self.given_up(choice)?;
                paths.extend(given_up.into_iter().map(|entry| entry.path));
            }
            self.depth.set(self.depth.get() - 1);
        }
        let paths: Rc<[BString]> = paths.into();
        let mut settled = self.settled.borrow_mut();
        settled.insert(merge.oid, Rc::clone(&paths));
        Ok(paths)
    }

    /// The entries that the merge takes from some of its parents, by parents.
    fn choices(&self, merge: &Step) -> Result<Vec<Choice>, GuardError> {
        let watch = Protected(self.policy);
        let mut reader = TreeReader::over(self.trees.clone(), &watch);
        let choices = reader.choices(merge.commit.tree, &merge.parent_trees)?;
        let mut by_side: BTreeMap<Vec<bool>, Vec<PathChange>> = BTreeMap::new();
        for change in choices {
            let sides = change.before.iter().map(|before| *before == change.after);
            by_side.entry(sides.collect()).or_default().push(change);
        }
        let choices = by_side.into_iter().map(|(kept, entries)| {
            let side = |wanted: bool| {
                let parents = merge.commit.parents.iter().zip(&kept);
                let parents = parents.filter(move |(_, kept)| **kept == wanted);
                parents.map(|(parent, _)| *parent).collect()
            };
            Choice {
                kept: side(true),
                left: side(false),
                entries,
            }
        });
        Ok(choices.collect())
    }

    fn given_up(&self, choice: &Choice) -> Result<Vec<TipEntry>, GuardError> {
        let lost = self.lost(&choice.left, &choice.kept, choice)?;
        let entries = lost.into_iter().filter_map(|Lost { path, writer }| {
            let change = choice.entries.iter().find(|change| change.path == path)?;
            Some(choice.entry(change, TipFault::Lost(writer)))
        });
        Ok(entries.collect())
    }

    /// The policy's own files that the merge takes from a commit which begins another policy, and
    /// has from no parent without one.
    fn foreign(&self, choice: &Choice) -> Result<Vec<TipEntry>, GuardError> {
        let is_policy = |change: &&PathChange| self.policy.is_policy_file(change.path.as_ref());
        let mut entries = Vec::new();
        for change in choice.entries.iter().filter(is_policy) {
            let mut found = Vec::new();
            for kept in &choice.kept {
                found.push(self.foreign_writer(*kept, choice, &change.path)?);
            }
            let all: Option<Vec<Oid>> = found.into_iter().collect();
            if let Some(writer) = all.and_then(|all| all.first().copied()) {
                entries.push(choice.entry(change, TipFault::Foreign(writer)));
            }
        }
        Ok(entries)
    }

    /// The newest commit that begins another policy and writes the path, in what a kept parent has
    /// and neither the parents that are left nor the base have.
    fn foreign_writer(
        &self,
        kept: Oid,
        choice: &Choice,
        path: &BString,
    ) -> Result<Option<Oid>, GuardError> {
        let mut hidden = choice.left.clone();
        hidden.push(self.sanction.base());
        let mut buffer = Vec::new();
        for walked in history::reachable(self.repo, &[kept], &hidden)? {
            let commit = (*walked.commit).clone();
            let step = Step::of(self.repo.objects(), walked.oid, commit, &mut buffer)?;
            let written = self.written(&step, choice)?;
            if written.contains(path) && self.sanction.begins_another_policy(&step)? {
                return Ok(Some(step.oid));
            }
        }
        Ok(None)
    }
}
