//! Which files of a slot came from the main worktree, and as what.

use std::collections::HashMap;
use std::path::PathBuf;

use bstr::{BString, ByteSlice};

use super::super::WorkError;
use baton_git::Repo;
use baton_sys::file;
use baton_sys::reflink::Stamp;

/// The list in the slot's git directory: a word about how far the copying came, then a stamp and
/// a path for each file, each with a NUL behind it.
#[derive(Debug, Default)]
pub struct Manifest {
    /// True if the copying was not finished: what is listed may be there in part.
    pub is_torn: bool,
    /// The files.
    pub entries: Vec<(BString, Stamp)>,
}

const NAME: &str = "baton-included";
const COPYING: &[u8] = b"copying";
const DONE: &[u8] = b"done";

impl Manifest {
    /// A list of what is about to be copied.
    pub fn copying(entries: &[(BString, Stamp)]) -> Self {
        Self {
            is_torn: true,
            entries: entries.to_vec(),
        }
    }

    /// A list of what was copied.
    pub fn done(entries: Vec<(BString, Stamp)>) -> Self {
        Self {
            is_torn: false,
            entries,
        }
    }

    /// The slot's; an empty one where nothing was copied yet.
    pub fn read(slot: &Repo) -> Result<Self, WorkError> {
        let path = path(slot);
        let bytes = file::read_if_exists(&path).map_err(WorkError::io(path))?;
        let bytes = bytes.unwrap_or_default();
        let mut words = bytes.split(|byte| *byte == 0);
        let is_torn = words.next() == Some(COPYING);
        let entries = words.filter_map(|line| {
            let (stamp, path) = line.split_once_str(" ")?;
            Some((path.into(), Stamp::from_bytes(stamp)))
        });
        Ok(Self {
            is_torn,
            entries: entries.collect(),
        })
    }

    /// Writes it in one step.
    pub fn write(&self, slot: &Repo) -> Result<(), WorkError> {
        let mut bytes = if self.is_torn { COPYING } else { DONE }.to_vec();
        bytes.push(0);
        for (path, stamp) in &self.entries {
            bytes.extend_from_slice(stamp.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(path);
            bytes.push(0);
        }
        let path = path(slot);
        file::write_atomically(&path, &bytes).map_err(WorkError::io(path))
    }
}

fn path(slot: &Repo) -> PathBuf {
    slot.git_dir().join(NAME)
}

/// Takes out of `files` those that are as they were copied: they are no work.
pub fn without_copies(slot: &Repo, files: &mut Vec<BString>) -> Result<(), WorkError> {
    if files.is_empty() {
        return Ok(());
    }
    let manifest = Manifest::read(slot)?;
    let copies: HashMap<_, _> = manifest.entries.into_iter().collect();
    let root = slot.program().directory();
    files.retain(|path| {
        let Some(recorded) = copies.get(path) else {
            return true;
        };
        let found = Stamp::of(&root.join(path.to_path_lossy()));
        found.ok().flatten().as_ref() != Some(recorded)
    });
    Ok(())
}
