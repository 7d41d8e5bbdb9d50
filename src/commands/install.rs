//! `git baton install`.

use miette::IntoDiagnostic;

use super::{ALLOWED, ExitCode};
use crate::cli::Install;
use crate::git::Repo;
use crate::install;
use crate::install::Kind;
use crate::sys::GitEnv;

/// Installs the hooks and says what that came to.
pub fn run(args: &Install) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let kind = match args.server {
        true => Kind::Server,
        false => Kind::Client,
    };
    super::print(&install::install(&repo, kind)?.to_string())?;
    Ok(ALLOWED)
}
