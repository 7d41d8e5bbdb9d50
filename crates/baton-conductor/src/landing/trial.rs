//! The policy's tests, on merged files in a worktree of their own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use bstr::ByteSlice;

use super::check::{Check, CheckResult, View};
use super::context::MergeContext;
use super::report::{TestEnd, TestReport};
use super::{MergeError, place};
use baton_core::model::Oid;
use baton_git::Repo;
use baton_git::scratch_worktree::ScratchWorktree;
use baton_sys::clock;
use baton_sys::supervise::{self, End, Job, Words};

/// The time limit for what a killed process left to end.
const GRACE: Duration = Duration::from_secs(10);

/// The number of runs in which a command must fail before that counts.
const RUNS: usize = 2;

/// The verdict of the tests on a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All succeed.
    Passed,
    /// This one does not.
    Failed {
        /// The command.
        command: String,
        /// The file that holds what it said.
        log: PathBuf,
        /// The end of what it said.
        tail: String,
    },
}

/// Runs the tests, on each tree once.
pub struct Trials<'a> {
    repo: &'a Repo,
    context: &'a MergeContext,
    commands: &'a [String],
    check: Option<&'a dyn Check>,
    limit: Duration,
    stop: &'a dyn Fn() -> bool,
    known: HashMap<Oid, Verdict>,
    /// Every run, in order.
    pub reports: Vec<TestReport>,
}

impl<'a> Trials<'a> {
    /// Of the tests that this ground asks for, and of a check that follows them; `stop` says whether
    /// to stop.
    pub fn new(
        repo: &'a Repo,
        context: &'a MergeContext,
        check: Option<&'a dyn Check>,
        stop: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            repo,
            context,
            commands: &context.test,
            check,
            limit: context.test_limit(),
            stop,
            known: HashMap::new(),
            reports: Vec::new(),
        }
    }

    /// Returns true if there is anything to run.
    pub fn take_time(&self) -> bool {
        !self.commands.is_empty() || self.check.is_some()
    }

    /// Returns true if this is the check, which may have passed over what came before the branch with
    /// which it fails.
    pub fn is_check(&self, command: &str) -> bool {
        self.check.is_some_and(|check| check.name() == command)
    }

    /// Returns true if the files of this commit are known to pass.
    pub fn has_passed(&self, commit: Oid) -> Result<bool, MergeError> {
        let tree = self.repo.objects().commit(commit, &mut Vec::new())?.tree;
        Ok(self.known.get(&tree) == Some(&Verdict::Passed))
    }

    /// Tests the files of a commit, in which these branches are merged.
    pub fn run(&mut self, commit: Oid, branches: &[String]) -> Result<Verdict, MergeError> {
        let tree = self.repo.objects().commit(commit, &mut Vec::new())?.tree;
        let check = self.check.filter(|check| check.wants(tree, branches));
        if self.commands.is_empty() && check.is_none() {
            return Ok(Verdict::Passed);
        }
        if let Some(known) = self.known.get(&tree) {
            return Ok(known.clone());
        }
        let worktree =
            ScratchWorktree::at(self.repo, &place::test(&self.context.worktrees), commit)?;
        let mut verdict = Verdict::Passed;
        for command in self.commands {
            let (end, log, tail, time) = self.run_one(&worktree, command, commit)?;
            self.reports.push(TestReport {
                commit: commit.to_string(),
                branches: branches.to_vec(),
                command: command.clone(),
                end,
                log: log.display().to_string(),
                seconds: time.as_secs_f64(),
            });
            if matches!(end, TestEnd::Failed | TestEnd::TimedOut) {
                let command = command.clone();
                verdict = Verdict::Failed { command, log, tail };
                break;
            }
        }
        if let Some(check) = check.filter(|_| verdict == Verdict::Passed) {
            verdict = self.look(check, &worktree, commit, branches)?;
        }
        self.known.insert(tree, verdict.clone());
        Ok(verdict)
    }

    fn look(
        &mut self,
        check: &dyn Check,
        worktree: &ScratchWorktree,
        commit: Oid,
        branches: &[String],
    ) -> Result<Verdict, MergeError> {
        let log = place::log(self.repo, "check", &commit.short());
        let (command, job) = (check.name().to_owned(), place::job_id(worktree.path()));
        supervise::end_leftovers(&job, GRACE).map_err(|source| MergeError::Command {
            command: command.clone(),
            path: worktree.path().to_owned(),
            source,
        })?;
        worktree.reset(commit)?;
        let begun = clock::now_millis();
        let view = View {
            worktree: worktree.path(),
            job: &job,
            log: &log,
        };
        let seen = check.look(&view, self.stop)?;
        let took = clock::now_millis().saturating_sub(begun);
        self.reports.push(TestReport {
            commit: commit.to_string(),
            branches: branches.to_vec(),
            command: command.clone(),
            end: match &seen {
                CheckResult::Passed => TestEnd::Passed,
                CheckResult::Failed(_) => TestEnd::Failed,
            },
            log: log.display().to_string(),
            seconds: Duration::from_millis(took).as_secs_f64(),
        });
        Ok(match seen {
            CheckResult::Passed => Verdict::Passed,
            CheckResult::Failed(tail) => Verdict::Failed { command, log, tail },
        })
    }

    fn run_one(
        &self,
        worktree: &ScratchWorktree,
        command: &str,
        commit: Oid,
    ) -> Result<(TestEnd, PathBuf, String, Duration), MergeError> {
        let log = place::log(self.repo, "test", &commit.short());
        let mut job = Job::new(Words::Shell(command.into()), worktree.path().to_owned());
        job.limit = Some(self.limit);
        job.log = Some(log.clone());
        job.id = place::job_id(worktree.path());
        let mut time = Duration::ZERO;
        for run in 1..=RUNS {
            supervise::end_leftovers(&job.id, job.grace).map_err(failed(command, &job))?;
            worktree.reset(commit)?;
            let finished = supervise::run(&job, self.stop, &mut |_, _| {});
            let finished = finished.map_err(failed(command, &job))?;
            time += finished.elapsed;
            let end = match (finished.end, run) {
                (End::Stopped, _) => return Err(MergeError::Interrupted),
                (End::Exited(0), 1) => TestEnd::Passed,
                (End::Exited(0), _) => TestEnd::Flaky,
                (_, run) if run < RUNS => continue,
                (End::TimedOut, _) => TestEnd::TimedOut,
                _ => TestEnd::Failed,
            };
            let tail = finished.tail.to_str_lossy().into_owned();
            return Ok((end, log, tail, time));
        }
        unreachable!("the last run returns")
    }
}

fn failed<'a>(command: &'a str, job: &'a Job) -> impl FnOnce(std::io::Error) -> MergeError + 'a {
    move |source| MergeError::Command {
        command: command.to_owned(),
        path: job.directory.clone(),
        source,
    }
}
