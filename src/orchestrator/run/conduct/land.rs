//! What was approved lands, and is summed up; worktrees go back to the pool.

use super::ConductError;
use super::drive::{Ground, Teller};
use super::work::told;
use crate::git::Repo;
use crate::model::SessionId;
use crate::orchestrator::aggregate::{self, Request};
use crate::orchestrator::merge::report::{BranchReport, Outcome};
use crate::orchestrator::merge::{self, MergeRequest};
use crate::orchestrator::pool::{self, PoolError, Release};
use crate::orchestrator::run::state::{
    Aggregate, Event, Pause, RunState, Status, TaskPlace, TaskState,
};

/// Lands the branches of these tasks.
pub(super) fn land(
    ground: &Ground<'_>,
    state: &RunState,
    tasks: &[String],
    teller: &Teller,
) -> Result<(), ConductError> {
    let approved: Vec<_> = tasks.iter().filter_map(|id| state.task(id)).collect();
    let (mut landed, mut refused) = (Vec::new(), Vec::new());
    let mut branches = Vec::new();
    for task in &approved {
        match ready(ground.repo, task)? {
            Ok(branch) => branches.push((task.id.clone(), branch)),
            Err(Gone::Landed(commit)) => landed.push((task.id.clone(), commit)),
            Err(Gone::Changed(why)) => refused.push((task.id.clone(), why)),
        }
    }
    if !branches.is_empty() {
        for task in &approved {
            give_back(ground.repo, task, true)?;
        }
        let request = MergeRequest {
            branches: branches.iter().map(|(_, branch)| branch.clone()).collect(),
            into: Some(state.target.clone()),
            after: after(state, &branches),
            ..MergeRequest::default()
        };
        let report = match merge::run_until(ground.repo, &request, ground.stop) {
            Ok(report) => report,
            Err(merge::MergeError::Interrupted) => return Err(ConductError::Interrupted),
            Err(error) => {
                let reason = told(&error);
                return teller.tell(Event::Pause(Pause::Landing { reason }));
            }
        };
        for (id, branch) in branches {
            let one = report.branches.iter().find(|one| one.branch == branch);
            match fate(one, &report.new) {
                Ok(commit) => landed.push((id, commit)),
                Err(why) => refused.push((id, why)),
            }
        }
    }
    teller.tell(Event::Landed { landed, refused })
}

/// Why there is nothing to merge for an approved task.
enum Gone {
    /// It landed before a conductor was killed.
    Landed(String),
    /// The branch is not what was approved.
    Changed(String),
}

/// The branch of a task, which must be what was approved.
fn ready(repo: &Repo, task: &TaskState) -> Result<Result<String, Gone>, ConductError> {
    let (Some(place), Some(approved)) = (&task.place, &task.approved) else {
        return Ok(Err(Gone::Changed("it has no branch".to_owned())));
    };
    let tip = repo
        .refs()
        .resolve(&format!("refs/heads/{}", place.branch))?;
    Ok(match tip {
        Some(tip) if tip.to_string() == *approved => Ok(place.branch.clone()),
        Some(_) => Err(Gone::Changed(format!(
            "{} has changed since it was approved",
            place.branch
        ))),
        // Only a branch that is proven to be in the target is deleted.
        None => Err(Gone::Landed(approved.clone())),
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
        Outcome::TestFailed { command, log, .. } => {
            Err(format!("with it `{command}` fails, see {log}"))
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
    ground: &Ground<'_>,
    state: &RunState,
    teller: &Teller,
) -> Result<(), ConductError> {
    let done = state
        .tasks
        .iter()
        .filter(|task| task.status == Status::Done);
    let places = done.filter_map(|task| task.place.as_ref());
    let sessions = places.filter_map(|place| SessionId::parse(place.session.as_deref()?));
    let request = Request {
        branch: Some(format!("refs/heads/{}", state.target)),
        sessions: Some(sessions.collect()),
        partial: true,
        ..Request::default()
    };
    let is_empty = request.sessions.as_ref().is_some_and(Vec::is_empty);
    let made = match is_empty {
        true => Aggregate::Nothing,
        false => match aggregate::run(ground.repo, &request) {
            Ok(outcome) => {
                for one in &outcome.skipped {
                    teller.say(format!("session {} was left out: {}", one.number, one.why));
                }
                match outcome.commit {
                    Some(commit) => Aggregate::Made {
                        commit: commit.to_string(),
                    },
                    None => Aggregate::Nothing,
                }
            }
            Err(error) => Aggregate::Failed {
                reason: told(&error),
            },
        },
    };
    teller.tell(Event::Aggregated(made))
}

/// Gives back the worktrees that tasks still have. What would be lost with one is kept below
/// `refs/baton/trash/`, and its branch stays.
pub(super) fn clean_up(
    ground: &Ground<'_>,
    state: &RunState,
    teller: &Teller,
) -> Result<(), ConductError> {
    if ground.policy.conductor.auto_cleanup {
        for task in &state.tasks {
            if let Some(saved) = give_back(ground.repo, task, true)? {
                teller.say(format!("what {} has left behind is in {saved}", task.id));
            }
        }
    }
    teller.tell(Event::CleanedUp)
}

/// Gives a task's worktree back, where it still has one; the reference below which something was
/// saved.
fn give_back(repo: &Repo, task: &TaskState, force: bool) -> Result<Option<String>, ConductError> {
    let Some(TaskPlace { slot, lease, .. }) = &task.place else {
        return Ok(None);
    };
    let release = Release {
        slot: slot.clone(),
        lease: Some(lease.clone()),
        force,
    };
    match pool::release(repo, &release) {
        Ok(released) => Ok(released.saved),
        Err(
            PoolError::NotLeased { .. }
            | PoolError::Passed { .. }
            | PoolError::NoSlot(_)
            | PoolError::None,
        ) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
