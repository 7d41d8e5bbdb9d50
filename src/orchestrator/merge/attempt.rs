//! One attempt to land: all that is made again when the target moves meanwhile.

use std::collections::BTreeMap;

use bstr::ByteSlice;

use super::apply::{Applier, Resolution, Stuck};
use super::candidates::{self, Candidate};
use super::chain::{self, Chain, Failure};
use super::ground::Ground;
use super::join::{Joiner, Obstacle};
use super::landing::{self, Landing, Shown};
use super::report::{Afterwards, BranchReport, ConflictFile, MergeReport, Outcome, VERSION};
use super::resolver::Resolver;
use super::trial::{Trials, Verdict};
use super::waiting::{self, Progress, Waiting};
use super::{MergeError, MergeRequest, bisect, markers, place, tidy};
use crate::git::Repo;
use crate::git::merge::Merger;
use crate::model::Oid;

/// Completes the landing of a process that was killed; says whether there was one.
pub fn recover(repo: &Repo) -> Result<bool, MergeError> {
    let Some(landing) = landing::interrupted(repo)? else {
        return Ok(false);
    };
    let request = MergeRequest {
        into: Some(landing.into.clone()),
        ..MergeRequest::default()
    };
    let (shown, _) = finish(repo, &Ground::of(repo, &request)?, &landing)?;
    match shown.busy {
        Some(path) => Err(MergeError::Busy(path)),
        None => Ok(true),
    }
}

/// What follows once the target has moved: it is shown, branches go, and nothing is under way.
/// The record stays while a checkout could not be shown it.
fn finish(
    repo: &Repo,
    ground: &Ground,
    landing: &Landing,
) -> Result<(Shown, Vec<Afterwards>), MergeError> {
    let shown = landing::show(repo, landing)?;
    let fates = tidy::branches(repo, ground, landing.new, &landing.branches)?;
    for (name, _) in &landing.branches {
        waiting::close(repo, name)?;
    }
    if shown.busy.is_none() {
        landing::forget(repo)?;
    }
    Ok((shown, fates))
}

/// Everything from the branches to the target. `None` when the target moved meanwhile.
pub fn attempt(
    repo: &Repo,
    request: &MergeRequest,
    stop: &dyn Fn() -> bool,
) -> Result<Option<MergeReport>, MergeError> {
    let ground = Ground::of(repo, request)?;
    let merger = Merger::new(repo)?;
    let mut found = candidates::collect(repo, &ground, request, &merger)?;
    let mut report = blank(&ground, request);
    report.branches.append(&mut found.others);
    let open = Open::read(repo, &ground, &found.ordered)?;
    report.branches.extend(open.reports(repo)?);
    let candidates = open.closed_to(found.ordered);
    let joiner = Joiner {
        repo,
        ground: &ground,
        applier: Applier::new(
            repo,
            &ground,
            &merger,
            Resolver::new(repo, &ground, stop),
            open.resolutions,
        ),
    };
    let mut trials = Trials::new(repo, &ground, stop);
    let chain = tested(&joiner, &candidates, &mut trials)?;
    report.tests = trials.reports;
    let landing = Landing {
        into: ground.into.clone(),
        old: ground.tip,
        new: chain.end(),
        branches: chain
            .links
            .iter()
            .map(|link| &candidates[link.candidate])
            .map(|one| (one.name.clone(), one.tip))
            .collect(),
    };
    let mut fates = Vec::new();
    if landing.new != landing.old {
        if stop() {
            return Err(MergeError::Interrupted);
        }
        landing::check_checkouts(repo, &ground, landing.new)?;
        landing::announce(repo, &landing)?;
        if !landing::land(repo, &landing)? {
            return Ok(None);
        }
        let shown;
        (shown, fates) = finish(repo, &ground, &landing)?;
        report.checkouts = shown.checkouts;
    }
    report.new = landing.new.to_string();
    let mut reports = reports(&joiner, &candidates, &chain, |commits| Outcome::Landed {
        commits,
    })?;
    for (link, fate) in chain.links.iter().zip(fates) {
        if let Some(one) = reports.get_mut(&link.candidate) {
            one.afterwards = Some(fate);
        }
    }
    escalate(&joiner, request, &candidates, &chain, &mut reports)?;
    report.branches.extend(reports.into_values());
    Ok(Some(report))
}

/// What would land, as far as can be told without tests and without asking anybody.
pub fn preview(
    repo: &Repo,
    request: &MergeRequest,
    stop: &dyn Fn() -> bool,
) -> Result<MergeReport, MergeError> {
    let ground = Ground::of(repo, request)?;
    let merger = Merger::new(repo)?;
    let found = candidates::collect(repo, &ground, request, &merger)?;
    let mut report = blank(&ground, request);
    report.branches = found.others;
    let resolver = Resolver::new(repo, &ground, stop);
    let joiner = Joiner {
        repo,
        ground: &ground,
        applier: Applier::new(repo, &ground, &merger, resolver, Vec::new()),
    };
    joiner.applier.mute();
    let chain = chain::build(&joiner, &found.ordered, &mut BTreeMap::new())?;
    let planned = |commits| Outcome::Planned { commits };
    let reports = reports(&joiner, &found.ordered, &chain, planned)?;
    report.branches.extend(reports.into_values());
    report.new = chain.end().to_string();
    Ok(report)
}

