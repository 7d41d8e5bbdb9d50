//! `git baton orchestrator logs`.

use std::time::Duration;

use bstr::ByteSlice;
use miette::{IntoDiagnostic, miette};

use super::open;
use crate::cli::orchestrator::Logs;
use crate::commands::{ALLOWED, ExitCode, INTERRUPTED, print};
use baton_conductor::run::{agent_output, conduct, files};
use baton_sys::interrupt::Interrupt;
use baton_sys::{clock, file};

/// The interval at which a log is read for more.
const TICK: Duration = Duration::from_millis(200);

/// Prints a log, and what is added to it.
pub fn run(args: Logs) -> miette::Result<ExitCode> {
    let repo = open()?;
    let record = conduct::open(&repo, args.run.as_deref())?;
    let state = conduct::load(&repo, &record)?;
    let run = record.id.as_str();
    let task = state
        .task(&args.task)
        .ok_or_else(|| conduct::ConductError::NoTask {
            run: run.to_owned(),
            task: args.task.clone(),
        })?;
    let attempt = args.attempt.unwrap_or(task.begun);
    let path = match args.gate {
        true => files::gate_log(&repo, run, &task.id, attempt),
        false => files::log(&repo, run, &task.id, attempt),
    };
    let interrupt = Interrupt::watch().into_diagnostic()?;
    let mut shown = 0;
    loop {
        let is_conducted = conduct::is_conducted(&repo, run)?;
        let text = file::read_if_exists(&path).into_diagnostic()?;
        let is_there = text.is_some();
        let text = text.unwrap_or_default();
        let new = text.get(shown..).unwrap_or_default();
        // Only whole lines while more may come.
        let end = match args.follow && is_conducted {
            true => new.rfind_byte(b'\n').map_or(0, |at| at + 1),
            false => new.len(),
        };
        for line in new[..end].lines() {
            if let Some(text) = agent_output::readable(line) {
                print(&(text.trim_end_matches('\n').to_owned() + "\n"))?;
            }
        }
        shown += end;
        if interrupt.came() {
            return Ok(INTERRUPTED);
        }
        if !(args.follow && is_conducted) {
            return match is_there {
                true => Ok(ALLOWED),
                false => Err(miette!(
                    help = "logs stay on the machine that ran the agents; `git baton orchestrator status` says how many attempts there were",
                    "there is no log of attempt {attempt} at {} on this machine",
                    args.task
                )),
            };
        }
        clock::sleep(TICK);
    }
}
