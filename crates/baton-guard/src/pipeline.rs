//! Commits judged by the batch, on as many threads as there are processors, while they are read.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::base::Bases;
use super::change::ChangeReader;
use super::{GuardError, provenance};
use baton_core::model::{Change, Oid, Verdict};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::stream::Step;
use baton_git::tree::Trees;
use baton_git::{GitError, Objects};

/// The number of commits that are judged in one go: fewer are not worth a thread, and each batch begins
/// without the bases of the packed deltas that the one before has left in another thread.
const BATCH: usize = 512;

/// The number of batches that may wait for each thread; with that many, the reader judges as well, and
/// messages do not pile up.
const WAITING: usize = 2;

/// Each thread has a memory of its own; beyond this many, little is gained.
const MAX_THREADS: usize = 8;

/// Which policy judges a commit.
#[derive(Clone, Copy)]
pub(super) enum Rulebook<'a> {
    /// This one.
    One(&'a Policy),
    /// The one that the first of its parents carries which carries any.
    OfParents,
}

/// The result.
#[derive(Default)]
pub(super) struct Judged {
    /// The number of commits.
    pub commits: usize,
    /// The verdict on them, in the order in which they came.
    pub verdict: Verdict,
    /// With [`Rulebook::OfParents`], the commits whose first parent carries no policy, and whether
    /// another parent's has judged them.
    pub without_base: HashMap<Oid, bool>,
    /// With [`Rulebook::OfParents`], the commits that write or take over the files of a policy.
    pub policy_moves: HashSet<Oid>,
    /// The commits whose policy would judge a child if any on their line could be read, and why not.
    pub unreadable: Vec<(Oid, String)>,
    /// The merges that keep protected entries of one parent and not of another, each with the parent
    /// whose policy judges it under [`Rulebook::OfParents`].
    pub choices: Vec<(Step, Option<Oid>)>,
}

impl Judged {
    fn absorb(&mut self, other: Self) {
        self.commits += other.commits;
        self.verdict.absorb(other.verdict);
        self.without_base.extend(other.without_base);
        self.policy_moves.extend(other.policy_moves);
        self.unreadable.extend(other.unreadable);
        self.choices.extend(other.choices);
    }
}

/// The part of one batch, with its number.
type Part = (usize, Result<Judged, GuardError>);

/// Judges these commits of `objects`. The answer does not depend on how many threads there are.
pub(super) fn judge(
    objects: &Objects,
    steps: impl Iterator<Item = Result<Step, GitError>>,
    rulebook: Rulebook<'_>,
) -> Result<Judged, GuardError> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let helpers = processors.min(MAX_THREADS) - 1;
    let commits = steps.size_hint().1.unwrap_or(usize::MAX);
    let queue = Queue::default();
    let mut parts = thread::scope(|scope| {
        let _closed = CloseOnDrop(&queue);
        let mut threads = Vec::new();
        let own = objects.for_long_reads();
        let judge = Judge::new(&own, rulebook, commits);
        let mut parts = Vec::new();
        for (number, batch) in batches(steps).enumerate() {
            if number > 0 && threads.len() < helpers {
                let objects = objects.for_long_reads();
                let queue = &queue;
                threads.push(scope.spawn(move || {
                    let judge = Judge::new(&objects, rulebook, commits);
                    let taken = std::iter::from_fn(|| queue.wait());
                    taken.map(|work| judge.part(work)).collect::<Vec<Part>>()
                }));
            }
            if let Some(work) = queue.offer((number, batch), helpers.max(1) * WAITING) {
                parts.push(judge.part(work));
            }
        }
        queue.close();
        parts.extend(std::iter::from_fn(|| queue.take()).map(|work| judge.part(work)));
        for thread in threads {
            let joined = thread.join();
            parts.extend(joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        parts
    });
    parts.sort_by_key(|(number, _)| *number);
    let mut judged = Judged::default();
    for (_, part) in parts {
        judged.absorb(part?);
    }
    Ok(judged)
}

/// A batch, or why there is none, with its number.
type Work = (usize, Result<Vec<Step>, GitError>);

fn batches(
    mut steps: impl Iterator<Item = Result<Step, GitError>>,
) -> impl Iterator<Item = Result<Vec<Step>, GitError>> {
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let batch: Result<Vec<_>, _> = steps.by_ref().take(BATCH).collect();
        failed = batch.is_err();
        Some(batch).filter(|batch| !matches!(batch, Ok(steps) if steps.is_empty()))
    })
}

