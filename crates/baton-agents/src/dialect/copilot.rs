//! Copilot CLI: `toolName` and `toolArgs`; the event's name is not in the payload.

use serde_json::{Value, json};

use super::Dialect;
use crate::event::{self, Call, Event};
use crate::json::read as read_json;

pub(super) fn read(event: &Value) -> Option<Event> {
    event.get("sessionId")?;
    let cwd = event::text(event, "cwd").unwrap_or_default();
    let tool = event::text(event, "toolName");
    // With a result it has happened already.
    let asks = event.get("toolResult").is_none();
    let (call, cwd) = match (tool, event.get("toolArgs")) {
        (Some(tool), Some(Value::String(text))) if asks => {
            let args = read_json(text.as_bytes()).unwrap_or_else(|| Value::String(text.clone()));
            event::call(tool, &args, cwd)
        }
        (Some(tool), Some(args)) if asks => event::call(tool, args, cwd),
        (Some(_), _) => (Call::Other, cwd.to_owned()),
        (None, _) => (around(event), cwd.to_owned()),
    };
    Some(Event {
        dialect: Dialect::Copilot,
        cwd,
        call,
    })
}

/// Returns the event that happens around the calls of tools, by the fields that tell.
fn around(event: &Value) -> Call {
    let has = |key: &str| event.get(key).is_some();
    match (has("source"), has("stopReason"), has("parentAgentId")) {
        (true, false, false) => Call::Start,
        (false, true, false) => super::stop(event),
        _ => Call::Other,
    }
}

pub(super) fn deny(reason: &str) -> Value {
    json!({"permissionDecision": "deny", "permissionDecisionReason": reason})
}
