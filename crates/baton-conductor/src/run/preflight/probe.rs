//! Tells before anything is paid for whether an agent's own sandbox lets it commit.
//!
//! The line that the agent names for it commits in a worktree that lies where tasks' worktrees lie, on a
//! branch like theirs. Both are gone afterwards; what a kill leaves is taken over by the next probe.

use std::path::Path;
use std::time::Duration;

use super::Obstacle;
use crate::pool::place;
use crate::run::agent::{self, Values};
use crate::run::agent_output::AgentOutput;
use crate::run::verify::behind_colon;
use crate::run::{Assignment, RunError};
use baton_core::model::{BranchName, Oid};
use baton_core::policy::Policy;
use baton_core::policy::conductor::agents::{Agent, Output};
use baton_git::Repo;
use baton_git::scratch_worktree::ScratchWorktree;
use baton_sys::FileLock;
use baton_sys::supervise::{self, End};

/// The task for which no agent works, by which branch and worktree are named.
const TASK: &str = "baton-probe";

/// The time limit of a probe.
const LIMIT: Duration = Duration::from_secs(60);

/// The exit status by which a probe says that the agent cannot commit. Any other but 0 says nothing:
/// the program may not know how to be asked.
const CANNOT_COMMIT: i32 = 1;

/// Why the agent of this name cannot commit on top of `tip`; `None` where it can, or where nobody can tell.
///
/// # Errors
/// When the worktree cannot be made, or the probe does not start.
pub fn cannot_commit(
    repo: &Repo,
    policy: &Policy,
    tip: Oid,
    name: &str,
    agent: &Agent,
) -> Result<Option<Obstacle>, RunError> {
    let Some(probe) = &agent.probe else {
        return Ok(None);
    };
    let lock = repo.baton_dir().join("probe.lock");
    let _lock = FileLock::acquire(&lock).map_err(RunError::io(lock))?;
    let root = place::relative_root(repo, &policy.pool)
        .and_then(|relative| place::absolute_root(repo, &relative));
    let Ok(root) = root else {
        // The pool says so itself, and better.
        return Ok(None);
    };
    let branch = BranchName::new(policy.pool.branch_of(TASK));
    let path = root.join(TASK);
    agent::lend_config(repo)?;
    let worktree = ScratchWorktree::at(repo, &path, tip)?;
    worktree.on_branch(&branch, tip)?;
    agent::make_directories(repo, &branch)?;
    let said = run(repo, probe, &path, &branch);
    ScratchWorktree::remove_with_branch(repo, &path, &branch)?;
    Ok(said?.map(|said| Obstacle::NoCommit {
        agent: name.to_owned(),
        said,
    }))
}

/// Runs the probe; what it said, where it says that there can be no commit.
fn run(
    repo: &Repo,
    probe: &baton_core::policy::command::CommandTemplate,
    worktree: &Path,
    branch: &BranchName,
) -> Result<Option<String>, RunError> {
    let assignment = Assignment {
        run: TASK.to_owned(),
        task: TASK.to_owned(),
        title: String::new(),
        prompt: String::new(),
        owned: None,
        verify: Vec::new(),
        limit: None,
    };
    let values = Values {
        assignment: &assignment,
        worktree,
        branch,
        session: None,
        attempt: 1,
        git_dir: repo.common_dir(),
        prompt: "",
        prompt_file: Path::new(""),
    };
    let mut job = values.command(probe)?;
    job.limit = Some(LIMIT);
    job.keeps_errors_apart = true;
    let mut output = AgentOutput::new(Output::Text);
    let finished = supervise::run(&job, &|| false, &mut |stream, line| {
        output.take(stream, line, &mut |_| ());
    });
    let finished = finished.map_err(|source| RunError::Start {
        command: probe.as_str().to_owned(),
        source,
    })?;
    Ok(match finished.end {
        End::Exited(CANNOT_COMMIT) => Some(behind_colon(output.failure(&finished.tail))),
        _ => None,
    })
}
