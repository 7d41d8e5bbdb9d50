//! One attempt to land: all that is made again when the target moves meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use bstr::ByteSlice;

use super::apply::Applier;
use super::candidates::Candidate;
use super::checkouts::Shown;
use super::context::MergeContext;
use super::join::Joiner;
use super::pending_conflicts::PendingConflicts;
use super::report::{Afterwards, MergeReport, Outcome};
use super::resolver::Resolver;
use super::transaction::{self, Kind, Landing};
use super::trial::Trials;
use super::{Check, MergeError, MergeRequest, candidates, chain, culprits, telling, tidy, waiting};
use baton_core::model::BranchName;
use baton_core::policy::merge::Strategy;
use baton_git::Repo;
use baton_git::merge::Merger;
use baton_git::worktree_sync::Refreshed;
use baton_hooks::team::TeamHooks;

/// Completes the landing of a process that was killed; says whether there was one.
pub fn recover(repo: &Repo) -> Result<bool, MergeError> {
    let Some(landing) = transaction::interrupted(repo, Kind::Merge)? else {
        return Ok(false);
    };
    let request = MergeRequest {
        into: Some(landing.branch.to_string()),
        ..MergeRequest::default()
    };
    let (shown, _) = finish(repo, &MergeContext::of(repo, &request)?, &landing)?;
    match shown.into_iter().find(|one| !one.is_settled()) {
        None => Ok(true),
        Some(one) => Err(match one.refreshed {
            Refreshed::Failed(why) => MergeError::Unshown {
                into: BranchName::given(&landing.branch).to_string(),
                path: one.path,
                why,
            },
            _ => MergeError::Busy(one.path),
        }),
    }
}

/// The state of the checkouts, and the fate of the branches, in their order.
type Followed = (Vec<Shown>, Vec<Afterwards>);

/// What follows once the target has moved: it is shown, branches go, and nothing is under way.
/// The record stays while a checkout could not be shown it.
fn finish(repo: &Repo, context: &MergeContext, landing: &Landing) -> Result<Followed, MergeError> {
    let shown = transaction::show(repo, landing)?;
    let fates = tidy::branches(repo, context, landing.new, &landing.branches)?;
    for (name, _) in &landing.branches {
        waiting::close(repo, name)?;
    }
    if shown.iter().all(Shown::is_settled) {
        transaction::forget(repo, Kind::Merge)?;
    }
    Ok((shown, fates))
}

/// Everything from the branches to the target. `None` when the target moved meanwhile.
pub fn attempt(
    repo: &Repo,
    request: &MergeRequest,
    check: Option<&dyn Check>,
    stop: &dyn Fn() -> bool,
) -> Result<Option<MergeReport>, MergeError> {
    let context = MergeContext::of(repo, request)?;
    if request.onto.is_some_and(|onto| onto != context.tip) {
        return Err(MergeError::Elsewhere(context.into));
    }
    let merger = Merger::new(repo)?;
    let mut found = candidates::collect(repo, &context, request, &merger)?;
    let mut report = context.report(request.dry_run);
    report.branches.append(&mut found.others);
    report.unmatched = found.unmatched;
    let open = PendingConflicts::read(repo, &context, &found.ordered)?;
    report.branches.extend(open.reports(repo)?);
    let candidates = open.closed_to(found.ordered);
    let hooks = TeamHooks::of(repo)?;
    check_first(repo, &context, &hooks, &candidates)?;
    let joiner = Joiner {
        repo,
        context: &context,
        hooks: &hooks,
        applier: Applier::new(
            repo,
            &context,
            &merger,
            Resolver::new(repo, &context, stop),
            open.resolutions,
        ),
    };
    let mut trials = Trials::new(repo, &context, check, stop);
    let chain = culprits::left_out(&joiner, &candidates, &mut trials)?;
    report.tests = trials.reports;
    let landing = Landing {
        branch: context.reference(),
        old: context.tip,
        new: chain.end(),
        kind: Kind::Merge,
        branches: chain
            .links
            .iter()
            .map(|link| &candidates[link.candidate])
            .map(|one| (one.name.clone(), one.tip))
            .collect(),
        begun: BTreeSet::new(),
    };
    let Some((shown, fates)) = landed(repo, &context, &landing, stop)? else {
        return Ok(None);
    };
    report.checkouts = shown.iter().map(Into::into).collect();
    report.new = landing.new.to_string();
    let mut reports = telling::reports(&joiner, &candidates, &chain, |commits| Outcome::Landed {
        commits,
    })?;
    for (link, fate) in chain.links.iter().zip(fates) {
        if let Some(one) = reports.get_mut(&link.candidate) {
            one.afterwards = Some(fate);
        }
    }
    telling::escalate(&joiner, request, &candidates, &chain, &mut reports)?;
    report.branches.extend(reports.into_values());
    Ok(Some(report))
}

/// Moves the target, if there is anything to move it to, and does what follows. `None` when it
/// moved meanwhile.
fn landed(
    repo: &Repo,
    context: &MergeContext,
    landing: &Landing,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Followed>, MergeError> {
    if landing.new == landing.old {
        return Ok(Some((Vec::new(), Vec::new())));
    }
    if stop() {
        return Err(MergeError::Interrupted);
    }
    context.check_checkouts(repo, landing.new)?;
    transaction::announce(repo, landing)?;
    match transaction::land(repo, landing)? {
        true => finish(repo, context, landing).map(Some),
        false => Ok(None),
    }
}

/// Returns a forecast of what would land, without tests and without asking anyone.
pub fn preview(
    repo: &Repo,
    request: &MergeRequest,
    stop: &dyn Fn() -> bool,
) -> Result<MergeReport, MergeError> {
    let context = MergeContext::of(repo, request)?;
    let merger = Merger::new(repo)?;
    let found = candidates::collect(repo, &context, request, &merger)?;
    let mut report = context.report(request.dry_run);
    report.branches = found.others;
    report.unmatched = found.unmatched;
    let resolver = Resolver::new(repo, &context, stop);
    let hooks = TeamHooks::of(repo)?;
    check_first(repo, &context, &hooks, &found.ordered)?;
    let joiner = Joiner {
        repo,
        context: &context,
        hooks: &hooks,
        applier: Applier::new(repo, &context, &merger, resolver, Vec::new()),
    };
    joiner.applier.mute();
    let chain = chain::build(&joiner, &found.ordered, &mut BTreeMap::new())?;
    let planned = |commits| Outcome::Planned { commits };
    let reports = telling::reports(&joiner, &found.ordered, &chain, planned)?;
    report.branches.extend(reports.into_values());
    report.new = chain.end().to_string();
    Ok(report)
}

/// Fails where the team's hooks refuse the message of the first merge: they would most likely refuse all.
fn check_first(
    repo: &Repo,
    context: &MergeContext,
    hooks: &TeamHooks<'_>,
    candidates: &[Candidate],
) -> Result<(), MergeError> {
    match candidates.first() {
        Some(first) if context.strategy == Strategy::Merge => {
            let message = context.merge_message(repo, &first.name)?;
            hooks.merge(message.as_bytes().as_bstr(), "merge")?;
            Ok(())
        }
        _ => Ok(()),
    }
}