/// Batches on their way to a free thread.
#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Work>,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds work, or gives it back when there are `limit` batches already.
    fn offer(&self, work: Work, limit: usize) -> Option<Work> {
        let mut state = self.state();
        if state.waiting.len() >= limit {
            return Some(work);
        }
        state.waiting.push_back(work);
        self.changed.notify_one();
        None
    }

    fn take(&self) -> Option<Work> {
        self.state().waiting.pop_front()
    }

    /// Takes work, and waits for it; `None` when there will be none.
    fn wait(&self) -> Option<Work> {
        let mut state = self.state();
        loop {
            match state.waiting.pop_front() {
                Some(work) => return Some(work),
                None if state.closed => return None,
                None => {
                    let woken = self.changed.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }
}

/// Lets go of the threads that wait, even when the one that reads panics.
struct CloseOnDrop<'a>(&'a Queue);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// One thread's judge.
struct Judge<'a> {
    objects: &'a Objects,
    trees: Trees<'a>,
    bases: Bases<'a>,
    rulebook: Rulebook<'a>,
    /// The most commits that there can be.
    commits: usize,
}

impl<'a> Judge<'a> {
    fn new(objects: &'a Objects, rulebook: Rulebook<'a>, commits: usize) -> Self {
        let trees = Trees::new(objects);
        Self {
            objects,
            bases: Bases::over(objects, trees.clone()),
            trees,
            rulebook,
            commits,
        }
    }

    fn part(&self, (number, batch): Work) -> Part {
        (number, self.batch(batch))
    }

    fn batch(&self, batch: Result<Vec<Step>, GitError>) -> Result<Judged, GuardError> {
        let batch = batch?;
        let mut judged = Judged {
            commits: batch.len(),
            ..Judged::default()
        };
        for step in &batch {
            match self.rulebook {
                Rulebook::One(policy) => self.step(policy, step, None, &mut judged)?,
                Rulebook::OfParents => self.by_parents(step, &mut judged)?,
            }
        }
        Ok(judged)
    }

    fn by_parents(&self, step: &Step, judged: &mut Judged) -> Result<(), GuardError> {
        let parents = step.commit.parents.iter().zip(&step.parent_trees);
        for (place, (parent, tree)) in parents.enumerate() {
            let base = match self.bases.at_tree(*parent, *tree) {
                Err(GuardError::Unreadable(policy)) => {
                    judged.unreadable.push((*parent, policy.reason()));
                    None
                }
                found => found?,
            };
            if let Some(base) = base {
                if place > 0 {
                    judged.without_base.insert(step.oid, true);
                }
                return self.step(&base.policy, step, Some(*parent), judged);
            }
        }
        judged.without_base.insert(step.oid, false);
        Ok(())
    }

    fn step(
        &self,
        policy: &Policy,
        step: &Step,
        base: Option<Oid>,
        judged: &mut Judged,
    ) -> Result<(), GuardError> {
        let reader = ChangeReader::over(self.objects, self.trees.clone(), policy);
        let mut reader = reader.among(self.commits);
        let tree_of = |parent| step.tree_of(parent);
        let change = reader.change(step.oid, &step.commit, &tree_of)?;
        judged.verdict.absorb(rules::check(policy, &change));
        if let Change::Commit(commit) = &change {
            let mut paths = commit.paths.iter().map(|change| change.path.as_ref());
            if base.is_some() && paths.any(|path| policy.is_policy_file(path)) {
                judged.policy_moves.insert(step.oid);
            }
        }
        if step.commit.parents.len() > 1 && provenance::chooses(&self.trees, policy, step)? {
            judged.policy_moves.insert(step.oid);
            judged.choices.push((step.clone(), base));
        }
        Ok(())
    }
}
