//! Merging in memory: no index, no checkout, and the answer that `git merge` would give.
//!
//! Most pairs of branches change different files. For those the answer is found by comparing
//! what each changed ([`exact`] says when that is enough); all others are merged by the git
//! program, with its renames, drivers and attributes.

mod apply;
mod attributes;
mod bases;
mod changes;
mod conflict;
mod exact;
mod program;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use attributes::Attributes;
use bases::{Bases, Common};
use changes::Changes;
pub use conflict::{Conflict, ConflictKind, Merged};
use program::{ByProgram, Pair};

use super::tree::Trees;
use super::{GitError, Objects, Repo};
use crate::model::Oid;

/// Merges commits of one repository, and remembers the results.
pub struct Merger<'a> {
    objects: &'a Objects,
    trees: Trees<'a>,
    bases: Bases<'a>,
    program: ByProgram<'a>,
    attributes: Attributes<'a>,
    known: RefCell<HashMap<Pair, Merged>>,
    changes: RefCell<HashMap<Pair, Rc<Changes>>>,
}

/// How far a merge is understood without git.
enum Plan {
    /// The result is known: it needs no writing.
    Tree(Oid),
    /// It is clean: these changes are to be made to this tree.
    Apply(Oid, Rc<Changes>),
    /// It takes git.
    Git,
}

impl<'a> Merger<'a> {
    /// A merger for this repository, into whose database the objects go that merging makes.
    pub fn new(repo: &'a Repo) -> Result<Self, GitError> {
        Ok(Self {
            objects: repo.objects(),
            trees: Trees::new(repo.objects()),
            bases: Bases::new(repo)?,
            program: ByProgram::new(repo),
            attributes: Attributes::new(repo.objects()),
            known: RefCell::default(),
            changes: RefCell::default(),
        })
    }

    /// What `git merge <theirs>` makes of a checkout of `ours`: the same tree where it is clean,
    /// the same conflicts where it is not.
    ///
    /// # Errors
    /// [`GitError::Unrelated`] when the two share no history, which git refuses to merge.
    pub fn merge(&self, ours: Oid, theirs: Oid) -> Result<Merged, GitError> {
        if let Some(merged) = self.known.borrow().get(&(ours, theirs)) {
            return Ok(merged.clone());
        }
        let merged = match self.done(self.plan(ours, theirs)?)? {
            Some(merged) => merged,
            None => self.by_git(ours, theirs)?,
        };
        let kept = merged.clone();
        self.known.borrow_mut().insert((ours, theirs), kept);
        Ok(merged)
    }

    /// Whether each pair of ours and theirs merges cleanly, in the order of the pairs: `None`
    /// where it does, else what git makes of it. Costs less than to merge each, and writes
    /// nothing for a clean pair that is understood without git.
    ///
    /// # Errors
    /// Those that keep every pair from being merged; the others are beside the pair they are of.
    pub fn foresee(
        &self,
        pairs: &[(Oid, Oid)],
    ) -> Result<Vec<Result<Option<Merged>, GitError>>, GitError> {
        let mut found = Vec::with_capacity(pairs.len());
        let mut left = Vec::new();
        for (at, pair) in pairs.iter().enumerate() {
            let known = self.known.borrow().get(pair).cloned();
            found.push(match known {
                Some(merged) => Ok(Some(merged)),
                None => self.plan(pair.0, pair.1).map(|plan| {
                    if matches!(plan, Plan::Git) {
                        left.push(at);
                    }
                    None
                }),
            });
        }
        let asked: Vec<Pair> = left.iter().map(|at| pairs[*at]).collect();
        for (at, answer) in left.into_iter().zip(self.ask(&asked)?) {
            found[at] = answer.map(Some);
        }
        let dirty = |merged: &Merged| !merged.conflicts.is_empty();
        let each = found
            .into_iter()
            .map(|one| one.map(|one| one.filter(dirty)));
        Ok(each.collect())
    }

    fn ask(&self, pairs: &[Pair]) -> Result<Vec<Result<Merged, GitError>>, GitError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.program.merge(pairs, &self.attributes)?;
        let mut known = self.known.borrow_mut();
        for (pair, answer) in pairs.iter().zip(&answers) {
            if let Ok(merged) = answer {
                known.insert(*pair, merged.clone());
            }
        }
        Ok(answers)
    }

    /// What becomes of the tree `ours` when the change from `base` to `theirs` is made to it, as
    /// a cherry-pick or the step of a rebase does; all three may be commits or trees.
    pub fn merge_trees(&self, base: Oid, ours: Oid, theirs: Oid) -> Result<Merged, GitError> {
        let tree = |one| self.objects.peel_to_tree(one);
        let [base, ours, theirs] = [tree(base)?, tree(ours)?, tree(theirs)?];
        if let Some(merged) = self.done(self.plan_trees(base, ours, theirs)?)? {
            return Ok(merged);
        }
        let root = self.objects.write_commit(base, &[])?;
        let side = |tree| self.objects.write_commit(tree, &[root]);
        self.by_git(side(ours)?, side(theirs)?)
    }

    fn plan(&self, ours: Oid, theirs: Oid) -> Result<Plan, GitError> {
        let base = match self.bases.of(ours, theirs)? {
            Common::Base(base) => base,
            Common::Unclear => return Ok(Plan::Git),
            Common::Nothing => return Err(GitError::Unrelated(ours, theirs)),
        };
        let tree = |commit| Ok(self.objects.commit(commit, &mut Vec::new())?.tree);
        self.plan_trees(tree(base)?, tree(ours)?, tree(theirs)?)
    }

    fn plan_trees(&self, base: Oid, ours: Oid, theirs: Oid) -> Result<Plan, GitError> {
        Ok(match () {
            () if base == theirs || ours == theirs => Plan::Tree(ours),
            () if base == ours => Plan::Tree(theirs),
            () => {
                let (one, other) = (self.changes(base, ours)?, self.changes(base, theirs)?);
                match exact::is_exact(&one, &other) {
                    true => Plan::Apply(ours, other),
                    false => Plan::Git,
                }
            }
        })
    }

    /// Carries a plan out, unless it takes git.
    fn done(&self, plan: Plan) -> Result<Option<Merged>, GitError> {
        let tree = match plan {
            Plan::Git => None,
            Plan::Tree(tree) => Some(tree),
            Plan::Apply(tree, changes) => {
                apply::apply(self.objects, &self.trees, tree, &changes.paths)?
            }
        };
        Ok(tree.map(|tree| Merged {
            tree,
            conflicts: Vec::new(),
        }))
    }

    fn by_git(&self, ours: Oid, theirs: Oid) -> Result<Merged, GitError> {
        self.program
            .merge(&[(ours, theirs)], &self.attributes)?
            .remove(0)
    }

    /// What differs between two trees.
    fn changes(&self, base: Oid, side: Oid) -> Result<Rc<Changes>, GitError> {
        if let Some(known) = self.changes.borrow().get(&(base, side)) {
            return Ok(Rc::clone(known));
        }
        let found = Rc::new(Changes::between(&self.trees, base, side)?);
        let kept = Rc::clone(&found);
        self.changes.borrow_mut().insert((base, side), kept);
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
