//! References that move: which commits they bring, and what the rules say of them.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::rc::Rc;

use bstr::BString;

use super::base::{BasePolicy, Bases};
use super::change::ChangeReader;
use super::journal::{Journal, Mark};
use super::published::Published;
use super::{GuardError, Judgement, tip};
use crate::git::Repo;
use crate::git::history::{self, Walked};
use crate::model::{Oid, Verdict};
use crate::rules;

/// A reference that is about to move.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefUpdate {
    /// Its full name, or `HEAD` when that is detached.
    pub reference: BString,
    /// The object that it names now.
    pub old: Option<Oid>,
    /// The object that it will name; `None` when it is deleted.
    pub new: Option<Oid>,
}

impl RefUpdate {
    fn is_head(&self) -> bool {
        self.reference == "HEAD"
    }
}

/// Who asks, which decides what may be taken for granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A reference transaction in somebody's clone: what a remote has published may come in.
    Clone,
    /// A server that receives a push: nothing that breaks a rule comes in, and a branch is not
    /// deleted with the newest handoff entry.
    Server,
}

/// Judges these updates and records what passes.
pub fn judge(repo: &Repo, updates: &[RefUpdate], place: Place) -> Result<Judgement, GuardError> {
    let mut judge = Judge {
        repo,
        place,
        bases: Bases::new(repo.objects()),
        journal: OnceCell::new(),
        published: Published::new(repo),
        trusted_tips: None,
        done: HashSet::new(),
        judgement: Judgement::default(),
    };
    for update in updates {
        judge.update(update)?;
    }
    Ok(judge.judgement)
}

struct Judge<'a> {
    repo: &'a Repo,
    place: Place,
    bases: Bases<'a>,
    journal: OnceCell<Journal>,
    published: Published<'a>,
    trusted_tips: Option<Vec<Oid>>,
    done: HashSet<(Option<Oid>, Oid)>,
    judgement: Judgement,
}

/// What an update is judged by.
struct Ground {
    /// The policy of its base.
    base: Rc<BasePolicy>,
    /// The commits whose history is not new.
    hidden: Vec<Oid>,
    /// The tip against which the new one is held, where that can be relied on.
    old: Option<Oid>,
}

