//! Moves of the target that are not the run's own: each is noticed at once, judged as the guard judges, and told. The run
//! builds on what breaks no rule; anything else keeps its work from landing, and costs no task an attempt.

use std::collections::HashSet;

use bstr::ByteSlice;

use super::error::told;
use super::{ConductError, Conductor};
use crate::landing::broken_rules;
use crate::landing::transaction::{self, Kind};
use crate::run::state::{Action, Event, Pause, RunState, TargetMove};
use crate::run_record::approvals::Approvals;
use baton_core::model::{Oid, RefName};
use baton_core::policy::Policy;
use baton_git::history::{self, Walked};
use baton_git::worktrees::{self, Checkout};
use baton_git::{GitError, Repo};
use baton_sys::clock;

/// The number of commits that are named of those which moved the target.
const NAMED: usize = 3;

/// The commit or the reference that the target names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TargetTip {
    /// The commit that it names, unless it leads to another reference.
    tip: Option<Oid>,
    /// The reference to which it leads.
    leads_to: Option<RefName>,
}

impl TargetTip {
    fn of(repo: &Repo, target: &RefName) -> Result<Self, GitError> {
        let leads_to = repo.refs().symbolic(target)?;
        let tip = match leads_to {
            Some(_) => None,
            None => repo.refs().resolve(target)?,
        };
        Ok(Self { tip, leads_to })
    }
}

impl Conductor<'_> {
    /// Compares the target with the commit on which the run builds, unless the run moves it just now, and records a move.
    pub(super) fn watch_target(&mut self, is_landing: bool) -> Result<(), ConductError> {
        let Some(known) = self.state.target_tip.filter(|_| !is_landing) else {
            return Ok(());
        };
        let target = self.state.target.full();
        let now = TargetTip::of(self.repo, &target)?;
        if now.tip == Some(known) {
            return self.take_target_back(known);
        }
        if self.refused_target.as_ref() == Some(&now) {
            return Ok(());
        }
        if let Some(to) = now.tip
            && is_landed(self.repo, &target, [known, to])?
        {
            return self.apply(&Event::MovedTarget { from: known, to });
        }
        // This conductor has refused none yet: whoever has let the run go on takes what the one before has refused, unless it
        // breaks a rule.
        let is_taken = self.refused_target.is_none()
            && self
                .state
                .refused_move()
                .is_some_and(|last| last.to == now.tip);
        let judged = judge(self.repo, &self.policy, &self.state, known, &now, is_taken)?;
        self.refused_target = judged.problem.is_some().then_some(now);
        let is_told = |last: &TargetMove| (last.to, &last.problem) == (judged.to, &judged.problem);
        if self.state.target_moves.last().is_some_and(is_told) {
            return Ok(());
        }
        self.apply(&Event::TargetMoved(judged))
    }

    /// Records that the target is back where the run knows it, if it was elsewhere.
    fn take_target_back(&mut self, known: Oid) -> Result<(), ConductError> {
        self.refused_target = None;
        match self.state.refused_move() {
            Some(_) => self.apply(&Event::TargetMoved(TargetMove {
                at: clock::now_millis(),
                to: Some(known),
                what: format!("{} is back at {}", self.state.target, known.short()),
                problem: None,
            })),
            None => Ok(()),
        }
    }

    /// Pauses the run where work is to land on a target that must not be built upon.
    pub(super) fn refuse_target(&mut self) -> Result<(), ConductError> {
        let lands = |action: &Action| matches!(action, Action::Land { .. } | Action::Aggregate);
        match self.state.refused_move() {
            Some(refused) if self.state.next_actions().iter().any(lands) => {
                let reason = refused.sentence();
                self.apply(&Event::Pause(Pause::Landing { reason }))
            }
            _ => Ok(()),
        }
    }
}

