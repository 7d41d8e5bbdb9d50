//! The landing of an aggregate: by the one [`transaction`], shown in the worktrees that can follow.

use super::AggregateError;
use crate::landing::checkouts::Shown;
use crate::landing::transaction::{self, Kind, Landing};
use baton_git::Repo;

/// Lands a commit; `None` when the branch moved meanwhile, and the commit has to be made again.
pub fn land(repo: &Repo, landing: &Landing) -> Result<Option<Vec<Shown>>, AggregateError> {
    transaction::announce(repo, landing)?;
    match transaction::land(repo, landing)? {
        true => finish(repo, landing).map(Some),
        false => Ok(None),
    }
}

/// Shows a commit that has landed. The record stays while a worktree cannot be written.
pub fn finish(repo: &Repo, landing: &Landing) -> Result<Vec<Shown>, AggregateError> {
    let shown = transaction::show(repo, landing)?;
    if shown.iter().all(Shown::is_settled) {
        transaction::forget(repo, Kind::Aggregate)?;
    }
    Ok(shown)
}

/// Completes what a process that was killed has landed; `None` when there was nothing.
///
/// # Errors
/// Besides those of git, when a worktree still cannot be brought up to what has landed.
pub fn recover(repo: &Repo) -> Result<Option<Vec<Shown>>, AggregateError> {
    let Some(landing) = transaction::interrupted(repo, Kind::Aggregate)? else {
        return Ok(None);
    };
    let shown = finish(repo, &landing)?;
    if shown.iter().all(Shown::is_settled) {
        return Ok(Some(shown));
    }
    Err(AggregateError::Unshown {
        branch: landing.branch,
        commit: landing.new,
        shown,
    })
}
