//! Claude Code: `PreToolUse` with `tool_name` and `tool_input`.

use serde_json::{Value, json};

use super::{Dialect, with_tool};
use crate::event::Event;

pub(super) fn read(event: &Value) -> Option<Event> {
    // Copilot sends no transcript in this spelling.
    let dialect = match event.get("transcript_path") {
        None if event.get("timestamp").is_some() => Dialect::CopilotAsClaude,
        _ => Dialect::Claude,
    };
    with_tool(event, dialect, &["PreToolUse"])
}

pub(super) fn deny(reason: &str) -> Value {
    json!({"hookSpecificOutput": {
        "hookEventName": "PreToolUse",
        "permissionDecision": "deny",
        "permissionDecisionReason": reason,
    }})
}
