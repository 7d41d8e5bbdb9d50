//! The changes of a commit against all of its parents, found by descending only into the trees
//! that differ and can hold a watched path.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};

use super::tree_object::{Differences, Tree, TreeEntry};
use super::{GitError, Objects};
use baton_core::model::{Entry, EntryKind, MalformedEntry, Oid, PathChange, TreeFault, Watch};

/// The number of directories that may lie above a path, as in git (`core.maxTreeDepth`).
pub const MAX_DEPTH: usize = 2048;

/// The bytes of memory that a generation of trees may take; there are two.
const GENERATION_BYTES: usize = 4 * 1024 * 1024;

/// Trees, of which those read lately are remembered: in a history the parent of one commit is the
/// subject of the next comparison. Clones remember together.
#[derive(Clone)]
pub struct Trees<'a> {
    objects: &'a Objects,
    kept: Rc<RefCell<Kept>>,
}

/// The trees that were read or asked for since the generations last changed, and those before that.
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

/// Compares trees in the watched paths.
pub struct TreeReader<'a> {
    trees: Trees<'a>,
    watch: &'a dyn Watch,
}

/// The entries of a tree that none of its parents' trees has.
#[derive(Debug, Default)]
pub struct Changes {
    /// The watched paths whose entry differs from the entry in each, sorted.
    pub paths: Vec<PathChange>,
    /// The entries that git would not write, sorted, of the trees on the way to watched paths.
    pub malformed: Vec<MalformedEntry>,
}

/// A directory that is to be compared.
struct Directory {
    path: BString,
    depth: usize,
    here: Option<Oid>,
    parents: Vec<Option<Oid>>,
    /// True if a watched path may lie below it; else only its own form matters.
    watched: bool,
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
        let changes = self.compare(tree, parents, false)?;
        let mut faults = changes.malformed.iter().map(|one| one.fault);
        match faults.find(|fault| [TreeFault::TooDeep, TreeFault::Unreadable].contains(fault)) {
            None => Ok(changes.paths),
            Some(TreeFault::TooDeep) => Err(GitError::TooDeep(tree)),
            Some(_) => Err(GitError::MalformedTree {
                oid: tree,
                reason: "a directory in it cannot be taken apart".to_owned(),
            }),
        }
    }

    /// The same, with what git would not write; `everywhere` also where nothing is watched.
    pub fn compare(
        &self,
        tree: Oid,
        parents: &[Oid],
        everywhere: bool,
    ) -> Result<Changes, GitError> {
        let mut changes = Changes::default();
        let mut pending = vec![Directory {
            path: BString::default(),
            depth: 0,
            here: Some(tree),
            parents: parents.iter().copied().map(Some).collect(),
            watched: true,
        }];
        while let Some(directory) = pending.pop() {
            self.directory(directory, everywhere, &mut pending, &mut changes)?;
        }
        changes.paths.sort_by(|a, b| a.path.cmp(&b.path));
        changes.malformed.sort();
        Ok(changes)
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
    fn directory(
        &self,
        directory: Directory,
        everywhere: bool,
        pending: &mut Vec<Directory>,
        changes: &mut Changes,
    ) -> Result<(), GitError> {
        let Directory {
            mut path,
            depth,
            here,
            parents,
            watched,
        } = directory;
        if parents.contains(&here) {
            return Ok(());
        }
        let malformed = &mut changes.malformed;
        if depth > MAX_DEPTH {
            let fault = TreeFault::TooDeep;
            malformed.push(MalformedEntry { path, fault });
            return Ok(());
        }
        let tree = match self.trees.read_if_some(here) {
            Err(GitError::MalformedTree { .. }) => {
                let fault = TreeFault::Unreadable;
                malformed.push(MalformedEntry { path, fault });
                return Ok(());
            }
            tree => tree?,
        };
        let first = self
            .trees
            .read_if_some(parents.first().copied().flatten())?;
        let others = parents.iter().skip(1);
        let others = others
            .map(|parent| self.trees.read_if_some(*parent))
            .collect::<Result<Vec<_>, _>>()?;
        let stem = path.len();
        if let Some((name, fault)) = tree.fault() {
            push_name(&mut path, name);
            let path = path.clone();
            malformed.push(MalformedEntry { path, fault });
        }
        for (ours, theirs) in Differences::between(&tree, &first) {
            let Some(TreeEntry { name, entry }) = ours.or(theirs) else {
                continue;
            };
            path.truncate(stem);
            push_name(&mut path, name);
            let is_tree = entry.kind() == EntryKind::Tree;
            let before = || {
                let first = parents.first().map(|_| theirs.map(|one| one.entry));
                let others = others.iter().map(|other| other.find(name, is_tree));
                first.into_iter().chain(others)
            };
            let after = ours.map(|one| one.entry);
            // A directory that stood beside the watched file of its name was never to be: it may go.
            let file = first.find(name, false);
            let stays = file.is_some() && file == tree.find(name, false);
            if is_tree && after.is_none() && stays && self.watch.watches(path.as_bstr()) {
                continue;
            }
            let is_new = before().all(|one| one != after);
            let fault = ours.and_then(|one| tree.fault_of(&one));
            if let Some(fault) = fault.filter(|one| is_new || *one == TreeFault::Duplicate) {
                let path = path.clone();
                changes.malformed.push(MalformedEntry { path, fault });
            }
            if is_tree {
                let watched = watched && self.watch.may_watch_below(path.as_bstr());
                if watched || everywhere && after.is_some() {
                    let subtree = |entry: Option<Entry>| entry.map(|entry| entry.oid);
                    pending.push(Directory {
                        path: path.clone(),
                        depth: depth + 1,
                        here: subtree(after),
                        parents: before().map(subtree).collect(),
                        watched,
                    });
                }
            } else if watched && is_new && self.watch.watches(path.as_bstr()) {
                changes.paths.push(PathChange {
                    path: path.clone(),
                    before: before().collect(),
                    after,
                });
            }
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
        if let Some(here) = here.filter(|_| path.split_str("/").count() > MAX_DEPTH) {
            return Err(GitError::TooDeep(here));
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

/// Goes from a directory's path to that of an entry.
fn push_name(path: &mut BString, name: &BStr) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
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
