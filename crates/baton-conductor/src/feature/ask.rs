//! One command or agent, asked in a fresh worktree.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bstr::{BString, ByteSlice};

use super::FeatureError;
use super::readonly_check::{ReflogIdentity, Snapshot, own_changes};
use crate::run::agent::{self, Values};
use crate::run::agent_output::AgentOutput;
use crate::run::signal::{Decision, without_escapes};
use crate::run::{Assignment, RunError, files};
use baton_core::model::{BranchName, Oid};
use baton_core::policy::conductor::agents::Output;
use baton_core::policy::conductor::feature::Who;
use baton_core::policy::conductor::staff::Staff;
use baton_git::Repo;
use baton_git::scratch_worktree::ScratchWorktree;
use baton_sys::file;
use baton_sys::supervise::{self, End};

/// The time that processes may take to end once they are asked to.
const GRACE: Duration = Duration::from_secs(10);

/// One worktree is made or removed at a time: git keeps one list of them.
static WORKTREES: Mutex<()> = Mutex::new(());

/// Where questions are asked.
#[derive(Clone)]
pub struct Desk<'a> {
    /// The repository.
    pub repo: Repo,
    /// The run.
    pub run: &'a str,
    /// The directory of the worktrees in which they are asked.
    pub worktrees: &'a Path,
    /// The agents that there are.
    pub staff: &'a Staff,
}

/// A question.
#[derive(Debug)]
pub struct Question<'a> {
    /// The name of the agent that is asked, for a directory and for the log.
    pub name: String,
    /// The command or agent.
    pub who: &'a Who,
    /// The commit that is looked at.
    pub commit: Oid,
    /// The subject of the question, in one line.
    pub title: &'a str,
    /// The question itself, for agents that want nothing around it.
    pub bare: &'a str,
    /// All that is said.
    pub prompt: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The time limit, in seconds; 0 for any time.
    pub timeout: u64,
    /// Further variables.
    pub variables: Vec<(OsString, OsString)>,
    /// The number of bytes that are kept of the answer.
    pub keep: usize,
    /// True if nothing may be changed.
    pub is_read_only: bool,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The end of the process.
    pub end: End,
    /// Its output, without colours.
    pub said: BString,
    /// True if it said more than that.
    pub is_cut: bool,
    /// The lines by which it decides.
    pub decisions: Vec<Decision>,
    /// Why it failed, in its own words.
    pub failure: Option<String>,
    /// The time it took.
    pub elapsed: Duration,
    /// Its changes, where it may change nothing.
    pub changes: Vec<String>,
}

