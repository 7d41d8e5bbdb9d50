//! By which policies a reference that moves is judged, and for which commits.

use std::rc::Rc;

use super::{Judge, Place};
use crate::GuardError;
use crate::base::BasePolicy;
use crate::guards::Guard;
use baton_core::model::{Oid, RefName};
use baton_git::history::{self, Walked};

/// A move from one commit to another, with the policy that judges it.
pub(super) struct Move {
    /// The policy.
    pub base: Rc<BasePolicy>,
    /// The commit that carries it.
    pub stands_on: Oid,
    /// The commit against which the new tip is held; `None` for a new branch.
    pub from: Option<Oid>,
    /// The commits that it brings.
    pub commits: Rc<[Walked]>,
    /// True if the branch does not grow out of the policy by itself, and so may bring none of its
    /// own.
    pub is_outside: bool,
}

impl Move {
    fn from_tip(base: Rc<BasePolicy>, old: Oid, commits: Rc<[Walked]>) -> Self {
        Self {
            base,
            stands_on: old,
            from: Some(old),
            commits,
            is_outside: false,
        }
    }

    fn under(guard: Guard, from: Option<Oid>, commits: Rc<[Walked]>) -> Self {
        Self {
            base: guard.base,
            stands_on: guard.tip,
            from,
            commits,
            is_outside: true,
        }
    }
}

