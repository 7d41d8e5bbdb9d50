//! Which commits a reference brings that others do not have.

use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::{Commit, GitError, Repo};
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
    let mut buffer = Vec::new();
    let read = |oid| repo.objects().commit(oid, &mut buffer);
    walk(read, repo.shallow_commits()?, tips, hidden)
}

fn walk(
    read: impl FnMut(Oid) -> Result<Commit, GitError>,
    shallow: Vec<Oid>,
    tips: &[Oid],
    hidden: &[Oid],
) -> Result<Vec<Walked>, GitError> {
    let mut walk = Walk::new(read, shallow);
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

struct Walk<R> {
    read: R,
    shallow: Vec<Oid>,
    seen: HashMap<Oid, Seen>,
    queue: BinaryHeap<(i64, Oid)>,
    /// How many of the queued commits are not hidden.
    visible_queued: usize,
    /// The least date of a commit that came out visible.
    oldest_visible: i64,
    order: Vec<Oid>,
}

struct Seen {
    commit: Arc<Commit>,
    hidden: bool,
    queued: bool,
}

impl<R: FnMut(Oid) -> Result<Commit, GitError>> Walk<R> {
    fn new(read: R, shallow: Vec<Oid>) -> Self {
        Self {
            read,
            shallow,
            seen: HashMap::new(),
            queue: BinaryHeap::new(),
            visible_queued: 0,
            oldest_visible: i64::MAX,
            order: Vec::new(),
        }
    }

    fn enqueue(&mut self, oid: Oid, hidden: bool) -> Result<(), GitError> {
        if let Some(seen) = self.seen.get(&oid) {
            if hidden && !seen.hidden {
                self.hide(oid);
            }
            return Ok(());
        }
        let commit = Arc::new((self.read)(oid)?);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A commit's parents, all of lower number, and its date.
    type Node = (Vec<usize>, i64);

    fn id(number: usize) -> Oid {
        let mut raw = [0; 20];
        raw[..8].copy_from_slice(&(number as u64 + 1).to_be_bytes());
        Oid::from_bytes(&raw).unwrap()
    }

    fn graph() -> impl Strategy<Value = Vec<Node>> {
        let node = (
            prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            -4..8_i64,
        );
        prop::collection::vec(node, 1..24).prop_map(|nodes| {
            let nodes = nodes
                .into_iter()
                .enumerate()
                .map(|(number, (parents, skew))| {
                    let parents = parents.iter().filter(|_| number > 0);
                    let parents = parents.map(|parent| parent.index(number)).collect();
                    // Half of the dates lie a little, some of them a lot.
                    let date = if skew < 0 {
                        skew * 100
                    } else {
                        number as i64 + skew
                    };
                    (parents, date)
                });
            nodes.collect()
        })
    }

    fn ancestors(graph: &[Node], tips: &[usize]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut pending = tips.to_vec();
        while let Some(number) = pending.pop() {
            if found.insert(number) {
                pending.extend(&graph[number].0);
            }
        }
        found
    }

    fn walked(graph: &[Node], tips: &[usize], hidden: &[usize]) -> Vec<Oid> {
        let commits: HashMap<_, _> = (0..graph.len())
            .map(|number| (id(number), number))
            .collect();
        let read = |oid: Oid| {
            let (parents, date) = &graph[commits[&oid]];
            Ok(Commit {
                tree: oid,
                parents: parents.iter().map(|parent| id(*parent)).collect(),
                committed_at: *date,
                message: Default::default(),
                signed: false,
            })
        };
        let ids = |numbers: &[usize]| numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
        let walked = walk(read, Vec::new(), &ids(tips), &ids(hidden)).unwrap();
        walked.into_iter().map(|one| one.oid).collect()
    }

    proptest! {
        #[test]
        fn a_commit_that_is_not_hidden_is_never_left_out(
            graph in graph(),
            tips in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
            hidden in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let numbers = |indexes: &[prop::sample::Index]| {
                indexes.iter().map(|index| index.index(graph.len())).collect::<Vec<_>>()
            };
            let (tips, hidden) = (numbers(&tips), numbers(&hidden));
            let out = walked(&graph, &tips, &hidden);
            let distinct: BTreeSet<_> = out.iter().copied().collect();
            prop_assert_eq!(distinct.len(), out.len(), "each comes out once");
            let all = ancestors(&graph, &tips);
            let wanted: BTreeSet<_> = all.difference(&ancestors(&graph, &hidden)).map(|number| id(*number)).collect();
            prop_assert!(wanted.is_subset(&distinct), "{:?} lacks some of {:?}", distinct, wanted);
            let all: BTreeSet<_> = all.into_iter().map(id).collect();
            prop_assert!(distinct.is_subset(&all));
        }

        #[test]
        fn where_dates_tell_the_truth_nothing_hidden_comes_out(
            graph in graph(),
            tip in any::<prop::sample::Index>(),
            hidden in any::<prop::sample::Index>(),
        ) {
            let graph: Vec<Node> = graph.into_iter().enumerate().map(|(number, (parents, _))| (parents, number as i64)).collect();
            let (tip, hidden) = (tip.index(graph.len()), hidden.index(graph.len()));
            let out: BTreeSet<_> = walked(&graph, &[tip], &[hidden]).into_iter().collect();
            let tips = ancestors(&graph, &[tip]);
            let wanted: BTreeSet<_> = tips.difference(&ancestors(&graph, &[hidden])).map(|number| id(*number)).collect();
            prop_assert_eq!(out, wanted);
        }
    }
}
