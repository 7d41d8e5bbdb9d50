//! The steps that follow on `git baton init`. Each line that is indented is a command to type as it is.

use std::path::Path;

use bstr::{BString, ByteSlice};

use super::Rules;
use super::agents::AgentFiles;
use super::step::{Action, Step};
use crate::scaffold::{self, Choices, CiService, SIGNERS_PATH};
use baton_core::policy::POLICY_PATH;
use baton_git::{Repo, diff};

/// The place in which the next commands are typed.
pub struct Place {
    /// True where it is not the root of the worktree, by which paths go.
    is_below: bool,
    /// True where something is staged that belongs to another commit.
    has_staged: bool,
    /// The files that were written and are not committed.
    uncommitted: Vec<BString>,
}

impl Place {
    /// This directory of the worktree, before anything is written.
    pub fn of(repo: &Repo, directory: &Path) -> miette::Result<Self> {
        Ok(Self {
            is_below: !repo.has_its_root_at(directory),
            has_staged: diff::has_staged(repo)?,
            uncommitted: Vec::new(),
        })
    }

    /// Looks at what the steps have left.
    pub fn look(&mut self, repo: &Repo, steps: &[Step]) -> miette::Result<()> {
        let paths: Vec<_> = steps.iter().map(|step| step.file.path).collect();
        self.uncommitted = diff::uncommitted(repo, &paths)?;
        Ok(())
    }

    /// The path as git takes it here.
    fn path(&self, path: &str) -> String {
        match self.is_below {
            true => format!(":/{path}"),
            false => path.to_owned(),
        }
    }
}

/// The steps, numbered.
pub fn steps(
    steps: &[Step],
    choices: &Choices,
    rules: Rules,
    agents: &AgentFiles,
    place: &Place,
) -> String {
    let mut todo = Vec::new();
    let mut left = steps.iter().filter(|step| step.action == Action::Leave);
    if let Some(list) = left.clone().find(|step| step.file.path == SIGNERS_PATH) {
        todo.extend(addition(list, rules, place));
    }
    if left.any(|step| step.file.path != SIGNERS_PATH) {
        todo.push(
            "take over by hand what you want of the lines above, or replace the files and keep copies of them:\n   \
             git baton init --force"
                .to_owned(),
        );
    }
    todo.extend(inclusion(steps));
    todo.extend(protection(steps, choices));
    todo.extend(commit(steps, choices, rules, agents, place));
    todo.push(
        "guard this clone; every other clone needs the same:\n   git baton install".to_owned(),
    );
    let mut text = String::from("\nNext:\n");
    for (at, step) in todo.iter().enumerate() {
        text.push_str(&format!("{}. {step}\n", at + 1));
    }
    text + &format!("\n{}\n", on_the_forge(choices.ci))
}

/// The commit of what is new, or not committed yet.
fn commit(
    steps: &[Step],
    choices: &Choices,
    rules: Rules,
    agents: &AgentFiles,
    place: &Place,
) -> Option<String> {
    let is_rule = |path: &str| [POLICY_PATH, SIGNERS_PATH].contains(&path);
    let is_due = |step: &&Step| match rules {
        Rules::None => step.action != Action::Refuse,
        Rules::Frozen | Rules::InForce => step.is_written() || step.action == Action::Nothing,
    };
    let due = steps.iter().filter(is_due).map(|step| step.file.path);
    let due = due.filter(|path| place.uncommitted.iter().any(|one| one == path));
    let has_rule = due.clone().any(is_rule) || agents.is_signed;
    let paths: Vec<_> = due
        .chain(agents.committed.iter().copied())
        .map(|path| place.path(path))
        .collect();
    if paths.is_empty() {
        return None;
    }
    let paths = paths.join(" ");
    let add = format!("git add {paths}");
    let only = match place.has_staged {
        true => format!(" -- {paths}"),
        false => String::new(),
    };
    Some(match rules {
        Rules::None if choices.signers.is_none() => format!(
            "read {POLICY_PATH}, then commit it; without a maintainer its rules can never change after that:\n   \
             {add} && git commit -m \"Set the rules for coding agents\"{only}"
        ),
        Rules::None => format!(
            "read {POLICY_PATH}, then commit it; this first commit needs no signature:\n   {add} && git commit -m \
             \"Set the rules for coding agents\"{only}"
        ),
        Rules::InForce if has_rule => format!(
            "commit what was written, as a maintainer: the rules change with a maintainer's signature alone:\n   \
             {add} && git commit -S -m \"Change the rules for coding agents\"{only}"
        ),
        Rules::InForce | Rules::Frozen => format!(
            "commit what was written:\n   {add} && git commit -m \"Add files for coding agents\"{only}"
        ),
    })
}

/// The maintainers that were named and are not on the list that is there.
fn addition(list: &Step, rules: Rules, place: &Place) -> Option<String> {
    let found = list.found.as_deref().unwrap_or_default();
    let is_key = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let missing = list.file.text.lines().filter(is_key);
    let missing: Vec<_> = missing
        .filter(|line| !found.lines().any(|one| one.trim() == line.as_bytes()))
        .map(shell_words::quote)
        .collect();
    let path = match place.is_below {
        true => format!("\"$(git rev-parse --show-toplevel)/{SIGNERS_PATH}\""),
        false => SIGNERS_PATH.to_owned(),
    };
    let commit = match rules {
        Rules::None => String::new(),
        Rules::Frozen | Rules::InForce => format!(
            "\n   git commit -S -m \"Add a maintainer\" -- {}",
            place.path(SIGNERS_PATH)
        ),
    };
    (!missing.is_empty()).then(|| {
        format!(
            "add the maintainer to those that {SIGNERS_PATH} lists:\n   printf '%s\\n' {} >>{path}{commit}",
            missing.join(" ")
        )
    })
}

/// The step that is left when the pipeline was there before the job.
fn inclusion(steps: &[Step]) -> Option<String> {
    let pipeline = steps
        .iter()
        .find(|step| step.file.path == scaffold::GITLAB_PIPELINE)?;
    let found = pipeline.found.as_deref().unwrap_or_default();
    let is_included = found.contains_str(scaffold::GITLAB_JOB);
    (pipeline.action == Action::Keep && !is_included).then(|| {
        format!(
            "include the job in {}:\n     include:\n       - local: {}",
            scaffold::GITLAB_PIPELINE,
            scaffold::GITLAB_JOB
        )
    })
}

/// The step that is left when the policy was there before the job.
fn protection(steps: &[Step], choices: &Choices) -> Option<String> {
    let policy = steps.iter().find(|step| step.file.path == POLICY_PATH)?;
    let paths = choices.ci.map(CiService::paths)?;
    let found = policy.found.as_deref().unwrap_or_default();
    let is_named = paths.iter().all(|path| found.contains_str(path));
    (policy.action == Action::Keep && choices.signers.is_some() && !is_named).then(|| {
        format!(
            "keep the job to maintainers, in {POLICY_PATH}:\n     [[protected]]\n     paths = {paths:?}\n     writer = \
             \"maintainers\""
        )
    })
}

fn on_the_forge(ci: Option<CiService>) -> &'static str {
    match ci {
        None => {
            "CI judges every change after `git baton init --ci github` or `git baton init --ci gitlab`."
        }
        Some(CiService::Github) => {
            "On GitHub, protect the branch (Settings > Rules): require the check `baton`, \
             forbid force pushes and deletion."
        }
        Some(CiService::Gitlab) => {
            "On GitLab, protect the branch, forbid force pushes, and turn on \
             \"Pipelines must succeed\" (Settings > Merge requests)."
        }
    }
}
