//! The landings that this clone's orchestrator announces before it moves a branch.
//!
//! Who can write the git directory can write such a record too: it holds off who moves a branch
//! by hand, and proves nothing to a server.

use std::path::PathBuf;

use serde::Deserialize;

use baton_core::model::{BranchName, Oid, RefName};
use baton_git::{GitError, Repo};
use baton_sys::file;

/// The part of a record that the guard reads.
#[derive(Deserialize)]
struct Record {
    /// The branch that moves, full name; in short where an older version wrote it.
    #[serde(alias = "into")]
    branch: String,
    old: Oid,
    new: Oid,
    /// The branches that land, in short, with their tips.
    #[serde(default)]
    branches: Vec<(String, Oid)>,
}

/// The records of what is about to land.
pub fn records(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("merge").join("landing.json")
}

/// The record of the aggregate under way by older versions.
pub fn former_record(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("landing.json")
}

/// True if a landing under way moves this branch so, or deletes it for having landed.
pub(super) fn announces(
    repo: &Repo,
    reference: &RefName,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Result<bool, GitError> {
    let Some(old) = old else { return Ok(false) };
    let records = read(repo)?;
    let mut records = records.iter();
    let is_it = |name: &str| BranchName::given(name).full() == *reference;
    Ok(match new {
        Some(new) => records.any(|one| (one.old, one.new) == (old, new) && is_it(&one.branch)),
        None => records.any(|one| {
            let mut landed = one.branches.iter();
            landed.any(|(name, tip)| *tip == old && is_it(name))
        }),
    })
}

/// The announced landings; a record that cannot be read announces none.
fn read(repo: &Repo) -> Result<Vec<Record>, GitError> {
    let read = |path: PathBuf| file::read_if_exists(&path).map_err(GitError::io(path));
    let bytes = read(records(repo))?.unwrap_or_default();
    let mut all: Vec<Record> = serde_json::from_slice(&bytes).unwrap_or_default();
    let former = read(former_record(repo))?.unwrap_or_default();
    all.extend(serde_json::from_slice::<Record>(&former).ok());
    Ok(all)
}
