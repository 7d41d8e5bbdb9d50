//! Whether files are as git saw them when it wrote the index.

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

/// How each of these files was found, where each path is in `index` and the file below `root` has
/// still the times, the size, the inode, the owner and the mode that git noted, and was changed
/// last before the index was written: then it holds what the entry says (`ie_match_stat` in git's
/// `read-cache.c`). `None` also where that cannot be told. See [`super::staged_entries`] for the arguments.
pub fn as_noted(
    index: &Path,
    git_dir: &Path,
    hash_len: usize,
    root: &Path,
    paths: &BTreeSet<BString>,
) -> Result<Option<BTreeMap<BString, FileStat>>, IndexError> {
    let failed = |error| unreadable(index, error);
    let written = FileStat::of(index)
        .map_err(failed)?
        .map(|seen| seen.modified);
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
        let seen = FileStat::of(&path).map_err(failed)?;
        let Some(seen) = seen.filter(|seen| Some(seen.modified) < written) else {
            return Ok(None);
        };
        if !is_noted(entries.state(), &seen) {
            return Ok(None);
        }
        found.insert(entries.path().into(), seen);
    }
    Ok((found.len() == paths.len()).then_some(found))
}

/// Whether an ordinary entry notes just this of its file.
pub(super) fn is_noted(state: &State<'_>, seen: &FileStat) -> bool {
    let kind = match state.mode() & 0o170_000 {
        0o100_000 => {
            state.mode() & 0o100 == seen.mode & 0o100 && seen.mode & 0o170_000 == 0o100_000
        }
        0o120_000 => seen.mode & 0o170_000 == 0o120_000,
        _ => false,
    };
    let times = [
        seen.changed.0,
        seen.changed.1,
        seen.modified.0,
        seen.modified.1,
    ];
    let rest = [
        seen.inode,
        u64::from(seen.user),
        u64::from(seen.group),
        seen.size,
    ];
    let low = |number: u64| number as u32;
    state.is_plain()
        && kind
        && state.times() == times.map(|time| low(time as u64))
        && state.inode_owner_size() == rest.map(low)
}
