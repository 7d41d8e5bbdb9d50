//! History under the rules that held where each commit landed.
//!
//! A branch is a line of commits along first parents. What a merge on it brings is judged by the
//! policy in force there, as it was when it landed, and not only by the policy of its own parents: a
//! history from before the policy, or one with another policy, brings no rules of its own.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::base::{BasePolicy, Bases};
use super::pipeline::{self, Rulebook};
use super::{GuardError, adoption};
use baton_core::model::{EntryKind, Oid, Verdict};
use baton_git::stream::{Graph, Step};
use baton_git::tree::{TreeReader, Trees};
use baton_git::{Repo, history};

/// The number of trees of a merge that are searched for one that it vendors.
const MAX_TREES: usize = 4096;

/// A history each of whose commits was judged by the policy of a parent.
pub(super) struct Lines<'a> {
    pub repo: &'a Repo,
    pub graph: &'a Graph,
    /// The commits whose first parent carries no policy, and whether another parent's judged them.
    pub without_base: &'a HashMap<Oid, bool>,
    /// The commits that write or take over the files of a policy.
    pub policy_moves: &'a HashSet<Oid>,
    bases: Bases<'a>,
    policies: RefCell<HashMap<Oid, Option<Rc<BasePolicy>>>>,
    descendants: RefCell<HashMap<Oid, Rc<HashSet<Oid>>>>,
}

/// The state of a line as far as it was followed.
#[derive(Default)]
struct Walk {
    /// The commits that were met, and whether the policy was in force then.
    met: HashMap<Oid, bool>,
    /// The commits of another project, which keeps its place in a directory.
    vendored: HashSet<Oid>,
    /// The commits to judge once more, by policy.
    due: Vec<(Rc<BasePolicy>, Vec<Oid>)>,
}

/// A policy in force on a line, and the commit of the line with which it began to be.
#[derive(Clone)]
struct InForce {
    base: Rc<BasePolicy>,
    since: Oid,
}

impl<'a> Lines<'a> {
    pub fn new(
        repo: &'a Repo,
        graph: &'a Graph,
        without_base: &'a HashMap<Oid, bool>,
        policy_moves: &'a HashSet<Oid>,
    ) -> Self {
        Self {
            repo,
            graph,
            without_base,
            policy_moves,
            bases: Bases::new(repo.objects()),
            policies: RefCell::default(),
            descendants: RefCell::default(),
        }
    }

    /// Judges what the lines that end at these tips brought in and, by the policy of `trunk`, what
    /// neither came before that policy nor knows it.
    pub fn judge(&self, tips: &[Oid], trunk: Option<Oid>) -> Result<Verdict, GuardError> {
        let mut walk = Walk::default();
        let known = trunk.filter(|trunk| self.graph.contains(*trunk));
        let mut beginning = None;
        if let Some(trunk) = known {
            beginning = self.follow(trunk, &mut walk)?;
        }
        let landed: HashSet<_> = walk.met.keys().copied().collect();
        for tip in tips {
            self.follow(*tip, &mut walk)?;
        }
        if let Some(trunk) = trunk
            && let Some(base) = self.bases.adopted(trunk)?
        {
            let outside = match known {
                Some(_) => self.outside(beginning.unwrap_or(trunk), &landed)?,
                None => self.outside_of_other(trunk, tips)?,
            };
            let vendored = &walk.vendored;
            let outside = outside.into_iter().filter(|oid| !vendored.contains(oid));
            let outside = outside.collect();
            walk.add(&base, outside);
        }
        self.judge_due(walk.due)
    }

    fn judge_due(&self, due: Vec<(Rc<BasePolicy>, Vec<Oid>)>) -> Result<Verdict, GuardError> {
        let mut verdict = Verdict::default();
        for (base, mut commits) in due {
            commits.sort();
            commits.dedup();
            let objects = self.repo.objects().for_long_reads();
            let mut buffer = Vec::new();
            let steps = commits.into_iter();
            let steps = steps.map(|oid| Step::read(&objects, oid, &mut buffer));
            let rulebook = Rulebook::One(&base.policy);
            verdict.absorb(pipeline::judge(self.repo.objects(), steps, rulebook)?.verdict);
        }
        Ok(verdict)
    }

