//! `git baton orchestrator`.

mod aggregate;
mod conflicts;
mod edit;
mod feature;
mod handoff;
mod merge;
mod plan;
mod pool;
mod run;
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
