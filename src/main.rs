//! `git baton`: parse, run, exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use git_baton::cli::Cli;
use git_baton::commands::{self, UNDECIDED, hook};

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().map(PathBuf::from).unwrap_or_default();
    let name = program.file_name().and_then(|name| name.to_str());
    let ran = match name {
        Some(name) if hook::is_installed_name(name) => {
            hook::run_installed(name, &program, args.collect())
        }
        _ => commands::run(Cli::parse()),
    };
    match ran {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::from(UNDECIDED)
        }
    }
}
