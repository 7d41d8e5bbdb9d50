//! The preflight of a run: checks the requirements, and waits until agents may start.

use std::time::Duration;

use super::{ConductError, Watcher, wait};
use crate::run::preflight::requirements;
use crate::run::preflight::{self, Answer};
use baton_core::model::BranchName;
use baton_core::plan::Task;
use baton_core::policy::Policy;
use baton_git::Repo;

/// The wait before a run asks again whether it may start.
const PAUSE: Duration = Duration::from_secs(60);

/// Refuses to begin where these tasks lack what each of them would fail without.
pub(super) fn equipped(
    repo: &Repo,
    policy: &Policy,
    target: &BranchName,
    tasks: &[&Task],
) -> Result<(), ConductError> {
    match requirements::lacking(repo, policy, target, tasks)? {
        lacking if lacking.is_empty() => Ok(()),
        lacking => Err(ConductError::Preflight(lacking)),
    }
}

/// Decides whether agents may start, and how many; waits where the policy says so.
pub(super) fn may_start(
    repo: &Repo,
    policy: &Policy,
    agents: usize,
    stop: &(dyn Fn() -> bool + Sync),
    watcher: &mut dyn Watcher,
) -> Result<usize, ConductError> {
    let calls = policy.conductor.staff.calls.as_ref();
    loop {
        let facts = preflight::gather(repo, repo.common_dir(), calls, stop)?;
        match preflight::decide(&facts, agents) {
            Answer::Go => return Ok(agents),
            Answer::Reduce { to, why } => {
                for obstacle in why {
                    watcher.said(&format!("{obstacle}: {to} agents at once"));
                }
                return Ok(to);
            }
            Answer::Fail { why } => return Err(ConductError::Preflight(why)),
            Answer::Wait { why } => {
                for obstacle in why {
                    watcher.said(&format!("{obstacle}: waiting"));
                }
                wait(PAUSE, stop)?;
            }
        }
    }
}
