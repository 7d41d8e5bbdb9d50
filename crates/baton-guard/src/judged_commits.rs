//! The commits that this guard has judged, and the history with which it began.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::GuardError;
use super::base::PolicyKey;
use super::journal::{Journal, Mark};
use baton_core::model::Oid;
use baton_git::history::{self, Walked};
use baton_git::{Objects, Repo};

/// Answers about one repository, read when they are first asked for.
pub(super) struct JudgedCommits<'a> {
    repo: &'a Repo,
    journal: OnceCell<Journal>,
    tips: OnceCell<Vec<Oid>>,
    known: RefCell<HashMap<Oid, bool>>,
    unjudged: RefCell<HashMap<Oid, Rc<Unjudged>>>,
    judged_any: Cell<Option<bool>>,
}

/// The commits that lead to one from the last that this guard answers for.
#[derive(Debug)]
pub(super) struct Unjudged {
    /// The first commit, along first parents, that this guard answers for; `None` where first
    /// parents lead to a root without one.
    pub base: Option<Oid>,
    /// The commits that no trusted tip reaches, newest first.
    pub commits: Rc<[Walked]>,
}

impl<'a> JudgedCommits<'a> {
    pub(super) fn new(repo: &'a Repo) -> Self {
        Self {
            repo,
            journal: OnceCell::new(),
            tips: OnceCell::new(),
            known: RefCell::default(),
            unjudged: RefCell::default(),
            judged_any: Cell::default(),
        }
    }

    fn journal(&self) -> Result<&Journal, GuardError> {
        if let Some(journal) = self.journal.get() {
            return Ok(journal);
        }
        let journal = Journal::of(self.repo)?;
        Ok(self.journal.get_or_init(|| journal))
    }

    /// True if this guard has ever judged a commit here.
    pub(super) fn has_judged(&self) -> bool {
        let answer = self
            .judged_any
            .get()
            .unwrap_or_else(|| Journal::has_entries(&self.repo.baton_dir()));
        self.judged_any.set(Some(answer));
        answer
    }

    /// The commits with which the guard began and that are here still.
    pub(super) fn began_with(&self) -> Result<Vec<Oid>, GuardError> {
        Ok(present(self.repo.objects(), self.journal()?.baseline()))
    }

    /// True if the guard has let the commit be, or began with its history.
    pub(super) fn is_judged(&self, commit: Oid) -> Result<bool, GuardError> {
        if self.journal()?.knows(commit) {
            return Ok(true);
        }
        if let Some(known) = self.known.borrow().get(&commit) {
            return Ok(*known);
        }
        let baseline = present(self.repo.objects(), self.journal()?.baseline());
        let covered = history::reachable(self.repo, &[commit], &baseline)?.is_empty();
        self.known.borrow_mut().insert(commit, covered);
        Ok(covered)
    }

    /// The mark of the commit under this policy, wherever it lay.
    pub(super) fn judged(&self, commit: Oid, key: &PolicyKey) -> Result<Option<Mark>, GuardError> {
        Ok(self.journal()?.judged(commit, key))
    }

    /// Records what was judged.
    pub(super) fn record(
        &self,
        key: &PolicyKey,
        marks: impl IntoIterator<Item = (Oid, Mark)>,
    ) -> Result<(), GuardError> {
        self.journal()?.record(key, marks);
        Ok(())
    }

    /// Records a commit that came where no policy was. Once is enough.
    pub(super) fn adopt(&self, key: &PolicyKey, commit: Oid) -> Result<(), GuardError> {
        let journal = self.journal()?;
        if !journal.knows(commit) {
            journal.record(key, [(commit, Mark::Adopted)]);
        }
        Ok(())
    }

    /// The commits whose history the guard answers for: what it began with, and every branch
    /// whose tip it has let be. A branch that was written by hand is none of them.
    pub(super) fn tips(&self) -> Result<&[Oid], GuardError> {
        if let Some(tips) = self.tips.get() {
            return Ok(tips);
        }
        let mut tips = present(self.repo.objects(), self.journal()?.baseline());
        for (_, tip) in self.repo.refs().branches()? {
            if self.journal()?.knows(tip) {
                tips.push(tip);
            }
        }
        tips.sort();
        tips.dedup();
        Ok(self.tips.get_or_init(|| tips))
    }

    /// The commits in the history of `tip` that the guard does not answer for.
    pub(super) fn unjudged(&self, tip: Oid) -> Result<Rc<Unjudged>, GuardError> {
        if let Some(known) = self.unjudged.borrow().get(&tip) {
            return Ok(Rc::clone(known));
        }
        let found = Rc::new(self.find_unjudged(tip)?);
        self.unjudged.borrow_mut().insert(tip, Rc::clone(&found));
        Ok(found)
    }

    fn find_unjudged(&self, tip: Oid) -> Result<Unjudged, GuardError> {
        if self.is_judged(tip)? {
            return Ok(Unjudged {
                base: Some(tip),
                commits: Rc::default(),
            });
        }
        let commits = history::reachable(self.repo, &[tip], self.tips()?)?;
        let by_id: HashMap<_, _> = commits.iter().map(|one| (one.oid, &one.commit)).collect();
        let mut base = Some(tip);
        while let Some(at) = base {
            match by_id.get(&at) {
                Some(commit) if !self.journal()?.knows(at) => {
                    base = commit.parents.first().copied();
                }
                _ => break,
            }
        }
        Ok(Unjudged {
            base,
            commits: commits.into(),
        })
    }
}

fn present(objects: &Objects, tips: &[Oid]) -> Vec<Oid> {
    let mut tips = tips.to_vec();
    tips.retain(|tip| objects.contains(*tip));
    tips
}