impl Judge<'_> {
    /// By what each policy judges a branch that was at `old`; nothing where none has a say.
    pub(super) fn moves(
        &self,
        reference: &RefName,
        old: Option<Oid>,
        new: Oid,
    ) -> Result<Vec<Move>, GuardError> {
        match (self.place, old) {
            (Place::Server, Some(old)) => self.moves_on_server(reference, old, new),
            (Place::Server, None) => self.new_on_server(reference, new),
            (Place::Clone, Some(old)) => self.moves_in_clone(reference, old, new),
            (Place::Clone, None) => self.new_in_clone(reference, new),
        }
    }

    /// The moves of a branch that is there: what it had decides, and no other reference hides what it brings. One
    /// without a policy that can be read and that holds for it is held to that of the default branch.
    fn moves_on_server(
        &self,
        reference: &RefName,
        old: Oid,
        new: Oid,
    ) -> Result<Vec<Move>, GuardError> {
        let guard = self.guards.default_for(reference)?;
        let own = match (self.bases.adopted(old), guard) {
            (Err(_), Some(_)) => None,
            (own, None) => own?,
            (own, Some(_)) => own?.filter(|own| own.policy.applies_to(reference)),
        };
        if let Some(base) = own {
            let commits = self.walk(new, &[old])?;
            return Ok(vec![Move::from_tip(base, old, commits)]);
        }
        let Some(guard) = guard else {
            return Ok(Vec::new());
        };
        let commits = self.walk(new, &[old, guard.tip])?;
        Ok(vec![Move::under(guard.clone(), Some(old), commits)])
    }

    /// A new branch is held to what is guarded, and to the commit on which it stands.
    fn new_on_server(&self, reference: &RefName, new: Oid) -> Result<Vec<Move>, GuardError> {
        let guards = self.guards.of_new(reference)?;
        let hidden: Vec<_> = guards.iter().map(|guard| guard.tip).collect();
        let commits = self.walk(new, &hidden)?;
        let stands_on = history::standing_on(&commits, new);
        let is_default = self.guards.is_default(reference)?;
        let mut moves: Vec<_> = guards
            .into_iter()
            .map(|guard| {
                let from = is_default.then_some(guard.tip);
                Move::under(guard, from, Rc::clone(&commits))
            })
            .collect();
        if let Some(stands_on) = stands_on
            && let Ok(Some(base)) = self.bases.adopted(stands_on)
            && moves.iter().all(|one| one.base.key != base.key)
        {
            moves.push(Move {
                from: None,
                ..Move::from_tip(base, stands_on, commits)
            });
        }
        Ok(moves)
    }

    fn moves_in_clone(
        &self,
        reference: &RefName,
        old: Oid,
        new: Oid,
    ) -> Result<Vec<Move>, GuardError> {
        let own = self.bases.adopted(old)?;
        if own.is_none() && !self.judged_commits.has_judged() {
            return Ok(Vec::new());
        }
        if self.judged_commits.is_judged(old)? {
            let Some(base) = own else {
                return Ok(Vec::new());
            };
            let commits = self.walk(new, &[old])?;
            return Ok(vec![Move::from_tip(base, old, commits)]);
        }
        // The branch came to where it is behind the guard's back. What it had before decides.
        let from = self.judged_commits.unjudged(old)?.base;
        let before = match from {
            Some(from) => self.bases.adopted(from)?,
            None => None,
        };
        if let (Some(base), Some(from)) = (before, from) {
            let hidden = self.judged_commits.tips()?;
            let commits = self.walk(new, hidden)?;
            return Ok(vec![Move::from_tip(base, from, commits)]);
        }
        let guards = self.guards.of_new(reference)?;
        if from.is_none() && !guards.is_empty() {
            return self.under_guards(guards, Some(old), new);
        }
        let Some(base) = own else {
            return Ok(Vec::new());
        };
        self.judged_commits.adopt(&base.key, old)?;
        let commits = self.walk(new, &[old])?;
        Ok(vec![Move::from_tip(base, old, commits)])
    }

    /// A new branch at a commit that the guard has let be passes. Any other is held to the commit on
    /// which it stands, and to what is guarded: most of all where that commit has no policy.
    fn new_in_clone(&self, reference: &RefName, new: Oid) -> Result<Vec<Move>, GuardError> {
        if self.bases.adopted(new)?.is_none() && !self.has_ever_governed()? {
            return Ok(Vec::new());
        }
        let unjudged = self.judged_commits.unjudged(new)?;
        let commits = Rc::clone(&unjudged.commits);
        let own = match unjudged.base {
            Some(base) => self.bases.adopted(base)?.map(|found| (base, found)),
            None => None,
        };
        let guards = match commits.is_empty() {
            true => Vec::new(),
            false => self.guards.of_new(reference)?,
        };
        let Some((stands_on, base)) = own else {
            return self.under_guards(guards, None, new);
        };
        let mut moves = Vec::new();
        for guard in guards {
            if guard.base.key != base.key {
                moves.push(Move::under(guard, None, Rc::clone(&commits)));
            }
        }
        moves.push(Move {
            from: None,
            ..Move::from_tip(base, stands_on, commits)
        });
        Ok(moves)
    }

    fn under_guards(
        &self,
        guards: Vec<Guard>,
        old: Option<Oid>,
        new: Oid,
    ) -> Result<Vec<Move>, GuardError> {
        let mut moves = Vec::new();
        for guard in guards {
            let mut hidden = self.judged_commits.tips()?.to_vec();
            hidden.push(guard.tip);
            let commits = self.walk(new, &hidden)?;
            moves.push(Move::under(guard, old, commits));
        }
        Ok(moves)
    }

    /// The commits that `new` has and none of the others, walked once.
    fn walk(&self, new: Oid, hidden: &[Oid]) -> Result<Rc<[Walked]>, GuardError> {
        let key = (new, hidden.to_vec());
        if let Some(known) = self.walks.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let walked: Rc<[Walked]> = history::reachable(self.repo, &[new], hidden)?.into();
        self.walks.borrow_mut().insert(key, Rc::clone(&walked));
        Ok(walked)
    }

    /// True if there has been a policy here since the guard began. Where there was none, a new
    /// branch without one needs no look at its history.
    fn has_ever_governed(&self) -> Result<bool, GuardError> {
        if self.judged_commits.has_judged() {
            return Ok(true);
        }
        let began_with = self.judged_commits.began_with()?;
        let mut policies = began_with.into_iter().map(|tip| self.bases.at(tip));
        Ok(policies.any(|policy| !matches!(policy, Ok(None))))
    }
}
