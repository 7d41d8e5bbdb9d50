//! Aggregates that are made again on another commit, because another orchestrator pushed first.

use super::{AggregateBase, AggregateError, Plan};
use crate::landing::checkouts;
use crate::landing::transaction::Landing;
use baton_git::worktree_sync::Refreshed;
use baton_git::{Repo, history, revision};
use baton_guard::superseded_aggregates;

/// The ground that the commit of this name is, with the summaries of the aggregates that the
/// branch's tip has and it lacks. Where those stand on that commit as they are, it is the tip.
///
/// # Errors
/// When the tip has other commits that it lacks, which would be lost, or none at all.
pub fn base(repo: &Repo, tip: &AggregateBase, onto: &str) -> Result<AggregateBase, AggregateError> {
    let commit = revision::commit_named(repo, onto)?;
    let commit = commit.ok_or_else(|| AggregateError::NoCommit(onto.to_owned()))?;
    let branch = tip.branch.clone();
    let Some(superseded) = superseded_aggregates::find(repo, tip.policy(), tip.tip, commit)? else {
        let onto = onto.to_owned();
        return Err(match history::reachable(repo, &[tip.tip], &[commit])? {
            nothing if nothing.is_empty() => AggregateError::NothingToReplace { branch, onto },
            _ => AggregateError::NotOnlyAggregates { branch, onto },
        });
    };
    if superseded.base == commit {
        return Ok(tip.clone());
    }
    let mut base = AggregateBase::at(repo, branch, commit)?;
    for (number, _) in superseded.summaries {
        let summaries = tip.aggregated.get(&number).into_iter().flatten();
        let named = summaries.map(|summary| (number.clone(), summary.clone()));
        base.superseded.extend(named);
    }
    Ok(base)
}

/// Checks that each summary of the aggregates that are to be made again is in the new one, or where
/// that builds on.
pub fn check_plan(base: &AggregateBase, plan: &Plan) -> Result<(), AggregateError> {
    let mut missing = Vec::new();
    for (number, summary) in &base.superseded {
        let mut sections = plan.sections.iter();
        let planned =
            sections.any(|section| section.id.number() == number && section.summary == *summary);
        let carried = base.aggregated.get(number);
        if !planned && !carried.is_some_and(|texts| texts.contains(summary)) {
            missing.push(number.clone());
        }
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(AggregateError::LeftBehind(missing)),
    }
}

/// Checks that every worktree of the branch can follow it. A new commit on the tip changes the
/// handoff file alone, and a worktree may stay behind; here the work of others comes with it, which
/// the next commit from a worktree that stayed behind would take back.
pub fn check_moves(repo: &Repo, landing: &Landing) -> Result<(), AggregateError> {
    let mut worktrees = checkouts::preview(repo, &landing.branch, [landing.old, landing.new])?;
    worktrees.retain(|one| matches!(one.refreshed, Refreshed::Dirty | Refreshed::Locked));
    match worktrees.is_empty() {
        true => Ok(()),
        false => Err(AggregateError::InTheWay(
            worktrees.into_iter().map(|one| one.path).collect(),
        )),
    }
}
