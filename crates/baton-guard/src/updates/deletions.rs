//! Branches that a push deletes, and what is sure to be there after it.

use std::collections::HashSet;
use std::rc::Rc;

use bstr::{BStr, ByteSlice};

use super::{Judge, Place, RefUpdate};
use crate::GuardError;
use crate::base::BasePolicy;
use crate::provenance::Provenance;
use baton_core::model::{Oid, RefName};
use baton_git::{history, is_reference_name};

impl Judge<'_> {
    /// On a server a branch is not deleted with the newest entry. What is lost counts where the
    /// default branch's policy sanctions it; that branch itself is held to its own.
    pub(super) fn deleted(
        &mut self,
        update: &RefUpdate,
        old: Option<Oid>,
    ) -> Result<(), GuardError> {
        let Some(old) = old.filter(|_| self.place == Place::Server) else {
            return Ok(());
        };
        let reference = &update.reference;
        let (base, stands_on) = match self.guards.default_for(reference)? {
            Some(guard) => (Rc::clone(&guard.base), guard.tip),
            None => match self.bases.adopted(old)? {
                Some(base) if base.policy.applies_to(reference) => (base, old),
                _ => return Ok(()),
            },
        };
        let remaining = self.remaining(&base)?;
        let provenance = Provenance::new(self.repo, self.bases, &base.policy, stands_on);
        if let Some(change) = provenance.deletion(reference, old, &remaining)? {
            self.judgement.tips += 1;
            let verdict = self.check(&base.policy, stands_on, &change)?;
            self.absorb(verdict);
        }
        Ok(())
    }

    /// The commits that branches on which the policy holds are sure to have in their histories after the
    /// push: git takes each of its updates by itself, and may refuse some that are judged here.
    fn remaining(&self, base: &BasePolicy) -> Result<Vec<Oid>, GuardError> {
        let moved: HashSet<_> = self.updates.iter().map(|one| &one.reference).collect();
        let branches = self.repo.refs().branches()?;
        let names: Vec<_> = branches.iter().map(|(name, _)| name.as_bstr()).collect();
        let followed = self.repo.refs().followed(&names)?;
        let holds = |name: &RefName| base.policy.applies_to(name);
        let stay = branches.iter().zip(&followed);
        let stay = stay.filter(|(_, name)| !moved.contains(name) && holds(name));
        let mut tips: Vec<_> = stay.map(|((_, oid), _)| *oid).collect();
        for update in self.updates.iter().filter(|one| holds(&one.reference)) {
            if let Some(new) = update.new
                && self.is_sure(update, new, &branches)?
            {
                tips.push(new);
            }
        }
        Ok(self.repo.peeled(&tips)?)
    }

    /// True if git takes this update once the hook lets it pass: a branch that gets more, or a new
    /// one whose name is free.
    fn is_sure(
        &self,
        update: &RefUpdate,
        new: Oid,
        branches: &[(RefName, Oid)],
    ) -> Result<bool, GuardError> {
        let name = update.reference.as_bstr();
        let named = self.updates.iter().map(|one| one.reference.as_bstr());
        let is_repeated = named.clone().filter(|other| *other == name).count() > 1;
        let is_checked_out =
            self.repo.work_tree().is_some() && self.guards.is_default(&update.reference)?;
        let is_commit = self.repo.objects().peel_to_commit(new)? == Some(new);
        if is_repeated || is_checked_out || !is_commit {
            return Ok(false);
        }
        if let Some(old) = update.old {
            return Ok(history::reachable(self.repo, &[old], &[new])?.is_empty());
        }
        let present = branches.iter().map(|(name, _)| name.as_bstr());
        let mut others = present.chain(named);
        Ok(is_reference_name(&name.to_str_lossy())
            && !others.any(|other| is_below(other, name) || is_below(name, other)))
    }
}

/// True if one name has the other for a directory: git holds no two such references.
fn is_below(name: &BStr, directory: &BStr) -> bool {
    let rest = name.strip_prefix(directory.as_bytes());
    rest.is_some_and(|rest| rest.starts_with(b"/"))
}