impl Judge<'_> {
    fn update(&mut self, update: &RefUpdate) -> Result<(), GuardError> {
        let old = match update.old {
            Some(old) => self.repo.objects().peel_to_commit(old)?,
            None => None,
        };
        let new = match update.new {
            Some(new) => self.repo.objects().peel_to_commit(new)?,
            None => None,
        };
        if new == old {
            return Ok(());
        }
        match new {
            Some(new) => self.moved(update, old, new),
            None => self.deleted(update, old),
        }
    }

    fn deleted(&mut self, update: &RefUpdate, old: Option<Oid>) -> Result<(), GuardError> {
        let Some(old) = old.filter(|_| self.place == Place::Server) else {
            return Ok(());
        };
        let Some(base) = self.bases.at(old)? else {
            return Ok(());
        };
        if !base.policy.applies_to(update.reference.as_ref()) || self.kept_elsewhere(update, old)? {
            return Ok(());
        }
        self.tip(&base, update, old, None)
    }

    /// Whether another branch holds all that this one's tip holds.
    fn kept_elsewhere(&self, update: &RefUpdate, old: Oid) -> Result<bool, GuardError> {
        let branches = self.repo.refs().below("refs/heads/")?;
        let others = branches
            .into_iter()
            .filter(|(name, _)| *name != update.reference);
        let tips: Vec<_> = others.map(|(_, oid)| oid).collect();
        Ok(history::reachable(self.repo, &[old], &tips)?.is_empty())
    }

    fn moved(&mut self, update: &RefUpdate, old: Option<Oid>, new: Oid) -> Result<(), GuardError> {
        let Some(ground) = self.ground(update, old, new)? else {
            return self.adopt(new);
        };
        let policy = &ground.base.policy;
        let applies = match update.is_head() {
            true => super::applies_here(self.repo, policy)?,
            false => policy.applies_to(update.reference.as_ref()),
        };
        if !applies {
            return Ok(());
        }
        if self.done.insert((old, new)) {
            let commits = history::reachable(self.repo, &[new], &ground.hidden)?;
            self.commits(&ground.base, &commits)?;
        }
        match ground.old.filter(|_| !update.is_head()) {
            Some(old) => self.tip(&ground.base, update, old, Some(new)),
            None => Ok(()),
        }
    }

    /// What an update is judged by and held against; `None` where its base has no policy.
    ///
    /// A tip that this guard never passed does not become innocent by being there already, and
    /// its policy has no say: the update is judged as if it made the branch.
    fn ground(
        &mut self,
        update: &RefUpdate,
        old: Option<Oid>,
        new: Oid,
    ) -> Result<Option<Ground>, GuardError> {
        let Some(old) = old else {
            return self.boundary(new);
        };
        let Some(base) = self.bases.at(old)? else {
            return Ok(None);
        };
        if !self.is_trusted(old)? {
            if let Some(ground) = self.boundary(new)? {
                return Ok(Some(ground));
            }
            self.adopt(old)?;
        }
        let hidden = match update.is_head() && !self.stands_on(new, old)? {
            true => self.seen_tips(old)?,
            false => vec![old],
        };
        Ok(Some(Ground {
            base,
            hidden,
            old: Some(old),
        }))
    }

    /// Where the base has no policy nothing is judged. The commit that brings the first one is
    /// taken as it is.
    fn adopt(&self, new: Oid) -> Result<(), GuardError> {
        if let Some(base) = self.bases.at(new)? {
            self.journal()?.record(&base.key, [(new, Mark::Adopted)])?;
        }
        Ok(())
    }

    fn stands_on(&self, new: Oid, old: Oid) -> Result<bool, GuardError> {
        Ok(self
            .repo
            .objects()
            .commit(new, &mut Vec::new())?
            .parents
            .contains(&old))
    }

    /// What a detached `HEAD` may visit: nothing lands by looking at it, and a branch that moves
    /// there later is judged by what the branch itself had.
    fn seen_tips(&mut self, old: Oid) -> Result<Vec<Oid>, GuardError> {
        let mut tips = self.trusted_tips()?;
        tips.push(old);
        tips.extend(
            self.repo
                .refs()
                .below("refs/remotes/")?
                .into_iter()
                .map(|(_, tip)| tip),
        );
        Ok(self.present(&tips))
    }

    /// A new branch stands on the first commit, along first parents, that is not new.
    fn boundary(&mut self, new: Oid) -> Result<Option<Ground>, GuardError> {
        if !self.has_journal() && self.bases.at(new)?.is_none() {
            return Ok(None);
        }
        let hidden = match self.journal()?.knows(new)? {
            true => vec![new],
            false => self.trusted_tips()?,
        };
        let commits = history::reachable(self.repo, &[new], &hidden)?;
        let base = match history::standing_on(&commits, new) {
            Some(at) => self.bases.at(at)?,
            None => None,
        };
        Ok(base.map(|base| Ground {
            base,
            hidden,
            old: None,
        }))
    }

    fn is_trusted(&self, tip: Oid) -> Result<bool, GuardError> {
        if self.journal()?.knows(tip)? {
            return Ok(true);
        }
        let baseline = self.present(self.journal()?.baseline());
        Ok(history::reachable(self.repo, &[tip], &baseline)?.is_empty())
    }

    /// The commits whose history this guard answers for.
    fn trusted_tips(&mut self) -> Result<Vec<Oid>, GuardError> {
        if let Some(tips) = &self.trusted_tips {
            return Ok(tips.clone());
        }
        let mut tips = self.present(self.journal()?.baseline());
        for (_, tip) in self.repo.refs().below("refs/heads/")? {
            if self.journal()?.knows(tip)? {
                tips.push(tip);
            }
        }
        self.trusted_tips = Some(tips.clone());
        Ok(tips)
    }

    fn present(&self, tips: &[Oid]) -> Vec<Oid> {
        let objects = self.repo.objects();
        tips.iter()
            .copied()
            .filter(|tip| objects.contains(*tip))
            .collect()
    }

    fn commits(&mut self, base: &BasePolicy, commits: &[Walked]) -> Result<(), GuardError> {
        let mut reader = ChangeReader::new(self.repo.objects(), &base.policy);
        let mut passed = Vec::new();
        for walked in commits.iter().rev() {
            if self.journal()?.has_passed(walked.oid, &base.key)? {
                continue;
            }
            let change = reader.change(walked.oid, &walked.commit, &|_| None)?;
            let verdict = rules::check(&base.policy, &change);
            self.judgement.commits += 1;
            if verdict.is_clean() {
                passed.push((walked.oid, Mark::Passed));
            } else if self.place == Place::Clone && self.published.holds(walked.oid)? {
                passed.push((walked.oid, Mark::Published));
                self.judgement.published += 1;
            } else {
                self.absorb(verdict);
            }
        }
        if self.judgement.verdict.is_clean() {
            self.journal()?.record(&base.key, passed)?;
        }
        Ok(())
    }

    fn tip(
        &mut self,
        base: &BasePolicy,
        update: &RefUpdate,
        old: Oid,
        new: Option<Oid>,
    ) -> Result<(), GuardError> {
        let moved = tip::tip_move(self.repo, &base.policy, &update.reference, old, new)?;
        let Some(change) = moved else {
            return Ok(());
        };
        self.judgement.tips += 1;
        let verdict = rules::check(&base.policy, &change);
        let published = |new| self.published.holds(new);
        if verdict.is_clean()
            || self.place == Place::Clone && new.map(published).transpose()?.unwrap_or(false)
        {
            return Ok(());
        }
        self.absorb(verdict);
        Ok(())
    }

    fn absorb(&mut self, verdict: Verdict) {
        self.judgement.verdict.absorb(verdict);
    }

    fn has_journal(&self) -> bool {
        Journal::has_begun(&self.repo.baton_dir())
    }

    fn journal(&self) -> Result<&Journal, GuardError> {
        if let Some(journal) = self.journal.get() {
            return Ok(journal);
        }
        let journal = Journal::open(&self.repo.baton_dir())?;
        Ok(self.journal.get_or_init(|| journal))
    }
}
