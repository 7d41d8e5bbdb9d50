//! Makes an attempt ready: what the agent will be told, and the job that it will be.

use std::path::PathBuf;

use super::{Attempt, Prepared};
use crate::run::brief::{self, AttemptBrief, ProtocolFiles};
use crate::run::{Place, RunError, agent, confinement, constraints, files};
use baton_core::policy::Policy;
use baton_git::tree::Trees;
use baton_git::{GitError, Repo};
use baton_sys::file;
use baton_sys::supervise::{Job, Words};

/// The name of the page that says how sessions work.
const PROTOCOL_PAGE: &str = "SESSION-PROTOCOL.md";

impl<'a> Attempt<'a> {
    /// Writes down what the agent will be told.
    ///
    /// # Errors
    /// When the file cannot be written, or the agent cannot take a prompt of this length.
    pub fn prepare(self, repo: &Repo) -> Result<Prepared<'a>, RunError> {
        let Self {
            assignment: task,
            place,
            number,
            ..
        } = self;
        agent::lend_config(repo)?;
        agent::make_directories(repo, &place.branch)?;
        let constraints = &self.policy.conductor.feature.constraints;
        let constraints = constraints::told(&constraints::load(repo, place.base, constraints)?);
        let brief = AttemptBrief {
            number,
            feedback: self.feedback,
            promise: self.promise,
            constraints: &constraints,
            files: &protocol_files(repo, self.policy, place)?,
        };
        let prompt = brief::for_attempt(task, place, &brief);
        let prompt_file = files::prompt(repo, &task.run, &task.task, number);
        file::write_atomically(&prompt_file, prompt.as_bytes())
            .map_err(RunError::io(&prompt_file))?;
        let agent = confinement::equipped(&self.policy.conductor, self.agent);
        let mut prepared = Prepared {
            attempt: self,
            job: Job::new(Words::Program(Vec::new()), PathBuf::new()),
            git_dir: repo.common_dir().to_owned(),
            log: files::log(repo, &task.run, &task.task, number),
            prompt,
            prompt_file,
        };
        prepared.job = prepared.values().agent(&agent)?;
        prepared.job.log = Some(prepared.log.clone());
        prepared.job.limit = task.limit;
        prepared.job.grace = self.grace;
        Ok(prepared)
    }
}

/// The files of the session protocol as an agent in this place is told of them. The protocol's page lies
/// beside the handoff document, where `git baton init` puts it.
fn protocol_files(repo: &Repo, policy: &Policy, place: &Place) -> Result<ProtocolFiles, GitError> {
    let handoff = policy.handoff.path.to_string();
    let page = match handoff.rsplit_once('/') {
        Some((directory, _)) => format!("{directory}/{PROTOCOL_PAGE}"),
        None => PROTOCOL_PAGE.to_owned(),
    };
    let tree = repo.objects().commit(place.base, &mut Vec::new())?.tree;
    let has_page = Trees::new(repo.objects())
        .entry(tree, page.as_str().into())?
        .is_some();
    let summary = place.session.as_ref().and_then(|session| {
        let mut patterns = policy.sessions.summaries.iter();
        patterns.find_map(|pattern| {
            pattern.render(session.date().unwrap_or_default(), session.number())
        })
    });
    Ok(ProtocolFiles {
        handoff,
        summary,
        page: has_page.then_some(page),
    })
}
