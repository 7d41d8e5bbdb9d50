//! `git baton orchestrator feature`.

use miette::{IntoDiagnostic, WrapErr};

use super::run::one_group;
use crate::cli::orchestrator::{Feature, TextFormat};
use crate::commands::screen;
use crate::commands::{ALLOWED, BROKEN, ExitCode, INTERRUPTED, print, tell};
use baton_conductor::feature::{
    self, Callbacks, End, FeatureOptions, FeatureRequest, FeatureResult,
};
use baton_conductor::run::conduct::Watcher;
use baton_conductor::run::event_text;
use baton_conductor::run::state::{Event, RunState};
use baton_core::plan::{Plan, TaskList, panel};
use baton_core::report::escape;
use baton_git::Repo;
use baton_sys::{GitEnv, file, interrupt::Interrupt};

/// Has agents build something, as far as it gets.
pub fn run(args: Feature) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let tasks = args.tasks.as_ref().map(|path| {
        let name = path.display().to_string();
        let bytes = file::read(&env.current_dir.join(path)).into_diagnostic();
        let bytes = bytes.wrap_err_with(|| format!("{name} cannot be read"))?;
        Ok::<_, miette::Report>((name, bytes))
    });
    let options = FeatureOptions {
        tasks: tasks.transpose()?,
        plan_only: args.plan_only,
        one_group: one_group(&args.extent),
    };
    let request = FeatureRequest {
        text: args.wish.unwrap_or_default(),
        into: args.into,
        options,
    };
    if args.dry_run {
        let intent = feature::intend(&repo, &request)?;
        print(&match args.format {
            TextFormat::Human => intent.to_text(),
            TextFormat::Json => intent.to_json(),
        })?;
        return Ok(ALLOWED);
    }
    let interrupt = Interrupt::watch().into_diagnostic()?;
    let stop = || interrupt.came();
    let callbacks = Callbacks {
        conduct: Some(&|wanted| feature::conducted(&repo, wanted, &stop, &mut StderrWatcher)),
        stop: &stop,
        tell: &say,
    };
    let result = match args.resume {
        None => feature::begin(&repo, &request, callbacks)?,
        Some(id) => feature::resume(&repo, id.as_deref(), &request.options, callbacks)?,
    };
    print(&match args.format {
        TextFormat::Human => result.to_text(),
        TextFormat::Json => result.to_json(),
    })?;
    Ok(exit_code(&result))
}

fn exit_code(result: &FeatureResult) -> ExitCode {
    match result.end {
        End::Planned | End::Paused(_) | End::Done => ALLOWED,
        End::Interrupted => INTERRUPTED,
        _ => BROKEN,
    }
}

/// Tells on standard error what happens to the tasks: the result alone goes to standard output.
struct StderrWatcher;

impl Watcher for StderrWatcher {
    fn planned(&mut self, tasks: &TaskList, plan: &Plan) {
        tell(&panel(tasks, plan, screen()));
    }

    fn happened(&mut self, run: &str, state: &RunState, event: &Event) {
        if let Some(line) = event_text::line(run, state, event) {
            tell(&format!("{line}\n"));
        }
    }

    fn said(&mut self, sentence: &str) {
        say(sentence);
    }
}

fn say(line: &str) {
    tell(&format!("{}\n", escape::inert(line.as_bytes())));
}
