//! Laws of git's index, whatever bytes it consists of.

use std::error::Error;

use baton_core::model::{Entry, Oid, Watch};
use baton_git::index::{IndexError, TreeSource, staged_entries};
use bstr::{BStr, BString, ByteSlice};

/// Watches one path, or everything.
struct Watched(Option<&'static BStr>);

impl Watch for Watched {
    fn watches(&self, path: &BStr) -> bool {
        self.0.is_none_or(|only| only == path)
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        let below = |only: &BStr| {
            let rest = only.strip_prefix(directory.as_bytes());
            directory.is_empty() || rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        self.0.is_none_or(below)
    }

    fn scan_bound(&self) -> Option<&BStr> {
        self.0
    }
}

/// Each directory holds one file.
struct OneFile;

impl TreeSource for OneFile {
    fn tree(&self, oid: Oid) -> Result<Vec<(BString, Entry)>, Box<dyn Error + Send + Sync>> {
        let mode = 0o100_644;
        Ok(vec![("c".into(), Entry { mode, oid })])
    }
}

/// The first byte says, by its lowest bits, whether ids have 32 bytes and whether the index is a
/// split one. Then the length of the index in two bytes, the index, and the shared index.
pub fn all(data: &[u8]) {
    let [kind, high, low, files @ ..] = data else {
        return;
    };
    let hash_len = if kind & 1 == 0 { 20 } else { 32 };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let (index, shared) = files.split_at(length.min(files.len()));
    let shared = (kind & 2 != 0).then_some(shared);
    what_is_watched_is_read(index, shared, hash_len);
}

/// The answer is in order; and a reader who looks for one path and stops behind it sees of that
/// path what a reader of everything sees.
pub fn what_is_watched_is_read(index: &[u8], shared: Option<&[u8]>, hash_len: usize) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("index");
    std::fs::write(&path, index).expect("a writable directory");
    if let Some(shared) = shared {
        let checksum = &shared[shared.len().saturating_sub(hash_len)..];
        let hex: String = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = directory.path().join(format!("sharedindex.{hex}"));
        std::fs::write(path, shared).expect("a writable directory");
    }
    let read = |watched: &Watched| -> Result<Vec<(BString, Entry)>, IndexError> {
        staged_entries(&path, directory.path(), hash_len, watched, &OneFile)
    };
    let only = BStr::new("b/c");
    let few = read(&Watched(Some(only)));
    let Ok(mut all) = read(&Watched(None)) else {
        return;
    };
    assert!(all.is_sorted_by(|one, next| one.0 < next.0), "{all:?}");
    all.retain(|(path, _)| path == only);
    assert_eq!(few.expect("a part of what can be read"), all);
}
