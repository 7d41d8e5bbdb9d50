//! The events of agents, a JSON object a line.
//!
//! Known are the events of
//!
//! - Claude Code, `--output-format stream-json` and `json`
//!   ([headless mode](https://code.claude.com/docs/en/headless)): `assistant` with a message, and at
//!   last `result`;
//! - Qwen Code, `--output-format stream-json`: as Claude Code;
//! - Codex, `exec --json` ([non-interactive mode](https://developers.openai.com/codex/noninteractive)):
//!   `item.completed` with an `agent_message`;
//! - Gemini CLI, `--output-format stream-json`
//!   ([headless mode](https://geminicli.com/docs/cli/headless)): `message` of the role `assistant`, also
//!   in pieces;
//! - Copilot CLI, `--output-format json`: `assistant.message`, which names a `parentToolCallId` where a
//!   sub-agent speaks;
//! - opencode, `run --format json`: `text`.
//!
//! The output of tools and the prompt stand in other events, and are not what the agent says.

use bstr::ByteSlice;
use serde_json::Value;

/// The event that a line is: an object that says its type.
pub(super) fn event(line: &[u8]) -> Option<Value> {
    let line = line.trim();
    let value = line.starts_with(b"{").then(|| serde_json::from_slice(line));
    value?
        .ok()
        .filter(|event: &Value| event["type"].is_string())
}

/// The piece of a message that an event adds.
pub(super) fn piece(event: &Value) -> Option<&str> {
    match is_own_message(event) && event["delta"] == true {
        true => event["content"].as_str(),
        false => None,
    }
}

fn is_own_message(event: &Value) -> bool {
    event["type"] == "message" && event["role"] == "assistant"
}

/// The texts that the agent says in an event.
pub(super) fn texts(event: &Value) -> Vec<&str> {
    match event["type"].as_str() {
        // What another agent says on its behalf is the result of a tool.
        Some("assistant") if event["parent_tool_use_id"].is_null() => {
            let content = &event["message"]["content"];
            let blocks = content.as_array().into_iter().flatten();
            let blocks = blocks.filter(|block| block["type"] == "text");
            let blocks = blocks.filter_map(|block| block["text"].as_str());
            content.as_str().into_iter().chain(blocks).collect()
        }
        Some("result") if event["is_error"] != true => only(&event["result"]),
        Some("item.completed") if event["item"]["type"] == "agent_message" => {
            only(&event["item"]["text"])
        }
        Some("message") if is_own_message(event) => only(&event["content"]),
        Some("assistant.message") if event["data"]["parentToolCallId"].is_null() => {
            only(&event["data"]["content"])
        }
        Some("text") if event["part"]["type"] == "text" => only(&event["part"]["text"]),
        _ => Vec::new(),
    }
}

fn only(value: &Value) -> Vec<&str> {
    value.as_str().into_iter().collect()
}

/// True if Qwen Code gives an answer of the model's vendor out as the agent's.
fn is_vendors_error(event: &Value) -> bool {
    let text = event["result"].as_str();
    text.is_some_and(|text| text.starts_with("[API Error: "))
}

/// The error of which an event tells, in the agent's words.
pub(super) fn error(event: &Value) -> Option<&str> {
    let places = match event["type"].as_str()? {
        "result" if event["is_error"] == true || is_vendors_error(event) => vec![&event["result"]],
        "session.error" => vec![&event["data"]["message"]],
        "result" | "error" | "turn.failed" => vec![
            &event["error"]["data"]["message"],
            &event["error"]["message"],
            &event["error"],
            &event["message"],
            &event["error"]["name"],
        ],
        _ => Vec::new(),
    };
    places.into_iter().find_map(Value::as_str)
}

/// The commands that the agent runs in an event.
pub(super) fn tool_calls(event: &Value) -> Vec<&str> {
    let content = event["message"]["content"].as_array();
    let blocks = content.into_iter().flatten();
    let of_blocks = blocks.map(|block| &block["input"]["command"]);
    let started = (event["type"] == "item.started").then(|| &event["item"]["command"]);
    let of_event = [
        &event["parameters"]["command"],
        &event["data"]["arguments"]["command"],
        &event["part"]["state"]["input"]["command"],
    ];
    let all = of_blocks.chain(started).chain(of_event);
    all.filter_map(Value::as_str).collect()
}
