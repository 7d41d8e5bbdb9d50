//! `git baton uninstall`.

use miette::IntoDiagnostic;

use super::{ALLOWED, ExitCode};
use baton_git::Repo;
use baton_hooks::install;
use baton_sys::GitEnv;

/// Takes the hooks out and says what that came to.
pub fn run() -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    super::print(&install::uninstall(&repo)?.to_string())?;
    Ok(ALLOWED)
}