fn blank(ground: &Ground, request: &MergeRequest) -> MergeReport {
    MergeReport {
        version: VERSION,
        into: ground.into.clone(),
        strategy: ground.strategy,
        old: ground.tip.to_string(),
        new: ground.tip.to_string(),
        dry_run: request.dry_run,
        recovered: false,
        branches: Vec::new(),
        tests: Vec::new(),
        checkouts: Vec::new(),
    }
}

/// The longest chain of the candidates that passes the tests: first all at once; where that
/// fails, without the first branch with which it begins to fail, and so on.
fn tested(
    joiner: &Joiner<'_, '_>,
    candidates: &[Candidate],
    trials: &mut Trials<'_>,
) -> Result<Chain, MergeError> {
    let mut failed = BTreeMap::new();
    loop {
        let chain = chain::build(joiner, candidates, &mut failed)?;
        if chain.links.is_empty() || chain.end() == chain.start {
            return Ok(chain);
        }
        if !joiner.ground.test.is_empty() {
            // Before the tests take their time for what cannot land.
            landing::check_checkouts(joiner.repo, joiner.ground, chain.end())?;
        }
        let end_at = |links: usize| match links {
            0 => chain.start,
            links => chain.links[links - 1].end,
        };
        let mut passed = 0;
        for links in 1..chain.links.len() {
            if trials.has_passed(end_at(links))? {
                passed = links;
            }
        }
        let mut verdict_at = |links: usize| {
            let names = chain.links[..links].iter();
            let names = names.map(|link| candidates[link.candidate].name.clone());
            trials.run(end_at(links), &names.collect::<Vec<_>>())
        };
        if verdict_at(chain.links.len())? == Verdict::Passed {
            return Ok(chain);
        }
        let culprit = bisect::first_bad(passed, chain.links.len(), |links| {
            Ok::<_, MergeError>(verdict_at(links)? == Verdict::Passed)
        })?;
        let Verdict::Failed { command, log, tail } = verdict_at(culprit)? else {
            continue;
        };
        if culprit == 1
            && let Verdict::Failed { command, log, .. } = verdict_at(0)?
        {
            let into = joiner.ground.into.clone();
            return Err(MergeError::TargetFails { into, command, log });
        }
        let log = log.display().to_string();
        let candidate = chain.links[culprit - 1].candidate;
        failed.insert(candidate, Failure::TestFailed { command, log, tail });
    }
}

/// A report of each candidate, by its position.
fn reports(
    joiner: &Joiner<'_, '_>,
    candidates: &[Candidate],
    chain: &Chain,
    arrived: impl Fn(Vec<String>) -> Outcome,
) -> Result<BTreeMap<usize, BranchReport>, MergeError> {
    let mut reports = BTreeMap::new();
    for link in &chain.links {
        let candidate = &candidates[link.candidate];
        let commits: Vec<_> = link.joined.commits.iter().map(Oid::to_string).collect();
        let outcome = match commits.is_empty() {
            true => Outcome::AlreadyIn,
            false => arrived(commits),
        };
        let mut report = BranchReport::new(&candidate.name, candidate.tip, outcome);
        report.resolved.clone_from(&link.joined.resolved);
        report.dropped.clone_from(&link.joined.dropped);
        reports.insert(link.candidate, report);
    }
    for (at, failure) in &chain.failures {
        let candidate = &candidates[*at];
        let outcome = match failure.clone() {
            Failure::Stuck(stuck) => conflict(joiner, candidates, chain, &stuck)?,
            Failure::Refused { why, instead } => Outcome::Refused { why, instead },
            Failure::TestFailed { command, log, tail } => {
                Outcome::TestFailed { command, log, tail }
            }
            Failure::Waiting(needs) => Outcome::Waiting { needs },
        };
        reports.insert(
            *at,
            BranchReport::new(&candidate.name, candidate.tip, outcome),
        );
    }
    Ok(reports)
}

fn conflict(
    joiner: &Joiner<'_, '_>,
    candidates: &[Candidate],
    chain: &Chain,
    stuck: &Stuck,
) -> Result<Outcome, MergeError> {
    let mut files = Vec::with_capacity(stuck.conflicts.len());
    for one in &stuck.conflicts {
        files.push(ConflictFile {
            path: one.path.to_str_lossy().into_owned(),
            kind: one.kind.as_str().to_owned(),
            message: one.message.clone(),
            hunks: markers::hunks(joiner.repo, stuck.tree, one.path.as_bstr())?,
        });
    }
    let touches = |candidate: &&Candidate| {
        stuck
            .conflicts
            .iter()
            .any(|one| candidate.paths.contains(&one.path))
    };
    let landed = chain.links.iter().map(|link| &candidates[link.candidate]);
    Ok(Outcome::Conflict {
        files,
        with: landed.filter(touches).map(|one| one.name.clone()).collect(),
        worktree: None,
        next: Vec::new(),
    })
}

