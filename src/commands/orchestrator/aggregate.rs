//! `git baton orchestrator aggregate`.

use miette::{IntoDiagnostic, miette};

use crate::cli::orchestrator::Aggregate;
use crate::commands::{ALLOWED, ExitCode, UNDECIDED};
use baton_conductor::aggregate::{self, AggregateBase, Outcome, Request, Skipped, build};
use baton_conductor::landing::checkouts::Shown;
use baton_conductor::session::number::MAX_COUNTED_DIGITS;
use baton_core::model::{RefName, SessionId};
use baton_git::Repo;
use baton_git::worktree_sync::Refreshed;
use baton_sys::GitEnv;

/// Aggregates and says what became of it.
pub fn run(args: Aggregate) -> miette::Result<ExitCode> {
    let repo = Repo::open(&GitEnv::from_process().into_diagnostic()?)?;
    let sessions = args.sessions.iter().map(|text| session(text));
    let sessions: Vec<_> = sessions.collect::<miette::Result<_>>()?;
    let request = Request {
        branch: args.into,
        sessions: (!sessions.is_empty()).then_some(sessions),
        orchestrator: args.orchestrator.as_deref().map(session).transpose()?,
        date: args.date,
        partial: args.partial,
        onto: args.onto,
        signing_key: args.signing_key,
    };
    if args.dry_run {
        return dry_run(&repo, &request);
    }
    let outcome = aggregate::run(&repo, &request)?;
    tell(&outcome);
    if let Some(remote) = args.push {
        push(&repo, &remote, &outcome.branch)?;
        say!("pushed {} to {remote}", outcome.branch);
    }
    Ok(complete(&outcome.shown))
}

fn push(repo: &Repo, remote: &str, branch: &RefName) -> miette::Result<()> {
    baton_git::remote::push(repo, remote, branch).map_err(|error| {
        let short = branch.readable();
        let help = format!(
            "if somebody else pushed first: `git fetch {remote}`, then \
             `git baton orchestrator aggregate --into {short} --onto {remote}/{short} --push {remote}`"
        );
        miette!(
            help = help,
            "{branch} is complete here, and {remote} did not take it: {error}"
        )
    })
}

/// The exit code by what the worktrees show.
pub(super) fn complete(shown: &[Shown]) -> ExitCode {
    let failed = |one: &Shown| matches!(one.refreshed, Refreshed::Failed(_));
    match shown.iter().any(failed) {
        true => UNDECIDED,
        false => ALLOWED,
    }
}

fn session(text: &str) -> miette::Result<SessionId> {
    let named = SessionId::parse(text).filter(|id| id.number().len() <= MAX_COUNTED_DIGITS);
    named.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        miette!(
            help = "a session is named by its number, `19`, or by day and number, `2025-12-18/19`",
            "`{shown}{more}` names no session"
        )
    })
}

fn dry_run(repo: &Repo, request: &Request) -> miette::Result<ExitCode> {
    let base = AggregateBase::of(repo, request.branch.as_deref())?;
    let plan = aggregate::plan(repo, &base, request)?;
    tell_skipped(&plan.skipped);
    if plan.sections.is_empty() {
        say!("nothing to aggregate");
        return Ok(ALLOWED);
    }
    let rendered = build::render(repo, &base, &plan)?;
    say!("would commit on {}:\n", base.branch);
    say!("{}", build::message(&base, &plan, &rendered));
    let entry = baton_core::handoff::render_entry(&plan.entry(), &base.policy().handoff.wording)
        .into_diagnostic()?;
    say!("{}", entry.to_string().trim_end_matches('\n'));
    Ok(ALLOWED)
}

fn tell(outcome: &Outcome) {
    if outcome.recovered {
        say!("completed what an earlier run had begun");
    }
    tell_skipped(&outcome.skipped);
    match outcome.commit {
        Some(commit) if outcome.sessions.is_empty() => {
            say!(
                "{} is at {commit}, which carries every session",
                outcome.branch
            );
        }
        Some(commit) => say!(
            "{} aggregated into {} by {commit}: {}",
            match outcome.sessions.len() {
                1 => "1 session".to_owned(),
                count => format!("{count} sessions"),
            },
            outcome.branch,
            outcome.sessions.join(", ")
        ),
        None => say!("nothing to aggregate"),
    }
    outcome.shown.iter().for_each(tell_shown);
}

fn tell_skipped(skipped: &[Skipped]) {
    for one in skipped {
        tell_line!("left out: session {}: {}", one.number, one.why);
    }
}

/// Says what the user has to do in a worktree that does not show the new commit.
pub(super) fn tell_shown(shown: &Shown) {
    let path = shown.path.display();
    match &shown.refreshed {
        Refreshed::Done => {}
        Refreshed::Dirty => say!(
            "{path} has changes of its own in the handoff file and was left as it is; to take over \
             the branch's: `git -C {path} restore --source=HEAD --staged --worktree <file>`"
        ),
        Refreshed::Locked => say!(
            "{path} is in use by another git command and was left as it is; run the command again \
             to bring it up to date"
        ),
        Refreshed::Failed(reason) => tell_line!(
            "the commit has landed, but {path} could not be written: {reason}; make room there, and \
             run the command again to complete it"
        ),
    }
}
