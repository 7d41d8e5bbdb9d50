//! References that move: which commits they bring, and what the rules say of them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use bstr::BString;

use super::base::{BasePolicy, Bases, PolicyKey};
use super::change::ChangeReader;
use super::journal::Mark;
use super::provenance::{Provenance, Rewriting};
use super::published::Published;
use super::trust::Trust;
use super::{GuardError, Judgement, replaced};
use crate::git::Repo;
use crate::git::history::{self, Walked};
use crate::git::stream::Step;
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

/// Judges these updates, which happen together, and records what passes.
pub fn judge(repo: &Repo, updates: &[RefUpdate], place: Place) -> Result<Judgement, GuardError> {
    let mut judge = Judge {
        repo,
        updates,
        place,
        bases: Bases::new(repo.objects()),
        trust: Trust::new(repo),
        published: Published::new(repo),
        peeled: HashMap::new(),
        moves: HashMap::new(),
        judged: HashSet::new(),
        kept_tips: HashSet::new(),
        judgement: Judgement::default(),
    };
    for update in updates {
        judge.update(update)?;
    }
    Ok(judge.judgement)
}

struct Judge<'a> {
    repo: &'a Repo,
    updates: &'a [RefUpdate],
    place: Place,
    bases: Bases<'a>,
    trust: Trust<'a>,
    published: Published<'a>,
    peeled: HashMap<Oid, Option<Oid>>,
    moves: HashMap<(Option<Oid>, Oid), Option<Rc<Move>>>,
    /// The moves whose commits were judged.
    judged: HashSet<(Option<Oid>, Oid)>,
    /// The moves that keep every protected entry, whatever branch makes them.
    kept_tips: HashSet<(Oid, Oid)>,
    judgement: Judgement,
}

/// What a move from one commit to another is judged by, and what it brings.
struct Move {
    base: Rc<BasePolicy>,
    /// The commit against which the new tip is held; `None` for a new branch.
    from: Option<Oid>,
    /// The commit that carries the policy.
    stands_on: Oid,
    commits: Vec<Walked>,
}

/// What was said of commits, and which of them are let be.
type Judged = (Judgement, Vec<(Oid, Mark)>);

