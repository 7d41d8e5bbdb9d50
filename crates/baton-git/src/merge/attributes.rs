//! The files of a tree that hold git's attributes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bstr::{BString, ByteSlice};

use crate::{GitError, Objects};
use baton_core::model::{EntryKind, Oid};

/// The name of every such file (gitattributes(5)).
const NAME: &[u8] = b".gitattributes";

/// Paths and blobs, by path.
pub(super) type Files = Rc<[(BString, Oid)]>;

/// Finds the attributes of trees; what was seen below one tree need not be read for another.
pub(super) struct Attributes<'a> {
    objects: &'a Objects,
    seen: RefCell<HashMap<Oid, Files>>,
}

impl<'a> Attributes<'a> {
    pub fn new(objects: &'a Objects) -> Self {
        Self {
            objects,
            seen: RefCell::default(),
        }
    }

    /// Those that hold where this commit is checked out. Git follows no link to such a file.
    pub fn of(&self, commit: Oid) -> Result<Files, GitError> {
        let tree = self.objects.commit(commit, &mut Vec::new())?.tree;
        self.below(tree)
    }

    fn below(&self, tree: Oid) -> Result<Files, GitError> {
        if let Some(found) = self.seen.borrow().get(&tree) {
            return Ok(Rc::clone(found));
        }
        let mut found = Vec::new();
        let mut directories = Vec::new();
        self.objects
            .tree(tree, &mut Vec::new(), |name, entry| match entry.kind() {
                EntryKind::File if name == NAME => found.push((name.to_owned(), entry.oid)),
                EntryKind::Tree if is_plain(name) => directories.push((name.to_owned(), entry.oid)),
                _ => {}
            })?;
        for (name, directory) in directories {
            for (path, blob) in self.below(directory)?.iter() {
                let path = [name.as_bytes(), path.as_bytes()].join(&b'/');
                found.push((path.into(), *blob));
            }
        }
        let found: Files = found.into();
        self.seen.borrow_mut().insert(tree, Rc::clone(&found));
        Ok(found)
    }
}

/// True if a directory of this name stays below the one it is in, once it is written.
fn is_plain(name: &[u8]) -> bool {
    ![b"".as_slice(), b".", b".."].contains(&name) && !name.contains(&b'/')
}
