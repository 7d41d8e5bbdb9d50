//! `git baton orchestrator`.

mod aggregate;
mod conflicts;
mod edit;
mod handoff;
mod plan;
mod pool;
mod trash;

use super::ExitCode;
use crate::cli::orchestrator::Orchestrator;

/// Runs the verb.
pub fn run(verb: Orchestrator) -> miette::Result<ExitCode> {
    match verb {
        Orchestrator::Aggregate(args) => aggregate::run(args),
        Orchestrator::Conflicts(args) => conflicts::run(args),
        Orchestrator::Edit(args) => edit::run(args),
        Orchestrator::Handoff(verb) => handoff::run(verb),
        Orchestrator::Plan(args) => plan::run(args),
        Orchestrator::Pool(verb) => pool::run(verb),
    }
}
