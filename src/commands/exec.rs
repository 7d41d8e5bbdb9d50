//! `git baton exec`.

use std::sync::Arc;

use miette::{Diagnostic, IntoDiagnostic};
use thiserror::Error;

use super::{BROKEN, ExitCode};
use crate::cli::Exec;
use baton_conductor::confine::{self, Place, Terms};
use baton_conductor::settings;
use baton_git::{Repo, worktrees};
use baton_sys::supervise::{self, End, Job, Words};
use baton_sys::{GitEnv, confine as kernel};

/// The command does not start.
#[derive(Debug, Error, Diagnostic)]
#[error("`{command}` does not start")]
#[diagnostic(help("look whether it is there: `command -v {command}`"))]
struct NotStarted {
    command: String,
    #[source]
    source: std::io::Error,
}

/// Runs the command, and brings back what it did.
pub fn run(args: Exec) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let place = match &args.worktree {
        Some(slot) => Place::of_slot(&Repo::open(&env)?, slot)?,
        None => Place::of(&env)?,
    };
    let main = worktrees::main(&place.repo)?;
    let settings = settings::policy_beside(&place.repo, &main)?;
    let main_root = main.work_tree().unwrap_or(main.common_dir());
    let program = args.command[0].to_string_lossy().into_owned();
    let terms = Terms::of(&settings.conductor, &program, main_root);
    let directory = match env.current_dir.starts_with(&place.root) {
        true => env.current_dir.clone(),
        false => place.root.clone(),
    };
    let mut job = Job::new(Words::Program(args.command), directory);
    let (confined, earlier) = confine::enter(place, &terms, &job.id)?;
    tell(earlier);
    if !kernel::keeps_signals() {
        tell_line!("baton: this kernel does not keep the command's signals; Linux 6.12 does");
    }
    job.env = confined.env();
    job.room = Some(Arc::clone(confined.room()));
    let ran = supervise::run_foreground(&job);
    let report = match &ran {
        Ok(ran) if ran.is_over => confined.leave_ended()?,
        _ => confined.leave()?,
    };
    let is_whole = report.is_whole();
    tell(Some(report));
    let ran = ran.map_err(|source| NotStarted {
        command: program,
        source,
    })?;
    Ok(match code(ran.end) {
        0 if !is_whole => BROKEN,
        code => code,
    })
}

/// Tells what a person has to know.
fn tell(report: Option<confine::Report>) {
    for line in report.iter().flat_map(confine::Report::lines) {
        tell_line!("baton: {line}");
    }
}

/// The exit code of a command that ended so, as a shell tells it.
fn code(end: End) -> ExitCode {
    match end {
        End::Exited(code) => u8::try_from(code).unwrap_or(u8::MAX),
        End::Signalled(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        End::TimedOut | End::Stopped => super::INTERRUPTED,
    }
}
