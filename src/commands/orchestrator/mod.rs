//! `git baton orchestrator`.

mod aggregate;
mod conflicts;
mod edit;
mod feature;
mod handoff;
mod merge;
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
        Orchestrator::Feature(args) => feature::run(args),
        Orchestrator::Handoff(verb) => handoff::run(verb),
        Orchestrator::Merge(args) => merge::run(args),
        Orchestrator::Pool(verb) => pool::run(verb),
    }
}
