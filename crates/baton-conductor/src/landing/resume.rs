//! Going on with branches that wait for a user, or giving them up.

use super::report::{Afterwards, BranchReport, MergeReport, Outcome};
use super::waiting::{self, Waiting};
use super::{MergeError, MergeRequest, attempt, bring_slots_along, in_turn, queue};
use baton_core::model::BranchName;
use baton_git::Repo;

/// Goes on with these branches, or with all that wait, and with those that need them.
pub fn resume(
    repo: &Repo,
    branches: &[String],
    stop: &dyn Fn() -> bool,
) -> Result<MergeReport, MergeError> {
    let report = {
        let _turn = queue::Turn::take(repo, stop)?;
        go_on(repo, branches, stop)?
    };
    bring_slots_along(repo, &report, stop);
    Ok(report)
}

fn go_on(
    repo: &Repo,
    branches: &[String],
    stop: &dyn Fn() -> bool,
) -> Result<MergeReport, MergeError> {
    let taken = taken(repo, branches)?;
    let first = &taken[0];
    if let Some(other) = taken.iter().find(|one| {
        (&one.into, one.strategy, &one.test) != (&first.into, first.strategy, &first.test)
    }) {
        return Err(MergeError::Several(vec![
            first.branch.clone(),
            other.branch.clone(),
        ]));
    }
    let mut request = MergeRequest {
        into: Some(first.into.clone()),
        strategy: Some(first.strategy),
        test: first.test.clone(),
        ..MergeRequest::default()
    };
    for one in &taken {
        request.branches.push(one.branch.clone());
        for needing in &one.needed_by {
            if repo
                .refs()
                .resolve(BranchName::given(needing).full())?
                .is_some()
            {
                request.branches.push(needing.clone());
                request.after.push((needing.clone(), one.branch.clone()));
            }
        }
    }
    in_turn(repo, &request, None, stop)
}

/// Leaves these branches out, or the only one that waits. They stay as they are.
pub fn skip(
    repo: &Repo,
    branches: &[String],
    stop: &dyn Fn() -> bool,
) -> Result<MergeReport, MergeError> {
    let _turn = queue::Turn::take(repo, stop)?;
    let recovered = attempt::recover(repo)?;
    let taken = taken(repo, branches)?;
    if branches.is_empty() && taken.len() > 1 {
        let names = taken.into_iter().map(|one| one.branch);
        return Err(MergeError::Several(names.collect()));
    }
    given_up(repo, &taken, recovered)
}

/// Leaves every branch out that waits. What has landed stays.
pub fn abort(repo: &Repo, stop: &dyn Fn() -> bool) -> Result<MergeReport, MergeError> {
    let _turn = queue::Turn::take(repo, stop)?;
    let recovered = attempt::recover(repo)?;
    let all = match waiting::all(repo) {
        Ok(all) => all,
        Err(MergeError::Record(_)) => {
            waiting::sweep(repo)?;
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    given_up(repo, &all, recovered)
}

fn taken(repo: &Repo, branches: &[String]) -> Result<Vec<Waiting>, MergeError> {
    let all = waiting::all(repo)?;
    let mut taken = Vec::new();
    for name in branches {
        let name = BranchName::given(name).to_string();
        let found = all.iter().find(|one| one.branch == name);
        taken.push(
            found
                .cloned()
                .ok_or_else(|| MergeError::NothingOpen(Some(name)))?,
        );
    }
    match (branches.is_empty(), all.is_empty()) {
        (false, _) => Ok(taken),
        (true, false) => Ok(all),
        (true, true) => Err(MergeError::NothingOpen(None)),
    }
}

fn given_up(repo: &Repo, taken: &[Waiting], recovered: bool) -> Result<MergeReport, MergeError> {
    let request = MergeRequest {
        into: taken.first().map(|one| one.into.clone()),
        strategy: taken.first().map(|one| one.strategy),
        ..MergeRequest::default()
    };
    let context = super::MergeContext::of(repo, &request)?;
    let mut report = context.report(false);
    report.recovered = recovered;
    for one in taken {
        let kept = waiting::give_up(repo, one)?;
        let mut branch = BranchReport::new(&one.branch, one.tip, Outcome::Skipped);
        branch.afterwards = kept.map(|name| Afterwards::Kept {
            why: format!("what was made of its conflicts is kept as {name}"),
        });
        report.branches.push(branch);
    }
    Ok(report)
}
