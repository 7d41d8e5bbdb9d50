//! The landing of approved work, and its summary.

use std::time::Duration;

use super::ConductError;
use super::error::told;
use super::release::release_task_when_over;
use super::setup::oid;
use super::worker::{EventSender, RunContext};
use super::{GRACE, run_session, wait};
use crate::aggregate::{self, AggregateError, Request};
use crate::landing::report::{BranchReport, Outcome};
use crate::landing::{self, Check, MergeError, MergeRequest};
use crate::run::merged::Merged;
use crate::run::state::{Aggregate, Event, Pause, RunState, Status, TaskState};
use crate::run::verify::last_line;
use baton_core::model::{BranchName, Oid};
use baton_core::plan::{Kind, Task};
use baton_git::integration::merge_state;
use baton_git::{Repo, diff};

/// The time limit for others to aggregate.
const TURN: Duration = Duration::from_secs(120);
/// The wait before the aggregate is tried again.
const TURN_PAUSE: Duration = Duration::from_millis(200);

/// Lands the branches of these tasks.
pub(super) fn land(
    context: &RunContext<'_>,
    state: &RunState,
    tasks: &[String],
    events: &EventSender,
) -> Result<(), ConductError> {
    for id in tasks {
        release_task_when_over(context, state, id, events);
    }
    // What a conductor that was killed has landed is not to be merged again.
    if let Err(error) = landing::complete(context.repo, context.stop) {
        return pause_landing(&error, events);
    }
    let approved: Vec<_> = tasks.iter().filter_map(|id| state.task(id)).collect();
    let (mut landed, mut refused) = (Vec::new(), Vec::new());
    let mut branches = Vec::new();
    for task in &approved {
        match ready(context.repo, &state.target, task)? {
            Ok(branch) => branches.push((task.id.clone(), branch)),
            Err(Gone::Landed(commit)) => landed.push((task.id.clone(), commit)),
            Err(Gone::Changed(why)) => refused.push((task.id.clone(), why)),
        }
    }
    if !branches.is_empty() {
        let request = MergeRequest {
            branches: branches.iter().map(|(_, branch)| branch.clone()).collect(),
            into: Some(state.target.to_string()),
            after: after(state, &branches),
            onto: state.target_tip,
            ..MergeRequest::default()
        };
        let check = end_to_end(context, state, &branches)?;
        let check = check.as_ref().map(|check| check as &dyn Check);
        let report = match landing::run_checked(context.repo, &request, check, context.stop) {
            Ok(report) => report,
            // It is looked at what moved the target, before anything is built on that.
            Err(MergeError::Elsewhere(_)) => return Ok(()),
            Err(error) => return pause_landing(&error, events),
        };
        events.send(Event::MovedTarget {
            from: oid(&report.old)?,
            to: oid(&report.new)?,
        })?;
        for (id, branch) in branches {
            let one = report.branches.iter().find(|one| one.branch == branch);
            match fate(one, &report.new) {
                Ok(commit) => landed.push((id, oid(&commit)?)),
                Err(why) => refused.push((id, why)),
            }
        }
    }
    events.send(Event::Landed { landed, refused }).map(drop)
}

/// The end-to-end check of the merged files, where tasks that people see are among these.
fn end_to_end<'g>(
    context: &'g RunContext<'_>,
    state: &'g RunState,
    branches: &[(String, String)],
) -> Result<Option<Merged<'g>>, ConductError> {
    let Some(check) = &context.policy.conductor.staff.end_to_end else {
        return Ok(None);
    };
    let mut tasks = Vec::new();
    for (id, branch) in branches {
        let (Some(task), Some(known)) = (context.task(id), state.task(id)) else {
            continue;
        };
        let commit = known.approved;
        let commit = commit.ok_or_else(|| ConductError::NoId(String::new()))?;
        let base = known.place.as_ref().map_or(commit, |place| place.base);
        if !is_seen(context, task, base, commit)? {
            continue;
        }
        let tree = context.repo.objects().commit(commit, &mut Vec::new())?.tree;
        tasks.push((id.clone(), branch.clone(), tree));
    }
    Ok((!tasks.is_empty()).then_some(Merged {
        repo: context.repo,
        check,
        run: context.run,
        group: state.group,
        target: &state.target,
        tasks,
        grace: GRACE,
    }))
}

