//! `git baton orchestrator`.

mod aggregate;
mod conflicts;
mod edit;
mod feature;
mod handoff;
mod merge;
pub mod plan;
pub mod pool;
pub mod run;
mod trash;

use serde::Serialize;

use super::ExitCode;
use crate::cli::orchestrator::{Orchestrator, TextFormat};
use baton_core::report::escape;

/// Runs the verb.
pub fn run(verb: Orchestrator) -> miette::Result<ExitCode> {
    match verb {
        Orchestrator::Aggregate(args) => aggregate::run(args),
        Orchestrator::Conflicts(args) => conflicts::run(args),
        Orchestrator::Edit(args) => edit::run(args),
        Orchestrator::Feature(args) => feature::run(args),
        Orchestrator::Handoff(verb) => handoff::run(verb),
        Orchestrator::Merge(args) => merge::run(args),
        Orchestrator::Plan(args) => plan::run(args),
        Orchestrator::Pool(verb) => pool::run(verb),
        Orchestrator::Run(args) => run::begin(args),
        Orchestrator::Resume(args) => run::resume(args),
        Orchestrator::Status(args) => run::look::status(args),
        Orchestrator::Logs(args) => run::logs::run(args),
        Orchestrator::Stop(args) => run::look::stop(args),
        Orchestrator::State(args) => run::look::state(args),
        Orchestrator::Checkpoint(verb) => run::checkpoint::run(verb),
        Orchestrator::Report(args) => run::look::report(args),
    }
}

/// A document, or its text for people.
fn shown(format: TextFormat, document: &impl Serialize, human: String) -> String {
    match format {
        TextFormat::Human => human,
        TextFormat::Json => {
            let json = serde_json::to_string_pretty(document).expect("plain values are JSON");
            escape::json(&(json + "\n"))
        }
    }
}
