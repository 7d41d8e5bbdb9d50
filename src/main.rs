//! `git baton`: parse, run, exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use baton_core::report::diagnostic::EscapingHandler;
use clap::Parser;
use git_baton::cli::Cli;
use git_baton::commands::{self, ReaderGone, UNDECIDED, hook};

fn main() -> ExitCode {
    baton_sys::interrupt::outlive_file_size_limit();
    baton_sys::command::log_as_asked();
    show_errors();
    let mut args = std::env::args_os();
    let program = args.next().map(PathBuf::from).unwrap_or_default();
    let args: Vec<_> = args.collect();
    let ran = match hook::called_as(&program, &args) {
        Some((called, args)) => hook::run_installed(&called, args),
        None => commands::run(Cli::parse()),
    };
    match ran {
        Ok(code) => ExitCode::from(code),
        Err(error) if error.is::<ReaderGone>() => ExitCode::from(UNDECIDED),
        Err(error) => {
            commands::tell(&format!("{error:?}\n"));
            ExitCode::from(UNDECIDED)
        }
    }
}

/// Has errors escaped, and broken into lines by the terminal alone: a command or a path that is
/// broken by us cannot be copied.
fn show_errors() {
    let options = || {
        miette::MietteHandlerOpts::new()
            .wrap_lines(false)
            .break_words(false)
            .terminal_links(false)
    };
    // Another hook is there only when somebody was faster, and then that one serves.
    let _ = miette::set_hook(Box::new(move |_| {
        Box::new(EscapingHandler(options().build()))
    }));
}
