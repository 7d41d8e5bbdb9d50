//! The facts about a branch that moves, and its mover, for the rule `branch-move`, as far as each stage knows them.

mod form;

use std::rc::Rc;

use bstr::ByteSlice;

use super::acceptance::Acceptances;
use super::base::{BasePolicy, Bases};
use super::published::Published;
use super::ref_update::RefUpdate;
use super::{GuardError, Judgement, binding, landings};
use baton_core::model::{
    BranchMove, BranchName, Change, Landing, Oid, RefName, RuleId, SessionBranch, StashMove, Step,
};
use baton_core::policy::{Mover, Policy};
use baton_core::rules;
use baton_git::{GitError, Repo, history};
use baton_sys::file;

/// The place at which a branch is about to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// In a clone, which knows its landings, its remotes and the session of the worktree.
    Clone,
    /// On a remote, by a push from this clone, whose own branches tell what has landed.
    Push,
    /// On a server, or in CI: the commits alone tell.
    Server,
}

/// Judges by whom these branches are created, moved or deleted.
pub fn judge(
    repo: &Repo,
    updates: &[RefUpdate],
    witness: Witness,
) -> Result<Judgement, GuardError> {
    judge_beside(repo, updates, witness, None)
}

/// The same, also by the policy of the default branch, where this clone knows which commit it is at.
pub fn judge_beside(
    repo: &Repo,
    updates: &[RefUpdate],
    witness: Witness,
    default: Option<Oid>,
) -> Result<Judgement, GuardError> {
    let moved = updates.iter().flat_map(|one| [one.old, one.new]);
    let places = moved.chain([repo.head()?, main_head(repo)?, default]);
    let places = places.flatten().filter(|oid| repo.objects().contains(*oid));
    let bases = Bases::new(repo.objects());
    let mut standing = standing(repo, &bases)?;
    if let Some(default) = default {
        add(&mut standing, bases.adopted(default)?, default);
    }
    let judge = Judge {
        repo,
        witness,
        updates,
        bases,
        standing,
        published: Published::new(repo),
        acceptances: Acceptances::new(repo, places.collect()),
    };
    let mut judgement = Judgement::default();
    for update in updates {
        if update.reference.is_branch() {
            judge.update(update, &mut judgement)?;
        }
    }
    Ok(judgement)
}

/// Judges a change of the stash in a clone.
pub fn judge_stash(
    repo: &Repo,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Result<Judgement, GuardError> {
    let mut judgement = Judgement::default();
    let Some(session) = binding::session(repo)? else {
        return Ok(judgement);
    };
    let bases = Bases::new(repo.objects());
    for (base, _) in standing(repo, &bases)? {
        let session = session.clone();
        let change = Change::Stash(StashMove { session, old, new });
        judgement.verdict = rules::check(&base.policy, &change);
        if !judgement.verdict.is_clean() {
            break;
        }
    }
    Ok(judgement)
}

/// Policies, each with the commit that carries it.
type Policies = Vec<(Rc<BasePolicy>, Oid)>;

/// The policies of what is checked out here and in the main worktree; on a server, of the default
/// branch.
fn standing(repo: &Repo, bases: &Bases<'_>) -> Result<Policies, GuardError> {
    let mut policies = Vec::new();
    for commit in [repo.head()?, main_head(repo)?].into_iter().flatten() {
        add(&mut policies, bases.adopted(commit)?, commit);
    }
    Ok(policies)
}

/// The commit that the `HEAD` of the main worktree names, where its file tells.
fn main_head(repo: &Repo) -> Result<Option<Oid>, GuardError> {
    if file::is_same_place(repo.git_dir(), repo.common_dir()) {
        return Ok(None);
    }
    let path = repo.common_dir().join("HEAD");
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    let bytes = bytes.unwrap_or_default();
    Ok(match bytes.trim().strip_prefix(b"ref: ") {
        Some(name) => repo.refs().resolve(name)?,
        None => Oid::from_hex(bytes.trim()).ok(),
    })
}

fn add(policies: &mut Policies, found: Option<Rc<BasePolicy>>, commit: Oid) {
    let found = found.filter(|one| policies.iter().all(|(known, _)| known.key != one.key));
    policies.extend(found.map(|found| (found, commit)));
}

struct Judge<'a> {
    repo: &'a Repo,
    witness: Witness,
    updates: &'a [RefUpdate],
    standing: Policies,
    bases: Bases<'a>,
    published: Published<'a>,
    acceptances: Acceptances<'a>,
}

