//! A feature's tasks, done by the conductor.

use miette::Diagnostic;

use super::{Ran, ToRun};
use crate::run::conduct::{self, ConductError, Request, STATE, Selection, Watcher};
use crate::run::event_text;
use crate::run::state::{Pause, Phase, RunState};
use crate::run_record::Record;
use baton_git::Repo;

/// The name of the task file in what is said about it.
const SOURCE: &str = "tasks.toml";

/// Begins the run in its record, or goes on with it.
///
/// # Errors
/// As for [`conduct::begin`].
pub fn conducted(
    repo: &Repo,
    wanted: &ToRun<'_>,
    stop: &(dyn Fn() -> bool + Sync),
    watcher: &mut dyn Watcher,
) -> Result<Ran, Box<dyn Diagnostic + Send + Sync>> {
    match run(repo, wanted, stop, watcher) {
        Ok(ran) => Ok(ran),
        Err(ConductError::Interrupted) => Ok(Ran::Stopped),
        Err(error) => Err(Box::new(error)),
    }
}

fn run(
    repo: &Repo,
    wanted: &ToRun<'_>,
    stop: &(dyn Fn() -> bool + Sync),
    watcher: &mut dyn Watcher,
) -> Result<Ran, ConductError> {
    let begun = Record::open(repo, wanted.run)?.file(repo, STATE)?.is_some();
    let (run, state) = match begun {
        true => conduct::resume(
            repo,
            Some(wanted.run),
            wanted.one_group,
            false,
            stop,
            watcher,
        )?,
        false => {
            let request = Request {
                tasks: wanted.tasks.into(),
                source: SOURCE.to_owned(),
                into: wanted.into.map(str::to_owned),
                one_group: wanted.one_group,
                selection: Selection::Left,
                run: Some(wanted.run.to_owned()),
            };
            conduct::begin(repo, &request, stop, watcher)?
        }
    };
    ran(repo, &run, &state)
}

fn ran(repo: &Repo, run: &str, state: &RunState) -> Result<Ran, ConductError> {
    let why = || event_text::conclusion(run, state);
    Ok(match &state.phase {
        Phase::Done => {
            let tip = repo.refs().resolve(state.target.full())?;
            let tip = tip.ok_or_else(|| ConductError::NoTarget(state.target.to_string()))?;
            Ran::Merged { tip }
        }
        Phase::Failed => Ran::Failed { why: why() },
        Phase::Paused {
            reason: Pause::Stopped,
            ..
        } => Ran::Stopped,
        Phase::Paused {
            reason: Pause::GroupOver | Pause::Context,
            ..
        } => Ran::Paused { why: why() },
        _ => Ran::Unfinished { why: why() },
    })
}
