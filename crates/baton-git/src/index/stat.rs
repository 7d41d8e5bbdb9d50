//! Comparison of files with the stat data that git wrote into the index.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use bstr::{BString, ByteSlice};

use super::entries::State;
use super::error::{Fault, IndexError};
use super::file::IndexFile;
use super::{find_link, has_shared_index, unreadable};
use baton_sys::file::FileStat;
use baton_sys::mmap::MappedFile;

/// The stats of these files, where each path is in `index` and the file below `root` has
/// still the times, the size, the inode, the owner and the mode that git noted, and was changed
/// last before the index was written: then it holds what the entry says (`ie_match_stat` in git's
/// `read-cache.c`). `None` also where that cannot be told. See [`super::staged_entries`] for the arguments.
pub fn files_matching_stat(
    index: &Path,
    git_dir: &Path,
    hash_len: usize,
    root: &Path,
    paths: &BTreeSet<BString>,
) -> Result<Option<BTreeMap<BString, FileStat>>, IndexError> {
    let failed = |error| unreadable(index, error);
    let written = FileStat::of(index)
        .map_err(failed)?
        .map(|stat| stat.modified);
    let data = match MappedFile::open(index) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(paths.is_empty().then(BTreeMap::new));
        }
        Err(error) => return Err(failed(error)),
    };
    let in_index = |fault: Fault| fault.of(index);
    let file = IndexFile::parse(index, &data, hash_len).map_err(in_index)?;
    let split = has_shared_index(git_dir).map_err(|error| unreadable(git_dir, error))?;
    if split && find_link(&file).map_err(in_index)?.is_some() {
        return Ok(None);
    }
    let mut found = BTreeMap::new();
    let mut entries = file.entries();
    let mut wanted = paths.iter().peekable();
    while let Some(next) = wanted.peek()
        && entries.advance().map_err(in_index)?
    {
        // Both are sorted.
        if entries.path() != next.as_slice() {
            continue;
        }
        wanted.next();
        let path = root.join(entries.path().to_path_lossy());
        let stat = FileStat::of(&path).map_err(failed)?;
        let Some(stat) = stat.filter(|stat| Some(stat.modified) < written) else {
            return Ok(None);
        };
        if !matches_stat(entries.state(), &stat) {
            return Ok(None);
        }
        found.insert(entries.path().into(), stat);
    }
    Ok((found.len() == paths.len()).then_some(found))
}

/// True if the stat data of an ordinary entry equal those of its file.
pub(super) fn matches_stat(state: &State<'_>, stat: &FileStat) -> bool {
    let kind = match state.mode() & 0o170_000 {
        0o100_000 => {
            state.mode() & 0o100 == stat.mode & 0o100 && stat.mode & 0o170_000 == 0o100_000
        }
        0o120_000 => stat.mode & 0o170_000 == 0o120_000,
        _ => false,
    };
    let times = [
        stat.changed.0,
        stat.changed.1,
        stat.modified.0,
        stat.modified.1,
    ];
    let rest = [
        stat.inode,
        u64::from(stat.user),
        u64::from(stat.group),
        stat.size,
    ];
    let low = |number: u64| number as u32;
    state.is_plain()
        && kind
        && state.times() == times.map(|time| low(time as u64))
        && state.inode_owner_size() == rest.map(low)
}
