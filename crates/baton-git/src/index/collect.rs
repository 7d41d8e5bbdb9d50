//! Picks the watched entries out of those that are read.

use bstr::{BStr, BString, ByteSlice};

use super::TreeSource;
use super::entries::State;
use super::error::{Fault, IndexError};
use baton_core::model::{Entry, EntryKind, Oid, Watch};

/// The mode of a directory that a sparse index leaves folded.
const SPARSE_DIRECTORY: u32 = 0o040_000;

/// Collects watched entries, in whatever order they come.
pub(super) struct Collector<'a> {
    watch: &'a dyn Watch,
    trees: &'a dyn TreeSource,
    gate: Gate,
    /// The watched paths, with `None` where the path is announced only.
    found: Vec<(BString, Option<Entry>)>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(watch: &'a dyn Watch, trees: &'a dyn TreeSource) -> Self {
        Self {
            watch,
            trees,
            gate: Gate::default(),
            found: Vec::new(),
        }
    }

    /// Takes the entry over if its path, or for a folded directory what is below, is watched.
    pub(super) fn take(&mut self, path: &[u8], state: &State<'_>) -> Result<(), Fault> {
        let folded = state.mode() == SPARSE_DIRECTORY;
        if path.is_empty() || (path.last() == Some(&b'/')) != folded {
            let what = "a path and its mode do not agree";
            return Err(Fault::damaged(what, state.offset));
        }
        if !self.gate.admits(path, self.watch) || !folded && !self.watch.watches(path.as_bstr()) {
            return Ok(());
        }
        let path = BString::from(path);
        if state.stage() != 0 {
            return Err(Fault::Other(IndexError::Unmerged { path }));
        }
        if state.intent_to_add() {
            self.found.push((path, None));
            return Ok(());
        }
        let oid = Oid::from_bytes(state.id())
            .map_err(|_| Fault::damaged("an object id has no known length", state.offset))?;
        if folded {
            return self.unfold(path, oid).map_err(Fault::Other);
        }
        let mode = state.mode();
        self.found.push((path, Some(Entry { mode, oid })));
        Ok(())
    }

    /// Takes what is watched below a folded directory, whose path ends with a slash.
    fn unfold(&mut self, directory: BString, tree: Oid) -> Result<(), IndexError> {
        let mut todo = vec![(directory, tree)];
        while let Some((directory, tree)) = todo.pop() {
            let entries = match self.trees.tree(tree) {
                Ok(entries) => entries,
                Err(source) => return Err(IndexError::Tree { directory, source }),
            };
            for (name, entry) in entries {
                let mut path = directory.clone();
                path.extend_from_slice(&name);
                if entry.kind() != EntryKind::Tree {
                    if self.watch.watches(path.as_bstr()) {
                        self.found.push((path, Some(entry)));
                    }
                } else if self.watch.may_watch_below(path.as_bstr()) {
                    path.push(b'/');
                    todo.push((path, entry.oid));
                }
            }
        }
        Ok(())
    }

    /// The entries that git would write into a commit, sorted by path.
    pub(super) fn finish(mut self) -> Result<Vec<(BString, Entry)>, Fault> {
        self.found.sort();
        if self.found.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Fault::damaged("a path is in it twice", 0));
        }
        let committed = |(path, entry): (_, Option<_>)| entry.map(|entry| (path, entry));
        Ok(self.found.into_iter().filter_map(committed).collect())
    }
}

/// Remembers what [`Watch::may_watch_below`] said of the directories seen last, so that it is
/// asked once a directory and nothing is asked of the entries of one that is not watched.
#[derive(Debug, Default)]
struct Gate {
    /// A directory, with trailing slash, below which all is unwatched; empty when there is none.
    closed: Vec<u8>,
    /// A directory, with trailing slash, that is open with all those above it.
    open: Vec<u8>,
}

impl Gate {
    /// True if every directory of the path (a trailing slash ends one too) may hold something
    /// watched. The root is taken to.
    fn admits(&mut self, path: &[u8], watch: &dyn Watch) -> bool {
        if !self.closed.is_empty() && path.starts_with(&self.closed) {
            return false;
        }
        if !path.starts_with(&self.open) {
            let common = std::iter::zip(&self.open, path).take_while(|(a, b)| a == b);
            let common = common.count();
            let slash = self.open[..common].rfind_byte(b'/');
            self.open.truncate(slash.map_or(0, |slash| slash + 1));
        }
        while let Some(len) = path[self.open.len()..].find_byte(b'/') {
            let slash = self.open.len() + len;
            if !watch.may_watch_below(BStr::new(&path[..slash])) {
                self.closed.clear();
                self.closed.extend_from_slice(&path[..=slash]);
                return false;
            }
            self.open.clear();
            self.open.extend_from_slice(&path[..=slash]);
        }
        true
    }
}
