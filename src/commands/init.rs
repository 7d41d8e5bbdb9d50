//! `git baton init`.

use std::path::Path;

use bstr::ByteSlice;
use diffy::{DiffOptions, PatchFormatter};
use miette::{IntoDiagnostic, WrapErr, miette};

use super::{ALLOWED, BROKEN, ExitCode};
use crate::cli::{Ci, Init};
use crate::scaffold::auto_context::{AUTO_CONTEXT_PATH, Parallelization};
use crate::scaffold::{self, Choices, CiService, Existing, Scaffold, signers};
use baton_core::policy::POLICY_PATH;
use baton_core::report::escape;
use baton_git::Repo;
use baton_guard::base::Bases;
use baton_sys::{GitEnv, worktree_file};

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
    let choices = Choices {
        ci: match args.ci {
            Some(ci) => Some(service(ci)),
            None => job_already(root)?,
        },
        signers: match list_of_signers(&args.signer)? {
            Some(list) => Some(list),
            None => listed_already(root)?,
        },
        parallelization: written_before(root),
    };
    let rules = rules_in_force(&repo)?;
    let steps = plan(root, &choices, args.force, rules != Rules::None)?;
    for step in &steps {
        step.execute(root)?;
    }
    let left = steps.iter().any(|step| step.action == Action::Leave);
    let mut text: String = steps.iter().map(Step::describe).collect();
    text.push_str(&taken_over(&steps, &choices.parallelization));
    text.push_str(&next_steps(&steps, &choices, rules, left));
    super::print(&text)?;
    Ok(if left { BROKEN } else { ALLOWED })
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

fn list_of_signers(arguments: &[String]) -> miette::Result<Option<String>> {
    let mut lines = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let (name, file) = signers::split(argument);
        let bytes = baton_sys::file::read(file.as_ref())
            .into_diagnostic()
            .wrap_err_with(|| format!("the key {file} cannot be read"))?;
        lines.push(signers::line(name, file, &bytes.to_str_lossy())?);
    }
    let listed = (!lines.is_empty()).then(|| signers::list(&lines));
    Ok(listed.transpose()?)
}

fn listed_already(root: &Path) -> Result<Option<String>, worktree_file::WorktreeFileError> {
    let found = worktree_file::read(root, scaffold::SIGNERS_PATH)?;
    Ok(found.map(|bytes| bytes.replace("\r\n", "\n").to_str_lossy().into_owned()))
}

/// What another tool's file says of agents in parallel. A file that cannot be read is told of,
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

fn taken_over(steps: &[Step], parallelization: &Parallelization) -> String {
    let mut steps = steps.iter();
    let is_written = steps.any(|step| step.file.path == POLICY_PATH && step.is_written());
    let settings = parallelization.settings().into_iter();
    let settings: Vec<_> = settings
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    match is_written && !settings.is_empty() {
        true => format!(
            "took over  {AUTO_CONTEXT_PATH}: {} in [conductor] of {POLICY_PATH}\n",
            settings.join(", ")
        ),
        false => String::new(),
    }
}

/// What the commit that is checked out says of its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// It carries no policy.
    None,
    /// It carries one that lists no maintainer, and nobody can change it.
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

/// What becomes of one file.
struct Step {
    file: Scaffold,
    /// What is there.
    found: Option<Vec<u8>>,
    action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Create,
    Replace,
    /// It says what it should.
    Nothing,
    /// It says something else, and stays.
    Leave,
    /// It is the repository's own.
    Keep,
}

/// Looks at every place before anything is written. Where there is a policy already, the handoff
/// document is under its rules and is not begun here.
fn plan(
    root: &Path,
    choices: &Choices,
    force: bool,
    in_force: bool,
) -> Result<Vec<Step>, worktree_file::WorktreeFileError> {
    let ruled = in_force || worktree_file::read(root, POLICY_PATH)?.is_some();
    let files = scaffold::files(choices).into_iter();
    files
        .filter(|file| !(ruled && file.path == scaffold::HANDOFF_PATH))
        .map(|file| {
            let found = worktree_file::read(root, file.path)?;
            let action = match &found {
                None => Action::Create,
                Some(bytes) if bytes.replace("\r\n", "\n") == file.text.as_bytes() => {
                    Action::Nothing
                }
                Some(_) if file.existing == Existing::Theirs => Action::Keep,
                Some(_) if force => Action::Replace,
                Some(_) => Action::Leave,
            };
            Ok(Step {
                file,
                found,
                action,
            })
        })
        .collect()
}

impl Step {
    fn execute(&self, root: &Path) -> Result<(), worktree_file::WorktreeFileError> {
        match self.action {
            Action::Create | Action::Replace => {
                worktree_file::write(root, self.file.path, self.file.text.as_bytes())
            }
            Action::Nothing | Action::Leave | Action::Keep => Ok(()),
        }
    }

