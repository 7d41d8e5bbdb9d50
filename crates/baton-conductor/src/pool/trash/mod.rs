//! The content of slots that were reset by force: commits below `refs/baton/trash/`.
//!
//! A commit there has the slot's files as its tree, and as its parents the commit that the slot
//! stood on, one with its index, and, where there is more to keep, one with the rest: conflicts,
//! the state of an operation under way, repositories inside. Only its reference keeps it.

mod operation_state;
pub mod output;
mod raw;
mod record;
mod restore;
mod save;

use bstr::ByteSlice;

pub use record::Record;
pub use restore::{Restored, branch as restore_branch, worktree as restore_worktree};
pub use save::{Parcel, branch_tip, save};

use super::WorkError;
use crate::ref_moves;
use baton_core::model::{Oid, RefName};
use baton_git::{RefEdit, Repo};

/// Where what is kept has its references.
pub const PREFIX: &str = "refs/baton/trash/";

/// Something that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its name, `<day>-<number>-<slot>`.
    pub name: String,
    /// Its commit.
    pub commit: Oid,
    /// When it was saved, seconds since the epoch.
    pub saved_at: i64,
    /// The record that is needed to put it back.
    pub record: Record,
}

impl Saved {
    /// The full name of its reference.
    pub fn reference(&self) -> RefName {
        RefName::new(format!("{PREFIX}{}", self.name))
    }
}

/// All that is kept, oldest first.
///
/// # Errors
/// When a reference below [`PREFIX`] names something else.
pub fn list(repo: &Repo) -> Result<Vec<Saved>, WorkError> {
    let references = repo.refs().below(PREFIX)?;
    let mut all = references
        .iter()
        .map(|(reference, commit)| read(repo, &reference.to_str_lossy(), *commit))
        .collect::<Result<Vec<_>, _>>()?;
    all.sort_by(|one, other| (one.saved_at, &one.name).cmp(&(other.saved_at, &other.name)));
    Ok(all)
}

/// Finds what is kept under this name.
pub fn find(repo: &Repo, name: &str) -> Result<Saved, WorkError> {
    let references = repo.refs().below(PREFIX)?;
    let wanted = format!("{PREFIX}{}", name.strip_prefix(PREFIX).unwrap_or(name));
    let found = references.iter().find(|(one, _)| *one == wanted.as_str());
    let (_, commit) = found.ok_or_else(|| WorkError::NotKept(name.to_owned()))?;
    read(repo, &wanted, *commit)
}

/// Lets go of what was saved before this time, in seconds since the epoch; gives back what it was.
pub fn drop_before(repo: &Repo, time: i64) -> Result<Vec<Saved>, WorkError> {
    let mut old = list(repo)?;
    old.retain(|saved| saved.saved_at < time);
    let edits: Vec<_> = old
        .iter()
        .map(|saved| RefEdit {
            name: saved.reference(),
            old: Some(saved.commit),
            new: None,
        })
        .collect();
    if !edits.is_empty() {
        ref_moves::transact(repo, &edits, "baton: trash dropped")?;
    }
    Ok(old)
}

fn read(repo: &Repo, reference: &str, commit: Oid) -> Result<Saved, WorkError> {
    let object = repo.objects().commit(commit, &mut Vec::new())?;
    let record = Record::parse(object.message.as_ref());
    Ok(Saved {
        name: reference
            .strip_prefix(PREFIX)
            .unwrap_or(reference)
            .to_owned(),
        commit,
        saved_at: object.committed_at,
        record: record.ok_or_else(|| WorkError::Unreadable(reference.to_owned()))?,
    })
}
