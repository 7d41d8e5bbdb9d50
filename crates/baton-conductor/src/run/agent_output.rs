//! What an agent says, whether its program prints plain text or events, a JSON object a line.
//!
//! Known are the events of
//!
//! - Claude Code, `--output-format stream-json` and `json`
//!   ([headless mode](https://code.claude.com/docs/en/headless)): `assistant` with a message, and at
//!   last `result`;
//! - Codex, `exec --json` ([non-interactive mode](https://developers.openai.com/codex/noninteractive)):
//!   `item.completed` with an `agent_message`;
//! - Gemini CLI, `--output-format stream-json`
//!   ([headless mode](https://geminicli.com/docs/cli/headless)): `message` of the role `assistant`, also
//!   in pieces.
//!
//! What tools print and what the agent was told stands in other events, and is not what it says.

use bstr::ByteSlice;
use serde_json::Value;

use super::signal;

/// Reads an agent's output, line by line.
#[derive(Debug, Default)]
pub struct AgentOutput {
    /// What came in pieces and has no end yet.
    piece: String,
    /// What was said last: a result says it once more.
    last: String,
}

impl AgentOutput {
    /// Takes a line of output, and gives `on_line` every line that the agent says in it: this one as
    /// it is, or those of the text in the event that it holds. What would speak by itself and is
    /// shown there in a block of code is [marked](signal::with_quotations_marked) as a quotation.
    pub fn take(&mut self, line: &[u8], on_line: &mut dyn FnMut(&[u8])) {
        let Some(event) = event(line) else {
            return on_line(line);
        };
        if let Some(piece) = piece(&event) {
            self.piece.push_str(piece);
            return;
        }
        // Whatever else happens, the message that came in pieces is over.
        self.end(on_line);
        for text in texts(&event) {
            if event["type"] != "result" || text != self.last {
                self.say(text.to_owned(), on_line);
            }
        }
    }

    /// Takes the end of the output.
    pub fn end(&mut self, on_line: &mut dyn FnMut(&[u8])) {
        let whole = std::mem::take(&mut self.piece);
        if !whole.is_empty() {
            self.say(whole, on_line);
        }
    }

    fn say(&mut self, text: String, on_line: &mut dyn FnMut(&[u8])) {
        let marked = signal::with_quotations_marked(&text);
        marked.as_bytes().lines().for_each(on_line);
        self.last = text;
    }
}

/// What a line of output comes to for somebody who reads only that: the line or, where it is an
/// event, the last line of the text or the error in it. `None` where it says nothing.
pub fn summarize(line: &[u8]) -> Option<String> {
    let said = match event(line) {
        None => line.trim().to_str_lossy().into_owned(),
        Some(event) => {
            let errors = [&event["error"]["message"], &event["error"]];
            let errors = errors.into_iter().filter_map(Value::as_str);
            let words = match event["type"].as_str() {
                Some("error") => event["message"].as_str(),
                Some("result") => event["result"].as_str(),
                _ => None,
            };
            let all = texts(&event).into_iter().chain(words).chain(errors);
            let mut lines = all.flat_map(str::lines).map(str::trim);
            lines.rfind(|line| !line.is_empty())?.to_owned()
        }
    };
    Some(said).filter(|said| !said.is_empty())
}

/// The event that a line is: an object that says its type.
fn event(line: &[u8]) -> Option<Value> {
    let line = line.trim();
    let value = line.starts_with(b"{").then(|| serde_json::from_slice(line));
    value?
        .ok()
        .filter(|event: &Value| event["type"].is_string())
}

/// The piece of a message that an event adds.
fn piece(event: &Value) -> Option<&str> {
    match is_own_message(event) && event["delta"] == true {
        true => event["content"].as_str(),
        false => None,
    }
}

fn is_own_message(event: &Value) -> bool {
    event["type"] == "message" && event["role"] == "assistant"
}

