//! All that some commits reach, one commit after the other, each read once.

use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use super::history::Walked;
use super::{Commit, GitError, Objects, Repo};
use baton_core::model::Oid;

/// A commit of a walk, with what a comparison against its parents needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its id.
    pub oid: Oid,
    /// Its content.
    pub commit: Commit,
    /// The trees of its parents, in their order.
    pub parent_trees: Vec<Oid>,
}

impl Step {
    /// The tree of this parent; `None` when it is no parent.
    pub fn tree_of(&self, parent: Oid) -> Option<Oid> {
        let position = self.commit.parents.iter().position(|one| *one == parent)?;
        self.parent_trees.get(position).copied()
    }
}

impl Step {
    /// This commit of these objects.
    pub fn read(objects: &Objects, oid: Oid, buffer: &mut Vec<u8>) -> Result<Self, GitError> {
        let commit = objects.commit(oid, buffer)?;
        Self::of(objects, oid, commit, buffer)
    }

    /// This commit, whose parents are read.
    pub fn of(
        objects: &Objects,
        oid: Oid,
        commit: Commit,
        buffer: &mut Vec<u8>,
    ) -> Result<Self, GitError> {
        let mut parent_trees = Vec::with_capacity(commit.parents.len());
        for parent in &commit.parents {
            parent_trees.push(objects.commit(*parent, buffer)?.tree);
        }
        Ok(Self {
            oid,
            commit,
            parent_trees,
        })
    }
}

/// The shape of a history that was walked.
#[derive(Debug, Default)]
pub struct Graph {
    seen: HashMap<Oid, Node>,
}

#[derive(Debug)]
struct Node {
    tree: Oid,
    parents: Box<[Oid]>,
}

impl Graph {
    /// The number of commits.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// True if this commit is among them.
    pub fn contains(&self, commit: Oid) -> bool {
        self.seen.contains_key(&commit)
    }

    /// All of them, in no order.
    pub fn commits(&self) -> impl Iterator<Item = Oid> {
        self.seen.keys().copied()
    }

    /// The tree of a commit; `None` where it is not among them.
    pub fn tree(&self, commit: Oid) -> Option<Oid> {
        self.seen.get(&commit).map(|node| node.tree)
    }

    /// All of them, parents before children.
    pub fn parents_first(&self) -> Vec<Oid> {
        let mut ordered = Vec::with_capacity(self.seen.len());
        let mut entered = HashSet::with_capacity(self.seen.len());
        let mut pending: Vec<_> = self.commits().map(|start| (start, false)).collect();
        while let Some((commit, parents_done)) = pending.pop() {
            if parents_done {
                ordered.push(commit);
            } else if self.contains(commit) && entered.insert(commit) {
                pending.push((commit, true));
                let parents = self.parents(commit).iter();
                pending.extend(parents.map(|parent| (*parent, false)));
            }
        }
        ordered
    }

    /// The parents of a commit, in their order; none where it is not among them.
    pub fn parents(&self, commit: Oid) -> &[Oid] {
        self.seen.get(&commit).map_or(&[], |node| &node.parents)
    }
}

/// A walk over every commit that can be reached from some tips, newest first by the dates that
/// committers claim; no date keeps a commit from coming out.
///
/// A missing commit is an error, and so is the edge of a shallow clone. A commit's message is
/// in memory from the time that its child comes out until it comes out itself.
pub struct Stream<'a> {
    objects: &'a Objects,
    shallow: Vec<Oid>,
    graph: Graph,
    waiting: HashMap<Oid, Commit>,
    queue: BinaryHeap<(i64, Oid)>,
    buffer: Vec<u8>,
}

impl<'a> Stream<'a> {
    /// A walk from these tips, by way of `objects`, which are those of `repo`.
    pub fn new(repo: &Repo, objects: &'a Objects, tips: &[Oid]) -> Result<Self, GitError> {
        let mut stream = Self {
            objects,
            shallow: repo.shallow_commits()?,
            graph: Graph::default(),
            waiting: HashMap::new(),
            queue: BinaryHeap::new(),
            buffer: Vec::new(),
        };
        for tip in tips {
            stream.tree_of(*tip)?;
        }
        Ok(stream)
    }

    /// The commits that were walked so far.
    pub fn into_graph(self) -> Graph {
        self.graph
    }

    /// The tree of a commit, which is queued when it is new.
    fn tree_of(&mut self, oid: Oid) -> Result<Oid, GitError> {
        if let Some(node) = self.graph.seen.get(&oid) {
            return Ok(node.tree);
        }
        let commit = self.objects.commit(oid, &mut self.buffer)?;
        let tree = commit.tree;
        let parents = commit.parents.clone().into_boxed_slice();
        self.graph.seen.insert(oid, Node { tree, parents });
        self.queue.push((commit.committed_at, oid));
        self.waiting.insert(oid, commit);
        Ok(tree)
    }

    fn step(&mut self, oid: Oid, commit: Commit) -> Result<Step, GitError> {
        if self.shallow.contains(&oid) && !commit.parents.is_empty() {
            return Err(GitError::Shallow(oid));
        }
        let parents = commit.parents.iter();
        let parent_trees = parents
            .map(|parent| self.tree_of(*parent))
            .collect::<Result<_, _>>()?;
        Ok(Step {
            oid,
            commit,
            parent_trees,
        })
    }
}

impl Iterator for Stream<'_> {
    type Item = Result<Step, GitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (_, oid) = self.queue.pop()?;
        let commit = self.waiting.remove(&oid)?;
        Some(self.step(oid, commit))
    }
}

/// The commits with the trees of their parents, which are read where they are not among them.
pub fn steps(
    objects: &Objects,
    commits: Vec<Walked>,
) -> impl Iterator<Item = Result<Step, GitError>> {
    let known = commits.iter().map(|one| (one.oid, one.commit.tree));
    let mut trees: HashMap<_, _> = known.collect();
    let mut buffer = Vec::new();
    commits.into_iter().map(move |Walked { oid, commit }| {
        let mut parent_trees = Vec::with_capacity(commit.parents.len());
        for parent in &commit.parents {
            let tree = match trees.get(parent) {
                Some(tree) => *tree,
                None => objects.commit(*parent, &mut buffer)?.tree,
            };
            trees.insert(*parent, tree);
            parent_trees.push(tree);
        }
        Ok(Step {
            oid,
            commit: Arc::unwrap_or_clone(commit),
            parent_trees,
        })
    })
}
