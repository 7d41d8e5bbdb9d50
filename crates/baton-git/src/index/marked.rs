//! The entries about whose files `git status` does not say all.

use std::io;
use std::path::Path;

use bstr::BString;

use super::error::{Fault, IndexError};
use super::file::IndexFile;
use super::{find_link, has_shared_index, unreadable};
use baton_core::model::EntryKind;
use baton_sys::mmap::MappedFile;

/// An entry whose file git was told not to look at, or that is a submodule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Its path.
    pub path: BString,
    /// `git update-index --assume-unchanged`.
    pub assumed: bool,
    /// `git update-index --skip-worktree`, as a sparse checkout does.
    pub skipped: bool,
    /// True if it is a submodule.
    pub is_submodule: bool,
}

/// Every such entry of `index`, in its order; `None` where the index is in two parts, or leaves
/// directories folded: then git has to list them. See [`super::staged_entries`] for the arguments.
pub fn marked_entries(
    index: &Path,
    git_dir: &Path,
    hash_len: usize,
) -> Result<Option<Vec<Marked>>, IndexError> {
    let data = match MappedFile::open(index) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(Vec::new())),
        Err(error) => return Err(unreadable(index, error)),
    };
    let in_index = |fault: Fault| fault.of(index);
    let file = IndexFile::parse(index, &data, hash_len).map_err(in_index)?;
    let split = has_shared_index(git_dir).map_err(|error| unreadable(git_dir, error))?;
    if split && find_link(&file).map_err(in_index)?.is_some() {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut entries = file.entries();
    while entries.advance().map_err(in_index)? {
        let state = entries.state();
        let kind = EntryKind::of(state.mode());
        if kind == EntryKind::Tree {
            return Ok(None);
        }
        let (assumed, skipped) = (state.assumed_unchanged(), state.skip_worktree());
        let is_submodule = kind == EntryKind::Submodule;
        if assumed || skipped || is_submodule {
            found.push(Marked {
                path: entries.path().into(),
                assumed,
                skipped,
                is_submodule,
            });
        }
    }
    Ok(Some(found))
}
