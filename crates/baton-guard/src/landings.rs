//! The landings that this clone's orchestrator announces before it moves a branch.
//!
//! Who can write the git directory can write such a record too: it holds off who moves a branch
//! by hand, and proves nothing to a server.

use std::path::PathBuf;

use bstr::{BStr, BString, ByteSlice};
use serde::Deserialize;

use baton_core::model::Oid;
use baton_git::{GitError, Repo};
use baton_sys::file;

/// What is common to the records of a merge and of an aggregate.
#[derive(Deserialize)]
struct Record {
    /// The branch: in short in a merge's, its full name in an aggregate's.
    #[serde(alias = "into")]
    branch: String,
    old: Oid,
    new: Oid,
    /// The branches that land, in short, with their tips.
    #[serde(default)]
    branches: Vec<(String, Oid)>,
}

/// The record of the merge under way.
pub fn of_merge(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("merge").join("landing.json")
}

/// The record of the aggregate under way.
pub fn of_aggregate(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("landing.json")
}

/// Whether a landing under way moves this branch so, or deletes it for having landed.
pub(super) fn announces(
    repo: &Repo,
    reference: &BStr,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Result<bool, GitError> {
    let Some(old) = old else { return Ok(false) };
    let records = records(repo)?;
    let mut records = records.iter();
    Ok(match new {
        Some(new) => {
            records.any(|one| (one.old, one.new) == (old, new) && full(&one.branch) == reference)
        }
        None => records.any(|one| {
            let mut landed = one.branches.iter();
            landed.any(|(name, tip)| *tip == old && full(name) == reference)
        }),
    })
}

/// What is announced; a record that cannot be read announces nothing.
fn records(repo: &Repo) -> Result<Vec<Record>, GitError> {
    let read = |path: PathBuf| file::read_if_exists(&path).map_err(GitError::io(path));
    let merges = read(of_merge(repo))?.unwrap_or_default();
    let mut records: Vec<Record> = serde_json::from_slice(&merges).unwrap_or_default();
    let aggregate = read(of_aggregate(repo))?.unwrap_or_default();
    records.extend(serde_json::from_slice::<Record>(&aggregate).ok());
    Ok(records)
}

fn full(name: &str) -> BString {
    match name.as_bytes().starts_with_str("refs/heads/") {
        true => name.into(),
        false => format!("refs/heads/{name}").into(),
    }
}
