//! `git baton orchestrator checkpoint`.

use miette::{IntoDiagnostic, miette};

use super::open;
use crate::cli::orchestrator::{Checkpoint as Verb, CheckpointWrite, RunLook, TextFormat};
use crate::commands::{ALLOWED, ExitCode, print};
use baton_conductor::run::conduct::{self, checkpoints};
use baton_conductor::run::state::CheckpointKind;
use baton_core::report::escape;
use baton_git::Repo;

/// Reads or writes checkpoints.
pub fn run(verb: Verb) -> miette::Result<ExitCode> {
    let repo = open()?;
    match verb {
        Verb::Read(args) => read(&repo, &args),
        Verb::Write(args) => write(&repo, args, CheckpointKind::Context),
        Verb::Handoff(args) => write(&repo, args, CheckpointKind::Handoff),
    }
}

fn read(repo: &Repo, args: &RunLook) -> miette::Result<ExitCode> {
    let record = conduct::open(repo, args.run.as_deref())?;
    let last = checkpoints::last(repo, &record)?;
    let last = last.ok_or_else(|| {
        miette!(
            help = "one is written before and after each group",
            "run {} has no checkpoint yet",
            record.id
        )
    })?;
    print(&match args.format {
        TextFormat::Human => last.to_markdown(),
        TextFormat::Json => {
            let json = serde_json::to_string_pretty(&last).into_diagnostic()?;
            escape::json(&json) + "\n"
        }
    })?;
    Ok(ALLOWED)
}

fn write(repo: &Repo, args: CheckpointWrite, kind: CheckpointKind) -> miette::Result<ExitCode> {
    if let Some(used) = args.context_used.filter(|used| !(0.0..=1.0).contains(used)) {
        return Err(miette!(
            help = "give it from 0 to 1, such as `--context-used 0.82`",
            "{used} is no part of a context"
        ));
    }
    let written = checkpoints::write(
        repo,
        args.run.as_deref(),
        kind,
        args.context_used,
        args.note,
    )?;
    print(&written.to_markdown())?;
    Ok(ALLOWED)
}