/// True if a landing of this machine, whose process was killed, has moved the target so.
fn is_landed(repo: &Repo, target: &RefName, [from, to]: [Oid; 2]) -> Result<bool, GitError> {
    for kind in [Kind::Merge, Kind::Aggregate] {
        let landing = transaction::interrupted(repo, kind)?;
        if landing.is_some_and(|one| one.branch == *target && [one.old, one.new] == [from, to]) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The judgement of a target that is no longer where the run knows it.
fn judge(
    repo: &Repo,
    policy: &Policy,
    state: &RunState,
    known: Oid,
    now: &TargetTip,
    is_taken: bool,
) -> Result<TargetMove, ConductError> {
    let target = &state.target;
    let full = target.full();
    let mut moved = TargetMove {
        at: clock::now_millis(),
        to: now.tip,
        what: format!("{target} is gone"),
        problem: Some(format!(
            "`git update-ref {full} {known}` brings it back to where the run knows it"
        )),
    };
    if let Some(other) = &now.leads_to {
        moved.what = format!("{target} has become a symbolic reference to {other}");
        moved.problem = Some(format!(
            "`git update-ref --no-deref {full} {known}` makes it a branch again"
        ));
        return Ok(moved);
    }
    let Some(tip) = now.tip else {
        return Ok(moved);
    };
    let commits = history::reachable(repo, &[tip], &[known])?;
    moved.what = format!(
        "{target} has moved beside the run, {}",
        named(&commits, tip)
    );
    let back = format!("`{}` puts it back", way_back(repo, &full, [known, tip])?);
    let taken = "`git baton orchestrator resume` takes it as it is";
    moved.problem = match broken_rules(repo, &full, known, [known, tip]) {
        Err(error) => Some(format!("it cannot be judged: {}; {back}", told(&error))),
        Ok(broken) if !broken.is_empty() => Some(format!("{}; {back}", broken.join("; "))),
        Ok(_) if is_taken => None,
        Ok(_) => unapproved(repo, policy, state, tip, &commits)?
            .map(|what| format!("{what}; {back}, {taken}")),
    };
    Ok(moved)
}

/// The command that moves the target back: with the files, where a worktree shows it.
fn way_back(repo: &Repo, target: &RefName, [known, tip]: [Oid; 2]) -> Result<String, GitError> {
    let checkouts = worktrees::checkouts(repo)?;
    let shown = checkouts
        .iter()
        .find(|one| one.branch.as_ref() == Some(target));
    Ok(match shown {
        Some(Checkout { path, .. }) => format!(
            "git -C {} reset --keep {known}",
            shell_words::quote(&path.to_string_lossy())
        ),
        None => format!("git update-ref {target} {known} {tip}"),
    })
}

/// The reason why the run does not build on this tip: it has a run's work without a gate's approval, or has lost some.
fn unapproved(
    repo: &Repo,
    policy: &Policy,
    state: &RunState,
    tip: Oid,
    commits: &[Walked],
) -> Result<Option<String>, ConductError> {
    let lost = lost(repo, state, tip)?;
    if !lost.is_empty() {
        return Ok(Some(format!("it has lost {}", lost.join(", "))));
    }
    let ids: HashSet<_> = commits.iter().map(|one| one.oid).collect();
    let mut found = None;
    for task in &state.tasks {
        let branch = task.place.as_ref().map(|place| place.branch.full());
        let own = branch
            .map(|branch| repo.refs().resolve(branch))
            .transpose()?;
        let own = own.flatten().filter(|own| ids.contains(own));
        found = found.or(own
            .filter(|own| task.approved != Some(*own))
            .map(|own| (own, task.id.clone())));
    }
    if found.is_none() {
        let approvals = Approvals::read(repo, &policy.trailers.session)?;
        found = approvals.unapproved(repo, &ids)?;
    }
    Ok(found.map(|(commit, task)| {
        let commit = commit.short();
        format!("{commit} is work for task {task} that no gate has approved")
    }))
}

/// The tasks that this run has landed and that are not on the target any more.
fn lost(repo: &Repo, state: &RunState, tip: Oid) -> Result<Vec<String>, GitError> {
    let mut lost = Vec::new();
    for task in &state.tasks {
        if let Some(landed) = task.landed
            && repo.merge_base(landed, tip)? != Some(landed)
        {
            lost.push(task.id.clone());
        }
    }
    Ok(lost)
}

/// The commits that moved the target, the latest first.
fn named(commits: &[Walked], tip: Oid) -> String {
    if commits.is_empty() {
        return format!("back to {}", tip.short());
    }
    let subject = |one: &Walked| {
        let line = one.commit.message.lines().next().unwrap_or_default();
        format!("{} \"{}\"", one.oid.short(), line.to_str_lossy())
    };
    let mut names: Vec<_> = commits.iter().take(NAMED).map(subject).collect();
    if commits.len() > NAMED {
        names.push(format!("and {} more", commits.len() - NAMED));
    }
    format!("by {}", names.join(", "))
}
