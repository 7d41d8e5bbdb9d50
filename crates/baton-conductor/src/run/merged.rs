//! The end-to-end check of merged files, where they are not those that it has approved.

use std::path::PathBuf;
use std::time::Duration;

use super::agent::Values;
use super::gate::{self, Question, Silence};
use super::signal::Decision;
use super::{Assignment, RunError, files};
use crate::landing::MergeError;
use crate::landing::check::{Check, CheckResult, View};
use baton_core::model::{BranchName, Oid};
use baton_core::policy::conductor::agents::EndToEnd;
use baton_git::Repo;
use baton_sys::file;

/// The end-to-end check of what a group's tasks come to together on the target.
pub struct Merged<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The check.
    pub check: &'a EndToEnd,
    /// The run.
    pub run: &'a str,
    /// The group, counted from 1.
    pub group: usize,
    /// The target.
    pub target: &'a BranchName,
    /// The tasks that people see: their ids, their branches in short, and the files (trees) that
    /// were approved.
    pub tasks: Vec<(String, String, Oid)>,
    /// The time that processes get to end once they are asked to.
    pub grace: Duration,
}

impl Merged<'_> {
    /// Where the pictures of a look are kept: beside those of every other.
    fn pictures(&self) -> PathBuf {
        let group = files::merged(self.repo, self.run, self.group);
        let mut looks = (1_u32..).map(|look| group.join(format!("screenshots-{look}")));
        let free = looks.find(|path| !file::is_taken(path));
        free.expect("numbers do not end before directories do")
    }

    fn decision(
        &self,
        view: &View<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Decision>, RunError> {
        let ids: Vec<_> = self.tasks.iter().map(|(id, ..)| id.as_str()).collect();
        let assignment = Assignment {
            run: self.run.to_owned(),
            task: ids.join(","),
            title: format!("{}, merged into {}", ids.join(", "), self.target),
            prompt: String::new(),
            owned: None,
            verify: Vec::new(),
            limit: None,
        };
        let pictures = self.pictures();
        file::make_directory(&pictures).map_err(RunError::io(&pictures))?;
        let prompt_file = files::merged(self.repo, self.run, self.group).join("prompt");
        let prompt = format!("Check {}.\n", assignment.title);
        file::write_atomically(&prompt_file, prompt.as_bytes())
            .map_err(RunError::io(&prompt_file))?;
        let values = Values {
            assignment: &assignment,
            worktree: view.worktree,
            branch: self.target,
            session: None,
            attempt: 1,
            git_dir: self.repo.common_dir(),
            prompt: &prompt,
            prompt_file: &prompt_file,
        };
        let mut job = values.command(&self.check.command)?;
        job.id = view.job.to_owned();
        job.env.push(("BATON_SCREENSHOTS".into(), pictures.into()));
        let question = Question {
            limit: Duration::from_secs(self.check.timeout),
            grace: self.grace,
            log: view.log,
            silence: Silence::Approves,
        };
        gate::ask(job, None, &question, &mut |_| (), stop)
    }
}

impl Check for Merged<'_> {
    fn name(&self) -> &str {
        self.check.command.as_str()
    }

    fn wants(&self, tree: Oid, branches: &[String]) -> bool {
        let is_in = |branch: &String| branches.contains(branch);
        // Without a branch it is the target by itself.
        let concerned =
            branches.is_empty() || self.tasks.iter().any(|(_, branch, _)| is_in(branch));
        concerned && self.tasks.iter().all(|(_, _, approved)| *approved != tree)
    }

    fn look(&self, view: &View<'_>, stop: &dyn Fn() -> bool) -> Result<CheckResult, MergeError> {
        let undecided = |why: String| MergeError::Undecided {
            check: "[conductor.e2e]".to_owned(),
            why,
            log: view.log.to_owned(),
        };
        let decision = self.decision(view, stop);
        match decision.map_err(|error| undecided(error.to_string()))? {
            None => Err(MergeError::Interrupted),
            Some(Decision::Approved) => Ok(CheckResult::Passed),
            Some(Decision::Rejected { reason }) => Ok(CheckResult::Failed(reason)),
            Some(Decision::Blocked { reason }) => Err(undecided(reason)),
        }
    }
}