    /// Follows a line down to what was met before, and up again. Returns the commit with which its
    /// policy began, where the line has one of its own.
    fn follow(&self, tip: Oid, walk: &mut Walk) -> Result<Option<Oid>, GuardError> {
        let mut line = Vec::new();
        let mut at = Some(tip);
        while let Some(commit) = at.filter(|at| !walk.met.contains_key(at)) {
            line.push(commit);
            at = self.line_parent(commit)?;
        }
        let mut in_force = match at {
            Some(joined) if walk.met.get(&joined) == Some(&true) => self.in_force_at(joined)?,
            _ => None,
        };
        let mut beginning = None;
        for (place, commit) in line.iter().enumerate().rev() {
            let brought = self.brought(*commit, in_force.is_some(), walk);
            if let Some(in_force) = &in_force {
                self.land(*commit, &brought, in_force, walk)?;
            }
            // Whether the commit carries a policy shows in its child on the line.
            let child = place.checked_sub(1).and_then(|place| line.get(place));
            let child_has_base =
                child.is_none_or(|child| self.without_base.get(child) != Some(&false));
            let may_move =
                self.policy_moves.contains(commit) || self.without_base.contains_key(commit);
            if child_has_base
                && (may_move || in_force.is_none())
                && let Some(base) = self.policy_of(*commit)?
            {
                beginning = beginning.or(in_force.is_none().then_some(*commit));
                if in_force.as_ref().is_none_or(|now| now.base.key != base.key) {
                    in_force = Some(InForce {
                        base,
                        since: *commit,
                    });
                }
            }
            walk.met.insert(*commit, in_force.is_some());
        }
        Ok(beginning)
    }

    /// The parent along which the line goes: the first one, unless the merge has its policy from
    /// another and the first has none.
    fn line_parent(&self, commit: Oid) -> Result<Option<Oid>, GuardError> {
        let parents = self.graph.parents(commit);
        if parents.len() > 1
            && self.without_base.get(&commit) == Some(&true)
            && self.policy_of(commit)?.is_some()
        {
            for parent in parents {
                if self.policy_of(*parent)?.is_some() {
                    return Ok(Some(*parent));
                }
            }
        }
        Ok(parents.first().copied())
    }

    fn in_force_at(&self, commit: Oid) -> Result<Option<InForce>, GuardError> {
        let mut at = commit;
        loop {
            if let Some(base) = self.policy_of(at)? {
                let since = self.since(at)?;
                return Ok(Some(InForce { base, since }));
            }
            match self.line_parent(at)? {
                Some(parent) => at = parent,
                None => return Ok(None),
            }
        }
    }

    /// The commit, along first parents, that brought the policy of this one.
    fn since(&self, commit: Oid) -> Result<Oid, GuardError> {
        let mut at = commit;
        while !self.policy_moves.contains(&at) && !self.without_base.contains_key(&at) {
            match self.graph.parents(at).first() {
                Some(parent) => at = *parent,
                None => break,
            }
        }
        Ok(at)
    }

    /// The commits that one adds to all that was met, itself left out.
    fn brought(&self, commit: Oid, governed: bool, walk: &mut Walk) -> Vec<(Oid, Vec<Oid>)> {
        walk.met.insert(commit, governed);
        let mut brought = Vec::new();
        for parent in self.graph.parents(commit) {
            let mut from_here = Vec::new();
            let mut pending = vec![*parent];
            while let Some(at) = pending.pop() {
                if walk.met.contains_key(&at) || !self.graph.contains(at) {
                    continue;
                }
                walk.met.insert(at, governed);
                from_here.push(at);
                pending.extend(self.graph.parents(at));
            }
            if !from_here.is_empty() {
                brought.push((*parent, from_here));
            }
        }
        brought
    }

    /// Notes what has to be judged by the policy in force where the commit lands.
    fn land(
        &self,
        commit: Oid,
        brought: &[(Oid, Vec<Oid>)],
        in_force: &InForce,
        walk: &mut Walk,
    ) -> Result<(), GuardError> {
        let mut due = Vec::new();
        if self.without_base.get(&commit) == Some(&false) {
            due.push(commit);
        }
        for (parent, commits) in brought {
            if self.vendors(commit, *parent, commits, in_force)? {
                walk.vendored.extend(commits);
                continue;
            }
            for one in commits {
                if self.is_due(*one, in_force)? {
                    due.push(*one);
                }
            }
        }
        walk.add(&in_force.base, due);
        Ok(())
    }

    /// True if the commit was made under another policy than the one in force, not knowing that.
    fn is_due(&self, commit: Oid, in_force: &InForce) -> Result<bool, GuardError> {
        if self.without_base.get(&commit) == Some(&false) {
            return Ok(true);
        }
        for parent in self.graph.parents(commit) {
            if let Some(own) = self.policy_of(*parent)? {
                return Ok(own.key != in_force.base.key
                    && !self.descendants(in_force.since).contains(&commit));
            }
        }
        Ok(true)
    }

