//! Codex: Claude Code's shape with a `turn_id`, and Claude Code's answers.

use serde_json::Value;

use super::{Dialect, with_tool};
use crate::event::Event;

pub(super) fn read(event: &Value) -> Option<Event> {
    event.get("turn_id")?;
    with_tool(event, Dialect::Codex, &["PreToolUse"])
}
