//! One file for each subcommand: connects the layers, decides nothing.

/// Writes a line to standard output, as [`print`] does. A reader that has gone is no error.
macro_rules! say {
    ($($arg:tt)*) => {{
        crate::commands::print(&format!("{}\n", format_args!($($arg)*))).ok();
    }};
}

/// Writes a line to standard error, as [`tell`] does.
macro_rules! tell_line {
    ($($arg:tt)*) => {
        crate::commands::tell(&format!("{}\n", format_args!($($arg)*)))
    };
}

mod accept;
mod agent_hook;
mod demo;
mod doctor;
mod exec;
pub mod hook;
mod init;
mod install;
#[cfg(feature = "mcp")]
mod mcp;
mod orchestrator;
mod policy;
mod session;
mod uninstall;
mod verify;

use std::io::{ErrorKind, Write};

use miette::{IntoDiagnostic, WrapErr};

use crate::cli::{Cli, Command};
use baton_core::layout::Screen;
use baton_core::report::escape;
use baton_sys::{shows_unicode, terminal, warnings};

/// The exit code of a process: 0 allowed, 1 rules broken, 2 cannot decide or usage, 130 interrupted.
pub type ExitCode = u8;

/// Allowed.
pub const ALLOWED: ExitCode = 0;
/// Rules are broken.
pub const BROKEN: ExitCode = 1;
/// Baton cannot decide, or was asked in words it does not know.
pub const UNDECIDED: ExitCode = 2;
/// An interrupt or a signal asked the process to end.
pub const INTERRUPTED: ExitCode = 130;

/// The screen behind standard output.
fn screen() -> Screen {
    Screen {
        ascii: !shows_unicode(),
        columns: terminal::size().map_or(80, |(columns, _)| columns),
    }
}

/// Writes to standard output, with nothing in it that steers a terminal or a CI runner.
fn print(text: &str) -> miette::Result<()> {
    print_raw(&escape::output(text))
}

/// The reader of standard output has gone, as `| head` does: there is no reader to tell.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("nobody reads the result")]
pub struct ReaderGone;

/// Writes what speaks to a CI runner to standard output. Fails with [`ReaderGone`] where no process reads it.
fn print_raw(text: &str) -> miette::Result<()> {
    // By way of `anstream`, which takes colours out where they are not wanted.
    let mut stdout = anstream::stdout();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        written => written
            .into_diagnostic()
            .wrap_err("the result cannot be written"),
    }
}

/// Writes to standard error, with nothing in it that steers a terminal or a CI runner. Where no process reads
/// it, the exit code alone has to say it.
pub fn tell(text: &str) {
    let text = escape::output(text);
    std::io::stderr().write_all(text.as_bytes()).ok();
}

/// Tells what there is to say beside the result, each thing once.
fn tell_warnings() {
    for warning in warnings::take() {
        let warning = escape::inert(warning.as_bytes());
        tell(&format!("baton: warning: {warning}\n"));
    }
}

/// Runs one command line.
pub fn run(cli: Cli) -> miette::Result<ExitCode> {
    let ran = dispatch(cli);
    tell_warnings();
    ran
}

fn dispatch(cli: Cli) -> miette::Result<ExitCode> {
    match cli.command {
        Command::Init(args) => init::run(&args),
        Command::Verify(args) => verify::run(args),
        Command::Accept(args) => accept::run(&args),
        Command::Policy(args) => policy::run(args),
        Command::Orchestrator(verb) => orchestrator::run(verb),
        Command::Session(verb) => session::run(verb),
        Command::Exec(args) => exec::run(args),
        Command::Install(args) => install::run(&args),
        Command::Uninstall => uninstall::run(),
        Command::Doctor(args) => doctor::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::AgentHook(args) => agent_hook::run(&args),
        #[cfg(feature = "mcp")]
        Command::Mcp => mcp::run(),
        Command::Hook(args) => hook::run_by_name(&args.name, args.args),
    }
}
