//! `git baton orchestrator merge`.

use miette::{IntoDiagnostic, miette};

use crate::cli::orchestrator::{Merge, MergeStrategy, PoolMerge, TextFormat};
use crate::commands::{ALLOWED, BROKEN, ExitCode, INTERRUPTED, UNDECIDED, print, tell};
use baton_conductor::landing::{self, MergeError, MergeReport, MergeRequest};
use baton_core::policy::merge::Strategy;
use baton_core::report::escape;
use baton_git::Repo;
use baton_sys::GitEnv;
use baton_sys::interrupt::Interrupt;

/// Merges and says what became of it.
pub fn run(args: Merge) -> miette::Result<ExitCode> {
    let repo = Repo::open(&GitEnv::from_process().into_diagnostic()?)?;
    let repo = landing::waiting::steady(repo)?;
    let interrupt = Interrupt::watch().into_diagnostic()?;
    let stop = || interrupt.came();
    let format = args.format;
    let merged = if args.r#continue {
        landing::resume(&repo, &args.branches, &stop)
    } else if args.skip {
        landing::skip(&repo, &args.branches, &stop)
    } else if args.abort {
        landing::abort(&repo, &stop)
    } else {
        landing::run_until(&repo, &request(args)?, &stop)
    };
    told(&merged, format)?;
    finish(merged.map(|report| shown(&report, format)))
}

/// Tells programs why there is no report.
fn told(merged: &Result<MergeReport, MergeError>, format: TextFormat) -> miette::Result<()> {
    match (merged, format) {
        (Err(error), TextFormat::Json) => {
            print(&escape::json(&MergeReport::failed(error).to_json()))
        }
        _ => Ok(()),
    }
}

/// The output and exit code of merging the branches of the pool's tasks.
pub(super) fn pool(repo: &Repo, args: PoolMerge) -> Result<(String, ExitCode), MergeError> {
    let interrupt = Interrupt::watch().map_err(MergeError::Signals)?;
    let request = MergeRequest {
        into: args.into,
        of_pool: true,
        ..MergeRequest::default()
    };
    let report = landing::run_until(repo, &request, &|| interrupt.came())?;
    Ok(shown(&report, args.look.format))
}

/// Prints an answer, or tells why there is none.
pub(super) fn finish(answer: Result<(String, ExitCode), MergeError>) -> miette::Result<ExitCode> {
    match answer {
        Ok((text, code)) => {
            print(&text)?;
            Ok(code)
        }
        Err(error) => {
            let code = match &error {
                MergeError::Interrupted => INTERRUPTED,
                error if error.is_refusal() => BROKEN,
                _ => UNDECIDED,
            };
            tell(&format!("{:?}\n", miette::Report::new(error)));
            Ok(code)
        }
    }
}

fn request(args: Merge) -> miette::Result<MergeRequest> {
    let pair = |text: &String| match text.split_once(':') {
        Some((later, earlier)) if !later.is_empty() && !earlier.is_empty() => {
            Ok((later.to_owned(), earlier.to_owned()))
        }
        _ => Err(miette!(
            help = "write `--after LATER:EARLIER`, such as `--after auto/ui:auto/api`",
            "`{text}` names no two branches"
        )),
    };
    Ok(MergeRequest {
        into: args.into,
        strategy: args.strategy.map(|strategy| match strategy {
            MergeStrategy::Merge => Strategy::Merge,
            MergeStrategy::Rebase => Strategy::Rebase,
            MergeStrategy::Squash => Strategy::Squash,
        }),
        test: (!args.test.is_empty()).then_some(args.test),
        after: args.after.iter().map(pair).collect::<miette::Result<_>>()?,
        dry_run: args.dry_run,
        branches: args.branches,
        of_pool: false,
        onto: None,
    })
}

fn shown(report: &MergeReport, format: TextFormat) -> (String, ExitCode) {
    let text = match format {
        TextFormat::Human => landing::render(report),
        TextFormat::Json => escape::json(&report.to_json()),
    };
    match report.is_clean() {
        true => (text, ALLOWED),
        false => (text, BROKEN),
    }
}
