//! From a plan to the first state of a run, and to what a worker is given.

use std::time::Duration;

use super::ConductError;
use crate::run::Assignment;
use crate::run::state::{Checkpoint, RunState, TaskState};
use crate::run_record::Record;
use baton_core::model::{BranchName, Oid, RefName};
use baton_core::plan::{Plan, Task, TaskList};
use baton_core::policy::{Conductor, PathGlob};
use baton_git::Repo;

/// The branch on which a run lands.
pub fn target(repo: &Repo, wish: Option<&str>) -> Result<BranchName, ConductError> {
    let branch = match wish {
        Some(wish) => BranchName::given(wish),
        None => {
            let head = repo.head_branch()?.and_then(|head| head.branch());
            head.ok_or_else(|| ConductError::NoTarget("HEAD".to_owned()))?
        }
    };
    // A name that leads to another branch stands for that one: it is the one that moves.
    let followed = repo.refs().followed(&[branch.full().as_bstr()])?;
    let branch = followed.first().and_then(RefName::branch).unwrap_or(branch);
    match repo.refs().resolve(branch.full())? {
        Some(_) => Ok(branch),
        None => Err(ConductError::NoTarget(branch.to_string())),
    }
}

/// Returns the maximum number of agents that the plan has at work at once.
pub fn widest(plan: &Plan) -> usize {
    let lanes = plan.groups.iter().map(|group| group.lanes.len());
    lanes.max().unwrap_or(1).min(plan.max_agents).max(1)
}

/// The state with which a run of this plan begins.
pub fn state(
    list: &TaskList,
    plan: &Plan,
    target: BranchName,
    agents: usize,
    one_group: bool,
    now: u64,
) -> RunState {
    let task = |at: &usize| {
        let task = &list.tasks[*at];
        let builds_on = task.builds_on().map(|id| id.as_str().to_owned());
        TaskState::new(
            task.id.as_str(),
            &task.title,
            builds_on.collect(),
            task.attempts,
        )
    };
    let groups = plan.groups.iter().map(|group| {
        let lanes = group.lanes.iter();
        lanes
            .map(|lane| lane.tasks.iter().map(task).collect())
            .collect()
    });
    RunState::new(target, groups.collect(), agents, one_group, now)
}

/// Returns the assignment of the agents of this task.
pub fn assignment(run: &str, task: &Task, conductor: &Conductor) -> Assignment {
    let owned: Option<Vec<_>> = task
        .files
        .iter()
        .map(|text| PathGlob::parse(text).ok())
        .collect();
    let seconds = task.timeout_seconds.unwrap_or(conductor.timeout);
    Assignment {
        run: run.to_owned(),
        task: task.id.as_str().to_owned(),
        title: task.title.clone(),
        prompt: task.prompt.clone(),
        owned: owned.filter(|globs| !globs.is_empty()),
        verify: task.verify.clone(),
        limit: (seconds > 0).then(|| Duration::from_secs(seconds)),
    }
}

/// A state as its record holds it.
pub fn json(state: &RunState) -> String {
    serde_json::to_string_pretty(state).expect("a state is plain text") + "\n"
}

/// A checkpoint as its record holds it.
pub fn checkpoint_json(checkpoint: &Checkpoint) -> String {
    serde_json::to_string_pretty(checkpoint).expect("a checkpoint is plain text") + "\n"
}

/// The name of the next checkpoint of a record, when this many more are to be written before it.
pub fn checkpoint_name(record: &Record, before: usize) -> String {
    let there = checkpoints(record).count();
    format!("checkpoint-{:04}.json", there + before)
}

/// The names of a record's checkpoints, oldest first.
pub fn checkpoints(record: &Record) -> impl Iterator<Item = &str> {
    record
        .names()
        .filter(|name| name.starts_with("checkpoint-"))
}

/// The commit that a record names.
pub(super) fn oid(hex: &str) -> Result<Oid, ConductError> {
    let id = Oid::from_hex(hex.as_bytes());
    id.map_err(|_| ConductError::NoId(hex.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::state::CheckpointKind;
    use baton_core::report::escape;

    #[test]
    fn odd_texts_come_back_from_the_record_as_they_were() {
        let odd = "\0\u{1}\u{1b}[31m\"\\\n\r\t\u{2028}\u{202e}\u{feff}##[x]\u{1f600}</script>";
        let mut task = TaskState::new("a", odd, Vec::new(), 1);
        task.outcome = Some(odd.to_owned());
        task.feedback = Some(odd.to_owned());
        task.pictures = vec![odd.to_owned()];
        let state = RunState::new(BranchName::new(odd), vec![vec![vec![task]]], 1, false, 1);
        let mut checkpoint = state.checkpoint(odd, CheckpointKind::Context);
        checkpoint.note = Some(odd.to_owned());
        checkpoint.tasks_completed = vec![("a".to_owned(), odd.to_owned())];

        let (state_json, checkpoint_json) = (json(&state), checkpoint_json(&checkpoint));
        for shown in [state_json.clone(), escape::json(&state_json)] {
            assert_eq!(serde_json::from_str::<RunState>(&shown).unwrap(), state);
        }
        for shown in [checkpoint_json.clone(), escape::json(&checkpoint_json)] {
            assert_eq!(
                serde_json::from_str::<Checkpoint>(&shown).unwrap(),
                checkpoint
            );
        }
        let shown = escape::json(&state_json) + &escape::json(&checkpoint_json);
        let unseen = ['\0', '\u{1}', '\u{1b}', '\u{2028}', '\u{202e}', '\u{feff}'];
        assert!(!shown.contains(unseen), "{shown:?}");
    }

    #[test]
    fn a_record_that_names_no_commit_is_told_as_what_it_is() {
        let said = oid("HEAD").unwrap_err().to_string();
        assert_eq!(
            said,
            "the record of the run has `HEAD` in the place of a commit's id"
        );
    }
}
