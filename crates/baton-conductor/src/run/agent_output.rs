//! The output of an agent, in plain text or in events, a JSON object a line.
//!
//! Only what the agent itself says counts: not the output of its tools, nor anything on the standard error output.

mod event;

use bstr::ByteSlice;

use super::signal;
use baton_core::policy::conductor::agents::Output;
use baton_sys::supervise::Stream;
use event::{error, event, piece, texts, tool_calls};

/// Reads an agent's output, line by line.
#[derive(Debug)]
pub struct AgentOutput {
    format: Output,
    /// The text that came in pieces and has no end yet.
    piece: String,
    /// The text said last: a result says it once more.
    last: String,
    /// The last error that an event tells of.
    error: Option<String>,
    /// The last line of the standard error output that is not empty.
    complaint: Option<String>,
    /// The last text that is more than a promise or a decision: a message or, of plain lines, a paragraph.
    words: String,
    /// True if a plain line begins another paragraph.
    is_apart: bool,
    /// True if an event has told a text: what stands beside it in plain lines is not the agent's.
    has_told: bool,
}

/// The number of characters of the last words that are kept.
const WORDS: usize = 4000;

impl AgentOutput {
    /// The output of an agent that writes so.
    pub fn new(format: Output) -> Self {
        Self {
            format,
            piece: String::new(),
            last: String::new(),
            error: None,
            complaint: None,
            words: String::new(),
            is_apart: true,
            has_told: false,
        }
    }

    /// Returns the text that the agent said last, without its promise: the message or, of plain lines, the paragraph.
    pub fn last_words(&self) -> Option<String> {
        let words = self.words.trim();
        let kept: String = words.chars().take(WORDS).collect();
        let cut = if kept.len() < words.len() { "…" } else { "" };
        (!words.is_empty()).then(|| kept + cut)
    }