/// What the agent says in an event.
fn texts(event: &Value) -> Vec<&str> {
    match event["type"].as_str() {
        // What another agent says on its behalf is the result of a tool.
        Some("assistant") if event["parent_tool_use_id"].is_null() => {
            let content = &event["message"]["content"];
            let blocks = content.as_array().into_iter().flatten();
            let blocks = blocks.filter(|block| block["type"] == "text");
            let blocks = blocks.filter_map(|block| block["text"].as_str());
            content.as_str().into_iter().chain(blocks).collect()
        }
        Some("result") if event["is_error"] != true => {
            event["result"].as_str().into_iter().collect()
        }
        Some("item.completed") if event["item"]["type"] == "agent_message" => {
            event["item"]["text"].as_str().into_iter().collect()
        }
        Some("message") if is_own_message(event) => event["content"].as_str().into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[&str]) -> Vec<String> {
        let (mut output_events, mut heard) = (AgentOutput::default(), Vec::new());
        for line in lines {
            output_events.take(line.as_bytes(), &mut |line| {
                heard.push(String::from_utf8_lossy(line).into_owned());
            });
        }
        output_events.end(&mut |line| heard.push(String::from_utf8_lossy(line).into_owned()));
        heard
    }

    #[test]
    fn plain_lines_are_what_they_are() {
        for line in [
            "done",
            "{not json",
            "",
            "[1]",
            "{\"a\": 1",
            "{}",
            "{\"type\":1}",
        ] {
            assert_eq!(heard(&[line]), [line]);
        }
    }

    #[test]
    fn text_is_taken_out_of_claudes_events() {
        let lines = [
            r#"{"type":"system","subtype":"init","tools":["Bash"]}"#,
            r#"{"type":"assistant","message":{"content":[{"type":"text","text":"a\n<promise>b</promise>"},{"type":"tool_use","input":{"text":"c"}}]},"parent_tool_use_id":null}"#,
            r#"{"type":"assistant","message":{"content":[{"type":"text","text":"of another"}]},"parent_tool_use_id":"t1"}"#,
            r#"{"type":"user","message":{"content":[{"type":"text","text":"told"}]}}"#,
            r#"{"type":"result","is_error":true,"result":"broken"}"#,
            r#"{"type":"result","subtype":"success","is_error":false,"result":"d\r\ne \u2764"}"#,
        ];
        assert_eq!(
            heard(&lines),
            ["a", "<promise>b</promise>", "d", "e \u{2764}"]
        );
    }

    #[test]
    fn text_is_taken_out_of_codexs_events() {
        let lines = [
            r#"{"type":"item.started","item":{"type":"agent_message","text":"a"}}"#,
            r#"{"type":"item.completed","item":{"type":"reasoning","text":"b"}}"#,
            r#"{"type":"item.completed","item":{"type":"command_execution","aggregated_output":"c","text":"c"}}"#,
            r#"  {"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"d\ne"}}"#,
        ];
        assert_eq!(heard(&lines), ["d", "e"]);
    }

    #[test]
    fn pieces_of_a_message_are_one_text() {
        let lines = [
            r#"{"type":"message","role":"user","content":"told"}"#,
            r#"{"type":"message","role":"assistant","content":"a\n<pro","delta":true}"#,
            r#"{"type":"message","role":"assistant","content":"mise>b</promise>","delta":true}"#,
            r#"{"type":"message","role":"assistant","content":" is what I say","delta":true}"#,
            r#"{"type":"tool_use","parameters":{"content":"c"}}"#,
            r#"{"type":"message","role":"assistant","content":"d"}"#,
            r#"{"type":"message","role":"assistant","content":"e","delta":true}"#,
            r#"{"type":"result","status":"success","stats":{}}"#,
        ];
        assert_eq!(
            heard(&lines),
            ["a", "<promise>b</promise> is what I say", "d", "e"]
        );
    }

    #[test]
    fn odd_events_say_nothing() {
        for line in [
            r#"{"type":"odd"}"#,
            r#"{"type":"assistant"}"#,
            r#"{"type":"assistant","message":{"content":[1,{"type":"text","text":2}]}}"#,
            r#"{"type":"result","result":{"text":"a"}}"#,
            r#"{"type":"item.completed","item":[]}"#,
        ] {
            assert!(heard(&[line]).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_message_in_pieces_ends_with_the_output() {
        let lines = [
            r#"{"type":"message","role":"assistant","content":"<pro","delta":true}"#,
            r#"{"type":"message","role":"assistant","content":"mise>","delta":true}"#,
        ];
        assert_eq!(heard(&lines), ["<promise>"]);
    }

    #[test]
    fn a_result_repeats_nothing() {
        let lines = [
            r#"{"type":"assistant","message":{"content":[{"type":"text","text":"a\nb"}]}}"#,
            r#"{"type":"result","result":"a\nb"}"#,
        ];
        assert_eq!(heard(&lines), ["a", "b"]);
    }

    #[test]
    fn what_a_file_holds_is_quoted_and_not_said() {
        let line = r#"{"type":"result","result":"it says\n```\nTASK_APPROVED\nand more\n```\nno"}"#;
        let said = ["it says", "```", "> TASK_APPROVED", "and more", "```", "no"];
        assert_eq!(heard(&[line]), said);
    }

    #[test]
    fn an_event_comes_to_its_text() {
        for (line, expected) in [
            (" plain ", Some("plain")),
            ("", None),
            (r#"{"type":"user","message":{"content":"a"}}"#, None),
            (
                r#"{"type":"result","is_error":true,"result":"no\n credit \n"}"#,
                Some("credit"),
            ),
            (r#"{"type":"error","message":"a"}"#, Some("a")),
            (
                r#"{"type":"turn.failed","error":{"message":"b"}}"#,
                Some("b"),
            ),
        ] {
            assert_eq!(summarize(line.as_bytes()).as_deref(), expected, "{line}");
        }
    }
}
