//! Gemini CLI: `BeforeTool`, and events that no other agent names so.

use serde_json::{Value, json};

use super::{Dialect, with_tool};
use crate::event::{self, Event};

const OTHERS: [&str; 7] = [
    "AfterTool",
    "BeforeAgent",
    "AfterAgent",
    "BeforeModel",
    "AfterModel",
    "BeforeToolSelection",
    "PreCompress",
];

pub(super) fn read(event: &Value) -> Option<Event> {
    let name = event::text(event, "hook_event_name")?;
    (name == "BeforeTool" || OTHERS.contains(&name))
        .then(|| with_tool(event, Dialect::Gemini, &["BeforeTool"]))
        .flatten()
}

pub(super) fn deny(reason: &str) -> Value {
    json!({"decision": "deny", "reason": reason})
}