/// Returns true if the end-to-end check looks at a task's work: what is of kind `frontend`, and what changes a file
/// that people see.
pub(super) fn is_seen(
    context: &RunContext<'_>,
    task: &Task,
    base: Oid,
    tip: Oid,
) -> Result<bool, ConductError> {
    let Some(check) = &context.policy.conductor.staff.end_to_end else {
        return Ok(false);
    };
    if task.kind == Kind::Frontend || check.paths.is_empty() {
        return Ok(task.kind == Kind::Frontend);
    }
    Ok(check.is_seen(&diff::changed_paths(context.repo, base, tip)?))
}

/// Has the run wait for a person who puts right what keeps everything from landing.
fn pause_landing(error: &MergeError, events: &EventSender) -> Result<(), ConductError> {
    if matches!(error, MergeError::Interrupted) {
        return Err(ConductError::Interrupted);
    }
    let reason = told(error);
    let pause = Event::Pause(Pause::Landing { reason });
    events.send(pause).map(drop)
}

/// Why there is nothing to merge for an approved task.
enum Gone {
    /// It landed before a conductor was killed.
    Landed(Oid),
    /// The branch is not what was approved.
    Changed(String),
}

/// The branch of a task, which must be what was approved.
fn ready(
    repo: &Repo,
    target: &BranchName,
    task: &TaskState,
) -> Result<Result<String, Gone>, ConductError> {
    let (Some(place), Some(approved)) = (&task.place, task.approved) else {
        return Ok(Err(Gone::Changed("it has no branch".to_owned())));
    };
    let tip = repo.refs().resolve(place.branch.full())?;
    Ok(match tip {
        Some(tip) if tip == approved => Ok(place.branch.to_string()),
        Some(_) => Err(Gone::Changed(format!(
            "{} has changed since it was approved",
            place.branch
        ))),
        None => {
            let target_tip = repo.commit_of(&target.full().to_string())?;
            let is_in = merge_state(repo, repo.commit_of(&approved.to_string())?, target_tip)?
                .is_integrated();
            Err(match is_in {
                true => Gone::Landed(approved),
                false => Gone::Changed(format!(
                    "{} is gone, and {target} does not hold {approved}",
                    place.branch
                )),
            })
        }
    })
}

/// Which branch lands only after which.
fn after(state: &RunState, branches: &[(String, String)]) -> Vec<(String, String)> {
    let branch_of = |id: &String| {
        let found = branches.iter().find(|(task, _)| task == id);
        found.map(|(_, branch)| branch.clone())
    };
    let mut pairs = Vec::new();
    for (id, branch) in branches {
        let wanted = state.task(id).into_iter().flat_map(|task| &task.builds_on);
        pairs.extend(
            wanted
                .filter_map(branch_of)
                .map(|other| (branch.clone(), other)),
        );
    }
    pairs
}

/// The commit with which a branch landed, or why it has not.
fn fate(report: Option<&BranchReport>, new: &str) -> Result<String, String> {
    let Some(report) = report else {
        return Err("the merge does not tell of it".to_owned());
    };
    match &report.outcome {
        Outcome::Landed { commits } => {
            Ok(commits.last().cloned().unwrap_or_else(|| new.to_owned()))
        }
        Outcome::AlreadyIn => Ok(new.to_owned()),
        Outcome::Planned { .. } | Outcome::Skipped => Err("it was left out".to_owned()),
        Outcome::Unfinished { why } => Err(why.clone()),
        Outcome::Refused { why, instead } => Err(format!("{}; {instead}", why.join("; "))),
        Outcome::TestFailed { command, log, tail } => {
            let said = last_line(tail.as_bytes());
            Err(format!("with it `{command}` fails{said}; see {log}"))
        }
        Outcome::Conflict { files, next, .. } => {
            let files: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
            Err(format!(
                "it conflicts in {}; to go on: {}",
                files.join(", "),
                next.join(" && ")
            ))
        }
        Outcome::Waiting { needs } => Err(format!("it needs {needs}")),
    }
}

