//! The outcome for each branch, told to programs and people.

use std::collections::BTreeMap;

use bstr::ByteSlice;

use super::candidates::Candidate;
use super::chain::{Chain, Failure};
use super::join::{Joiner, Obstacle};
use super::report::{BranchReport, ConflictFile, Outcome};
use super::stuck::{Resolution, Stuck};
use super::waiting::{self, Waiting};
use super::{MergeError, MergeRequest, markers, place};
use baton_core::model::Oid;

/// A report of each candidate, by its position.
pub fn reports(
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
            Failure::Stuck(stuck) => conflict(joiner, candidates, *at, chain, &stuck)?,
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
    at: usize,
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
    Ok(Outcome::Conflict {
        files,
        with: opponents(joiner, candidates, at, chain, stuck)?,
        worktree: None,
        next: Vec::new(),
    })
}

/// The branches that landed before one and collide with it: each by itself or, where none does and the target alone does
/// not either, all that change the same files.
fn opponents(
    joiner: &Joiner<'_, '_>,
    candidates: &[Candidate],
    at: usize,
    chain: &Chain,
    stuck: &Stuck,
) -> Result<Vec<String>, MergeError> {
    let tip = candidates[at].tip;
    let paths: Vec<_> = stuck.conflicts.iter().map(|one| one.path.clone()).collect();
    let landed = chain.links.iter().map(|link| &candidates[link.candidate]);
    let touching: Vec<_> = landed
        .filter(|one| paths.iter().any(|path| one.paths.contains(path)))
        .collect();
    let mut colliding = Vec::new();
    for one in &touching {
        if joiner.applier.collide(one.tip, tip, &paths)? {
            colliding.push(one.name.clone());
        }
    }
    if colliding.is_empty() && !joiner.applier.collide(joiner.context.tip, tip, &paths)? {
        colliding.extend(touching.iter().map(|one| one.name.clone()));
    }
    Ok(colliding)
}

/// Has every conflict wait for a user, as it is on what has landed.
pub fn escalate(
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
            worktree: place::waiting(&joiner.context.worktrees, &candidate.name),
            into: joiner.context.into.clone(),
            strategy: joiner.context.strategy,
            test: request.test.clone(),
            of: stuck.of,
            onto: stuck.onto,
            shown: stuck.tree,
            in_index: stuck
                .conflicts
                .iter()
                .any(|one| one.stages.iter().any(Option::is_some)),
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
        let mut outcome = conflict(joiner, candidates, *at, chain, &stuck)?;
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
