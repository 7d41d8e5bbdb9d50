//! Finds the problems of the pool, and repairs those that it can without losing anything.

mod evidence;
mod examine;
mod finding;
mod repair;

use super::PoolError;
use crate::settings;
use baton_git::Repo;

pub use finding::{Code, Finding};
pub use repair::{make_anew, put_back};

use examine::look;
use repair::repair;

/// The problems that were found, and those that were repaired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The problems that are left.
    pub findings: Vec<Finding>,
    /// The problems that were repaired.
    pub fixed: Vec<Finding>,
}

/// Looks at every slot and, when `fix` says so, repairs what can be.
pub fn examine(repo: &Repo, fix: bool) -> Result<Health, PoolError> {
    let policy = settings::policy(repo)?.pool;
    let before = look(repo, &policy)?;
    if !fix || !before.iter().any(|finding| finding.fixable) {
        return Ok(Health {
            findings: before,
            fixed: Vec::new(),
        });
    }
    for finding in before.iter().filter(|finding| finding.fixable) {
        match repair(repo, finding, &policy) {
            // What could not be repaired is found again.
            Err(error) if !error.is_refusal() => return Err(error),
            _ => {}
        }
    }
    let findings = look(repo, &policy)?;
    let again = |finding: &Finding| {
        let same = |one: &&Finding| one.code == finding.code && one.slot == finding.slot;
        findings.iter().find(same).is_some()
    };
    let fixed = before
        .into_iter()
        .filter(|finding| !again(finding))
        .collect();
    Ok(Health { findings, fixed })
}
