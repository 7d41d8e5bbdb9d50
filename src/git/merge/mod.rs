//! Merging in memory: no index, no checkout, and the answer that `git merge` would give.

mod attributes;
mod conflict;
mod program;

use std::cell::RefCell;
use std::collections::HashMap;

use attributes::Attributes;
pub use conflict::{Conflict, ConflictKind, Merged};
use program::{ByProgram, Pair};

use super::{GitError, Objects, Repo};
use crate::model::Oid;

/// Merges commits of one repository, and remembers the results.
pub struct Merger<'a> {
    objects: &'a Objects,
    program: ByProgram<'a>,
    attributes: Attributes<'a>,
    known: RefCell<HashMap<Pair, Merged>>,
}

impl<'a> Merger<'a> {
    /// A merger for this repository, into whose database the objects go that merging makes.
    pub fn new(repo: &'a Repo) -> Result<Self, GitError> {
        Ok(Self {
            objects: repo.objects(),
            program: ByProgram::new(repo),
            attributes: Attributes::new(repo.objects()),
            known: RefCell::default(),
        })
    }

    /// What `git merge <theirs>` makes of a checkout of `ours`: the same tree where it is clean,
    /// the same conflicts where it is not.
    ///
    /// # Errors
    /// [`GitError::Unrelated`] when the two share no history, which git refuses to merge.
    pub fn merge(&self, ours: Oid, theirs: Oid) -> Result<Merged, GitError> {
        self.merge_all(&[(ours, theirs)])
            .and_then(|mut found| found.remove(0))
    }

    /// Like [`Self::merge`], for many pairs of ours and theirs at once, which costs less than one
    /// after the other. The answers are in the order of the pairs.
    ///
    /// # Errors
    /// Those that keep every pair from being merged; the others are beside the pair they are of.
    pub fn merge_all(
        &self,
        pairs: &[(Oid, Oid)],
    ) -> Result<Vec<Result<Merged, GitError>>, GitError> {
        let unknown: Vec<Pair> = pairs
            .iter()
            .filter(|pair| !self.known.borrow().contains_key(pair))
            .copied()
            .collect();
        let mut failed = HashMap::new();
        let answers = self.program.merge(&unknown, &self.attributes)?;
        for (pair, answer) in unknown.into_iter().zip(answers) {
            match answer {
                Ok(merged) => drop(self.known.borrow_mut().insert(pair, merged)),
                Err(error) => drop(failed.insert(pair, error)),
            }
        }
        let known = self.known.borrow();
        let mut answer = |pair: &Pair| match (known.get(pair), failed.remove(pair)) {
            (Some(merged), _) => Ok(merged.clone()),
            (None, Some(error)) => Err(error),
            (None, None) => self.merge(pair.0, pair.1),
        };
        Ok(pairs.iter().map(&mut answer).collect())
    }

    /// What becomes of the tree `ours` when the change from `base` to `theirs` is made to it, as
    /// a cherry-pick or the step of a rebase does; all three may be commits or trees.
    pub fn merge_trees(&self, base: Oid, ours: Oid, theirs: Oid) -> Result<Merged, GitError> {
        let root = self
            .objects
            .write_commit(self.objects.peel_to_tree(base)?, &[])?;
        let side = |one| {
            self.objects
                .write_commit(self.objects.peel_to_tree(one)?, &[root])
        };
        self.merge(side(ours)?, side(theirs)?)
    }
}
