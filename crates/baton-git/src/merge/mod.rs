//! Merging in memory: no index, no checkout, and the same result as `git merge`.
//!
//! Most pairs of branches change different files. Those are merged by comparing their changes
//! (`exact` defines when that is enough). The git program merges all others, with its renames,
//! drivers and attributes.

mod apply;
mod attributes;
mod bases;
mod changes;
mod conflict;
mod exact;
mod labels;
mod program;
mod settings;
mod work;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};

use attributes::Attributes;
use bases::{Bases, Common};
use changes::Changes;
pub use conflict::{Conflict, ConflictKind, Merged};
use program::{ByProgram, Pair};
pub use settings::settings_digest;
pub use work::with_uncommitted;

use super::commit_object::{self, NewCommit};
use super::tree::Trees;
use super::{GitError, Objects, Repo};
use baton_core::model::{EntryKind, Oid};

/// Merges commits of one repository, and remembers the results.
pub struct Merger<'a> {
    repo: &'a Repo,
    objects: &'a Objects,
    trees: Trees<'a>,
    bases: Bases<'a>,
    program: ByProgram<'a>,
    attributes: Attributes<'a>,
    known: RefCell<HashMap<Pair, Merged>>,
    changes: RefCell<HashMap<Pair, Rc<Changes>>>,
}

