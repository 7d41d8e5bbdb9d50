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
    let is_ruled = check_policy(&repo)?;
    super::print(&install::install(&repo, kind)?.to_string())?;
    match (kind, is_ruled) {
        (Kind::Server, _) => {}
        (Kind::Client, false) => super::print(&format!("no rule holds yet: {NO_POLICY}\n"))?,
        (Kind::Client, true) => super::print(NEXT)?,
    }
    Ok(ALLOWED)
}

const NEXT: &str = "\nNext, for agents: worktrees that are kept ready:\n   git baton orchestrator pool init\n\
                    or a run of agents; for the file of tasks that it reads, and how it goes:\n   \
                    git baton orchestrator run --help\n";

const NO_POLICY: &str =
    "`HEAD` carries no baton.toml; `git baton init` writes one, and prints how to commit it";

/// True if `HEAD` carries a policy. Fails where the hooks would enforce a policy that cannot be read: the one that `HEAD` carries
/// or, where it carries none yet, the one that waits in the worktree to be committed.
fn check_policy(repo: &Repo) -> miette::Result<bool> {
    let found = match repo.head()? {
        Some(head) => Bases::new(repo.objects()).own(head),
        None => Ok(None),
    };
    let refuse = |error: Report| error.wrap_err(NOT_ARMED);
    if found.map_err(|error| refuse(error.into()))?.is_some() {
        return Ok(true);
    }
    let file = repo.work_tree().map(|root| root.join(POLICY_PATH));
    match file.filter(|file| file.exists()) {
        Some(file) => super::policy::read_known(&file).map_err(refuse)?,
        None => return Ok(false),
    };
    Ok(false)
}
