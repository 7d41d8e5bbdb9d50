//! `git baton policy show|check`.

use std::path::Path;

use miette::{IntoDiagnostic, WrapErr, miette};

use super::{ALLOWED, ExitCode};
use crate::cli::{Policy as Verb, PolicyFile};
use baton_core::policy::{POLICY_PATH, Policy};
use baton_git::Repo;
use baton_guard::base::Bases;
use baton_sys::{GitEnv, warnings};

/// Runs the verb.
pub fn run(verb: Verb) -> miette::Result<ExitCode> {
    match verb {
        Verb::Show(which) => super::print(&load(&which)?.effective_toml())?,
        Verb::Check(which) => {
            load(&which)?;
            super::print(&format!("{} is valid\n", name(&which)))?;
        }
    }
    Ok(ALLOWED)
}

fn name(which: &PolicyFile) -> String {
    match (&which.file, &which.at) {
        (Some(file), _) => file.display().to_string(),
        (None, Some(commit)) => format!("{POLICY_PATH} of {commit}"),
        (None, None) => POLICY_PATH.to_owned(),
    }
}

fn load(which: &PolicyFile) -> miette::Result<Policy> {
    let env = GitEnv::from_process().into_diagnostic()?;
    if let Some(file) = &which.file {
        return read(file);
    }
    let repo = Repo::open(&env)?;
    let Some(commit) = &which.at else {
        let root = repo.work_tree().ok_or_else(|| {
            miette!(
                help = "name a commit: `--at HEAD` reads the policy that HEAD carries",
                "a bare repository has no {POLICY_PATH} of a worktree"
            )
        })?;
        return read(&root.join(POLICY_PATH));
    };
    let bases = Bases::new(repo.objects());
    let policy = bases.strict(repo.commit_of(commit)?)?;
    policy.ok_or_else(|| {
        miette!(
            help = "`git baton init` writes one",
            "{commit} carries no {POLICY_PATH}"
        )
    })
}

/// The policy in this file of the worktree.
pub fn read(file: &Path) -> miette::Result<Policy> {
    Ok(Policy::parse(&file.display().to_string(), &bytes(file)?)?)
}

/// The policy in this file, by which is judged: what only a newer version knows, and what guards
/// nothing, is warned of.
pub fn read_known(file: &Path) -> miette::Result<Policy> {
    let (policy, unknown) = Policy::parse_known(&file.display().to_string(), &bytes(file)?)?;
    for error in unknown {
        warnings::warn(error.passed_over());
    }
    Ok(policy)
}

fn bytes(file: &Path) -> miette::Result<Vec<u8>> {
    baton_sys::file::read(file)
        .into_diagnostic()
        .wrap_err_with(|| {
            format!(
                "the policy {} cannot be read; `git baton init` writes one",
                file.display()
            )
        })
}
