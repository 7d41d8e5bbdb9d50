//! `git baton agent-hook`.

use std::io::Read;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use miette::{IntoDiagnostic, WrapErr};

use super::{ALLOWED, ExitCode, UNDECIDED};
use crate::cli::{AgentHook, Unknown};
use baton_agents::{Event, Refusal};
use baton_hooks::agent_event;

/// The time for the judgement of an event: an agent waits for the answer.
const TIME: Duration = Duration::from_secs(2);
/// The stack of the thread that judges: commands may stand deep in commands.
const STACK: usize = 32 << 20;

/// Answers the event on standard input: in the agent's own words where it may not happen, with silence where it may.
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
    Ok(match judged(&event) {
        Ok(None) => ALLOWED,
        Ok(Some(refusal)) => {
            let reason = refusal.to_string();
            tell_line!("{reason}");
            say!("{}", event.dialect.deny(&reason));
            ALLOWED
        }
        Err(message) => undecided(args, &message),
    })
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
