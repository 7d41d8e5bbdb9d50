//! `git baton orchestrator status`, `state`, `stop` and `report`.

use miette::{IntoDiagnostic, WrapErr};

use super::open;
use crate::cli::orchestrator::{Report, ReportFormat, RunLook, Stop, TextFormat};
use crate::commands::{ALLOWED, ExitCode, print};
use baton_conductor::run::conduct::control::ControlRequest;
use baton_conductor::run::conduct::{self};
use baton_conductor::run::{event_text, report};
use baton_conductor::run_record;
use baton_core::report::escape;
use baton_git::Repo;
use baton_sys::file;

/// Says how a run stands.
pub fn status(args: RunLook) -> miette::Result<ExitCode> {
    print(&status_of(&open()?, args)?)?;
    Ok(ALLOWED)
}

/// The state of a run, as text.
pub fn status_of(repo: &Repo, args: RunLook) -> miette::Result<String> {
    let record = conduct::open(repo, args.run.as_deref())?;
    let state = conduct::load(repo, &record)?;
    let is_conducted = conduct::is_conducted(repo, &record.id)?;
    Ok(match args.format {
        TextFormat::Json => event_text::status_json(&record.id, &state, is_conducted),
        TextFormat::Human => {
            let others = run_record::ids(repo)?;
            event_text::status(&record.id, &state, is_conducted, &others)
        }
    })
}

/// Shows the states of a run, and which it is in.
pub fn state(args: RunLook) -> miette::Result<ExitCode> {
    let repo = open()?;
    let record = conduct::open(&repo, args.run.as_deref())?;
    let state = conduct::load(&repo, &record)?;
    print(&match args.format {
        TextFormat::Json => {
            let json = serde_json::to_string_pretty(&state).into_diagnostic()?;
            escape::json(&json) + "\n"
        }
        TextFormat::Human => event_text::diagram(&record.id, &state),
    })?;
    Ok(ALLOWED)
}

/// Asks the conductor of a run to end its agents and to pause.
pub fn stop(args: Stop) -> miette::Result<ExitCode> {
    let repo = open()?;
    let record = conduct::open(&repo, args.run.as_deref())?;
    let id = &record.id;
    if !conduct::is_conducted(&repo, id)? {
        match conduct::load(&repo, &record)?.is_over() {
            true => say!("run {id} is over"),
            false => {
                say!("run {id} is not at work; go on with `git baton orchestrator resume {id}`")
            }
        }
        return Ok(ALLOWED);
    }
    ControlRequest::Stop.leave(&repo, id)?;
    say!(
        "run {id} is asked to stop; its agents end, their work stays, and `git baton orchestrator resume {id}` goes on"
    );
    Ok(ALLOWED)
}

/// Tells what became of a run.
pub fn report(args: Report) -> miette::Result<ExitCode> {
    let repo = open()?;
    let record = conduct::open(&repo, args.run.as_deref())?;
    let state = conduct::load(&repo, &record)?;
    let mut told = report::from_state(&record.id, &state);
    if args.format == ReportFormat::Html {
        for picture in told.tasks.iter_mut().flat_map(|task| &mut task.pictures) {
            // What is not on this machine is said to be missing.
            picture.data = file::read(picture.path.as_ref()).ok();
        }
    }
    let text = match args.format {
        ReportFormat::Markdown => report::markdown(&told),
        ReportFormat::Html => report::html(&told),
    };
    match args.output {
        None => print(&text)?,
        Some(path) => file::write_atomically(&path, text.as_bytes())
            .into_diagnostic()
            .wrap_err_with(|| format!("{} cannot be written", path.display()))?,
    }
    Ok(ALLOWED)
}
