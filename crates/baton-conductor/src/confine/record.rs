//! The record of a confined command, for who comes after it or after its conductor was killed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::modes::Mode;
use super::{ConfinedError, Place};
use baton_core::model::{Oid, RefName};
use baton_sys::file;

/// The facts known of the command that uses, or used, a private git directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The branch, full name.
    pub branch: String,
    /// The commit at which the repository has it.
    pub tip: String,
    /// True until what the command did is back.
    pub runs: bool,
    /// The name by which what the command started is known.
    pub job: String,
    /// The command's directory for temporary files.
    pub temporary: Option<PathBuf>,
    /// The permissions that the guard's files had.
    pub modes: Vec<Mode>,
    /// The text of the file `.git` that leads to the repository.
    pub link: String,
    /// The stashes that are back.
    pub stashes: Vec<String>,
}

impl Record {
    /// The branch.
    pub fn branch(&self) -> RefName {
        RefName::new(self.branch.as_str())
    }

    /// The commit, if the record names one.
    pub fn tip(&self) -> Option<Oid> {
        Oid::from_hex(self.tip.as_bytes()).ok()
    }

    /// The record of this worktree; `None` where there is none that can be read.
    pub fn read(place: &Place) -> Result<Option<Self>, ConfinedError> {
        let path = path(place);
        let bytes = file::read_if_exists(&path).map_err(ConfinedError::io(&path))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Writes it down.
    pub fn write(&self, place: &Place) -> Result<(), ConfinedError> {
        let path = path(place);
        let json = serde_json::to_vec_pretty(self).unwrap_or_default();
        file::write_at_once(&path, &json).map_err(ConfinedError::io(path))
    }
}

/// Removes the record of this worktree.
pub fn remove(place: &Place) -> Result<(), ConfinedError> {
    let path = path(place);
    file::remove_if_exists(&path).map_err(ConfinedError::io(path))
}

fn path(place: &Place) -> PathBuf {
    place.directory().join("record.json")
}
