//! The files that an index says are there, directory by directory.

use std::io;
use std::path::Path;

use bstr::ByteSlice;

use super::entries::{Entries, State};
use super::error::IndexError;
use super::file::IndexFile;
use super::stat::matches_stat;
use super::{has_shared_index, unreadable};
use baton_core::model::Oid;
use baton_sys::dirwalk::Listing;
use baton_sys::file::FileStat;
use baton_sys::mmap::MappedFile;

/// An index as it was when it was opened.
#[derive(Debug)]
pub struct Snapshot<'p> {
    path: &'p Path,
    data: MappedFile,
    /// When it was changed last; a file changed later may have changed unnoticed.
    written: (i64, i64),
}

impl<'p> Snapshot<'p> {
    /// Opens the index at `path`; `None` where there is none.
    pub fn open(path: &'p Path) -> Result<Option<Self>, IndexError> {
        let failed = |error| unreadable(path, error);
        // Before it is opened: of one that is put in its place meanwhile, too little is believed.
        let Some(stat) = FileStat::of(path).map_err(failed)? else {
            return Ok(None);
        };
        match MappedFile::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => Ok(Some(Self {
                path,
                data: opened.map_err(failed)?,
                written: stat.modified,
            })),
        }
    }
}

/// An index that stands by itself and of which every entry is an ordinary file or link: nothing
/// is unmerged, hidden, announced, left out, folded or a submodule.
#[derive(Debug)]
pub struct Layout<'i> {
    index: &'i Snapshot<'i>,
    hash_len: usize,
    listings: Vec<Listing<'i>>,
    tree: Oid,
}

impl<'i> Layout<'i> {
    /// Reads an index; `None` where it is not as a layout has to be, and where git has not noted
    /// which tree all its entries make up. See [`super::staged_entries`] for the arguments.
    pub fn read(
        snapshot: &'i Snapshot<'i>,
        git_dir: &Path,
        hash_len: usize,
    ) -> Result<Option<Self>, IndexError> {
        let index = snapshot.path;
        if has_shared_index(git_dir).map_err(|error| unreadable(git_dir, error))? {
            return Ok(None);
        }
        let file =
            IndexFile::parse(index, &snapshot.data, hash_len).map_err(|fault| fault.of(index))?;
        let read = || {
            let mut listings = Listings::default();
            let mut entries = file.entries();
            while entries.advance()? {
                let state = entries.state();
                if !state.is_plain() || !matches!(state.mode() >> 12, 0o10 | 0o12) {
                    return Ok(None);
                }
                listings.add(&entries);
            }
            let is_alone = file.link(entries.offset)?.is_none();
            let tree = file.tree(entries.offset)?.filter(|_| is_alone);
            let tree = tree.and_then(|tree| Oid::from_bytes(tree).ok());
            Ok(tree.map(|tree| (listings.finish(), tree)))
        };
        let read = read().map_err(|fault: super::error::Fault| fault.of(index))?;
        Ok(read.map(|(listings, tree)| Self {
            index: snapshot,
            hash_len,
            listings,
            tree,
        }))
    }

    /// The expected content of each directory; the numbers of files are for the other functions here.
    pub fn listings(&self) -> &[Listing<'i>] {
        &self.listings
    }

    /// The tree that all entries make up.
    pub fn tree(&self) -> Oid {
        self.tree
    }

    /// True if git has noted just this of the file with this number, before the file could have
    /// changed: then it holds what its entry says, as in [`super::files_matching_stat`].
    pub fn matches_stat(&self, number: usize, stat: &FileStat) -> bool {
        let state = State::at(&self.index.data, number, self.hash_len);
        stat.modified < self.index.written && state.is_some_and(|state| matches_stat(&state, stat))
    }

    /// The blob that the ordinary file with this number should hold, and whether its owner should
    /// be able to run it. `None` for a link.
    pub fn blob(&self, number: usize) -> Option<(Oid, bool)> {
        let state = State::at(&self.index.data, number, self.hash_len)?;
        let is_file = state.mode() >> 12 == 0o10;
        let id = Oid::from_bytes(state.id()).ok().filter(|_| is_file)?;
        Some((id, state.mode() & 0o100 != 0))
    }
}

/// Listings in the making, from paths in the order of an index.
struct Listings<'i> {
    done: Vec<Listing<'i>>,
    /// Those in which the path before is, from the root on, by their places.
    open: Vec<usize>,
}

impl Default for Listings<'_> {
    fn default() -> Self {
        Self {
            done: vec![Listing::default()],
            open: vec![0],
        }
    }
}

impl<'i> Listings<'i> {
    fn add(&mut self, entry: &Entries<'i>) {
        let path = entry.path();
        while let [_, .., last] = self.open[..]
            && !path.starts_with(&self.done[last].path)
        {
            self.open.pop();
        }
        let mut at = self.open.last().copied().unwrap_or_default();
        let mut begin = self.done[at].path.len();
        while let Some(len) = path[begin..].find_byte(b'/') {
            self.done[at]
                .directories
                .push(path[begin..begin + len].to_vec());
            begin += len + 1;
            at = self.done.len();
            self.open.push(at);
            self.done.push(Listing {
                path: path[..begin].to_vec(),
                ..Listing::default()
            });
        }
        let name = entry.path_from(begin);
        self.done[at].files.push((name, entry.state().offset));
    }

    fn finish(mut self) -> Vec<Listing<'i>> {
        for listing in &mut self.done {
            // An index sorts a directory as if its name ended with a slash.
            listing.directories.sort_unstable();
        }
        self.done
    }
}
