//! Predicts conflicts between live branches before they are merged.
//!
//! `live` finds the branches and the uncommitted changes in their worktrees, [`baton_git::merge`]
//! merges each pair in memory, and `cache` keeps the results for the next run. [`forecast`] is the
//! result as values, and `picture` draws it.

mod cache;
mod claimed;
mod error;
pub mod forecast;
mod hunks;
mod live;
mod picture;

use bstr::ByteSlice;

use baton_core::model::Oid;
use baton_core::report::escape;
use baton_git::merge::{self, Conflict, ConflictKind, Merged};
use baton_git::{GitError, Repo};
use baton_sys::file;
use cache::Cache;
pub use error::ConflictsError;
pub use forecast::Forecast;
use forecast::{Collision, ConflictingFile};
pub use hunks::{Hunk, hunks};
use live::Live;
pub use picture::{Charset, render};

/// The branches to compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The branches, in short or in full; empty for all that live: those that the policy merges
    /// and those that are checked out in linked worktrees.
    pub branches: Vec<String>,
    /// The branch into which all are to go; `None` for the policy's.
    pub into: Option<String>,
}

/// Merges every pair of branches, and each with the base, and tells what collides. Nothing of it
/// stays in the repository but the cache.
pub fn predict_conflicts(repo: &Repo, request: &Request) -> Result<Forecast, ConflictsError> {
    let below = repo.baton_dir();
    let scratch = file::temporary_directory(&below).map_err(GitError::io(below))?;
    let repo = &repo.apart(scratch.path())?;
    let live = Live::find(repo, request, scratch.path())?;
    let mut sides = vec![live.base.work];
    sides.extend(live.branches.iter().map(|branch| branch.work));
    let pairs: Vec<_> = (0..sides.len())
        .flat_map(|one| (one + 1..sides.len()).map(move |other| (one, other)))
        .collect();
    let mut cache = Cache::read(repo)?;
    let asked: Vec<_> = pairs.iter().map(|(a, b)| (sides[*a], sides[*b])).collect();
    let unknown: Vec<_> = asked
        .iter()
        .filter(|pair| !cache.knows(pair))
        .copied()
        .collect();
    for (pair, found) in unknown
        .iter()
        .zip(merge::predict_conflicts(repo, &unknown)?)
    {
        cache.add(*pair, files(repo, *pair, found)?);
    }
    let name = |at: usize| match at {
        0 => live.base.name.clone(),
        _ => live.branches[at - 1].name.clone(),
    };
    let collisions = pairs
        .iter()
        .zip(&asked)
        .filter_map(|((ours, theirs), pair)| {
            let files = cache.used(pair)?;
            (!files.is_empty()).then(|| Collision {
                ours: name(*ours),
                theirs: name(*theirs),
                files,
            })
        });
    let collisions = collisions.collect();
    cache.write();
    let claimed = claimed::find(repo, &live)?;
    Ok(Forecast::new(&live, collisions, claimed))
}

/// The files that are in conflict when the pair is merged.
fn files(
    repo: &Repo,
    pair: (Oid, Oid),
    found: Result<Option<Merged>, GitError>,
) -> Result<Vec<ConflictingFile>, GitError> {
    let merged = match found {
        Ok(None) => return Ok(Vec::new()),
        Ok(Some(merged)) => merged,
        Err(error @ GitError::Unrelated(..)) => {
            return Ok(vec![ConflictingFile {
                path: String::new(),
                kind: ConflictKind::Unrelated.as_str().to_owned(),
                message: error.to_string(),
                hunks: Vec::new(),
            }]);
        }
        Err(error) => return Err(error),
    };
    let each = merged.conflicts.iter();
    each.map(|conflict| file(repo, pair, &merged, conflict))
        .collect()
}

fn file(
    repo: &Repo,
    (ours, theirs): (Oid, Oid),
    merged: &Merged,
    conflict: &Conflict,
) -> Result<ConflictingFile, GitError> {
    let content = merge::marked(repo, merged, conflict.path.as_bstr())?;
    let labels = (ours.to_string(), theirs.to_string());
    let hunks = content.map(|text| hunks(&text, labels.0.as_bytes(), labels.1.as_bytes()));
    Ok(ConflictingFile {
        path: escape::invalid_bytes(&conflict.path),
        kind: conflict.kind.as_str().to_owned(),
        message: conflict.message.clone(),
        hunks: hunks.unwrap_or_default(),
    })
}
