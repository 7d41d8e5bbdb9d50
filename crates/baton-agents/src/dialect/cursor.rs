//! Cursor, from its documentation: `beforeShellExecution` with a `command`, `preToolUse` with `tool_name` and `tool_input`.

use serde_json::{Value, json};

use super::{Dialect, with_tool};
use crate::event::{self, Call, Event};

pub(super) fn read(event: &Value) -> Option<Event> {
    event
        .get("conversation_id")
        .or_else(|| event.get("workspace_roots"))?;
    let root = || event.get("workspace_roots")?.get(0)?.as_str();
    let cwd = event::text(event, "cwd").filter(|cwd| !cwd.is_empty());
    let cwd = cwd.or_else(root).unwrap_or_default().to_owned();
    if event::text(event, "hook_event_name")? == "beforeShellExecution" {
        let command = event::text(event, "command")?.to_owned();
        return Some(Event {
            dialect: Dialect::Cursor,
            cwd,
            call: Call::Shell(command),
        });
    }
    let mut read = with_tool(event, Dialect::Cursor, &["preToolUse"])?;
    if read.cwd.is_empty() {
        read.cwd = cwd;
    }
    Some(read)
}

pub(super) fn deny(reason: &str) -> Value {
    json!({"permission": "deny", "user_message": reason, "agent_message": reason})
}
