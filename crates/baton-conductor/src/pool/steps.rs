//! The commands of the policy that make a slot fit for its task, and that clear up after it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::WorkError;
use baton_git::Repo;
use baton_sys::file;
use baton_sys::interrupt::Interrupt;
use baton_sys::supervise::{self, End, Job, Words};

/// When commands run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// After a task has got its worktree, before an agent works there.
    PostAcquire,
    /// Before a worktree is looked at to be given back.
    PreRelease,
}

impl Moment {
    /// The key of the policy that lists the commands.
    pub fn key(self) -> &'static str {
        match self {
            Self::PostAcquire => "post_acquire",
            Self::PreRelease => "pre_release",
        }
    }
}

/// The slot in which commands run.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// When.
    pub moment: Moment,
    /// The slot's name.
    pub slot: &'a str,
    /// The lease under which it is held.
    pub lease: &'a str,
    /// The slot's directory.
    pub directory: &'a Path,
    /// The task.
    pub task: Option<&'a str>,
    /// The short name of the task's branch.
    pub branch: Option<&'a str>,
}

/// Where what the commands print is kept, until they run for this slot again.
pub fn log(repo: &Repo, moment: Moment, slot: &str) -> PathBuf {
    let name = format!("{slot}-{}.log", moment.key());
    repo.baton_dir().join("pool").join("log").join(name)
}

/// Runs these lines of shell in the slot, one after the other until one fails, each for no longer
/// than `limit`. What they leave running is ended.
///
/// They find `BATON_SLOT`, `BATON_WORKTREE`, and where there are such `BATON_TASK` and
/// `BATON_BRANCH`.
///
/// # Errors
/// [`WorkError::Step`] when a command fails, is ended, or does not start.
pub fn run(
    repo: &Repo,
    commands: &[String],
    limit: Duration,
    step: &Step<'_>,
) -> Result<(), WorkError> {
    if commands.is_empty() {
        return Ok(());
    }
    let log = log(repo, step.moment, step.slot);
    file::remove_if_exists(&log).map_err(WorkError::io(&log))?;
    // Whoever asks this process to end means the command too, which does not hear of it.
    let interrupt = Interrupt::watch().map_err(WorkError::io(&log))?;
    for command in commands {
        let heading = format!("$ {command}\n");
        file::append(&log, heading.as_bytes()).map_err(WorkError::io(&log))?;
        let ended = supervise::run(
            &job(command, limit, step, &log),
            &|| interrupt.came(),
            &mut |_, _| {},
        );
        let how = match ended {
            Ok(finished) => match failure(finished.end, limit) {
                None => continue,
                Some(how) => how,
            },
            Err(error) => format!("did not start: {error}"),
        };
        return Err(WorkError::Step {
            key: step.moment.key(),
            command: command.clone(),
            slot: step.slot.to_owned(),
            how,
            log,
        });
    }
    Ok(())
}

/// Ends what commands have left running that were run under a lease by a process that is gone.
pub fn end_leftovers(lease: &str) {
    // Whatever is still there holds up nobody: it is on nobody's account.
    drop(supervise::end_leftovers(&job_id(lease), GRACE));
}

/// The time that a command may take to end once it is asked to.
const GRACE: Duration = Duration::from_secs(5);

fn job(command: &str, limit: Duration, step: &Step<'_>, log: &Path) -> Job {
    let variables = [
        ("BATON_SLOT", Some(OsString::from(step.slot))),
        ("BATON_WORKTREE", Some(step.directory.into())),
        ("BATON_TASK", step.task.map(OsString::from)),
        ("BATON_BRANCH", step.branch.map(OsString::from)),
    ];
    let mut job = Job::new(Words::Shell(command.into()), step.directory.to_owned());
    for (name, value) in variables {
        match value {
            Some(value) => job.env.push((name.into(), value)),
            None => job.unset.push(name.into()),
        }
    }
    job.log = Some(log.to_owned());
    job.limit = Some(limit);
    job.grace = GRACE;
    job.id = job_id(step.lease);
    job
}

fn job_id(lease: &str) -> String {
    format!("pool-{lease}")
}

/// Returns the way in which a command failed that was to end well; `None` where it did not fail.
fn failure(end: End, limit: Duration) -> Option<String> {
    Some(match end {
        End::Exited(0) => return None,
        End::Exited(code) => format!("ended with exit code {code}"),
        End::Signalled(signal) => format!("was ended by signal {signal}"),
        End::TimedOut => format!("ran for more than {} seconds", limit.as_secs()),
        End::Stopped => "was interrupted".to_owned(),
    })
}