impl Judge<'_> {
    /// Judges one update by the policy of the branch as it was and by those that hold here
    /// besides: a branch does not escape them by being older, or new.
    fn update(&self, update: &RefUpdate, judgement: &mut Judgement) -> Result<(), GuardError> {
        let (old, new) = (self.commit(update.old)?, self.commit(update.new)?);
        if old == new {
            return Ok(());
        }
        let mut policies = Vec::new();
        if let Some(old) = old.filter(|old| self.is_here(*old)) {
            add(&mut policies, self.bases.adopted(old)?, old);
        }
        for (base, commit) in &self.standing {
            add(&mut policies, Some(Rc::clone(base)), *commit);
        }
        let session = match self.witness {
            Witness::Clone
                if policies
                    .iter()
                    .any(|(one, _)| one.policy.sessions.own_branches) =>
            {
                self.session(&update.reference)?
            }
            _ => None,
        };
        for (base, commit) in policies {
            let policy = &base.policy;
            if policy.branch_rule(&update.reference).is_none() && session.is_none() {
                continue;
            }
            let moved = self.facts(policy, &update.reference, old, new, session.clone())?;
            let gives_up = moved.step != Step::Forward;
            let mut verdict = rules::check(policy, &Change::Branch(moved));
            if gives_up {
                // What is given up is named by its tip; whoever adds to a branch can sign that.
                self.acceptances.excuse(policy, &[commit], &mut verdict)?;
            }
            let is_clean = verdict.is_clean();
            judgement.verdict.absorb(verdict);
            if !is_clean {
                break;
            }
        }
        Ok(())
    }

    /// The commit of an object; what is not here is taken for one.
    fn commit(&self, oid: Option<Oid>) -> Result<Option<Oid>, GuardError> {
        match oid {
            Some(oid) if self.is_here(oid) => Ok(self.repo.objects().peel_to_commit(oid)?),
            elsewhere => Ok(elsewhere),
        }
    }

    fn is_here(&self, oid: Oid) -> bool {
        self.repo.objects().contains(oid)
    }

    fn facts(
        &self,
        policy: &Policy,
        reference: &RefName,
        old: Option<Oid>,
        new: Option<Oid>,
        session: Option<SessionBranch>,
    ) -> Result<BranchMove, GuardError> {
        let step = match (old, new) {
            (_, None) => Step::Delete,
            (None, _) => Step::Forward,
            // What leads to the new tip is here: a tip that is not was left behind.
            (Some(old), Some(new)) => {
                match self.is_here(old) && is_ancestor(self.repo, old, new)? {
                    true => Step::Forward,
                    false => Step::Rewrite,
                }
            }
        };
        let rule = policy.branch_rule(reference);
        let who = rule.map_or(Mover::Anyone, |rule| rule.who(step));
        let mut moved = BranchMove {
            reference: reference.clone(),
            old,
            new,
            step,
            landing: Landing::Refuted,
            signature: None,
            session,
        };
        if self.witness == Witness::Clone && landings::announces(self.repo, reference, old, new)? {
            moved.landing = Landing::Proven;
            return Ok(moved);
        }
        if who != Mover::Anyone {
            moved.signature = match new {
                Some(new) => self.repo.objects().signature(new)?,
                None => None,
            };
            let signature = moved.signature.as_ref();
            if signature.is_none_or(|signature| policy.signing.maintainer(signature).is_err()) {
                moved.landing = self.landing(policy, &moved)?;
            }
        }
        Ok(moved)
    }

    fn landing(&self, policy: &Policy, moved: &BranchMove) -> Result<Landing, GuardError> {
        let name = &moved.reference;
        let landed = match (moved.step, moved.old, moved.new) {
            (Step::Delete, Some(old), _) => {
                self.is_here(old) && self.target_has(policy, name, old)?
            }
            (Step::Forward, None, Some(new)) if self.target_has(policy, name, new)? => true,
            (Step::Forward, _, Some(new)) => match self.witness {
                Witness::Clone => false,
                Witness::Push => self.own_branch_has(name, new)?,
                Witness::Server => return self.form(policy, moved.old, new),
            },
            _ => false,
        };
        if landed {
            return Ok(Landing::Proven);
        }
        Ok(match moved.new {
            Some(new) if self.remote_has(moved, new)? => Landing::Published,
            _ => Landing::Refuted,
        })
    }

    /// True if the branch on which work lands, not this one and not as it is about to be, has the
    /// commit.
    fn target_has(&self, policy: &Policy, name: &RefName, commit: Oid) -> Result<bool, GuardError> {
        let target = BranchName::new(policy.merge.landing_branch()).full();
        if target == *name || self.updates.iter().any(|one| one.reference == target) {
            return Ok(false);
        }
        match self.repo.refs().resolve(&target)? {
            Some(tip) => is_ancestor(self.repo, commit, tip),
            None => Ok(false),
        }
    }

    /// True if this clone's own branch of that name has the commit: there it has been judged.
    fn own_branch_has(&self, name: &RefName, commit: Oid) -> Result<bool, GuardError> {
        match self.repo.refs().resolve(name)? {
            Some(tip) => is_ancestor(self.repo, commit, tip),
            None => Ok(false),
        }
    }

    /// True if a configured remote has the commit at its branch of that name; after the branch was
    /// rewritten there, its very tip.
    fn remote_has(&self, moved: &BranchMove, commit: Oid) -> Result<bool, GuardError> {
        if self.witness != Witness::Clone {
            return Ok(false);
        }
        let has = |tips: Vec<Oid>| {
            for tip in tips {
                if tip == commit
                    || moved.step == Step::Forward && is_ancestor(self.repo, commit, tip)?
                {
                    return Ok(true);
                }
            }
            Ok::<_, GuardError>(false)
        };
        // What is tracked is a claim, and cheap: the remote is asked where the claim is made.
        let tracked = self.repo.refs().below("refs/remotes/")?;
        let tracked = tracked
            .into_iter()
            .filter(|(name, _)| branch_name(name).as_ref() == Some(&moved.reference));
        if !has(tracked.map(|(_, oid)| oid).collect())? {
            return Ok(false);
        }
        let published = has(self.published.at(&moved.reference)?)?;
        if !published {
            self.published
                .explain(commit, &|name| *name == moved.reference)?;
        }
        Ok(published)
    }

    /// The session of this worktree and its branch: the one on which it began or, where that is
    /// not recorded, the one that is checked out.
    fn session(&self, reference: &RefName) -> Result<Option<SessionBranch>, GuardError> {
        let Some(bound) = binding::bound(self.repo)? else {
            return Ok(None);
        };
        let branch = match bound.branch {
            Some(branch) => Some(branch),
            None => self.repo.head_branch()?,
        };
        let others = binding::others(self.repo)?;
        let is_taken = others
            .iter()
            .any(|one| one.branch.as_ref() == Some(reference));
        Ok(Some(SessionBranch {
            session: bound.session,
            branch,
            is_taken,
        }))
    }
}

/// The branch, full name, that a reference is or tracks.
fn branch_name(reference: &RefName) -> Option<RefName> {
    Some(reference.branch_or_tracked()?.full())
}

/// True if the history of `tip` has the commit, `tip` included.
fn is_ancestor(repo: &Repo, commit: Oid, tip: Oid) -> Result<bool, GuardError> {
    Ok(commit == tip
        || history::reachable(repo, &[commit], &[tip])?.is_empty()
        || repo.merge_base(commit, tip)? == Some(commit))
}

/// The message where a stage leaves the judgement of a branch's mover to another.
pub const DEFERRED: &str = "baton: not judged here: branch-move, for a landing by rebase or squash leaves no trace in its commits\n";

/// True if a stage has left the judgement of a branch's mover to another.
pub fn is_deferred(judgement: &Judgement) -> bool {
    judgement.verdict.deferred.contains(&RuleId::BranchMove)
}
