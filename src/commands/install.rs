//! `git baton install`.

use miette::{IntoDiagnostic, Report};

use super::{ALLOWED, ExitCode};
use crate::cli::Install;
use baton_core::policy::POLICY_PATH;
use baton_git::Repo;
use baton_guard::base::Bases;
use baton_hooks::install;
use baton_hooks::install::Kind;
use baton_sys::GitEnv;

const NOT_ARMED: &str =
    "nothing is installed: mend the policy, commit it, and run `git baton install` again";

/// Installs the hooks and says what that came to.
pub fn run(args: &Install) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let kind = match args.server {
        true => Kind::Server,
        false => Kind::Client,
    };
    check_policy(&repo)?;
    super::print(&install::install(&repo, kind)?.to_string())?;
    Ok(ALLOWED)
}

/// Fails where the hooks would enforce a policy that cannot be read: the one that `HEAD` carries
/// or, where it carries none yet, the one that waits in the worktree to be committed.
fn check_policy(repo: &Repo) -> miette::Result<()> {
    let found = match repo.head()? {
        Some(head) => Bases::new(repo.objects()).own(head),
        None => Ok(None),
    };
    let refuse = |error: Report| error.wrap_err(NOT_ARMED);
    if found.map_err(|error| refuse(error.into()))?.is_some() {
        return Ok(());
    }
    let file = repo.work_tree().map(|root| root.join(POLICY_PATH));
    match file.filter(|file| file.exists()) {
        Some(file) => super::policy::read_known(&file).map_err(refuse).map(drop),
        None => Ok(()),
    }
}