/// The part of a merge that is understood without git.
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
            repo,
            objects: repo.objects(),
            trees: Trees::new(repo.objects()),
            bases: Bases::new(repo)?,
            program: ByProgram::new(repo),
            attributes: Attributes::new(repo.objects()),
            known: RefCell::default(),
            changes: RefCell::default(),
        })
    }

    /// The result of `git merge <theirs>` in a checkout of `ours`: the same tree where it is clean,
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
            None => self.merge_with_git(ours, theirs)?,
        };
        let kept = merged.clone();
        self.known.borrow_mut().insert((ours, theirs), kept);
        Ok(merged)
    }

    /// [`Self::merge`], with these names of the two sides in what its conflicts show.
    ///
    /// # Errors
    /// As [`Self::merge`].
    pub fn merge_named(
        &self,
        [ours, theirs]: [Oid; 2],
        names: [&str; 2],
    ) -> Result<Merged, GitError> {
        let merged = self.merge(ours, theirs)?;
        labels::named(self.repo, merged, [(ours, names[0]), (theirs, names[1])])
    }

    /// The outcome of merging each pair of ours and theirs, in the order of the pairs: `None`
    /// where it is clean, else what git makes of it. Costs less than [`Self::merge`] for each, for it
    /// writes nothing for a pair that is understood without git.
    ///
    /// # Errors
    /// Those that keep every pair from being merged; the others are beside the pair they are of.
    pub fn predict_conflicts(
        &self,
        pairs: &[(Oid, Oid)],
    ) -> Result<Vec<Result<Option<Merged>, GitError>>, GitError> {
        let clean = |plan| Ok((!matches!(plan, Plan::Git)).then_some(None));
        let found = self.each(pairs, clean, Some)?;
        let dirty = |merged: &Merged| !merged.conflicts.is_empty();
        let each = found
            .into_iter()
            .map(|one| one.map(|one| one.filter(dirty)));
        Ok(each.collect())
    }

    /// The answer of `understood` for each pair, and what is `known` of it, from git or from before,
    /// where that is nothing.
    fn each<T>(
        &self,
        pairs: &[Pair],
        understood: impl Fn(Plan) -> Result<Option<T>, GitError>,
        known: impl Fn(Merged) -> T,
    ) -> Result<Vec<Result<T, GitError>>, GitError> {
        let mut found: Vec<Option<Result<T, GitError>>> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let merged = self.known.borrow().get(pair).cloned();
            found.push(match merged {
                Some(merged) => Some(Ok(known(merged))),
                None => self.plan(pair.0, pair.1).and_then(&understood).transpose(),
            });
        }
        let left = found.iter().zip(pairs).filter(|(one, _)| one.is_none());
        let left: Vec<Pair> = left.map(|(_, pair)| *pair).collect();
        let mut answers = self.ask(&left)?.into_iter();
        let mut answer = || answers.next().expect("git answers for each pair");
        let each = found.into_iter();
        Ok(each
            .map(|one| one.unwrap_or_else(|| answer().map(&known)))
            .collect())
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

    /// True if merging `theirs` would leave the tree of `ours` as it is; `None` where that takes
    /// the git program to tell.
    ///
    /// # Errors
    /// As [`Self::merge`].
    pub fn is_noop(&self, ours: Oid, theirs: Oid) -> Result<Option<bool>, GitError> {
        Ok(match self.plan(ours, theirs)? {
            Plan::Tree(tree) => Some(tree == self.objects.peel_to_tree(ours)?),
            Plan::Apply(tree, changes) => {
                for change in &changes.paths {
                    if self.trees.entry(tree, change.path.as_bstr())? != change.after {
                        return Ok(Some(false));
                    }
                }
                Some(true)
            }
            Plan::Git => None,
        })
    }

    /// The result for the tree `ours` when the change from `base` to `theirs` is made to it, as
    /// a cherry-pick or the step of a rebase does; all three may be commits or trees. The names of the two
    /// sides are in what conflicts show.
    pub fn merge_trees(&self, all: [Oid; 3], names: [&str; 2]) -> Result<Merged, GitError> {
        let mut trees = all;
        for one in &mut trees {
            *one = self.objects.peel_to_tree(*one)?;
        }
        let [base, ours, theirs] = trees;
        if let Some(merged) = self.done(self.plan_trees(base, ours, theirs)?)? {
            return Ok(merged);
        }
        let root = unnamed_commit(self.repo, base, &[])?;
        let side = |tree| unnamed_commit(self.repo, tree, &[root]);
        let (ours, theirs) = (side(ours)?, side(theirs)?);
        let merged = self.merge_with_git(ours, theirs)?;
        labels::named(self.repo, merged, [(ours, names[0]), (theirs, names[1])])
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

    fn merge_with_git(&self, ours: Oid, theirs: Oid) -> Result<Merged, GitError> {
        self.program
            .merge(&[(ours, theirs)], &self.attributes)?
            .remove(0)
    }

    /// The changes between two trees.
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

/// Writes a commit that nothing is to name, for git to look at. It depends on nothing but its
/// tree and its parents, and is as old as the youngest of them: git looks for merge bases from
/// young to old, and a date that lies would make it look at the whole history.
pub fn unnamed_commit(repo: &Repo, tree: Oid, parents: &[Oid]) -> Result<Oid, GitError> {
    let mut time = 0;
    for parent in parents {
        let parent = repo.objects().commit(*parent, &mut Vec::new())?;
        time = parent.committed_at.max(time);
    }
    let nobody = format!("baton <baton@localhost> {time} +0000");
    let nobody = nobody.as_bytes().as_bstr();
    let new = NewCommit {
        tree,
        parents,
        author: nobody,
        committer: nobody,
        encoding: None,
        message: b"".as_bstr(),
    };
    commit_object::write(repo, &new)
}

/// The content of a conflicted file, with git's markers in it; `None` where the merge left no
/// file of that path.
pub fn marked(repo: &Repo, merged: &Merged, path: &BStr) -> Result<Option<BString>, GitError> {
    match Trees::new(repo.objects()).entry(merged.tree, path)? {
        Some(entry) if entry.kind() == EntryKind::File => repo.objects().blob(entry.oid).map(Some),
        _ => Ok(None),
    }
}

/// [`Merger::predict_conflicts`], with the pairs shared out among the processors of this machine.
pub fn predict_conflicts(
    repo: &Repo,
    pairs: &[(Oid, Oid)],
) -> Result<Vec<Result<Option<Merged>, GitError>>, GitError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = processors.min(pairs.len()).max(1);
    let share = |worker: usize| -> Vec<Pair> {
        let own = pairs.iter().skip(worker).step_by(workers);
        own.copied().collect()
    };
    let found = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|worker| {
                let (repo, pairs) = (repo.clone(), share(worker));
                scope.spawn(move || Merger::new(&repo)?.predict_conflicts(&pairs))
            })
            .collect();
        let joined = threads.into_iter().map(|thread| match thread.join() {
            Ok(found) => found.map(Vec::into_iter),
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<Result<Vec<_>, _>>()
    });
    let mut found = found?;
    let in_order = (0..pairs.len()).map(|at| found[at % workers].next());
    Ok(in_order
        .map(|one| one.expect("each share is answered"))
        .collect())
}

#[cfg(test)]
mod tests;
