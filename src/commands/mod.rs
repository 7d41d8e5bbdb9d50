//! One file a verb: wires the layers, decides nothing.

pub mod hook;
mod orchestrator;
mod policy;
mod verify;

use crate::cli::{Cli, Command};

/// How a process ends: 0 allowed, 1 rules broken, 2 cannot decide or usage, 130 interrupted.
pub type ExitCode = u8;

/// Allowed.
pub const ALLOWED: ExitCode = 0;
/// Rules are broken.
pub const BROKEN: ExitCode = 1;
/// Baton cannot decide, or was asked in words it does not know.
pub const UNDECIDED: ExitCode = 2;

/// Runs one command line.
pub fn run(cli: Cli) -> miette::Result<ExitCode> {
    match cli.command {
        Command::Verify(args) => verify::run(args),
        Command::Policy(args) => policy::run(args),
        Command::Orchestrator(verb) => orchestrator::run(verb),
        Command::Hook(args) => hook::run_by_name(&args.name, args.args),
    }
}
