//! The tasks of a file that earlier runs have left to do.
//!
//! A task is known by what it says: where a user has changed its prompt, its files or its checks, it is another.

use super::{ConductError, Request, is_conducted, load, tasks};
use crate::run::state::{RunState, Status};
use crate::run_record::{self, Record};
use baton_core::model::{BranchName, Oid};
use baton_core::plan::{Task, TaskList};
use baton_core::policy::Policy;
use baton_git::Repo;
use baton_git::integration::merge_state;

/// The tasks of a file that are run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Selection {
    /// Those that no earlier run has landed.
    #[default]
    Left,
    /// These.
    Only(Vec<String>),
    /// This one and those behind it in the file.
    From(String),
}

/// The run that is to be conducted.
pub(super) enum ToDo {
    /// A new one of these tasks.
    Begin(TaskList),
    /// This one, which has the same task file and is not over.
    GoOn(String),
}

/// A run that is recorded.
struct Known {
    id: String,
    state: RunState,
    tasks: TaskList,
    is_same_file: bool,
}

impl Selection {
    /// Those of the tasks that it names; all of them where it names none.
    fn of(&self, all: &TaskList) -> Result<TaskList, ConductError> {
        let known = |id: &String| match all.get(id) {
            Some(_) => Ok(()),
            None => Err(ConductError::NoSuchTask(id.clone())),
        };
        match self {
            Self::Left => Ok(all.clone()),
            Self::Only(ids) => {
                ids.iter().try_for_each(known)?;
                Ok(all.part(|task| ids.iter().any(|id| task.id.as_str() == id)))
            }
            Self::From(id) => {
                known(id)?;
                let before = all.tasks.iter();
                let before: Vec<_> = before
                    .map(|task| &task.id)
                    .take_while(|one| one.as_str() != id)
                    .collect();
                Ok(all.part(|task| !before.contains(&&task.id)))
            }
        }
    }
}

/// The run that does what is left of these tasks, which are to land on this branch; `say` gets a sentence for each that is left out.
///
/// # Errors
/// [`ConductError::SameTasks`] when another run works on them, [`ConductError::NothingLeft`] when all have landed.
pub(super) fn to_do(
    repo: &Repo,
    policy: &Policy,
    request: &Request,
    all: &TaskList,
    target: &BranchName,
    say: &mut dyn FnMut(&str),
) -> Result<ToDo, ConductError> {
    let chosen = request.selection.of(all)?;
    let runs = known(repo, policy, request, target)?;
    let tip = repo.commit_of(&target.full().to_string())?;
    let mut landed = Vec::new();
    for task in &chosen.tasks {
        if let Some(run) = landed_by(repo, &runs, task, tip)? {
            landed.push((&task.id, run));
        }
    }
    let is_landed = |task: &Task| landed.iter().any(|(id, _)| **id == task.id);
    for run in runs.iter().filter(|run| !run.state.is_over()) {
        let shared = chosen.tasks.iter().filter(|task| is_open(run, task));
        let shared: Vec<_> = shared.collect();
        if shared.is_empty() {
            continue;
        }
        if is_conducted(repo, &run.id)? {
            let names = shared.iter().map(|task| task.id.as_str());
            return Err(ConductError::SameTasks {
                run: run.id.clone(),
                tasks: names.collect::<Vec<_>>().join(", "),
            });
        }
        // What it has left may be done by a later one: it would do that again.
        let is_whole = !shared.into_iter().any(is_landed);
        if is_whole && run.is_same_file && request.selection == Selection::Left {
            return Ok(ToDo::GoOn(run.id.clone()));
        }
    }
    if request.selection != Selection::Left {
        return Ok(ToDo::Begin(chosen));
    }
    for (id, run) in &landed {
        say(&format!("{id} has landed with run {run}"));
    }
    if landed.len() == chosen.tasks.len() {
        return Err(ConductError::NothingLeft(target.clone()));
    }
    Ok(ToDo::Begin(chosen.part(|task| !is_landed(task))))
}

/// The runs that land on this branch, newest first. A record that cannot be read keeps none from beginning.
fn known(
    repo: &Repo,
    policy: &Policy,
    request: &Request,
    target: &BranchName,
) -> Result<Vec<Known>, ConductError> {
    let mut runs = Vec::new();
    for id in run_record::ids(repo)?.into_iter().rev() {
        let Ok(record) = Record::open(repo, &id) else {
            continue;
        };
        let (Ok(state), Ok(tasks)) = (load(repo, &record), tasks(repo, &record, policy)) else {
            continue;
        };
        if state.target == *target {
            let text = record.file(repo, super::TASKS)?;
            runs.push(Known {
                id,
                state,
                tasks,
                is_same_file: text.as_ref() == Some(&request.tasks),
            });
        }
    }
    Ok(runs)
}

/// True if this run has still to do this task.
fn is_open(run: &Known, task: &Task) -> bool {
    let state = run.state.task(task.id.as_str());
    state.is_some_and(|state| state.terminal().is_none()) && has(run, task)
}

fn has(run: &Known, task: &Task) -> bool {
    let theirs = run.tasks.get(task.id.as_str());
    theirs.is_some_and(|theirs| {
        (&theirs.prompt, &theirs.files, &theirs.verify) == (&task.prompt, &task.files, &task.verify)
    })
}

/// The run that has landed this task on the branch with this tip.
fn landed_by<'r>(
    repo: &Repo,
    runs: &'r [Known],
    task: &Task,
    tip: Oid,
) -> Result<Option<&'r str>, ConductError> {
    for run in runs.iter().filter(|run| has(run, task)) {
        let state = run.state.task(task.id.as_str());
        let state = state.filter(|state| state.status == Status::Done);
        if let Some(commit) = state.and_then(|state| state.landed)
            && repo
                .objects()
                .peel_to_commit(commit)
                .is_ok_and(|it| it.is_some())
            && merge_state(repo, commit, tip)?.is_integrated()
        {
            return Ok(Some(&run.id));
        }
    }
    Ok(None)
}