/// Makes the aggregate commit of the sessions whose work has landed.
pub(super) fn aggregate(
    context: &RunContext<'_>,
    state: &RunState,
    events: &EventSender,
) -> Result<(), ConductError> {
    let done = state
        .tasks
        .iter()
        .filter(|task| task.status == Status::Done);
    let places = done.filter_map(|task| task.place.as_ref());
    let sessions = places.filter_map(|place| place.session.clone());
    let mut request = Request {
        branch: Some(state.target.full().to_string()),
        sessions: Some(sessions.collect()),
        partial: true,
        ..Request::default()
    };
    let is_empty = request.sessions.as_ref().is_some_and(Vec::is_empty);
    if !is_empty {
        match run_session::of_run(context) {
            Ok(session) => request.orchestrator = session,
            Err(error) => events.say(format!("the entry names no orchestrator: {}", told(&error))),
        }
    }
    let made = match is_empty {
        true => Aggregate::Nothing,
        false => match in_turn(context, &request)? {
            Ok(outcome) => {
                for one in &outcome.skipped {
                    events.say(format!("session {} was left out: {}", one.number, one.why));
                }
                match outcome.commit {
                    Some(commit) => Aggregate::Made { commit },
                    None => Aggregate::Nothing,
                }
            }
            Err(error) => Aggregate::Failed {
                reason: told(&error),
            },
        },
    };
    if let Aggregate::Made { commit } = made
        && let Some(from) = first_parent(context.repo, commit)?
    {
        events.send(Event::MovedTarget { from, to: commit })?;
    }
    events.send(Event::Aggregated(made)).map(drop)
}

fn first_parent(repo: &Repo, commit: Oid) -> Result<Option<Oid>, ConductError> {
    let commit = repo.objects().commit(commit, &mut Vec::new())?;
    Ok(commit.parents.first().copied())
}

/// Aggregates, once no other process does.
fn in_turn(
    context: &RunContext<'_>,
    request: &Request,
) -> Result<Result<aggregate::Outcome, AggregateError>, ConductError> {
    let mut left = TURN;
    loop {
        match aggregate::run(context.repo, request) {
            Err(AggregateError::Held { .. }) if !left.is_zero() => {
                wait(TURN_PAUSE, context.stop)?;
                left = left.saturating_sub(TURN_PAUSE);
            }
            done => return Ok(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::state::TaskPlace;
    use baton_git::worktrees::open_worktree;

    #[test]
    fn a_branch_that_changed_since_it_was_approved_does_not_land() {
        let place = tempfile::tempdir().unwrap();
        let git = |args: &[&str]| {
            let said = baton_testkit::git(place.path(), args, b"");
            String::from_utf8(said).unwrap().trim().to_owned()
        };
        let commit = |file: &str| {
            let blob = baton_testkit::git(place.path(), &["hash-object", "-w", "--stdin"], b"x");
            let blob = String::from_utf8(blob).unwrap();
            let entry = format!("100644,{},{file}", blob.trim());
            git(&["update-index", "--add", "--cacheinfo", &entry]);
            git(&["commit", "-q", "-m", file]);
            git(&["reset", "-q", "--hard"]);
            git(&["rev-parse", "HEAD"])
        };
        git(&["init", "-q", "-b", "main"]);
        let base = commit("base");
        git(&["switch", "-q", "-c", "auto/a"]);
        let approved = commit("approved");
        let repo = open_worktree(place.path()).unwrap();
        let mut task = TaskState::new("a", "a", Vec::new(), 1);
        task.approved = Some(approved.parse().unwrap());
        let answer = |task: &TaskState| ready(&repo, &BranchName::new("main"), task).unwrap();
        assert!(matches!(answer(&task), Err(Gone::Changed(_))));

        task.place = Some(TaskPlace {
            slot: String::new(),
            lease: String::new(),
            worktree: String::new(),
            branch: BranchName::new("auto/a"),
            base: base.parse().unwrap(),
            tip: None,
            session: None,
        });
        assert!(matches!(answer(&task), Ok(branch) if branch == "auto/a"));
        commit("later");
        assert!(matches!(answer(&task), Err(Gone::Changed(_))));

        git(&["switch", "-q", "main"]);
        git(&["branch", "-q", "-D", "auto/a"]);
        assert!(matches!(answer(&task), Err(Gone::Changed(_))));
        git(&["merge", "-q", "--ff-only", &approved]);
        assert!(matches!(answer(&task), Err(Gone::Landed(at)) if at.to_string() == approved));
    }
}