impl Judge<'_> {
    fn update(&mut self, update: &RefUpdate) -> Result<(), GuardError> {
        let (old, new) = (self.commit(update.old)?, self.commit(update.new)?);
        match new {
            _ if new == old => Ok(()),
            Some(new) => self.moved(update, old, new),
            None => self.deleted(update, old),
        }
    }

    /// The commit of an object, which many references may name.
    fn commit(&mut self, oid: Option<Oid>) -> Result<Option<Oid>, GuardError> {
        let Some(oid) = oid else { return Ok(None) };
        if let Some(known) = self.peeled.get(&oid) {
            return Ok(*known);
        }
        let commit = self.repo.objects().peel_to_commit(oid)?;
        self.peeled.insert(oid, commit);
        Ok(commit)
    }

    fn deleted(&mut self, update: &RefUpdate, old: Option<Oid>) -> Result<(), GuardError> {
        let Some(old) = old.filter(|_| self.place == Place::Server) else {
            return Ok(());
        };
        let Some(base) = self.bases.at(old)? else {
            return Ok(());
        };
        if !base.policy.applies_to(update.reference.as_ref()) {
            return Ok(());
        }
        let remaining = self.remaining()?;
        let provenance = Provenance::new(self.repo, &self.bases, &base.policy, old);
        let lost = provenance.deletion(update.reference.as_ref(), old, &remaining)?;
        if let Some(change) = lost {
            self.judgement.tips += 1;
            self.absorb(rules::check(&base.policy, &change));
        }
        Ok(())
    }

    /// The tips of all branches as they will be.
    fn remaining(&self) -> Result<Vec<Oid>, GuardError> {
        let moved: HashSet<_> = self.updates.iter().map(|one| &one.reference).collect();
        let branches = self.repo.refs().below("refs/heads/")?;
        let stay = branches
            .into_iter()
            .filter(|(name, _)| !moved.contains(name))
            .map(|(_, oid)| oid);
        Ok(stay
            .chain(self.updates.iter().filter_map(|one| one.new))
            .collect())
    }

    fn moved(&mut self, update: &RefUpdate, old: Option<Oid>, new: Oid) -> Result<(), GuardError> {
        if update.is_head() && !self.is_made_on(new, old)? {
            return Ok(());
        }
        let Some(this) = self.brought(old, new)? else {
            return Ok(());
        };
        let applies = match update.is_head() {
            true => super::applies_here(self.repo, &this.base.policy)?,
            false => this.base.policy.applies_to(update.reference.as_ref()),
        };
        if !applies {
            return Ok(());
        }
        if self.judged.insert((old, new)) {
            self.commits(update, &this)?;
        }
        if update.is_head() {
            return Ok(());
        }
        if let Some(from) = this.from {
            self.tip(&this.base, update, from, new)?;
        }
        if self.judgement.verdict.is_clean() {
            // Under a policy that cannot be read nothing more could land, nor be taken back.
            self.bases.at(new)?;
        }
        Ok(())
    }

    /// Whether `new` was made from what a detached `HEAD` names: on top of it or in its place.
    /// Any other move only visits a commit, and nothing lands by looking at it: the branch that
    /// moves there later is judged by what the branch itself had.
    fn is_made_on(&self, new: Oid, old: Option<Oid>) -> Result<bool, GuardError> {
        let Some(old) = old else { return Ok(true) };
        let made_from = self.parents(new)?;
        Ok(made_from.contains(&old) || made_from == self.parents(old)?)
    }

    fn parents(&self, oid: Oid) -> Result<Vec<Oid>, GuardError> {
        Ok(self.repo.objects().commit(oid, &mut Vec::new())?.parents)
    }

    /// What the move brings; `None` where nothing is judged.
    fn brought(&mut self, old: Option<Oid>, new: Oid) -> Result<Option<Rc<Move>>, GuardError> {
        if let Some(known) = self.moves.get(&(old, new)) {
            return Ok(known.clone());
        }
        let found = match old {
            Some(old) => self.brought_to(old, new)?,
            None => self.brought_by_new(new)?,
        };
        if found.is_none() {
            self.adopt(new)?;
        }
        let found = found.map(Rc::new);
        self.moves.insert((old, new), found.clone());
        Ok(found)
    }

    fn brought_to(&self, old: Oid, new: Oid) -> Result<Option<Move>, GuardError> {
        let own = self.bases.at(old)?;
        if own.is_none() && !self.trust.has_judged() {
            return Ok(None);
        }
        if self.trust.covers(old)? {
            let Some(base) = own else { return Ok(None) };
            return Ok(Some(Move {
                base,
                from: Some(old),
                stands_on: old,
                commits: history::reachable(self.repo, &[new], &[old])?,
            }));
        }
        // The branch came to where it is behind the guard's back. What it had before decides.
        let from = self.trust.unjudged(old)?.base;
        let before = match from {
            Some(from) => self.bases.at(from)?,
            None => None,
        };
        if let Some(base) = before {
            let hidden = self.trust.tips()?;
            return Ok(Some(Move {
                base,
                from,
                stands_on: from.unwrap_or(old),
                commits: history::reachable(self.repo, &[new], hidden)?,
            }));
        }
        let Some(base) = own else { return Ok(None) };
        self.trust.adopt(&base.key, old)?;
        Ok(Some(Move {
            base,
            from: Some(old),
            stands_on: old,
            commits: history::reachable(self.repo, &[new], &[old])?,
        }))
    }

    fn brought_by_new(&self, new: Oid) -> Result<Option<Move>, GuardError> {
        if self.bases.at(new)?.is_none() && !self.has_ever_governed()? {
            return Ok(None);
        }
        let unjudged = self.trust.unjudged(new)?;
        let base = match unjudged.base {
            Some(base) => self.bases.at(base)?,
            None => None,
        };
        Ok(base.map(|base| Move {
            base,
            from: None,
            stands_on: unjudged.base.unwrap_or(new),
            commits: unjudged.commits,
        }))
    }

    /// Whether there has been a policy here since the guard began. Where there was none, a new
    /// branch without one needs no look at its history.
    fn has_ever_governed(&self) -> Result<bool, GuardError> {
        if self.trust.has_judged() {
            return Ok(true);
        }
        let began_with = self.trust.began_with()?;
        let mut policies = began_with.into_iter().map(|tip| self.bases.at(tip));
        Ok(policies.any(|policy| !matches!(policy, Ok(None))))
    }

    /// Where the base has no policy nothing is judged. The commit that brings the first one is
    /// taken as it is.
    fn adopt(&self, new: Oid) -> Result<(), GuardError> {
        match self.bases.at(new)? {
            Some(base) => self.trust.adopt(&base.key, new),
            None => Ok(()),
        }
    }

    fn commits(&mut self, update: &RefUpdate, brought: &Move) -> Result<(), GuardError> {
        let (judgement, passed) = self.judge_commits(update, brought)?;
        self.judgement.absorb(judgement);
        self.record(&brought.base.key, passed)
    }

    fn judge_commits(&self, update: &RefUpdate, brought: &Move) -> Result<Judged, GuardError> {
        let base = &brought.base;
        let mut reader = ChangeReader::new(self.repo.objects(), &base.policy);
        let mut buffer = Vec::new();
        let provenance =
            Provenance::new(self.repo, &self.bases, &base.policy, brought.stands_on);
        let mut judgement = Judgement::default();
        let mut passed = Vec::new();
        for walked in brought.commits.iter().rev() {
            if self.trust.has_passed(walked.oid, &base.key)? {
                continue;
            }
            let change = reader.change(walked.oid, &walked.commit, &|_| None)?;
            let mut verdict = rules::check(&base.policy, &change);
            if walked.commit.parents.len() > 1 {
                let merge = Step::read(self.repo.objects(), walked.oid, &mut buffer)?;
                verdict.absorb(provenance.judge_merge(&merge)?);
            }
            judgement.commits += 1;
            if verdict.is_clean() {
                passed.push((walked.oid, Mark::Passed));
            } else if update.is_head() && self.published.is_named(walked.oid)? {
                // Looked at where it lies, not made now.
            } else if self.place == Place::Clone
                && self.published.holds(walked.oid, &base.policy)?
            {
                passed.push((walked.oid, Mark::Published));
                judgement.published += 1;
            } else {
                judgement.verdict.absorb(verdict);
            }
        }
        Ok((judgement, passed))
    }

    /// What breaks a rule takes everything beside it down: a refusal records nothing.
    fn record(&self, key: &PolicyKey, passed: Vec<(Oid, Mark)>) -> Result<(), GuardError> {
        match self.judgement.verdict.is_clean() && !passed.is_empty() {
            true => self.trust.record(key, passed),
            false => Ok(()),
        }
    }

    fn tip(
        &mut self,
        base: &BasePolicy,
        update: &RefUpdate,
        old: Oid,
        new: Oid,
    ) -> Result<(), GuardError> {
        if self.kept_tips.contains(&(old, new)) {
            return Ok(());
        }
        let moved = Provenance::new(self.repo, &self.bases, &base.policy, old).tip_move(
            update.reference.as_ref(),
            old,
            new,
            self.rewriting(update)?,
        )?;
        let Some(change) = moved else {
            self.kept_tips.insert((old, new));
            return Ok(());
        };
        self.judgement.tips += 1;
        let verdict = rules::check(&base.policy, &change);
        if verdict.is_clean() || self.replaces_aggregates(base, old, new)? {
            self.kept_tips.insert((old, new));
            return Ok(());
        }
        self.absorb(verdict);
        Ok(())
    }

    /// Whether all that is lost are aggregates of this clone, and their summaries are not.
    fn replaces_aggregates(
        &self,
        base: &BasePolicy,
        old: Oid,
        new: Oid,
    ) -> Result<bool, GuardError> {
        Ok(self.place == Place::Clone
            && replaced::is_replacement(self.repo, &base.policy, &self.published, old, new)?)
    }

    /// A server's default branch is where work lands, whoever rewrites it.
    fn rewriting(&self, update: &RefUpdate) -> Result<Rewriting, GuardError> {
        let default = match self.place {
            Place::Server => self.repo.refs().symbolic("HEAD")?,
            Place::Clone => None,
        };
        Ok(match default.as_ref() == Some(&update.reference) {
            true => Rewriting::Forbidden,
            false => Rewriting::Allowed,
        })
    }

    fn absorb(&mut self, verdict: Verdict) {
        self.judgement.verdict.absorb(verdict);
    }
}
