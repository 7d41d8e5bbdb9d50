//! Which commits a reference brings that others do not have.

use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::{Commit, GitError, Objects, Repo};
use crate::model::Oid;

/// A commit of a walk.
#[derive(Debug, Clone)]
pub struct Walked {
    /// Its id.
    pub oid: Oid,
    /// Its content.
    pub commit: Arc<Commit>,
}

/// The commits that can be reached from `tips` and not from `hidden`, newest first by the dates
/// that committers claim.
///
/// Where dates lie, a hidden commit may come out all the same; a commit that is not hidden is
/// never left out. A missing commit is an error, and so is the edge of a shallow clone, unless
/// it is hidden.
pub fn reachable(repo: &Repo, tips: &[Oid], hidden: &[Oid]) -> Result<Vec<Walked>, GitError> {
    let mut walk = Walk::new(repo.objects(), repo.shallow_commits()?);
    for tip in hidden {
        walk.enqueue(*tip, true)?;
    }
    for tip in tips {
        walk.enqueue(*tip, false)?;
    }
    while walk.step()? {}
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

struct Walk<'a> {
    objects: &'a Objects,
    shallow: Vec<Oid>,
    seen: HashMap<Oid, Seen>,
    queue: BinaryHeap<(i64, Oid)>,
    /// How many of the queued commits are not hidden.
    visible_queued: usize,
    /// The least date of a commit that came out visible.
    oldest_visible: i64,
    order: Vec<Oid>,
    buffer: Vec<u8>,
}

struct Seen {
    commit: Arc<Commit>,
    hidden: bool,
    queued: bool,
}

impl<'a> Walk<'a> {
    fn new(objects: &'a Objects, shallow: Vec<Oid>) -> Self {
        Self {
            objects,
            shallow,
            seen: HashMap::new(),
            queue: BinaryHeap::new(),
            visible_queued: 0,
            oldest_visible: i64::MAX,
            order: Vec::new(),
            buffer: Vec::new(),
        }
    }

    fn enqueue(&mut self, oid: Oid, hidden: bool) -> Result<(), GitError> {
        if let Some(seen) = self.seen.get(&oid) {
            if hidden && !seen.hidden {
                self.hide(oid);
            }
            return Ok(());
        }
        let commit = Arc::new(self.objects.commit(oid, &mut self.buffer)?);
        self.queue.push((commit.committed_at, oid));
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
            pending.extend(seen.commit.parents.iter().copied());
        }
    }

    /// Takes the newest commit from the queue; `false` when nothing is left that could matter:
    /// what is queued is hidden, and older than all that came out.
    fn step(&mut self) -> Result<bool, GitError> {
        let Some((date, oid)) = self.queue.pop() else {
            return Ok(false);
        };
        let seen = self.seen.get_mut(&oid).expect("what is queued was seen");
        seen.queued = false;
        let hidden = seen.hidden;
        let parents = seen.commit.parents.clone();
        if hidden {
            if self.visible_queued == 0 && date < self.oldest_visible {
                return Ok(false);
            }
        } else {
            self.visible_queued -= 1;
            self.oldest_visible = self.oldest_visible.min(date);
            self.order.push(oid);
        }
        if self.shallow.contains(&oid) {
            return if hidden || parents.is_empty() {
                Ok(true)
            } else {
                Err(GitError::Shallow(oid))
            };
        }
        for parent in parents {
            self.enqueue(parent, hidden)?;
        }
        Ok(true)
    }

    fn visible(self) -> Result<Vec<Walked>, GitError> {
        let mut seen = self.seen;
        let visible = self.order.into_iter().filter_map(|oid| {
            let seen = seen.remove(&oid)?;
            (!seen.hidden).then_some(Walked {
                oid,
                commit: seen.commit,
            })
        });
        Ok(visible.collect())
    }
}
