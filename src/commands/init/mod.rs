//! `git baton init`.

mod agents;
mod found;
mod next;
mod signer;
mod step;

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, miette};

use super::{ALLOWED, BROKEN, ExitCode};
use crate::cli::{Ci, Init};
use crate::scaffold::auto_context::{AUTO_CONTEXT_PATH, Parallelization};
use crate::scaffold::{self, Choices, CiService};
use baton_core::policy::SETTINGS_PATH;
use baton_core::report::escape;
use baton_git::Repo;
use baton_guard::base::Bases;
use baton_sys::{GitEnv, worktree_file};
use next::Place;
pub use step::copy_name;
use step::{Action, Step};

/// Writes the files, or says what stands in the way of which. 1 when a file was left that says
/// something else.
pub fn run(args: &Init) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let root = repo.work_tree().ok_or_else(|| {
        miette!(
            help = "run it in a clone, commit what it writes there, and push",
            "this repository is bare: there is no worktree to write files into"
        )
    })?;
    let rules = rules_in_force(&repo)?;
    let decided = signer::decide(&repo, root, args, rules)?;
    let choices = Choices {
        ci: match args.ci {
            Some(ci) => Some(service(ci)),
            None => job_already(root)?,
        },
        signers: decided.list,
        guard_only: args.guard_only,
        branch: found::branch(&repo)?,
        agent: found::agent(),
        parallelization: match args.guard_only {
            true => Parallelization::default(),
            false => written_before(root),
        },
    };
    let mut place = Place::of(&repo, &env.current_dir)?;
    let steps = step::plan(root, &choices, args.force, rules)?;
    let copies = copies(&repo);
    let mut text = String::new();
    for step in &steps {
        text.push_str(&step.execute(root, &copies)?);
    }
    text.push_str(&taken_over(&steps, &choices));
    text.push_str(&found::managers(root));
    let agents = agents::set_up(&repo, root, args, rules, &copies)?;
    text.push_str(&agents.text);
    text.push_str(&decided.told.unwrap_or_default());
    place.look(&repo, &steps)?;
    text.push_str(&next::steps(&steps, &choices, rules, &agents, &place));
    super::print(&text)?;
    let is_left = |step: &Step| matches!(step.action, Action::Leave | Action::Refuse);
    Ok(match agents.is_left || steps.iter().any(is_left) {
        true => BROKEN,
        false => ALLOWED,
    })
}

/// Where copies are kept of what `init` changes.
pub fn copies(repo: &Repo) -> PathBuf {
    repo.baton_dir().join("before-init")
}

fn service(ci: Ci) -> CiService {
    match ci {
        Ci::Github => CiService::Github,
        Ci::Gitlab => CiService::Gitlab,
    }
}

/// The service whose job is there already.
fn job_already(root: &Path) -> Result<Option<CiService>, worktree_file::WorktreeFileError> {
    for (path, service) in scaffold::JOBS {
        if worktree_file::read(root, path)?.is_some() {
            return Ok(Some(service));
        }
    }
    Ok(None)
}

/// The parallelization that another tool's file asks for. A file that cannot be read is told of,
/// and stands in the way of nothing.
fn written_before(root: &Path) -> Parallelization {
    let warn = |why: &dyn std::fmt::Display| {
        let why = escape::visible(why.to_string().as_bytes());
        super::tell(&format!(
            "warning: nothing is taken over from {AUTO_CONTEXT_PATH}: {why}\n"
        ));
        Parallelization::default()
    };
    match worktree_file::read(root, AUTO_CONTEXT_PATH) {
        Ok(Some(yaml)) => Parallelization::read(&yaml).unwrap_or_else(|error| warn(&error)),
        Ok(None) => Parallelization::default(),
        Err(error) => warn(&error),
    }
}

fn taken_over(steps: &[Step], choices: &Choices) -> String {
    let mut written = steps.iter().filter(|step| step.is_written());
    if !written.any(|step| step.file.path == SETTINGS_PATH) {
        return String::new();
    }
    let mut text = String::new();
    let settings = choices.parallelization.settings().into_iter();
    let settings: Vec<_> = settings
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    if !settings.is_empty() {
        text.push_str(&format!(
            "took over  {AUTO_CONTEXT_PATH}: {} in [conductor] of {SETTINGS_PATH}\n",
            settings.join(", ")
        ));
    }
    if let Some(agent) = &choices.agent {
        text.push_str(&format!(
            "found      the agent {agent}: it works on tasks, by {SETTINGS_PATH}\n"
        ));
    }
    text
}

/// The rules of the commit that is checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// It carries no policy.
    None,
    /// It carries one that lists no maintainer, and cannot be changed.
    Frozen,
    /// It carries one, or one that cannot be read.
    InForce,
}

fn rules_in_force(repo: &Repo) -> miette::Result<Rules> {
    let Some(head) = repo.head()? else {
        return Ok(Rules::None);
    };
    Ok(match Bases::new(repo.objects()).at(head) {
        Ok(None) => Rules::None,
        Ok(Some(base)) if base.policy.signing.signers.is_empty() => Rules::Frozen,
        Ok(Some(_)) | Err(_) => Rules::InForce,
    })
}