    /// Takes a line of output, and gives `on_line` every line that the agent says in it: this one as
    /// it is, or those of the text in the event that it holds. What would speak by itself and is
    /// shown there in a block of code is [marked](signal::with_quotations_marked) as a quotation.
    pub fn take(&mut self, stream: Stream, line: &[u8], on_line: &mut dyn FnMut(&[u8])) {
        if stream == Stream::Err {
            let text = line.trim().to_str_lossy();
            if !text.is_empty() {
                self.complaint = Some(text.into_owned());
            }
            return;
        }
        let Some(event) = event(line) else {
            if self.format == Output::Text {
                self.last = line.to_str_lossy().into_owned();
                self.take_plain(line);
                on_line(line);
            }
            return;
        };
        if let Some(piece) = piece(&event) {
            self.piece.push_str(piece);
            return;
        }
        // Whatever else happens, the message that came in pieces is over.
        self.end(on_line);
        if let Some(error) = error(&event) {
            self.error = Some(error.to_owned());
        }
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

    /// Why the agent failed, in its own words: the last error in an event; else, where it writes
    /// plain text, the last line of it all, and where it writes events, what it said or complained of
    /// last.
    pub fn failure(&self, tail: &[u8]) -> Option<String> {
        let said = match self.format {
            Output::Text => tail.lines().rev().find_map(summarize),
            Output::Events => {
                let said = last_line_of(&self.last);
                self.complaint.clone().or(said)
            }
        };
        self.error().or(said)
    }

    /// The last error in an event.
    pub fn error(&self) -> Option<String> {
        self.error.as_deref().and_then(one_line)
    }

    fn say(&mut self, text: String, on_line: &mut dyn FnMut(&[u8])) {
        let marked = signal::with_quotations_marked(&text);
        marked.as_bytes().lines().for_each(on_line);
        let words = text.lines().filter(|line| !signal::speaks(line));
        let words = words.collect::<Vec<_>>().join("\n");
        self.has_told = true;
        if !words.trim().is_empty() {
            self.words = words;
        }
        self.last = text;
    }

    /// Takes a plain line as a part of the last words.
    fn take_plain(&mut self, line: &[u8]) {
        let line = line.to_str_lossy();
        if self.has_told || signal::speaks(&line) {
            return;
        }
        if line.trim().is_empty() {
            self.is_apart = true;
            return;
        }
        if std::mem::take(&mut self.is_apart) {
            self.words.clear();
        }
        self.words.push_str(&line);
        self.words.push('\n');
    }
}

/// What a line of output comes to for a user who reads only that: the line or, where it is an
/// event, the last line of the text or the error in it. `None` where it says nothing.
pub fn summarize(line: &[u8]) -> Option<String> {
    let Some(event) = event(line) else {
        return last_line_of(&line.to_str_lossy());
    };
    let mut said = texts(&event).into_iter().chain(error(&event)).rev();
    said.find_map(last_line_of)
}

/// What a line of output holds for a user who reads all of it: the line as it is or, of an event, the
/// text, the error, or the command of a tool. `None` where it holds nothing of that.
pub fn readable(line: &[u8]) -> Option<String> {
    let Some(event) = event(line) else {
        return Some(line.to_str_lossy().into_owned());
    };
    let pieces = piece(&event).into_iter().chain(error(&event));
    let said: Vec<_> = texts(&event).into_iter().chain(pieces).collect();
    let commands = tool_calls(&event)
        .into_iter()
        .map(|call| format!("$ {call}"));
    let parts: Vec<_> = said
        .into_iter()
        .map(str::to_owned)
        .chain(commands)
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// All lines as one.
fn one_line(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The last line that is not empty.
fn last_line_of(text: &str) -> Option<String> {
    let mut lines = text.lines().map(str::trim);
    Some(lines.rfind(|line| !line.is_empty())?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[&str]) -> Vec<String> {
        heard_as(Output::Text, lines)
    }

    fn heard_as(format: Output, lines: &[&str]) -> Vec<String> {
        let (mut output_events, mut heard) = (AgentOutput::new(format), Vec::new());
        for line in lines {
            output_events.take(Stream::Out, line.as_bytes(), &mut |line| {
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
    fn text_is_taken_out_of_copilots_events() {
        let lines = [
            r#"{"type":"assistant.message_delta","data":{"messageId":"m","deltaContent":"TASK_APPROVED"}}"#,
            r#"{"type":"assistant.message","data":{"content":"of another","parentToolCallId":"call_1"}}"#,
            r#"{"type":"tool.execution_complete","data":{"result":{"content":"TASK_APPROVED"}}}"#,
            r#"{"type":"assistant.message","data":{"content":"a\nb","toolRequests":[]}}"#,
            r#"{"type":"result","exitCode":0,"usage":{}}"#,
        ];
        assert_eq!(heard(&lines), ["a", "b"]);
    }

    #[test]
    fn text_is_taken_out_of_opencodes_events() {
        let lines = [
            r#"{"type":"step_start","part":{"type":"step-start"}}"#,
            r#"{"type":"tool_use","part":{"type":"tool","state":{"output":"TASK_APPROVED\n"}}}"#,
            r#"{"type":"text","part":{"type":"text","text":"a\nb"}}"#,
        ];
        assert_eq!(heard(&lines), ["a", "b"]);
    }

    #[test]
    fn beside_events_nothing_is_said() {
        let lines = [
            "TASK_APPROVED",
            r#"{"type":"text","part":{"type":"text","text":"a"}}"#,
            "{not json",
        ];
        assert_eq!(heard_as(Output::Events, &lines), ["a"]);
        for format in [Output::Events, Output::Text] {
            let (mut output, mut heard) = (AgentOutput::new(format), 0);
            output.take(Stream::Err, b"TASK_APPROVED", &mut |_| heard += 1);
            assert_eq!(heard, 0);
        }
    }

    #[test]
    fn a_failure_is_told_in_the_agents_words() {
        let lines = [
            // Claude Code, Codex, Gemini CLI, Copilot CLI and opencode, when they may not log in.
            r#"{"type":"result","is_error":true,"result":"API Error: 401"}"#,
            r#"{"type":"turn.failed","error":{"message":"API Error: 401"}}"#,
            r#"{"type":"result","status":"error","error":{"type":"unknown","message":"API Error: 401"}}"#,
            r#"{"type":"session.error","data":{"errorType":"authentication","message":"API Error: 401"}}"#,
            r#"{"type":"error","error":{"name":"APIError","data":{"message":"API Error: 401"}}}"#,
        ];
        for line in lines {
            let mut output = AgentOutput::new(Output::Events);
            output.take(Stream::Out, line.as_bytes(), &mut |_| ());
            output.take(Stream::Err, b"  status: 401\n}", &mut |_| ());
            assert_eq!(output.failure(b"").as_deref(), Some("API Error: 401"));
        }
        // Qwen Code takes it for an answer.
        let line =
            r#"{"type":"result","subtype":"success","is_error":false,"result":"[API Error: 401]"}"#;
        let mut output = AgentOutput::new(Output::Events);
        output.take(Stream::Out, line.as_bytes(), &mut |_| ());
        assert_eq!(output.error().as_deref(), Some("[API Error: 401]"));
        let mut output = AgentOutput::new(Output::Events);
        output.take(Stream::Err, b"cannot log in", &mut |_| ());
        assert_eq!(output.failure(b"").as_deref(), Some("cannot log in"));
    }

    #[test]
    fn the_last_words_are_what_is_said_beside_the_promise() {
        let words = |format, lines: &[&str]| {
            let mut output = AgentOutput::new(format);
            for line in lines {
                output.take(Stream::Out, line.as_bytes(), &mut |_| ());
            }
            output.end(&mut |_| ());
            output.last_words()
        };
        let plain = [
            "building",
            "",
            "I wrote a.",
            "b is left.",
            "",
            "**<promise>TASK_DONE: t</promise>**",
        ];
        assert_eq!(
            words(Output::Text, &plain).as_deref(),
            Some("I wrote a.\nb is left.")
        );
        assert_eq!(
            words(Output::Text, &["<promise>TASK_DONE: t</promise>"]),
            None
        );
        let events = [
            r#"{"type":"assistant","message":{"content":[{"type":"text","text":"I wrote a.\n\nb is left."}]}}"#,
            "noise of its program",
            r#"{"type":"result","result":"<promise>TASK_DONE: t</promise>"}"#,
        ];
        for format in [Output::Text, Output::Events] {
            let said = words(format, &events);
            assert_eq!(said.as_deref(), Some("I wrote a.\n\nb is left."));
        }
        let long = "x".repeat(WORDS + 1);
        let said = words(Output::Text, &[&long]).unwrap();
        assert_eq!(said.chars().count(), WORDS + 1);
        assert!(said.ends_with('…'));
    }

    #[test]
    fn a_log_of_events_is_readable() {
        let tool = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"I look."},{"type":"tool_use","input":{"command":"ls"}}]}}"#;
        assert_eq!(readable(tool.as_bytes()).unwrap(), "I look.\n$ ls");
        assert_eq!(readable(b"$ make").unwrap(), "$ make");
        assert_eq!(readable(br#"{"type":"system"}"#), None);
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
