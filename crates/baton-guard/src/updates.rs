//! References that move: which commits they bring, and what the rules say of them.

mod commits;
mod deletions;
mod moves;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use self::moves::Move;
use super::acceptance::Acceptances;
use super::base::{BasePolicy, Bases, PolicyKey};
use super::guards::Guards;
use super::journal::Mark;
use super::judged_commits::JudgedCommits;
use super::provenance::{Provenance, Rewriting};
use super::published::Published;
pub use super::ref_update::{Place, RefUpdate};
use super::{GuardError, Judgement, superseded_aggregates};
use baton_core::model::{Change, Oid, Verdict};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::Repo;
use baton_git::history::{self, Walked};
use baton_git::stream::Step;

/// Judges these updates, which happen together, by what there was before, and records what passes.
pub fn judge(repo: &Repo, updates: &[RefUpdate], place: Place) -> Result<Judgement, GuardError> {
    let bases = Bases::new(repo.objects());
    let judged_commits = JudgedCommits::new(repo);
    let places = updates.iter().flat_map(|one| [one.old, one.new]);
    let places = places.flatten().collect();
    let mut judge = Judge {
        repo,
        acceptances: Acceptances::new(repo, places),
        updates,
        place,
        guards: Guards::new(repo, &bases, &judged_commits, place),
        bases: &bases,
        judged_commits: &judged_commits,
        published: Published::new(repo),
        peeled: HashMap::new(),
        walks: RefCell::default(),
        judged: HashSet::new(),
        kept_tips: HashSet::new(),
        readable: HashSet::new(),
        passed: Vec::new(),
        judgement: Judgement::default(),
    };
    for update in updates {
        judge.update(update)?;
    }
    judge.record()?;
    Ok(judge.judgement)
}

struct Judge<'a> {
    repo: &'a Repo,
    updates: &'a [RefUpdate],
    place: Place,
    bases: &'a Bases<'a>,
    judged_commits: &'a JudgedCommits<'a>,
    guards: Guards<'a>,
    published: Published<'a>,
    acceptances: Acceptances<'a>,
    peeled: HashMap<Oid, Option<Oid>>,
    walks: RefCell<Walks>,
    /// The moves whose commits were judged, and by which policy.
    judged: HashSet<(PolicyKey, Option<Oid>, Oid)>,
    /// The moves that keep every protected entry, whatever branch makes them.
    kept_tips: HashSet<(Oid, Oid)>,
    /// The moves that were asked for a policy that can be read; an error ends the judging.
    readable: HashSet<(Oid, Oid)>,
    passed: Vec<(PolicyKey, Vec<(Oid, Mark)>)>,
    judgement: Judgement,
}

