//! One attempt at one task: an agent works, and what it says is checked against what it did.

mod outcome;
mod prepare;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

use bstr::{BString, ByteSlice};

pub use outcome::{NOTHING_TO_DO, Outcome, Report};

use super::agent::Values;
use super::agent_output::AgentOutput;
use super::ownership::Ownership;
use super::signal::Promise;
use super::usage_limit::is_limit;
use super::verify::{Verified, behind_colon, how, is_not_started, verify};
use super::{Assignment, Place, RunError, confinement};
use crate::confine::{self, Confined, Refusals};
use crate::session::{end, store};
use baton_core::policy::Policy;
use baton_core::policy::conductor::agents::Agent;
use baton_git::worktrees::{main_at, open_in, open_worktree};
use baton_git::{GitError, Repo, checkout};
use baton_sys::file;
use baton_sys::supervise::{self, End, Job};
use outcome::listed;

/// One attempt at a task.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The task.
    pub assignment: &'a Assignment,
    /// Where.
    pub place: &'a Place,
    /// The agent that works.
    pub agent: &'a Agent,
    /// The policy that names sessions' files.
    pub policy: &'a Policy,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The faults of the attempt before.
    pub feedback: Option<&'a str>,
    /// The promise that the agent is told to give in the end; it may give either.
    pub promise: Promise,
    /// The time that processes get to end once they are asked to.
    pub grace: Duration,
    /// The wait between two looks at the files that the agent changes, such as
    /// [`super::ownership::INTERVAL`].
    pub look_every: Duration,
}

/// An attempt that is ready to run.
pub struct Prepared<'a> {
    attempt: Attempt<'a>,
    job: Job,
    git_dir: PathBuf,
    prompt: String,
    prompt_file: PathBuf,
    log: PathBuf,
}