/// Has every conflict wait for somebody, as it is on what has landed.
fn escalate(
    joiner: &Joiner<'_, '_>,
    request: &MergeRequest,
    candidates: &[Candidate],
    chain: &Chain,
    reports: &mut BTreeMap<usize, BranchReport>,
) -> Result<(), MergeError> {
    // Whoever was asked has answered; now it is told to people.
    joiner.applier.mute();
    let held: Vec<_> = chain
        .links
        .iter()
        .map(|link| candidates[link.candidate].tip)
        .collect();
    for (at, failure) in &chain.failures {
        let Failure::Stuck(first) = failure else {
            continue;
        };
        let candidate = &candidates[*at];
        let stuck = match joiner.join(candidate, chain.end(), &held)? {
            Err(Obstacle::Stuck(now)) => now,
            _ => first.clone(),
        };
        let made = joiner.applier.resolutions();
        let own = |one: &&Resolution| candidate.commits.contains(&one.of);
        let needs_it = |one: &&Candidate| one.needs.contains(&candidate.name);
        let waiting = Waiting {
            branch: candidate.name.clone(),
            tip: candidate.tip,
            worktree: place::waiting(&joiner.ground.worktrees, &candidate.name),
            into: joiner.ground.into.clone(),
            strategy: joiner.ground.strategy,
            test: request.test.clone(),
            of: stuck.of,
            onto: stuck.onto,
            shown: stuck.tree,
            files: stuck
                .conflicts
                .iter()
                .map(|one| one.path.to_string())
                .collect(),
            earlier: made.iter().filter(own).map(Into::into).collect(),
            needed_by: candidates
                .iter()
                .filter(needs_it)
                .map(|one| one.name.clone())
                .collect(),
        };
        waiting::begin(joiner.repo, &waiting, &stuck)?;
        let mut outcome = conflict(joiner, candidates, chain, &stuck)?;
        if let Outcome::Conflict { worktree, next, .. } = &mut outcome {
            *worktree = Some(waiting.worktree.display().to_string());
            *next = waiting.next();
        }
        if let Some(report) = reports.get_mut(at) {
            report.outcome = outcome;
        }
    }
    Ok(())
}

/// What is known of conflicts that wait for somebody.
struct Open {
    resolutions: Vec<Resolution>,
    unresolved: Vec<(Waiting, String)>,
}

impl Open {
    /// Of these branches. What was begun for another commit of a branch is given up.
    fn read(repo: &Repo, ground: &Ground, candidates: &[Candidate]) -> Result<Self, MergeError> {
        let mut open = Self {
            resolutions: Vec::new(),
            unresolved: Vec::new(),
        };
        for waiting in waiting::all(repo)? {
            let mut same = candidates.iter().filter(|one| one.name == waiting.branch);
            let Some(candidate) = same.next() else {
                continue;
            };
            if candidate.tip != waiting.tip {
                waiting::give_up(repo, &waiting)?;
                continue;
            }
            if waiting.into != ground.into {
                let why = format!("it waits to land on {}", waiting.into);
                open.unresolved.push((waiting, why));
                continue;
            }
            match waiting.progress(repo)? {
                Progress::Resolved(made) => open.resolutions.extend(made),
                Progress::Open(why) => open.unresolved.push((waiting, why)),
                Progress::Gone => waiting::close(repo, &waiting.branch)?,
            }
        }
        Ok(open)
    }

    fn reports(&self, repo: &Repo) -> Result<Vec<BranchReport>, MergeError> {
        let report = |(waiting, why): &(Waiting, String)| {
            let file = |path: &String| {
                Ok(ConflictFile {
                    path: path.clone(),
                    kind: "open".to_owned(),
                    message: why.clone(),
                    hunks: markers::hunks(repo, waiting.shown, path.as_str().into())?,
                })
            };
            let outcome = Outcome::Conflict {
                files: waiting
                    .files
                    .iter()
                    .map(file)
                    .collect::<Result<_, MergeError>>()?,
                with: Vec::new(),
                worktree: Some(waiting.worktree.display().to_string()),
                next: waiting.next(),
            };
            Ok(BranchReport::new(&waiting.branch, waiting.tip, outcome))
        };
        self.unresolved.iter().map(report).collect()
    }

    /// The candidates without those that are not resolved.
    fn closed_to(&self, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        let is_open = |name: &str| self.unresolved.iter().any(|(one, _)| one.branch == name);
        candidates.retain(|one| !is_open(&one.name));
        candidates
    }
}