/// The commits that one has and others have not.
type Walks = HashMap<(Oid, Vec<Oid>), Rc<[Walked]>>;

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

    /// Judges under the policy of the commit `base`, without what a maintainer has
    /// accepted.
    fn check(&self, policy: &Policy, base: Oid, change: &Change) -> Result<Verdict, GuardError> {
        let mut verdict = rules::check(policy, change);
        self.acceptances.excuse(policy, &[base], &mut verdict)?;
        Ok(verdict)
    }

    fn moved(&mut self, update: &RefUpdate, old: Option<Oid>, new: Oid) -> Result<(), GuardError> {
        if update.is_head() && !self.is_made_on(new, old)? {
            return Ok(());
        }
        let moves = self.moves(&update.reference, old, new)?;
        if moves.is_empty() {
            self.adopt(new)?;
        }
        let before = self.judgement.verdict.clone();
        let mut is_judged = false;
        for one in &moves {
            let applies = match update.is_head() {
                true => super::applies_here(self.repo, &one.base.policy)?,
                false => one.base.policy.applies_to(&update.reference),
            };
            if applies {
                is_judged = true;
                self.by_policy(update, one, old, new)?;
            }
        }
        if self.judgement.verdict != before && self.goes_where_others_are(update, old, new)? {
            self.judgement.verdict = before;
            return Ok(());
        }
        if is_judged && !update.is_head() && self.judgement.verdict.is_clean() {
            self.check_readable(&moves, new)?;
        }
        Ok(())
    }

    fn by_policy(
        &mut self,
        update: &RefUpdate,
        brought: &Move,
        old: Option<Oid>,
        new: Oid,
    ) -> Result<(), GuardError> {
        if self.judged.insert((brought.base.key.clone(), old, new)) {
            self.commits(update, brought)?;
            if brought.is_outside {
                let mut verdict = self.beginning(brought, new)?;
                self.acceptances.excuse(
                    &brought.base.policy,
                    &[brought.stands_on],
                    &mut verdict,
                )?;
                self.absorb(verdict);
            }
        }
        match brought.from {
            Some(from) if !update.is_head() => self.tip(brought, update, from, new),
            _ => Ok(()),
        }
    }

    /// Judges a policy of its own that a branch brings.
    fn beginning(&self, brought: &Move, new: Oid) -> Result<Verdict, GuardError> {
        let policy = &brought.base.policy;
        let provenance = Provenance::new(self.repo, self.bases, policy, brought.stands_on);
        let by_id: HashMap<_, _> = brought.commits.iter().map(|one| (one.oid, one)).collect();
        let mut verdict = Verdict::default();
        let mut buffer = Vec::new();
        let mut at = Some(new);
        while let Some(walked) = at.and_then(|at| by_id.get(&at)) {
            let step = Step::read(self.repo.objects(), walked.oid, &mut buffer)?;
            let found = provenance.judge_beginning(&step)?;
            let may_come = !found.is_clean()
                && self.place == Place::Clone
                && self.published.holds(walked.oid, policy)?;
            if !may_come {
                verdict.absorb(found);
            }
            at = walked.commit.parents.first().copied();
        }
        if let (Place::Server, Some(at)) = (self.place, at) {
            verdict.absorb(provenance.judge_standing_on(at)?);
        }
        Ok(verdict)
    }

    /// True if the branch goes to what a server guards already, by the default branch's policy, after something has been put there
    /// that no push may bring: a new branch to what another one holds, or a branch that is there
    /// to what the default branch holds, with nothing lost that the latter's policy sanctions.
    fn goes_where_others_are(
        &self,
        update: &RefUpdate,
        old: Option<Oid>,
        new: Oid,
    ) -> Result<bool, GuardError> {
        let reference = &update.reference;
        if self.place != Place::Server || self.guards.is_default(reference)? {
            return Ok(false);
        }
        let Some(guard) = self.guards.default_for(reference)? else {
            return Ok(false);
        };
        let provenance = Provenance::new(self.repo, self.bases, &guard.base.policy, guard.tip);
        let Some(old) = old else {
            let mut grown = Vec::new();
            for branch in self.guards.branches()? {
                let is_guarded = guard.base.policy.applies_to(&branch.reference);
                if is_guarded && provenance.has_grown(branch.tip)? {
                    grown.push(branch.tip);
                }
            }
            return Ok(history::reachable(self.repo, &[new], &grown)?.is_empty()
                && provenance.judge_standing_on(new)?.is_clean());
        };
        Ok(
            history::reachable(self.repo, &[new], &[guard.tip])?.is_empty()
                && provenance.keeps(old, new)?,
        )
    }

    /// True if `new` was made from what a detached `HEAD` names: on top of it or in its place.
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

    /// Adopts a commit without a policy at its base. The commit that brings the first one is
    /// taken as it is.
    fn adopt(&self, new: Oid) -> Result<(), GuardError> {
        match self.bases.usable(new) {
            Ok(Some(base)) => self.judged_commits.adopt(&base.key, new),
            Err(GuardError::Unreadable(_)) if self.comes_from_remote(new, None)? => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Fails where the move brings a policy that cannot be read. One that a remote has published
    /// may come in: its repair is made on top of it.
    fn check_readable(&mut self, moves: &[Move], new: Oid) -> Result<(), GuardError> {
        let Some(brought) = moves.first() else {
            return Ok(());
        };
        let from = brought.from.unwrap_or(brought.stands_on);
        if !self.readable.insert((from, new)) {
            return Ok(());
        }
        match self.bases.check_brought(new, Some(from)) {
            Err(GuardError::Unreadable(_))
                if self.comes_from_remote(new, Some(&brought.base.policy))? =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// True if a remote of this clone advertises the commit, on a branch on which the policy holds.
    fn comes_from_remote(&self, commit: Oid, policy: Option<&Policy>) -> Result<bool, GuardError> {
        let fallback = Policy::default();
        Ok(self.place == Place::Clone
            && self.published.holds(commit, policy.unwrap_or(&fallback))?)
    }

    /// Records what has passed. A breach takes everything beside it down: a refusal records nothing.
    fn record(&mut self) -> Result<(), GuardError> {
        if self.judgement.verdict.is_clean() {
            for (key, passed) in self.passed.drain(..) {
                self.judged_commits.record(&key, passed)?;
            }
        }
        Ok(())
    }

    fn tip(
        &mut self,
        brought: &Move,
        update: &RefUpdate,
        old: Oid,
        new: Oid,
    ) -> Result<(), GuardError> {
        if self.kept_tips.contains(&(old, new)) {
            return Ok(());
        }
        let base = &brought.base;
        let reference = &update.reference;
        let rewriting = match self.guards.is_default(reference)? {
            true => Rewriting::Forbidden,
            false => Rewriting::Allowed,
        };
        let provenance = Provenance::new(self.repo, self.bases, &base.policy, brought.stands_on);
        let moved = provenance.tip_move(reference, old, new, rewriting)?;
        let Some(change) = moved else {
            self.kept_tips.insert((old, new));
            return Ok(());
        };
        self.judgement.tips += 1;
        let verdict = self.check(&base.policy, brought.stands_on, &change)?;
        if verdict.is_clean() || self.replaces_aggregates(base, old, new)? {
            self.kept_tips.insert((old, new));
            return Ok(());
        }
        self.absorb(verdict);
        Ok(())
    }

    /// True if all that is lost are aggregates of this clone, and their summaries are not.
    fn replaces_aggregates(
        &self,
        base: &BasePolicy,
        old: Oid,
        new: Oid,
    ) -> Result<bool, GuardError> {
        Ok(self.place == Place::Clone
            && superseded_aggregates::is_replacement(
                self.repo,
                &base.policy,
                &self.published,
                old,
                new,
            )?)
    }

    fn absorb(&mut self, verdict: Verdict) {
        self.judgement.verdict.absorb(verdict);
    }
}
