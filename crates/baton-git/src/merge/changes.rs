//! The changes of one side of a merge.

use std::collections::BTreeSet;
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};

use crate::GitError;
use crate::tree::Trees;
use crate::tree_object::{Differences, Tree, TreeEntry};
use baton_core::model::{Entry, EntryKind, Oid};

/// The files, links and submodules that differ between the base of a merge and one side.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// By path, in the order of their bytes.
    pub paths: Vec<Changed>,
    /// The directories of the base that are none any more.
    pub removed: BTreeSet<BString>,
    /// True if some path is new: with a deleted one, git may see a rename.
    pub adds: bool,
    /// True if some path is gone.
    pub deletes: bool,
    /// True if every tree that was read is as git writes trees today.
    pub plain: bool,
}

/// One path that differs, as it was and as it is; one of the two is something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    pub path: BString,
    pub before: Option<Entry>,
    pub after: Option<Entry>,
}

impl Changes {
    /// Between two trees.
    pub fn between(trees: &Trees<'_>, base: Oid, side: Oid) -> Result<Self, GitError> {
        let mut changes = Self {
            plain: true,
            ..Self::default()
        };
        let mut path = BString::default();
        changes.descend(trees, &mut path, Some(base), Some(side))?;
        changes.paths.sort_by(|a, b| a.path.cmp(&b.path));
        changes.adds = changes.paths.iter().any(|one| one.before.is_none());
        changes.deletes = changes.paths.iter().any(|one| one.after.is_none());
        Ok(changes)
    }

    /// The change of this path; `None` when it did not change.
    pub fn of(&self, path: &BStr) -> Option<&Changed> {
        let at = self
            .paths
            .binary_search_by(|one| one.path.as_bstr().cmp(path));
        at.ok().map(|at| &self.paths[at])
    }

    fn descend(
        &mut self,
        trees: &Trees<'_>,
        path: &mut BString,
        base: Option<Oid>,
        side: Option<Oid>,
    ) -> Result<(), GitError> {
        if base == side {
            return Ok(());
        }
        if base.is_some() && side.is_none() {
            self.removed.insert(path.clone());
        }
        let (before, after) = (trees.read_if_some(base)?, trees.read_if_some(side)?);
        for tree in [(base, &before), (side, &after)] {
            self.plain &= tree.0.is_none() || is_plain(tree.1, path.is_empty());
        }
        let stem = path.len();
        for (old, new) in Differences::between(&before, &after) {
            let Some(TreeEntry { name, entry }) = old.or(new) else {
                continue;
            };
            if stem > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            let (old, new) = (old.map(|one| one.entry), new.map(|one| one.entry));
            if entry.kind() == EntryKind::Tree {
                let id = |entry: Option<Entry>| entry.map(|entry| entry.oid);
                self.descend(trees, path, id(old), id(new))?;
            } else {
                self.paths.push(Changed {
                    path: path.clone(),
                    before: old,
                    after: new,
                });
            }
            path.truncate(stem);
        }
        Ok(())
    }
}

/// True if a tree has only modes that git writes today, and something in it unless it is the
/// root. Git puts other trees in order where a merge rewrites them.
pub(super) fn is_plain(tree: &Rc<Tree>, is_root: bool) -> bool {
    let mut modes = (0..tree.len()).map(|at| tree.get(at).entry.mode);
    (is_root || tree.len() > 0) && modes.all(is_plain_mode)
}

fn is_plain_mode(mode: u32) -> bool {
    matches!(
        mode,
        0o100_644 | 0o100_755 | 0o120_000 | 0o160_000 | 0o40_000
    )
}
