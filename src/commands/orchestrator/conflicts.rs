//! `git baton orchestrator conflicts`.

use miette::IntoDiagnostic;

use crate::cli::orchestrator::{Conflicts, TextFormat};
use crate::commands::{ALLOWED, BROKEN, ExitCode, print};
use baton_conductor::landing::conflicts::{self, Charset, Request};
use baton_git::Repo;
use baton_sys::{GitEnv, shows_unicode};

/// Says what will collide.
pub fn run(args: Conflicts) -> miette::Result<ExitCode> {
    let repo = Repo::open(&GitEnv::from_process().into_diagnostic()?)?;
    let request = Request {
        branches: args.branches,
        into: args.into,
    };
    let forecast = conflicts::predict_conflicts(&repo, &request)?;
    let charset = match shows_unicode() {
        true => Charset::Unicode,
        false => Charset::Ascii,
    };
    print(&match args.format {
        TextFormat::Human => conflicts::render(&forecast, charset),
        TextFormat::Json => forecast.to_json(),
    })?;
    Ok(match forecast.clean {
        true => ALLOWED,
        false => BROKEN,
    })
}
