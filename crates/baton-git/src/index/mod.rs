//! A reader of git's index that finds the watched entries of the next commit.
//!
//! The file is mapped, and its entries are scanned up to the last watched path; entries are
//! decoded only on demand. The rest is not judged here: an index whose entries are out of order
//! behind that path, which git does not write, is left to the stages that see the commit.

mod collect;
mod entries;
mod error;
mod file;
mod layout;
mod marked;
mod split;
mod stat;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};

pub use error::IndexError;
pub use layout::{Layout, Snapshot};
pub use marked::{Marked, marked_entries};
pub use stat::files_matching_stat;

use baton_core::model::{Entry, Oid, Watch};
use baton_sys::mmap::MappedFile;
use collect::Collector;
use error::Fault;
use file::{IndexFile, Link};

/// Reads tree objects, for the directories that a sparse index leaves folded.
pub trait TreeSource {
    /// The entries of the tree, by name.
    fn tree(&self, id: Oid) -> Result<Vec<(BString, Entry)>, Box<dyn Error + Send + Sync>>;
}

/// Every watched entry of `index` that git would write into a commit, sorted by path.
///
/// Entries past [`Watch::scan_bound`] are not looked at. A missing file is an empty index, as in
/// a repository without commits. `git_dir` is the directory where git looks for the shared part
/// of a split index: the worktree's own git directory, also when `index` is elsewhere
/// (`GIT_INDEX_FILE`). `hash_len` is the length of an object id, 20 or 32.
///
/// # Errors
/// When a file cannot be read or makes no sense as far as it is read, when a watched path is
/// unmerged, and when `trees` fails.
pub fn staged_entries(
    index: &Path,
    git_dir: &Path,
    hash_len: usize,
    watch: &dyn Watch,
    trees: &dyn TreeSource,
) -> Result<Vec<(BString, Entry)>, IndexError> {
    let data = match MappedFile::open(index) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(index, error)),
    };
    let in_index = |fault: Fault| fault.of(index);
    let file = IndexFile::parse(index, &data, hash_len).map_err(in_index)?;
    let collector = Collector::new(watch, trees);

    // The extension that makes an index a split one comes after the entries. So as not to read
    // them all for it, look first whether there is any shared index to build on. Git puts it
    // there before the index that names it, so the order of these steps leaves no gap.
    let split = has_shared_index(git_dir).map_err(|error| unreadable(git_dir, error))?;
    let link = if split { find_link(&file) } else { Ok(None) };
    let Some(link) = link.map_err(in_index)? else {
        return collect(&file, watch.scan_bound(), collector).map_err(in_index);
    };
    let shared = git_dir.join(link.shared_name());
    let data = MappedFile::open(&shared).map_err(|error| unreadable(&shared, error))?;
    let shared_file =
        IndexFile::parse(&shared, &data, hash_len).map_err(|fault| fault.of(&shared))?;
    split::collect(&file, &link, &shared_file, collector)
}

/// Collects from the entries of an index that stands by itself, up to the bound.
fn collect(
    file: &IndexFile<'_>,
    bound: Option<&BStr>,
    mut collector: Collector<'_>,
) -> Result<Vec<(BString, Entry)>, Fault> {
    let mut entries = file.entries();
    while entries.advance()? {
        if bound.is_some_and(|bound| entries.path() > bound.as_bytes()) {
            return collector.finish();
        }
        collector.take(entries.path(), entries.state())?;
    }
    if let Some(link) = file.link(entries.offset)? {
        let what = "the shared index that it was split from is gone";
        return Err(Fault::damaged(what, link.offset));
    }
    collector.finish()
}

/// Passes over the entries for the extensions behind them.
fn find_link<'a>(file: &IndexFile<'a>) -> Result<Option<Link<'a>>, Fault> {
    let mut entries = file.entries();
    while entries.advance()? {}
    file.link(entries.offset)
}

/// True if any shared index is in the git directory.
fn has_shared_index(git_dir: &Path) -> io::Result<bool> {
    for entry in git_dir.read_dir()? {
        let name = entry?.file_name();
        if name.as_encoded_bytes().starts_with(b"sharedindex.") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unreadable(file: &Path, source: io::Error) -> IndexError {
    let file = file.to_owned();
    IndexError::Read { file, source }
}
