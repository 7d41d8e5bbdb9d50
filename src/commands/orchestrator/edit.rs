//! `git baton orchestrator edit`.

use std::io::Read;

use miette::{IntoDiagnostic, WrapErr};

use super::aggregate::{complete, tell_shown};
use crate::cli::orchestrator::Edit;
use crate::commands::ExitCode;
use baton_conductor::aggregate::edit::{self, How, Request};
use baton_git::Repo;
use baton_git::signing::Signing;
use baton_sys::{GitEnv, file};

/// Commits a maintainer's edit.
pub fn run(args: Edit) -> miette::Result<ExitCode> {
    let repo = Repo::open(&GitEnv::from_process().into_diagnostic()?)?;
    let how = match args.patch {
        None => How::Editor,
        Some(path) if path.as_os_str() == "-" => {
            let mut patch = Vec::new();
            std::io::stdin().read_to_end(&mut patch).into_diagnostic()?;
            How::Patch(patch)
        }
        Some(path) => How::Patch(
            file::read(&path)
                .into_diagnostic()
                .wrap_err_with(|| format!("the patch {} cannot be read", path.display()))?,
        ),
    };
    let edited = edit::run(
        &repo,
        &Request {
            branch: args.into,
            reason: args.reason,
            how,
            signing: args.signing_key.map_or(Signing::Configured, Signing::Key),
        },
    )?;
    say!("{} edited by {}", edited.branch, edited.commit);
    edited.shown.iter().for_each(tell_shown);
    Ok(complete(&edited.shown))
}
