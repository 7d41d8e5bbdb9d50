//! `git baton orchestrator run` and `resume`, and the commands that show runs.

pub mod checkpoint;
pub mod logs;
pub mod look;
mod progress;

use miette::{IntoDiagnostic, WrapErr};

use crate::cli::orchestrator::{Extent, Resume, Run, RunFormat};
use crate::commands::{ALLOWED, BROKEN, ExitCode, INTERRUPTED, tell};
use baton_conductor::run::conduct::{self, ConductError, Request, Selection, Watcher};
use baton_conductor::run::state::{Pause, Phase, RunState};
use baton_git::Repo;
use baton_sys::interrupt::Interrupt;
use baton_sys::{GitEnv, file, is_under_agent};

/// Plans and runs the tasks of a file.
pub fn begin(args: Run) -> miette::Result<ExitCode> {
    let repo = open()?;
    let text = file::read(&args.tasks)
        .into_diagnostic()
        .wrap_err_with(|| format!("{} cannot be read", args.tasks.display()))?;
    let request = Request {
        tasks: text.into(),
        source: args.tasks.display().to_string(),
        into: args.into,
        one_group: one_group(&args.extent),
        selection: match args.from {
            Some(id) => Selection::From(id),
            None if args.only.is_empty() => Selection::Left,
            None => Selection::Only(args.only),
        },
        run: None,
    };
    conducted(args.format, |stop, watcher| {
        conduct::begin(&repo, &request, stop, watcher)
    })
}

/// Goes on with a run.
pub fn resume(args: Resume) -> miette::Result<ExitCode> {
    let repo = open()?;
    let one_group = one_group(&args.extent);
    conducted(args.format, |stop, watcher| {
        let run = args.run.as_deref();
        conduct::resume(&repo, run, one_group, args.failed, stop, watcher)
    })
}

fn open() -> miette::Result<Repo> {
    Ok(Repo::open(&GitEnv::from_process().into_diagnostic()?)?)
}

/// True if the run pauses after each group: an agent that conducts has a context that fills up.
pub(super) fn one_group(extent: &Extent) -> bool {
    extent.one_group || (!extent.all && is_under_agent())
}

fn conducted(
    format: RunFormat,
    conduct: impl FnOnce(
        &(dyn Fn() -> bool + Sync),
        &mut dyn Watcher,
    ) -> Result<(String, RunState), ConductError>,
) -> miette::Result<ExitCode> {
    let interrupt = Interrupt::watch().into_diagnostic()?;
    let mut printer = progress::ProgressPrinter::new(format);
    let done = conduct(&|| interrupt.came(), &mut printer);
    let (run, state) = match done {
        Err(ConductError::Interrupted) => return Ok(INTERRUPTED),
        Err(error @ ConductError::NothingLeft(_)) => {
            tell(&format!("{error}: nothing is left to do\n"));
            return Ok(ALLOWED);
        }
        done => done?,
    };
    printer.conclude(&run, &state)?;
    Ok(match &state.phase {
        Phase::Done => ALLOWED,
        Phase::Paused {
            reason: Pause::GroupOver,
            ..
        } if state.last_group_failed() => BROKEN,
        Phase::Paused {
            reason: Pause::GroupOver | Pause::Context,
            ..
        } => ALLOWED,
        Phase::Paused { reason, .. } if *reason == Pause::Stopped || interrupt.came() => {
            INTERRUPTED
        }
        _ => BROKEN,
    })
}
