//! `git baton`: parse, run, exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use git_baton::cli::Cli;
use git_baton::commands::{self, UNDECIDED, hook};
use git_baton::hooks::Hook;

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().map(PathBuf::from).unwrap_or_default();
    let name = program.file_name().and_then(|name| name.to_str());
    let ran = match name.and_then(Hook::from_name) {
        Some(hook) => hook::run_installed(hook, &program, args.collect()),
        None => commands::run(Cli::parse()),
    };
    match ran {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::from(UNDECIDED)
        }
    }
}