    /// True if the merge puts the whole of another project into a directory, and takes nothing that
    /// is protected from it.
    fn vendors(
        &self,
        merge: Oid,
        parent: Oid,
        brought: &[Oid],
        in_force: &InForce,
    ) -> Result<bool, GuardError> {
        let of_this: HashSet<_> = brought.iter().collect();
        let mut all_parents = brought.iter().flat_map(|oid| self.graph.parents(*oid));
        let line_parent = self.line_parent(merge)?;
        let (Some(tree), Some(theirs), Some(ours)) = (
            self.graph.tree(merge),
            self.graph.tree(parent),
            line_parent.and_then(|parent| self.graph.tree(parent)),
        ) else {
            return Ok(false);
        };
        if !all_parents.all(|one| of_this.contains(one)) || !self.holds(tree, theirs)? {
            return Ok(false);
        }
        let policy = &in_force.base.policy;
        let changes = TreeReader::new(self.repo.objects(), policy).changes(tree, &[ours])?;
        let mut paths = changes.iter().map(|change| change.path.as_ref());
        Ok(!paths.any(|path| policy.writer_of(path).is_some()))
    }

    /// True if a tree holds another one in some directory.
    fn holds(&self, tree: Oid, wanted: Oid) -> Result<bool, GuardError> {
        let mut pending = vec![tree];
        let mut seen = HashSet::new();
        let mut buffer = Vec::new();
        while let Some(at) = pending.pop() {
            self.repo.objects().tree(at, &mut buffer, |_, entry| {
                if entry.kind() == EntryKind::Tree && seen.insert(entry.oid) {
                    pending.push(entry.oid);
                }
            })?;
            if seen.contains(&wanted) {
                return Ok(true);
            }
            if seen.len() > MAX_TREES {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// The commits that the trunk does not hold and that, since its policy began, were made without a
    /// policy or with one of another origin.
    fn outside(&self, beginning: Oid, landed: &HashSet<Oid>) -> Result<Vec<Oid>, GuardError> {
        if landed.len() == self.graph.len() {
            return Ok(Vec::new());
        }
        let knowing = self.descendants(beginning);
        let commits = self.graph.commits().filter(|oid| {
            let without = self.without_base.get(oid) == Some(&false);
            !landed.contains(oid) && (without || !knowing.contains(oid))
        });
        Ok(commits.collect())
    }

    /// The same where the trunk is no part of this history.
    fn outside_of_other(&self, trunk: Oid, tips: &[Oid]) -> Result<Vec<Oid>, GuardError> {
        let trees = Trees::new(self.repo.objects());
        let beginning = adoption::first(self.repo, &trees, trunk)?;
        let open = history::reachable(self.repo, tips, &[trunk])?;
        let open: HashSet<_> = open.into_iter().map(|one| one.oid).collect();
        let landed = self.graph.commits().filter(|oid| !open.contains(oid));
        self.outside(beginning, &landed.collect())
    }

    /// The policy that a commit of the history carries.
    fn policy_of(&self, commit: Oid) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        let mut passed = Vec::new();
        let mut at = commit;
        let found = loop {
            if let Some(known) = self.policies.borrow().get(&at) {
                break known.clone();
            }
            passed.push(at);
            let parent = self.graph.parents(at).first();
            match parent {
                Some(parent)
                    if !self.policy_moves.contains(&at) && !self.without_base.contains_key(&at) =>
                {
                    at = *parent;
                }
                _ => break self.bases.adopted(at)?,
            }
        };
        let mut policies = self.policies.borrow_mut();
        policies.extend(passed.into_iter().map(|oid| (oid, found.clone())));
        Ok(found)
    }

    /// The commit and all that were made on it.
    fn descendants(&self, commit: Oid) -> Rc<HashSet<Oid>> {
        let mut known = self.descendants.borrow_mut();
        let found = known.entry(commit).or_insert_with(|| {
            let mut found = HashSet::from([commit]);
            for oid in self.graph.parents_first() {
                if self
                    .graph
                    .parents(oid)
                    .iter()
                    .any(|one| found.contains(one))
                {
                    found.insert(oid);
                }
            }
            Rc::new(found)
        });
        Rc::clone(found)
    }
}

impl Walk {
    fn add(&mut self, base: &Rc<BasePolicy>, commits: Vec<Oid>) {
        if commits.is_empty() {
            return;
        }
        match self.due.iter_mut().find(|(known, _)| known.key == base.key) {
            Some((_, due)) => due.extend(commits),
            None => self.due.push((Rc::clone(base), commits)),
        }
    }
}
