//! The format in which each agent tells an event and hears an answer; one file for each.

mod claude;
mod codex;
mod copilot;
mod cursor;
mod gemini;

use serde_json::{Value, json};

use crate::event::{self, Call, Event};

/// An agent's way to tell an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Copilot CLI.
    Copilot,
    /// Copilot CLI where its configuration spells events as Claude Code does.
    CopilotAsClaude,
    /// Cursor.
    Cursor,
}

impl Dialect {
    /// The answer that denies an event for this reason.
    pub fn deny(self, reason: &str) -> String {
        match self {
            Self::Claude | Self::Codex | Self::CopilotAsClaude => claude::deny(reason),
            Self::Gemini => gemini::deny(reason),
            Self::Copilot => copilot::deny(reason),
            Self::Cursor => cursor::deny(reason),
        }
        .to_string()
    }

    /// The answer to an agent that begins to work, which tells it this.
    pub fn tell(self, text: &str) -> String {
        match self {
            Self::Copilot => json!({"additionalContext": text}),
            _ => json!({"hookSpecificOutput": {
                "hookEventName": "SessionStart",
                "additionalContext": text,
            }}),
        }
        .to_string()
    }

    /// The answer to an agent that is about to stop, which has it go on for this reason. All take the same.
    pub fn go_on(self, reason: &str) -> String {
        json!({"decision": "block", "reason": reason}).to_string()
    }

    /// True if what is typed into an open shell is no event.
    pub(crate) fn has_unseen_input(self) -> bool {
        self == Self::Codex
    }
}

/// The event, in the first dialect that has this shape.
pub(crate) fn read(event: &Value) -> Option<Event> {
    cursor::read(event)
        .or_else(|| copilot::read(event))
        .or_else(|| gemini::read(event))
        .or_else(|| codex::read(event))
        .or_else(|| claude::read(event))
}

/// An event with `tool_name` and `tool_input`, which is a tool's call where its name is one of `before`.
fn with_tool(event: &Value, dialect: Dialect, before: &[&str]) -> Option<Event> {
    let name = event::text(event, "hook_event_name")?;
    let cwd = event::text(event, "cwd").unwrap_or_default();
    let (call, cwd) = match before.contains(&name) {
        true => event::call(
            event::text(event, "tool_name")?,
            event.get("tool_input")?,
            cwd,
        ),
        false => (around(event, name), cwd.to_owned()),
    };
    Some(Event { dialect, cwd, call })
}

/// Returns the event that happens around the calls of tools, by the event's name.
fn around(event: &Value, name: &str) -> Call {
    let named = |key: &str| event::text(event, key).map(str::to_owned);
    match name {
        "SessionStart" => Call::Start,
        "Stop" | "AfterAgent" => stop(event),
        "WorktreeCreate" => named("name").map_or(Call::Other, Call::NewWorktree),
        "WorktreeRemove" => named("worktree_path").map_or(Call::Other, Call::LeaveWorktree),
        "SubagentStop" => match (named("session_id"), named("agent_id")) {
            (Some(session), Some(subagent)) => Call::SubagentStop { session, subagent },
            _ => Call::Other,
        },
        "SessionEnd" => match (named("session_id"), event::text(event, "reason")) {
            // The program goes on, where it is.
            (_, Some("clear" | "resume")) => Call::Other,
            (session, _) => session.map_or(Call::Other, Call::End),
        },
        _ => Call::Other,
    }
}

fn stop(event: &Value) -> Call {
    let again = event.get("stop_hook_active").and_then(Value::as_bool);
    Call::Stop {
        again: again.unwrap_or(false),
    }
}
