//! `git baton agent-hook`.

mod worktree;

use std::io::Read;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use miette::{IntoDiagnostic, WrapErr};

use super::{ALLOWED, ExitCode, UNDECIDED};
use crate::cli::{AgentHook, Unknown};
use baton_agents::{Call, Event, Refusal};
use baton_conductor::session::{SessionError, notice};
use baton_git::Repo;
use baton_hooks::agent_event;
use baton_sys::GitEnv;

/// The time for the judgement of an event: an agent waits for the answer.
const TIME: Duration = Duration::from_secs(2);
/// The stack of the thread that judges: commands may stand deep in commands.
const STACK: usize = 32 << 20;

/// Answers the event on standard input in the agent's own words: where it may not happen, and where there is something to say of the
/// session. Else it is silent.
pub fn run(args: &AgentHook) -> miette::Result<ExitCode> {
    let mut input = Vec::new();
    std::io::stdin()
        .read_to_end(&mut input)
        .into_diagnostic()
        .wrap_err("the agent's event cannot be read")?;
    let event = match Event::read(&input) {
        Ok(event) => event,
        Err(error) => return Ok(undecided(args, &error.to_string())),
    };
    match &event.call {
        Call::Edit(_) | Call::Shell(_) | Call::Other => Ok(answer(args, &event)),
        Call::Start => Ok(notice(&event, notice::at_start, |text| {
            event.dialect.tell(text)
        })),
        Call::Stop { again: true } => Ok(ALLOWED),
        Call::Stop { again: false } => Ok(notice(&event, notice::at_stop, |text| {
            event.dialect.go_on(text)
        })),
        Call::NewWorktree(name) => worktree::create(&repository(&event)?, name),
        Call::LeaveWorktree(path) => worktree::leave(&repository(&event)?, path),
        // Elsewhere than in a repository there are no worktrees.
        Call::SubagentStop { session, subagent } => repository(&event)
            .map_or(Ok(ALLOWED), |repo| {
                worktree::after_subagent(&repo, session, subagent)
            }),
        Call::End(session) => {
            repository(&event).map_or(Ok(ALLOWED), |repo| worktree::after_session(&repo, session))
        }
    }
}

/// The repository in whose directory the event happens.
fn repository(event: &Event) -> miette::Result<Repo> {
    let env = GitEnv {
        current_dir: event.cwd.clone().into(),
        ..GitEnv::default()
    };
    Ok(Repo::open(&env)?)
}

/// Says what there is to say of the session here; nothing in a run, which tells its agents itself.
fn notice(
    event: &Event,
    text: impl FnOnce(&Repo) -> Result<Option<String>, SessionError>,
    words: impl FnOnce(&str) -> String,
) -> ExitCode {
    if baton_sys::is_under_conductor() {
        return ALLOWED;
    }
    // Elsewhere than in a repository there are no sessions.
    let Ok(repo) = repository(event) else {
        return ALLOWED;
    };
    match text(&repo) {
        Ok(Some(text)) => say!("{}", words(&text)),
        Ok(None) => {}
        Err(error) => tell_line!("baton: the session here cannot be told: {error}"),
    }
    ALLOWED
}

/// Denies the event or allows it.
fn answer(args: &AgentHook, event: &Event) -> ExitCode {
    match judged(event) {
        Ok(None) => ALLOWED,
        Ok(Some(refusal)) => {
            let reason = refusal.to_string();
            tell_line!("{reason}");
            say!("{}", event.dialect.deny(&reason));
            ALLOWED
        }
        Err(message) => undecided(args, &message),
    }
}

/// The policy's answer to the event, within the time that there is.
fn judged(event: &Event) -> Result<Option<Refusal>, String> {
    let (send, answer) = mpsc::channel();
    let event = event.clone();
    let judge = move || {
        let refusal = agent_event::refusal(&event);
        // Nobody listens once the time is over.
        send.send(refusal.map_err(|error| error.to_string())).ok();
    };
    let builder = thread::Builder::new().stack_size(STACK);
    builder.spawn(judge).map_err(|error| error.to_string())?;
    let late = |_| "judging the event takes too long".to_owned();
    answer.recv_timeout(TIME).map_err(late)?
}

/// Tells what keeps the event from being judged. Exit code 2 with a reason on standard error denies in every agent.
fn undecided(args: &AgentHook, message: &str) -> ExitCode {
    let (result, code) = match args.unknown {
        Unknown::Allow => ("it is allowed", ALLOWED),
        Unknown::Deny => ("it is denied", UNDECIDED),
    };
    tell_line!("baton: the agent's event is not judged, {result}: {message}");
    code
}
