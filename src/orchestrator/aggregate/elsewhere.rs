//! Aggregates that are made again on another commit, because somebody else pushed first.

use super::{AggregateError, Ground};
use crate::git::Repo;
use crate::git::landing as git;
use crate::guard::replaced;

/// The ground that the commit of this name is, with the summaries of the aggregates that the
/// branch's tip has and it lacks.
///
/// # Errors
/// When the tip has other commits that it lacks: they would be lost.
pub fn ground(repo: &Repo, tip: &Ground, onto: &str) -> Result<Ground, AggregateError> {
    let commit = git::commit_named(repo, onto)?;
    let commit = commit.ok_or_else(|| AggregateError::NoCommit(onto.to_owned()))?;
    let dropped = replaced::dropped(repo, tip.policy(), tip.tip, commit)?;
    let dropped = dropped.ok_or_else(|| AggregateError::NotOnlyAggregates {
        branch: tip.branch.clone(),
        onto: onto.to_owned(),
    })?;
    let mut ground = Ground::at(repo, tip.branch.clone(), commit)?;
    for (number, _) in dropped.summaries {
        let summaries = tip.aggregated.get(&number).into_iter().flatten();
        let named = summaries.map(|summary| (number.clone(), summary.clone()));
        ground.dropped.extend(named);
    }
    Ok(ground)
}
