//! What a commit changes against all of its parents, found by descending only into the trees
//! that can hold a watched path.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};

use super::{GitError, Objects};
use crate::model::{Entry, EntryKind, Oid, PathChange, Watch};

/// How many names of trees are kept; a name takes about a hundred bytes.
const MAX_KEPT_NAMES: usize = 100_000;

/// The part of one tree that a watcher cares about, sorted by name.
type Listing = Rc<Vec<(BString, Entry)>>;

/// Compares trees, remembering those it has read: in a history the parent of one commit is the
/// subject of the next comparison.
pub struct TreeReader<'a> {
    objects: &'a Objects,
    watch: &'a dyn Watch,
    kept: HashMap<BString, HashMap<Oid, Listing>>,
    kept_names: usize,
    buffer: Vec<u8>,
}

impl<'a> TreeReader<'a> {
    /// A reader of what `watch` watches.
    pub fn new(objects: &'a Objects, watch: &'a dyn Watch) -> Self {
        Self {
            objects,
            watch,
            kept: HashMap::new(),
            kept_names: 0,
            buffer: Vec::new(),
        }
    }

    /// The watched paths whose entry in `tree` differs from the entry in each of `parents`
    /// (trees all), sorted. Without parents, every watched path that exists.
    pub fn changes(&mut self, tree: Oid, parents: &[Oid]) -> Result<Vec<PathChange>, GitError> {
        let mut found = Vec::new();
        let parents: Vec<_> = parents.iter().copied().map(Some).collect();
        self.descend(BStr::new(""), Some(tree), &parents, &mut found)?;
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

    /// A tree that equals the one in some parent holds no path that differs from every parent.
    fn descend(
        &mut self,
        directory: &BStr,
        here: Option<Oid>,
        parents: &[Option<Oid>],
        found: &mut Vec<PathChange>,
    ) -> Result<(), GitError> {
        if parents.contains(&here) {
            return Ok(());
        }
        let listing = self.listing(directory, here)?;
        let theirs = parents
            .iter()
            .map(|tree| self.listing(directory, *tree))
            .collect::<Result<Vec<_>, _>>()?;
        for name in names(&listing, &theirs) {
            let at = |listing: &Listing| -> Option<Entry> {
                let position = listing.binary_search_by(|(one, _)| one.as_bstr().cmp(name));
                position.ok().map(|position| listing[position].1)
            };
            let after = at(&listing);
            let before: Vec<_> = theirs.iter().map(at).collect();
            let path = join(directory, name);
            let subtree = |entry: &Option<Entry>| entry.filter(is_tree).map(|entry| entry.oid);
            let subtrees: Vec<_> = before.iter().map(subtree).collect();
            if subtree(&after).is_some() || subtrees.iter().any(Option::is_some) {
                self.descend(path.as_bstr(), subtree(&after), &subtrees, found)?;
            }
            let file = |entry: &Option<Entry>| entry.filter(|entry| !is_tree(entry));
            let (after, before) = (file(&after), before.iter().map(file).collect::<Vec<_>>());
            if !before.contains(&after) && (after.is_some() || !before.is_empty()) {
                found.push(PathChange {
                    path,
                    before,
                    after,
                });
            }
        }
        Ok(())
    }

    fn listing(&mut self, directory: &BStr, tree: Option<Oid>) -> Result<Listing, GitError> {
        let Some(tree) = tree else {
            return Ok(Listing::default());
        };
        if let Some(listing) = self.kept.get(directory).and_then(|kept| kept.get(&tree)) {
            return Ok(Rc::clone(listing));
        }
        let mut listing = Vec::new();
        let mut path = join(directory, BStr::new(""));
        let stem = path.len();
        let watch = self.watch;
        self.objects.tree(tree, &mut self.buffer, |name, entry| {
            path.truncate(stem);
            path.extend_from_slice(name);
            let matters = match entry.kind() {
                EntryKind::Tree => watch.may_watch_below(path.as_bstr()),
                _ => watch.watches(path.as_bstr()),
            };
            if matters {
                listing.push((name.to_owned(), entry));
            }
        })?;
        listing.sort_by(|a, b| a.0.cmp(&b.0));
        if listing.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(GitError::ambiguous(tree));
        }
        Ok(self.keep(directory, tree, Rc::new(listing)))
    }

    fn keep(&mut self, directory: &BStr, tree: Oid, listing: Listing) -> Listing {
        self.kept_names += listing.len() + 1;
        if self.kept_names > MAX_KEPT_NAMES {
            self.kept.clear();
            self.kept_names = listing.len() + 1;
        }
        let kept = self.kept.entry(directory.to_owned()).or_default();
        kept.insert(tree, Rc::clone(&listing));
        listing
    }
}

fn is_tree(entry: &Entry) -> bool {
    entry.kind() == EntryKind::Tree
}

fn names<'n>(one: &'n Listing, others: &'n [Listing]) -> BTreeSet<&'n BStr> {
    std::iter::once(one)
        .chain(others)
        .flat_map(|listing| listing.iter().map(|(name, _)| name.as_bstr()))
        .collect()
}

fn join(directory: &BStr, name: &BStr) -> BString {
    let mut path = directory.to_owned();
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}