impl Prepared<'_> {
    /// The file that will hold what the agent prints.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Has the agent work, and checks what it did. `on_line` gets what it prints, line by line.
    ///
    /// # Errors
    /// When the agent does not start, or the worktree cannot be read afterwards.
    pub fn run(
        &self,
        stop: &dyn Fn() -> bool,
        on_line: &mut dyn FnMut(&[u8]),
    ) -> Result<Report, RunError> {
        let Attempt {
            assignment,
            place,
            agent,
            policy,
            look_every,
            ..
        } = self.attempt;
        let conductor = &policy.conductor;
        let ownership = self.ownership();
        let repo = main_at(&self.git_dir)?;
        let mut job = self.job.clone();
        let confined = confinement::enter(&repo, conductor, agent, &mut job)?;
        let mut refusals = confined.as_ref().map(Confined::refusals);
        let strayed = OnceLock::new();
        let (mut promised, mut output_events) =
            (false, AgentOutput::new(self.attempt.agent.output));
        let finished = std::thread::scope(|scope| {
            let (ended, until) = mpsc::channel();
            let strayed = &strayed;
            scope.spawn(move || {
                ownership.watch(place, &self.git_dir, look_every, &until, &|paths| {
                    // Only the first report counts.
                    strayed.set(paths).ok();
                });
            });
            let mut note_promise =
                |line: &[u8]| promised |= Promise::of_line(line, &assignment.task).is_some();
            let finished = supervise::run(
                &job,
                &|| stop() || strayed.get().is_some(),
                &mut |stream, line| {
                    output_events.take(stream, line, &mut note_promise);
                    if let Some(refusals) = &mut refusals {
                        refusals.take(line);
                    }
                    on_line(line);
                },
            );
            output_events.end(&mut note_promise);
            drop(ended);
            finished
        });
        let returned = confined.map(Confined::leave).transpose()?;
        let finished = finished.map_err(|source| RunError::Start {
            command: self.attempt.agent.command.as_str().to_owned(),
            source,
        })?;
        let refused = refusals.map(Refusals::found).unwrap_or_default();
        let obstacle = self.note(returned)?;
        let outcome = match strayed.into_inner() {
            Some(paths) => Outcome::Strayed { paths },
            None if finished.end == End::Stopped => Outcome::Stopped,
            None if !is_intact(&place.worktree) => Outcome::Uprooted,
            None => match ownership.strays_in(&self.worktree()?, place.base)? {
                paths if !paths.is_empty() => Outcome::Strayed { paths },
                _ if obstacle.is_some() => Outcome::Lied {
                    why: obstacle.unwrap_or_default(),
                },
                _ => {
                    let said = output_events.failure(&finished.tail);
                    self.outcome(finished.end, said, output_events.error(), promised, stop)?
                }
            },
        };
        Ok(Report {
            outcome,
            elapsed: finished.elapsed,
            log: self.log.clone(),
            tail: finished.tail,
            words: output_events
                .last_words()
                .filter(|_| self.attempt.agent.is_told()),
            refused,
        })
    }

    /// Adds what is to be told of a confinement to the log. Returns what keeps the work from being on the branch.
    fn note(&self, returned: Option<confine::Report>) -> Result<Option<String>, RunError> {
        let Some(report) = returned else {
            return Ok(None);
        };
        let lines = report.lines();
        let text: String = lines
            .iter()
            .map(|line| format!("baton: {line}\n"))
            .collect();
        file::append(&self.log, text.as_bytes()).map_err(RunError::io(&self.log))?;
        Ok(report.obstacle())
    }

    fn outcome(
        &self,
        end: End,
        said: Option<String>,
        error: Option<String>,
        promised: bool,
        stop: &dyn Fn() -> bool,
    ) -> Result<Outcome, RunError> {
        let limits = &self.attempt.agent.limits;
        if let Some(said) = said
            .as_ref()
            .filter(|said| !promised && is_limit(said, limits))
        {
            let said = said.clone();
            return Ok(Outcome::Limited { said });
        }
        match end {
            End::TimedOut => return Ok(Outcome::TimedOut),
            End::Stopped => return Ok(Outcome::Stopped),
            End::Exited(0) => {}
            end => {
                let how = format!("{}{}", how(end), behind_colon(said));
                return Ok(match is_not_started(end) {
                    true => Outcome::NotStarted { how },
                    false => Outcome::Failed { how },
                });
            }
        }
        if !promised {
            let line = self.attempt.promise.line(&self.attempt.assignment.task);
            return Ok(Outcome::NoPromise { line, error });
        }
        let outcome = match self.work()? {
            Ok(outcome) => outcome,
            Err(why) => return Ok(Outcome::Lied { why }),
        };
        let grace = self.attempt.grace;
        Ok(match verify(&self.values(), &self.log, grace, stop)? {
            Verified::Passed => Outcome::Done { outcome },
            Verified::Failed(why) => Outcome::Lied { why },
            Verified::Stopped => Outcome::Stopped,
        })
    }

    /// The outcome of the agent's work, or why it does not count.
    fn work(&self) -> Result<Result<String, String>, GitError> {
        let place = self.attempt.place;
        let worktree = self.worktree()?;
        let branch = place.branch.full();
        let head = worktree.head()?;
        if worktree.head_branch()?.is_none_or(|name| name != branch) {
            return Ok(Err(format!(
                "the worktree is not on its branch {} any more",
                place.branch
            )));
        }
        let head = head.unwrap_or(place.base);
        if worktree.merge_base(place.base, head)? != Some(place.base) {
            return Ok(Err(format!(
                "its branch does not hold {} any more, the commit on which the task began: commit on top \
                 of that, and do not amend or rebase it",
                place.base.short()
            )));
        }
        let session = store::bound(&worktree).ok().flatten();
        let session_files = session.map(|session| {
            let summary = end::summary_paths(self.attempt.policy, &session);
            [vec![session.log_path], summary].concat()
        });
        let session_files: Vec<_> = session_files.iter().flatten().map(String::as_str).collect();
        let is_own = |path: &BString| session_files.iter().any(|own| *path == *own);
        // The conductor commits the log and the summary.
        let mut left = self.ownership().left_in(&worktree)?;
        left.retain(|path| !is_own(path));
        if !left.is_empty() {
            return Ok(Err(format!("it has not committed {}", listed(&left))));
        }
        let mut changed = checkout::committed_since(&worktree, place.base)?;
        changed.retain(|path| !is_own(path));
        if changed.is_empty() {
            return Ok(Ok(NOTHING_TO_DO.to_owned()));
        }
        let subject = checkout::subject(&worktree, place.base, head, &session_files)?;
        Ok(Ok(subject.to_str_lossy().into_owned()))
    }

    /// The repository as the agent's worktree sees it.
    fn worktree(&self) -> Result<Repo, GitError> {
        open_in(&self.git_dir, &self.attempt.place.worktree)
    }

    fn ownership(&self) -> Ownership<'_> {
        let Attempt {
            assignment,
            place,
            policy,
            ..
        } = self.attempt;
        Ownership::new(assignment, place, policy)
    }

    fn values(&self) -> Values<'_> {
        let Attempt {
            assignment,
            place,
            number,
            ..
        } = self.attempt;
        Values {
            assignment,
            worktree: &place.worktree,
            branch: &place.branch,
            session: place.session.as_ref(),
            attempt: number,
            git_dir: &self.git_dir,
            prompt: &self.prompt,
            prompt_file: &self.prompt_file,
        }
    }
}

/// Returns true if this is still the root of a worktree, and not a directory inside of another one.
pub fn is_intact(worktree: &Path) -> bool {
    file::is_taken(&worktree.join(".git")) && open_worktree(worktree).is_ok()
}
