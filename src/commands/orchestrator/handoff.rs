//! `git baton orchestrator handoff`.

use std::io::IsTerminal;

use bstr::ByteSlice;
use miette::IntoDiagnostic;
use serde::Serialize;

use crate::cli::orchestrator::{Handoff, Look, TextFormat};
use crate::commands::{ALLOWED, ExitCode, print, print_raw};
use baton_conductor::aggregate::handoff::{self, Arrival, Status};
use baton_core::report::escape;
use baton_git::Repo;
use baton_sys::GitEnv;

/// Runs the verb.
pub fn run(verb: Handoff) -> miette::Result<ExitCode> {
    let repo = Repo::open(&GitEnv::from_process().into_diagnostic()?)?;
    match verb {
        Handoff::Status(look) => {
            let status = handoff::status(&repo, look.into.as_deref())?;
            show(&look, &status, human_status);
        }
        Handoff::Log(look) => {
            let log = handoff::log(&repo, look.into.as_deref())?;
            show(&look, &log, |log| log.iter().map(human_arrival).collect());
        }
        Handoff::Fmt(look) => {
            let patch = handoff::tidying_patch(&repo, look.into.as_deref())?;
            show(&look, &patch.to_str_lossy(), |patch| {
                match patch.is_empty() {
                    true => "nothing to tidy\n".to_owned(),
                    false => patch.clone().into_owned(),
                }
            });
            if !patch.is_empty() {
                tell_line!("a maintainer lands this patch with `git baton orchestrator edit`");
            }
        }
    }
    Ok(ALLOWED)
}

fn show<T: Serialize>(look: &Look, value: &T, human: impl Fn(&T) -> String) {
    match look.format {
        TextFormat::Human => show_text(&human(value)),
        TextFormat::Json => {
            let json = serde_json::to_string_pretty(value).expect("plain values serialise");
            say!("{}", escape::json(&json));
        }
    }
}

/// A patch is for another program, unless a terminal takes it.
fn show_text(text: &str) {
    match std::io::stdout().is_terminal() {
        true => print(text).ok(),
        false => print_raw(text).ok(),
    };
}

fn human_status(status: &Status) -> String {
    let limit = |limit: Option<u64>| limit.map_or(String::new(), |limit| format!(" of {limit}"));
    let mut text = format!(
        "{}: {}{} bytes, {}{} {}\n",
        escape::inert(status.path.as_bytes()),
        status.bytes,
        limit(status.max_bytes),
        status.entries,
        limit(status.keep_entries),
        match (status.entries, status.keep_entries) {
            (1, None) => "entry",
            _ => "entries",
        },
    );
    if status.pending.is_empty() {
        text.push_str("no session is pending\n");
    }
    for one in &status.pending {
        let title = escape::inert(one.title.as_bytes());
        let state = match &one.obstacle {
            Some(why) => escape::inert(why.as_bytes()),
            None => "ready".to_owned(),
        };
        text.push_str(&format!("session {}: {title}: {state}\n", one.number));
    }
    text
}

fn human_arrival(arrival: &Arrival) -> String {
    let sessions = match arrival.sessions.is_empty() {
        true => String::new(),
        false => format!(" sessions {}", arrival.sessions.join(", ")),
    };
    let commit = &arrival.commit[..arrival.commit.len().min(10)];
    let subject = escape::inert(arrival.subject.as_bytes());
    format!("{commit} {}{sessions}: {subject}\n", arrival.kind.as_str())
}
