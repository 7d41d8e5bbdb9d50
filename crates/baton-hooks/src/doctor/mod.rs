//! Checks that the guard is active in a repository. Read-only.

mod agents;
mod earlier_hooks;
mod finding;
mod history;
mod hooks;
mod journal;
mod json;
mod outside;
mod policy;
mod records;
mod worktrees;

pub use finding::{Diagnosis, Finding, Id, Severity};
pub use hooks::examine_here;
pub use json::schema;

/// Why the state of a repository cannot be told: what is installed there cannot be either.
pub use crate::install::InstallError as DoctorError;

use crate::install::{Layout, has_worktree};
use baton_git::{GitVersion, Repo};
use baton_sys::file;

const REINSTALL: &str = "run `git baton install`";

/// Looks at everything that the guard depends on.
pub fn examine(repo: &Repo) -> Result<Diagnosis, DoctorError> {
    let mut findings = Vec::new();
    let version = repo.program().version()?;
    if version < GitVersion::OLDEST {
        findings.push(Finding {
            id: Id::GitTooOld,
            what: format!("git {version} calls no reference-transaction hook"),
            place: "git".to_owned(),
            remedy: format!("install git {} or newer", GitVersion::OLDEST),
        });
    }
    let installed = hooks::examine(repo, &mut findings)?;
    policy::examine(repo, &mut findings)?;
    worktrees::examine(repo, &mut findings)?;
    records::examine(repo, &mut findings)?;
    if installed {
        outside::examine(repo, &mut findings)?;
        journal::examine(repo, &mut findings)?;
        history::examine(repo, &mut findings)?;
        agents::examine(repo, &mut findings);
    }
    if file::is_file(&Layout::of(repo).server_mark()) || !has_worktree(repo)? {
        findings.iter_mut().for_each(for_server);
    }
    Ok(Diagnosis { findings })
}

/// Names the command that installs on a server, which is another than a clone's.
fn for_server(finding: &mut Finding) {
    let remedy = &mut finding.remedy;
    *remedy = remedy.replace("git baton install", "git baton install --server");
}
