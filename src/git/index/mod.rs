//! Git's index, read for one question: which watched entries will be in the commit?
//!
//! The file is mapped and its entries are passed over until the watched paths are behind; nothing
//! is decoded that nobody asks for. What was not read is not judged: an index whose entries are
//! out of order behind that point, which git does not write, is for the stages that see the
//! commit.

mod collect;
mod entries;
mod error;
mod file;
mod split;

use std::error::Error;
use std::io;
use std::path::Path;

use bstr::{BString, ByteSlice};

pub use error::IndexError;

use crate::model::{Entry, Oid, Watch};
use crate::sys::mmap::MappedFile;
use collect::Collector;
use error::Fault;
use file::{IndexFile, Link};

/// Reads tree objects, for the directories that a sparse index leaves folded.
pub trait TreeSource {
    /// The entries of the tree, by name.
    fn tree(&self, id: Oid) -> Result<Vec<(BString, Entry)>, Box<dyn Error + Send + Sync>>;
}

type Found = Vec<(BString, Entry)>;

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
    let file = IndexFile::parse(&data, hash_len).map_err(|fault| fault.of(index))?;
    let collector = Collector::new(watch, trees);

    // The extension that makes an index a split one comes after the entries. So as not to read
    // them all for it, look first whether there is any shared index to build on. Git puts it
    // there before the index that names it, so the order of these steps leaves no gap.
    if has_shared_index(git_dir).map_err(|error| unreadable(git_dir, error))?
        && let Some(link) = find_link(&file).map_err(|fault| fault.of(index))?
    {
        let shared_path = git_dir.join(shared_name(&link));
        let shared =
            MappedFile::open(&shared_path).map_err(|error| unreadable(&shared_path, error))?;
        let shared = IndexFile::parse(&shared, hash_len).map_err(|fault| fault.of(&shared_path))?;
        return split::collect(&file, &link, &shared, collector).map_err(
            |(part, fault)| match part {
                split::Part::Own => fault.of(index),
                split::Part::Shared => fault.of(&shared_path),
            },
        );
    }
    match scan(&file, watch, collector).map_err(|fault| fault.of(index))? {
        Scanned::Found(found) => Ok(found),
        Scanned::Split(shared) => Err(unreadable(
            &git_dir.join(shared),
            io::ErrorKind::NotFound.into(),
        )),
    }
}

/// What came of reading an index by itself.
enum Scanned {
    Found(Found),
    /// It is a split one after all, on top of the shared index of this name.
    Split(String),
}

/// Collects from the entries of an index that stands by itself, up to the watch's bound.
fn scan(
    file: &IndexFile<'_>,
    watch: &dyn Watch,
    mut collector: Collector<'_>,
) -> Result<Scanned, Fault> {
    let bound = watch.scan_bound();
    let mut entries = file.entries();
    let mut at_end = true;
    while let Some(entry) = entries.next()? {
        if bound.is_some_and(|bound| entry.path > bound.as_bytes()) {
            at_end = false;
            break;
        }
        collector.take(entry.path, entry.state)?;
    }
    if at_end && let Some(link) = file.link(entries.offset)? {
        return Ok(Scanned::Split(shared_name(&link)));
    }
    collector
        .finish()
        .map(Scanned::Found)
        .ok_or_else(|| Fault::damaged("a path is in it twice", 0))
}

/// Passes over the entries for the extensions behind them.
fn find_link<'a>(file: &IndexFile<'a>) -> Result<Option<Link<'a>>, Fault> {
    let mut entries = file.entries();
    while entries.next()?.is_some() {}
    file.link(entries.offset)
}

/// The name of the shared index in the git directory.
fn shared_name(link: &Link<'_>) -> String {
    let hex: String = link.base.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sharedindex.{hex}")
}

/// Whether any shared index is in the git directory.
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
