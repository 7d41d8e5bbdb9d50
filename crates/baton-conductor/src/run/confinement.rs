//! Confines the attempts at a task where the settings ask for it ([`crate::confine`]).

use std::path::Path;

use super::RunError;
use crate::confine::{self, Confined, ConfinedError, Place, Terms};
use baton_core::policy::Conductor;
use baton_core::policy::conductor::Confine;
use baton_core::policy::conductor::agents::Agent;
use baton_git::{Repo, worktrees};
use baton_sys::supervise::Job;
use baton_sys::{confine as kernel, warnings};

/// Returns the confinement of an agent, as the settings have it for this agent or for all.
pub(super) fn asked(conductor: &Conductor, agent: &Agent) -> Confine {
    agent.confine.unwrap_or(conductor.confine)
}

/// The agent with the command that it has while it is confined, if it is.
pub(super) fn equipped(conductor: &Conductor, agent: &Agent) -> Agent {
    let is_confined = asked(conductor, agent) != Confine::Off && kernel::obstacle().is_none();
    let command = agent.confined_command.clone().filter(|_| is_confined);
    Agent {
        command: command.unwrap_or_else(|| agent.command.clone()),
        ..agent.clone()
    }
}

/// Confines this job of an agent to its worktree; `None` where nothing asks for it or, if it is not required, where the
/// system cannot.
pub(super) fn enter(
    repo: &Repo,
    conductor: &Conductor,
    agent: &Agent,
    job: &mut Job,
) -> Result<Option<Confined>, RunError> {
    match (asked(conductor, agent), kernel::obstacle()) {
        (Confine::Off, _) => return Ok(None),
        (Confine::Worktree, Some(reason)) => {
            warnings::warn(format!(
                "agents are not confined to their worktrees: {reason}"
            ));
            return Ok(None);
        }
        (Confine::Worktree | Confine::Required, _) => {}
    }
    let main = worktrees::main(repo)?;
    let root = main.work_tree().unwrap_or(main.common_dir());
    let program = agent.command.program();
    let terms = Terms::of(conductor, program.unwrap_or_default(), root);
    let place = Place::at(repo, &job.directory)?;
    // What an earlier command there has left is told in the log of that attempt, or lost with its conductor.
    let (confined, _) = confine::enter(place, &terms, &job.id)?;
    job.env.extend(confined.env());
    for name in ["BATON_GIT_DIR", "BATON_WORKTREE_GIT_DIR"] {
        job.env.push((name.into(), confined.git_dir().into()));
    }
    job.room = Some(confined.room().clone());
    Ok(Some(confined))
}

/// Brings back what a confined agent did there whose conductor was killed.
pub(super) fn recover(repo: &Repo, worktree: &Path) -> Result<(), RunError> {
    match Place::at(repo, worktree) {
        Err(ConfinedError::NotLinked(_)) => Ok(()),
        place => Ok(confine::recover(&place?, &Terms::default()).map(drop)?),
    }
}