    fn describe(&self) -> String {
        let path = self.file.path;
        match self.action {
            Action::Create => format!("created    {path}\n"),
            Action::Replace => format!("replaced   {path}\n{}", self.diff()),
            Action::Nothing => format!("unchanged  {path}\n"),
            Action::Leave => format!("left       {path}, which differs:\n{}", self.diff()),
            Action::Keep => format!("kept       {path}, which is yours\n"),
        }
    }

    /// From what is there to what `init` writes.
    fn diff(&self) -> String {
        let found = escape::invalid_bytes(self.found.as_deref().unwrap_or_default());
        let header = (
            format!("a/{}", self.file.path),
            format!("b/{}", self.file.path),
        );
        let mut options = DiffOptions::new();
        options.set_original_filename(header.0);
        options.set_modified_filename(header.1);
        let patch = options.create_patch(&found, &self.file.text);
        let format = PatchFormatter::new().missing_newline_message(false);
        let diff = format.fmt_patch(&patch).to_string();
        let lines = diff.lines().map(|line| escape::visible(line.as_bytes()));
        lines.map(|line| line + "\n").collect()
    }

    fn is_written(&self) -> bool {
        matches!(self.action, Action::Create | Action::Replace)
    }
}

fn next_steps(steps: &[Step], choices: &Choices, rules: Rules, left: bool) -> String {
    let mut todo = Vec::new();
    if left {
        todo.push(
            "take over by hand what you want of the lines above, or run this again with `--force`"
                .to_owned(),
        );
    }
    todo.extend(inclusion(steps));
    let is_written = steps.iter().any(Step::is_written);
    match rules {
        Rules::None => first_commit(&mut todo, steps, choices),
        Rules::Frozen if is_written => todo.push(format!(
            "commit what was written but {POLICY_PATH} and {}: the policy was committed without a \
             maintainer, and no commit can change it",
            scaffold::SIGNERS_PATH
        )),
        Rules::InForce if is_written => todo.push(format!(
            "commit what was written; {POLICY_PATH} and {} change only with a maintainer's \
             signature (`git commit -S`)",
            scaffold::SIGNERS_PATH
        )),
        Rules::Frozen | Rules::InForce => {}
    }
    todo.push(
        "`git baton install` puts the hooks into this clone; every clone needs it".to_owned(),
    );
    todo.push(on_the_forge(choices.ci).to_owned());
    let mut text = String::from("\nNext:\n");
    for (at, step) in todo.iter().enumerate() {
        text.push_str(&format!("{}. {step}\n", at + 1));
    }
    text
}

fn first_commit(todo: &mut Vec<String>, steps: &[Step], choices: &Choices) {
    if choices.signers.is_none() {
        let ci = match choices.ci {
            None => "",
            Some(CiService::Github) => " --ci github",
            Some(CiService::Gitlab) => " --ci gitlab",
        };
        todo.push(format!(
            "decide who may change the rules, before the first commit settles them (without a \
             key nobody can change them later); give `--signer` once for each maintainer:\n   \
             git baton init --force{ci} --signer ~/.ssh/id_ed25519.pub"
        ));
    }
    let paths: Vec<_> = steps.iter().map(|step| step.file.path).collect();
    todo.push(format!(
        "read {POLICY_PATH}, then commit it; the first commit of a policy needs no signature:\n   \
         git add {} && git commit -m \"Set the rules for coding agents\"",
        paths.join(" ")
    ));
}

/// What is left to do when the pipeline was there before the job.
fn inclusion(steps: &[Step]) -> Option<String> {
    let pipeline = steps
        .iter()
        .find(|step| step.file.path == scaffold::GITLAB_PIPELINE)?;
    (pipeline.action == Action::Keep && !includes_job(pipeline)).then(|| {
        format!(
            "include the job in {}:\n   include:\n     - local: {}",
            scaffold::GITLAB_PIPELINE,
            scaffold::GITLAB_JOB
        )
    })
}

fn on_the_forge(ci: Option<CiService>) -> &'static str {
    match ci {
        None => "have CI judge every change: `git baton init --ci github` or `--ci gitlab`",
        Some(CiService::Github) => {
            "on GitHub, protect the branch (Settings > Rules): require the check `baton`, \
             forbid force pushes and deletion"
        }
        Some(CiService::Gitlab) => {
            "on GitLab, protect the branch, forbid force pushes, and turn on \
             \"Pipelines must succeed\" (Settings > Merge requests)"
        }
    }
}

fn includes_job(pipeline: &Step) -> bool {
    let found = pipeline.found.as_deref().unwrap_or_default();
    found.contains_str(scaffold::GITLAB_JOB)
}
