//! Scouts: questions that are answered before anybody plans, by agents that may only look.

use super::FeatureError;
use super::ask::{Desk, Question, Reply};
use super::brief::Common;
use super::state::Scouted;
use crate::run::verify::{behind_colon, how};
use baton_core::model::Oid;
use baton_core::policy::conductor::feature::{Scout, Who};
use baton_sys::supervise::End;

/// The result of a scout.
#[derive(Debug)]
pub struct Finding {
    /// Its name.
    pub scout: String,
    /// The outcome.
    pub scouted: Scouted,
    /// Its findings; empty when they do not count.
    pub text: String,
}

/// The name of a scout's file in the record.
pub fn file_name(scout: &str) -> String {
    format!("scout-{scout}.md")
}

/// Asks a scout; `None` when it was stopped.
pub fn ask(
    desk: &Desk<'_>,
    common: &Common<'_>,
    scout: &Scout,
    base: Oid,
    keep: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Finding>, FeatureError> {
    let question = Question {
        name: format!("scout-{}", scout.name),
        who: &Who::Agent(scout.agent.clone()),
        commit: base,
        title: common.wish,
        bare: &scout.prompt,
        prompt: common.for_scout(&scout.name, &scout.prompt, keep),
        attempt: 1,
        timeout: scout.timeout,
        variables: Vec::new(),
        keep,
        is_read_only: true,
    };
    let reply = desk.ask(&question, stop)?;
    if reply.end == End::Stopped {
        return Ok(None);
    }
    let void = void(&reply);
    let mut text = String::new();
    if void.is_none() {
        text = String::from_utf8_lossy(&reply.said).into_owned();
        if reply.is_cut {
            text.push_str(&format!("\n(It said more than {keep} bytes.)\n"));
        }
    }
    Ok(Some(Finding {
        scout: scout.name.clone(),
        scouted: Scouted {
            void,
            seconds: reply.elapsed.as_secs(),
        },
        text,
    }))
}

/// Why what a scout says does not count.
fn void(reply: &Reply) -> Option<String> {
    if !reply.changes.is_empty() {
        return Some(format!(
            "it was to look only, and {}",
            reply.changes.join("; ")
        ));
    }
    match reply.end {
        End::Exited(0) if reply.said.trim_ascii().is_empty() => Some("it said nothing".to_owned()),
        End::Exited(0) => None,
        end => Some(format!(
            "it {}{}",
            how(end),
            behind_colon(reply.failure.clone())
        )),
    }
}
