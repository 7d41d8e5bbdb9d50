//! Which commits a reference brings that others do not have.
//!
//! Dates order the walk, so that it mostly reads no more than it must. They decide nothing: the
//! walk goes on until no hidden commit whose parents were not read can reach a visible one.

use std::cell::OnceCell;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::{Commit, GitError, Repo};
use baton_core::model::Oid;

mod frontier;

/// A commit of a walk.
#[derive(Debug, Clone)]
pub struct Walked {
    /// Its id.
    pub oid: Oid,
    /// Its content.
    pub commit: Arc<Commit>,
}

/// The commits that can be reached from `tips` and not from `hidden`: children before their
/// parents, and else newest first by the dates that committers claim.
///
/// A missing commit is an error, and so is the edge of a shallow clone, unless it is hidden.
pub fn reachable(repo: &Repo, tips: &[Oid], hidden: &[Oid]) -> Result<Vec<Walked>, GitError> {
    let (objects, mut buffer) = (repo.objects().for_long_reads(), Vec::new());
    let read = |oid| objects.commit(oid, &mut buffer);
    let graph = OnceCell::new();
    let generation = |oid| {
        let graph = graph.get_or_init(|| repo.objects().commit_graph(repo.common_dir()));
        graph.as_ref()?.generation(oid)
    };
    let mut walk = Walk::new(read, &generation, repo.shallow_commits()?);
    walk.run(tips, hidden)?;
    walk.visible()
}

/// The first commit, from `tip` along first parents, that is none of `commits`; `None` where they
/// reach back to a root.
pub fn standing_on(commits: &[Walked], tip: Oid) -> Option<Oid> {
    let by_id: HashMap<_, _> = commits.iter().map(|one| (one.oid, &one.commit)).collect();
    let mut at = tip;
    while let Some(commit) = by_id.get(&at) {
        at = *commit.parents.first()?;
    }
    Some(at)
}

/// The fewest commits that the walk reads before it asks again whether it is done.
const LEAST_STEP: usize = 32;

/// The distance of a commit from the roots by the commit graph; `None` where it does not hold the
/// commit. A graph that lies can make a hidden commit come out, and can hide none.
type Generation<'a> = &'a dyn Fn(Oid) -> Option<u32>;

struct Walk<'a, R> {
    read: R,
    generation: Generation<'a>,
    shallow: Vec<Oid>,
    seen: HashMap<Oid, Seen>,
    queue: BinaryHeap<(i64, Oid)>,
    /// The number of queued commits that are not hidden.
    visible_queued: usize,
    /// The commits that were not hidden when they came out of the queue.
    visible: Vec<Oid>,
}

struct Seen {
    /// `None` where the commit is missing.
    commit: Option<Arc<Commit>>,
    hidden: bool,
    queued: bool,
}

impl<'a, R: FnMut(Oid) -> Result<Commit, GitError>> Walk<'a, R> {
    fn new(read: R, generation: Generation<'a>, shallow: Vec<Oid>) -> Self {
        Self {
            read,
            generation,
            shallow,
            seen: HashMap::new(),
            queue: BinaryHeap::new(),
            visible_queued: 0,
            visible: Vec::new(),
        }
    }

    fn run(&mut self, tips: &[Oid], hidden: &[Oid]) -> Result<(), GitError> {
        for tip in hidden {
            self.enqueue(*tip, true)?;
        }
        for tip in tips {
            self.enqueue(*tip, false)?;
        }
        while self.visible_queued > 0 {
            self.step()?;
        }
        loop {
            self.visible.retain(|oid| !self.seen[oid].hidden);
            self.drop_harmless();
            let step = self.seen.len().max(LEAST_STEP);
            if self.queue.is_empty() {
                return Ok(());
            }
            for _ in 0..step {
                self.step()?;
            }
        }
    }

    fn enqueue(&mut self, oid: Oid, hidden: bool) -> Result<(), GitError> {
        if let Some(seen) = self.seen.get(&oid) {
            if hidden && !seen.hidden {
                self.hide(oid);
            }
            return Ok(());
        }
        let commit = match (self.read)(oid) {
            Ok(commit) => Some(Arc::new(commit)),
            // Whether it matters is known at the end: it may come to be hidden.
            Err(GitError::Missing(_)) => None,
            Err(error) => return Err(error),
        };
        let date = commit.as_ref().map_or(i64::MIN, |one| one.committed_at);
        self.queue.push((date, oid));
        self.visible_queued += usize::from(!hidden);
        let queued = true;
        self.seen.insert(
            oid,
            Seen {
                commit,
                hidden,
                queued,
            },
        );
        Ok(())
    }

    /// Marks a commit, and what was reached from it before, as hidden.
    fn hide(&mut self, oid: Oid) {
        let mut pending = vec![oid];
        while let Some(oid) = pending.pop() {
            let Some(seen) = self.seen.get_mut(&oid).filter(|seen| !seen.hidden) else {
                continue;
            };
            seen.hidden = true;
            self.visible_queued -= usize::from(seen.queued);
            pending.extend(self.parents(oid).iter().copied());
        }
    }

    /// Takes the newest commit from the queue.
    fn step(&mut self) -> Result<(), GitError> {
        let Some((_, oid)) = self.queue.pop() else {
            return Ok(());
        };
        let seen = self.seen.get_mut(&oid).expect("what is queued was seen");
        seen.queued = false;
        let hidden = seen.hidden;
        if !hidden {
            self.visible_queued -= 1;
            self.visible.push(oid);
        }
        for parent in self.parents(oid).to_vec() {
            self.enqueue(parent, hidden)?;
        }
        Ok(())
    }

    /// The parents of a commit that was seen; none where a shallow clone was cut off.
    fn parents(&self, oid: Oid) -> &[Oid] {
        let seen = self.seen.get(&oid).filter(|_| !self.shallow.contains(&oid));
        let commit = seen.and_then(|seen| seen.commit.as_ref());
        commit.map_or(&[], |commit| &commit.parents)
    }

    fn visible(mut self) -> Result<Vec<Walked>, GitError> {
        let mut children: HashMap<Oid, usize> = HashMap::with_capacity(self.visible.len());
        for oid in &self.visible {
            let Some(commit) = &self.seen[oid].commit else {
                return Err(GitError::Missing(*oid));
            };
            if self.shallow.contains(oid) && !commit.parents.is_empty() {
                return Err(GitError::Shallow(*oid));
            }
            children.entry(*oid).or_default();
            for parent in commit.parents.iter().filter(|one| !self.seen[one].hidden) {
                *children.entry(*parent).or_default() += 1;
            }
        }
        let dated = |seen: &HashMap<Oid, Seen>, oid: Oid| {
            let commit = seen.get(&oid).and_then(|seen| seen.commit.as_ref());
            (commit.map_or(0, |commit| commit.committed_at), oid)
        };
        let tips = children.iter().filter(|(_, count)| **count == 0);
        let mut ready: BinaryHeap<_> = tips.map(|(oid, _)| dated(&self.seen, *oid)).collect();
        let mut order = Vec::with_capacity(self.visible.len());
        while let Some((_, oid)) = ready.pop() {
            let Some(commit) = self.seen.get_mut(&oid).and_then(|seen| seen.commit.take()) else {
                continue;
            };
            for parent in &commit.parents {
                if let Some(count) = children.get_mut(parent) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(dated(&self.seen, *parent));
                    }
                }
            }
            order.push(Walked { oid, commit });
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests;
