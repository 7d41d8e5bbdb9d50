//! `git baton orchestrator plan`.

use std::path::Path;

use miette::{IntoDiagnostic, WrapErr};

use crate::cli::orchestrator::{Plan as Args, PlanFormat};
use crate::commands::{ALLOWED, ExitCode, policy, print, screen};
use baton_conductor::settings;
use baton_core::plan::output::PlanDocument;
use baton_core::plan::{Plan, TaskList, mermaid, overlaps, panel};
use baton_core::policy::Policy;
use baton_git::Repo;
use baton_sys::GitEnv;

/// Shows the plan.
pub fn run(args: Args) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    print(&answer(&env, args)?)?;
    Ok(ALLOWED)
}

/// The plan as text.
pub fn answer(env: &GitEnv, args: Args) -> miette::Result<String> {
    let policy = policy_of(env, args.policy.as_deref())?;
    let list = read(&args.tasks, &policy)?;
    let plan = Plan::new(&list, &policy.conductor);
    Ok(match args.format {
        PlanFormat::Human => panel(&list, &plan, screen()) + &overlaps(&list),
        PlanFormat::Json => PlanDocument::new(&list, &plan).to_json(),
        PlanFormat::Mermaid => mermaid(&list, &plan),
    })
}

fn policy_of(env: &GitEnv, file: Option<&Path>) -> miette::Result<Policy> {
    match file {
        Some(file) => policy::read(file),
        None => {
            let repo = Repo::open(env)?;
            Ok(settings::policy(&repo)?)
        }
    }
}

/// The tasks in this file.
pub fn read(file: &Path, policy: &Policy) -> miette::Result<TaskList> {
    let name = file.display().to_string();
    let bytes = baton_sys::file::read(file)
        .into_diagnostic()
        .wrap_err_with(|| format!("the tasks in {name} cannot be read"))?;
    Ok(TaskList::parse(&name, &bytes, policy)?)
}
