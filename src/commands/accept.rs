//! `git baton accept`.

use miette::{IntoDiagnostic, miette};

use super::{ALLOWED, ExitCode};
use crate::cli::Accept;
use baton_conductor::settings;
use baton_core::model::RuleId;
use baton_git::Repo;
use baton_guard::acceptance;
use baton_sys::GitEnv;

/// Records the acceptance and says what it names.
pub fn run(args: &Accept) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let rule = args.rule.as_deref().map(named).transpose()?;
    let mut commits = Vec::new();
    for commit in &args.commits {
        let commit = repo.commit_of(commit)?;
        if !commits.contains(&commit) {
            commits.push(commit);
        }
    }
    let subject = settings::policy(&repo)?.subjects.accept;
    let (made, accepted) = acceptance::record(&repo, &commits, rule, &args.reason, &subject)?;
    let mut text = String::new();
    for (commit, rule) in accepted {
        text.push_str(&format!("accepted {rule} in {commit}\n"));
    }
    text.push_str(&format!("recorded in {made}; push it with the branch\n"));
    super::print(&text)?;
    Ok(ALLOWED)
}

fn named(rule: &str) -> miette::Result<RuleId> {
    rule.parse().map_err(|error| miette!("{error}"))
}
