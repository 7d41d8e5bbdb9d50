//! A tree with the changes of another made to it.

use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};

use super::changes::{Changed, is_plain};
use crate::tree::Trees;
use crate::tree_object;
use crate::{GitError, Objects};
use baton_core::model::{Entry, EntryKind, Oid};

/// The mode of a directory in a tree.
const TREE: u32 = 0o040_000;

/// Writes the tree that `tree` becomes with these changes. `None` where git would write another,
/// because some tree on the way is not as git writes trees today.
pub(super) fn apply(
    objects: &Objects,
    trees: &Trees<'_>,
    tree: Oid,
    changes: &[Changed],
) -> Result<Option<Oid>, GitError> {
    let changes: Vec<_> = changes.iter().map(Step::of).collect();
    let writer = Writer { objects, trees };
    Ok(match writer.changed(Some(tree), &changes, true)? {
        Written::Tree(oid) => Some(oid),
        Written::Nothing => Some(writer.write(&[])?),
        Written::Unlike => None,
    })
}

/// A change, and the part of its path that is below the tree at hand.
#[derive(Clone, Copy)]
struct Step<'c> {
    path: &'c BStr,
    after: Option<Entry>,
}

impl<'c> Step<'c> {
    fn of(changed: &'c Changed) -> Self {
        Self {
            path: changed.path.as_bstr(),
            after: changed.after,
        }
    }
}

/// The result for a tree.
enum Written {
    /// It is this one now.
    Tree(Oid),
    /// It has nothing in it any more.
    Nothing,
    /// It cannot be known to be what git would write.
    Unlike,
}

/// The changes of one name in a tree.
#[derive(Default)]
struct Named<'c> {
    itself: Option<Option<Entry>>,
    below: Vec<Step<'c>>,
}

struct Writer<'a> {
    objects: &'a Objects,
    trees: &'a Trees<'a>,
}

impl Writer<'_> {
    fn changed(
        &self,
        tree: Option<Oid>,
        steps: &[Step<'_>],
        is_root: bool,
    ) -> Result<Written, GitError> {
        let old = self.trees.read_if_some(tree)?;
        if tree.is_some() && !is_plain(&old, is_root) {
            return Ok(Written::Unlike);
        }
        let mut entries: BTreeMap<BString, Entry> = BTreeMap::new();
        for at in 0..old.len() {
            let one = old.get(at);
            if entries.insert(one.name.to_owned(), one.entry).is_some() {
                return Ok(Written::Unlike);
            }
        }
        for (name, named) in by_name(steps) {
            if let Some(after) = named.itself {
                let is_file = |entry: &Entry| entry.kind() != EntryKind::Tree;
                match after {
                    Some(entry) => drop(entries.insert(name.to_owned(), entry)),
                    None if entries.get(name).is_some_and(is_file) => drop(entries.remove(name)),
                    None => {}
                }
            }
            if named.below.is_empty() {
                continue;
            }
            let directory = entries
                .get(name)
                .filter(|entry| entry.kind() == EntryKind::Tree);
            match self.changed(directory.map(|entry| entry.oid), &named.below, false)? {
                Written::Tree(oid) => {
                    entries.insert(name.to_owned(), Entry { mode: TREE, oid });
                }
                Written::Nothing => drop(entries.remove(name)),
                Written::Unlike => return Ok(Written::Unlike),
            }
        }
        if entries.is_empty() {
            return Ok(Written::Nothing);
        }
        let entries: Vec<_> = entries.into_iter().collect();
        Ok(Written::Tree(self.write(&entries)?))
    }

    fn write(&self, entries: &[(BString, Entry)]) -> Result<Oid, GitError> {
        self.objects.write_tree(&tree_object::serialized(entries))
    }
}

/// The changes by the first part of their path.
fn by_name<'c>(steps: &[Step<'c>]) -> BTreeMap<&'c BStr, Named<'c>> {
    let mut names: BTreeMap<&BStr, Named<'_>> = BTreeMap::new();
    for step in steps {
        match step.path.split_once_str("/") {
            None => names.entry(step.path).or_default().itself = Some(step.after),
            Some((name, rest)) => names.entry(name.as_bstr()).or_default().below.push(Step {
                path: rest.as_bstr(),
                after: step.after,
            }),
        }
    }
    names
}
