//! What a commit changes against all of its parents, found by descending only into the trees
//! that differ and can hold a watched path.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};

use super::tree_object::{Differences, Tree, TreeEntry};
use super::{GitError, Objects};
use crate::model::{Entry, EntryKind, Oid, PathChange, Watch};

/// How much memory a generation of trees may take, in bytes; there are two.
const GENERATION_BYTES: usize = 4 * 1024 * 1024;

/// Trees, of which those read lately are remembered: in a history the parent of one commit is the
/// subject of the next comparison. Clones remember together.
#[derive(Clone)]
pub struct Trees<'a> {
    objects: &'a Objects,
    kept: Rc<RefCell<Kept>>,
}

/// What was read or asked for since the generations last changed, and what was before that.
#[derive(Default)]
struct Kept {
    young: HashMap<Oid, Rc<Tree>>,
    young_bytes: usize,
    old: HashMap<Oid, Rc<Tree>>,
    buffer: Vec<u8>,
}

impl<'a> Trees<'a> {
    /// The trees among these objects.
    pub fn new(objects: &'a Objects) -> Self {
        Self {
            objects,
            kept: Rc::default(),
        }
    }

    /// The entry of a path below a tree; `None` when there is none.
    pub fn entry(&self, tree: Oid, path: &BStr) -> Result<Option<Entry>, GitError> {
        let mut at = tree;
        let mut parts = path.split_str("/").peekable();
        while let Some(part) = parts.next() {
            let tree = self.read(at)?;
            let directory = tree.find(part, true);
            if parts.peek().is_none() {
                return Ok(tree.find(part, false).or(directory));
            }
            match directory {
                Some(entry) => at = entry.oid,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The tree of this id.
    pub(super) fn read(&self, oid: Oid) -> Result<Rc<Tree>, GitError> {
        let kept = &mut *self.kept.borrow_mut();
        if let Some(tree) = kept.young.get(&oid) {
            return Ok(Rc::clone(tree));
        }
        let tree = match kept.old.remove(&oid) {
            Some(tree) => tree,
            None => Rc::new(self.objects.parsed_tree(oid, &mut kept.buffer)?),
        };
        kept.young_bytes += tree.size();
        if kept.young_bytes > GENERATION_BYTES {
            kept.old = std::mem::take(&mut kept.young);
            kept.young_bytes = tree.size();
        }
        kept.young.insert(oid, Rc::clone(&tree));
        Ok(tree)
    }

    /// The tree of this id, or one without entries.
    pub(super) fn read_if_some(&self, oid: Option<Oid>) -> Result<Rc<Tree>, GitError> {
        oid.map_or_else(|| Ok(Rc::default()), |oid| self.read(oid))
    }
}

/// Compares trees in what somebody watches.
pub struct TreeReader<'a> {
    trees: Trees<'a>,
    watch: &'a dyn Watch,
}

impl<'a> TreeReader<'a> {
    /// A reader of what `watch` watches.
    pub fn new(objects: &'a Objects, watch: &'a dyn Watch) -> Self {
        Self::over(Trees::new(objects), watch)
    }

    /// A reader that shares its memory of trees.
    pub fn over(trees: Trees<'a>, watch: &'a dyn Watch) -> Self {
        Self { trees, watch }
    }

    /// The watched paths whose entry in `tree` differs from the entry in each of `parents`
    /// (trees all), sorted. Without parents, every watched path that exists.
    pub fn changes(&mut self, tree: Oid, parents: &[Oid]) -> Result<Vec<PathChange>, GitError> {
        let mut found = Vec::new();
        let parents: Vec<_> = parents.iter().copied().map(Some).collect();
        let mut path = BString::default();
        self.descend(&mut path, Some(tree), &parents, &mut found)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// The watched paths at which a merge takes the entry of some of its parents and not that of the
    /// others, sorted.
    pub fn choices(&mut self, tree: Oid, parents: &[Oid]) -> Result<Vec<PathChange>, GitError> {
        let mut found = Vec::new();
        let parents: Vec<_> = parents.iter().copied().map(Some).collect();
        let mut path = BString::default();
        self.descend_choices(&mut path, Some(tree), &parents, &mut found)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Every watched path below this tree, sorted.
    pub fn entries(&mut self, tree: Oid) -> Result<Vec<(BString, Entry)>, GitError> {
        let changes = self.changes(tree, &[])?;
        Ok(changes
            .into_iter()
            .filter_map(|change| change.after.map(|entry| (change.path, entry)))
            .collect())
    }

    /// A tree that equals the one in some parent holds no path that differs from every parent;
    /// what differs from every parent differs from the first.
    fn descend(
        &self,
        path: &mut BString,
        here: Option<Oid>,
        parents: &[Option<Oid>],
        found: &mut Vec<PathChange>,
    ) -> Result<(), GitError> {
        if parents.contains(&here) {
            return Ok(());
        }
        let tree = self.trees.read_if_some(here)?;
        let first = self
            .trees
            .read_if_some(parents.first().copied().flatten())?;
        let others = parents.iter().skip(1);
        let others = others
            .map(|parent| self.trees.read_if_some(*parent))
            .collect::<Result<Vec<_>, _>>()?;
        let stem = path.len();
        for (ours, theirs) in Differences::between(&tree, &first) {
            let Some(TreeEntry { name, entry }) = ours.or(theirs) else {
                continue;
            };
            if stem > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            let is_tree = entry.kind() == EntryKind::Tree;
            let before = || {
                let first = parents.first().map(|_| theirs.map(|one| one.entry));
                let others = others.iter().map(|other| other.find(name, is_tree));
                first.into_iter().chain(others)
            };
            let after = ours.map(|one| one.entry);
            if is_tree {
                if self.watch.may_watch_below(path.as_bstr()) {
                    let subtree = |entry: Option<Entry>| entry.map(|entry| entry.oid);
                    let parents: Vec<_> = before().map(subtree).collect();
                    self.descend(path, subtree(after), &parents, found)?;
                }
            } else if before().all(|one| one != after) && self.watch.watches(path.as_bstr()) {
                found.push(PathChange {
                    path: path.clone(),
                    before: before().collect(),
                    after,
                });
            }
            path.truncate(stem);
        }
        Ok(())
    }
}

impl TreeReader<'_> {
    /// A tree that equals the one in every parent holds no choice.
    fn descend_choices(
        &self,
        path: &mut BString,
        here: Option<Oid>,
        parents: &[Option<Oid>],
        found: &mut Vec<PathChange>,
    ) -> Result<(), GitError> {
        if parents.iter().all(|parent| *parent == here) {
            return Ok(());
        }
        let tree = self.trees.read_if_some(here)?;
        let others = parents.iter();
        let others = others
            .map(|parent| self.trees.read_if_some(*parent))
            .collect::<Result<Vec<_>, _>>()?;
        let mut names = BTreeSet::new();
        for (parent, other) in parents.iter().zip(&others) {
            if *parent != here {
                let differences = Differences::between(&tree, other);
                let entries = differences.filter_map(|(ours, theirs)| ours.or(theirs));
                names.extend(entries.map(|one| (one.name, one.entry.kind() == EntryKind::Tree)));
            }
        }
        let stem = path.len();
        for (name, is_tree) in names {
            if stem > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            let after = tree.find(name, is_tree);
            let before: Vec<_> = others
                .iter()
                .map(|other| other.find(name, is_tree))
                .collect();
            if is_tree {
                if self.watch.may_watch_below(path.as_bstr()) {
                    let subtree = |entry: Option<Entry>| entry.map(|entry| entry.oid);
                    let parents: Vec<_> = before.into_iter().map(subtree).collect();
                    self.descend_choices(path, subtree(after), &parents, found)?;
                }
            } else if before.contains(&after) && self.watch.watches(path.as_bstr()) {
                found.push(PathChange {
                    path: path.clone(),
                    before,
                    after,
                });
            }
            path.truncate(stem);
        }
        Ok(())
    }
}

/// Watches every path.
#[derive(Debug, Clone, Copy)]
pub struct Everything;

impl Watch for Everything {
    fn watches(&self, _path: &BStr) -> bool {
        true
    }

    fn may_watch_below(&self, _directory: &BStr) -> bool {
        true
    }

    fn scan_bound(&self) -> Option<&BStr> {
        None
    }
}