impl Desk<'_> {
    /// The file where an agent's output is kept.
    pub fn log(&self, name: &str, attempt: u32) -> PathBuf {
        files::log(&self.repo, self.run, name, attempt)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When there is no such agent, it does not start, or the repository cannot be read.
    pub fn ask(
        &self,
        question: &Question<'_>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Reply, FeatureError> {
        let worktree = files::worktree(self.worktrees, "ask", self.run, &question.name);
        let one_at_a_time = || WORKTREES.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let _held = one_at_a_time();
            ScratchWorktree::fresh(&self.repo, &worktree, question.commit)?;
        }
        let reply = self.ask_in(question, worktree.clone(), stop);
        let _held = one_at_a_time();
        ScratchWorktree::remove(&self.repo, &worktree)?;
        reply
    }

    fn ask_in(
        &self,
        question: &Question<'_>,
        worktree: PathBuf,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Reply, FeatureError> {
        let assignment = Assignment {
            run: self.run.to_owned(),
            task: question.name.clone(),
            title: question.title.to_owned(),
            prompt: question.bare.to_owned(),
            owned: None,
            verify: Vec::new(),
            limit: None,
        };
        let place = |file: &str| format!("{}{file}", worktree.display());
        let prompt = question.prompt.replace(super::brief::WORKTREE, &place(""));
        let prompt_file = files::prompt(&self.repo, self.run, &question.name, question.attempt);
        file::write_atomically(&prompt_file, prompt.as_bytes())
            .map_err(FeatureError::io(&prompt_file))?;
        agent::lend_config(&self.repo)?;
        let values = Values {
            assignment: &assignment,
            worktree: &worktree,
            branch: &BranchName::default(),
            session: None,
            attempt: question.attempt,
            git_dir: self.repo.common_dir(),
            prompt: &prompt,
            prompt_file: &prompt_file,
        };
        let (mut job, output) = match question.who {
            Who::Command(command) => (values.command(command)?, Output::Text),
            Who::Agent(name) => {
                let agent = self.agent(name)?;
                (values.agent(&agent)?, agent.output)
            }
        };
        job.keeps_errors_apart = true;
        let identity = ReflogIdentity::new(&question.name, &job.id);
        job.env.extend(question.variables.iter().cloned());
        if question.is_read_only {
            job.env.extend(identity.variables());
        }
        job.limit = Some(Duration::from_secs(question.timeout)).filter(|limit| !limit.is_zero());
        job.grace = GRACE;
        job.log = Some(self.log(&question.name, question.attempt));
        let jobs = jobs(&self.repo, self.run);
        file::append(&jobs, format!("{}\n", job.id).as_bytes()).map_err(FeatureError::io(&jobs))?;
        let before = match question.is_read_only {
            true => Some(Snapshot::see(&self.repo)?),
            false => None,
        };
        let (mut said, mut output_events) = (Said::new(question.keep), AgentOutput::new(output));
        let mut on_line = |line: &[u8]| said.on_line(line);
        let finished = supervise::run(&job, stop, &mut |stream, line| {
            output_events.take(stream, line, &mut on_line)
        });
        output_events.end(&mut on_line);
        let finished = finished.map_err(|source| RunError::Start {
            command: format!("{:?}", job.command),
            source,
        })?;
        let mut changes = Vec::new();
        if let Some(before) = before {
            changes = own_changes(&worktree, question.commit);
            changes.extend(before.changes(&self.repo, &identity)?);
        }
        Ok(Reply {
            end: finished.end,
            said: said.text,
            is_cut: said.is_cut,
            decisions: said.decisions,
            failure: output_events.failure(&finished.tail),
            elapsed: finished.elapsed,
            changes,
        })
    }

    /// The agent of this name; the conductor's where it is empty.
    fn agent(&self, name: &str) -> Result<baton_core::policy::conductor::agents::Agent, RunError> {
        let name = match name {
            "" => &self.staff.agent,
            name => name,
        };
        let agent = self.staff.agent(name);
        agent.ok_or_else(|| RunError::NoAgent(name.to_owned()))
    }
}

/// The part of an agent's output that is kept.
struct Said {
    text: BString,
    keep: usize,
    is_cut: bool,
    decisions: Vec<Decision>,
}

impl Said {
    fn new(keep: usize) -> Self {
        Self {
            text: BString::default(),
            keep,
            is_cut: false,
            decisions: Vec::new(),
        }
    }

    fn on_line(&mut self, line: &[u8]) {
        self.decisions.extend(Decision::of_line(line));
        let line = without_escapes(line.trim_end());
        if self.is_cut || self.text.len() + line.len() >= self.keep {
            self.is_cut = true;
            return;
        }
        self.text.extend_from_slice(&line);
        self.text.push(b'\n');
    }
}

/// The file that names the jobs of a feature on this machine.
fn jobs(repo: &Repo, run: &str) -> PathBuf {
    files::of_run(repo, run).join("jobs")
}

/// Ends what is left of those who were asked by a process that was killed.
pub fn end_leftovers(repo: &Repo, run: &str) -> Result<(), FeatureError> {
    let path = jobs(repo, run);
    let ids = file::read_if_exists(&path).map_err(FeatureError::io(&path))?;
    for id in ids.unwrap_or_default().lines() {
        let id = id.to_str_lossy();
        supervise::end_leftovers(&id, GRACE).map_err(FeatureError::io(&path))?;
    }
    file::remove_if_exists(&path).map_err(FeatureError::io(&path))
}
