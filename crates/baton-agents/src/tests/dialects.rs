//! Each agent's events, as they were recorded, in short.

use crate::tests::with_ground;
use crate::{Call, Dialect, Event, UnknownEvent, judge};

const CLAUDE: &str = r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/app","permission_mode":"acceptEdits","hook_event_name":"PreToolUse","tool_name":"TOOL","tool_input":INPUT,"tool_use_id":"toolu_1"}"#;
const CODEX: &str = r#"{"session_id":"1","turn_id":"2","transcript_path":"/t","cwd":"/src/app","hook_event_name":"PreToolUse","model":"m","permission_mode":"bypassPermissions","tool_name":"TOOL","tool_input":INPUT,"tool_use_id":"call_1"}"#;
const GEMINI: &str = r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/app","hook_event_name":"BeforeTool","timestamp":"2026-11-30T00:00:00.000Z","tool_name":"TOOL","tool_input":INPUT}"#;
const COPILOT: &str =
    r#"{"sessionId":"1","timestamp":1,"cwd":"/src/app","toolName":"TOOL","toolArgs":INPUT}"#;
const COPILOT_AS_CLAUDE: &str = r#"{"hook_event_name":"PreToolUse","session_id":"1","timestamp":"2026-11-30T00:00:00.000Z","cwd":"/src/app","tool_name":"TOOL","tool_input":INPUT}"#;
const CURSOR: &str = r#"{"conversation_id":"1","generation_id":"2","hook_event_name":"preToolUse","workspace_roots":["/src/app"],"tool_name":"TOOL","tool_input":INPUT}"#;

fn event(shape: &str, tool: &str, input: &str) -> Event {
    let text = shape.replace("TOOL", tool).replace("INPUT", input);
    Event::read(text.as_bytes()).unwrap()
}

fn is_refused(event: &Event) -> bool {
    with_ground(|ground| judge(event, ground)).is_some()
}

#[test]
fn each_agent_is_known_by_its_events() {
    for (shape, dialect) in [
        (CLAUDE, Dialect::Claude),
        (CODEX, Dialect::Codex),
        (GEMINI, Dialect::Gemini),
        (COPILOT, Dialect::Copilot),
        (COPILOT_AS_CLAUDE, Dialect::CopilotAsClaude),
        (CURSOR, Dialect::Cursor),
    ] {
        let read = event(shape, "Bash", r#"{"command":"ls"}"#);
        assert_eq!(read.dialect, dialect);
        assert_eq!(read.call, Call::Shell("ls".to_owned()));
        assert!(!is_refused(&read));
        let commits = event(shape, "Bash", r#"{"command":"git commit -nm x"}"#);
        assert!(is_refused(&commits), "{dialect:?}");
    }
}

#[test]
fn each_agents_edits_are_judged() {
    for (shape, tool, input) in [
        (
            CLAUDE,
            "Edit",
            r#"{"file_path":"PATH","old_string":"a","new_string":"b"}"#,
        ),
        (CLAUDE, "Write", r#"{"file_path":"PATH","content":"a"}"#),
        (CLAUDE, "MultiEdit", r#"{"file_path":"PATH","edits":[]}"#),
        (
            CLAUDE,
            "NotebookEdit",
            r#"{"notebook_path":"PATH","new_source":"2"}"#,
        ),
        (
            CLAUDE,
            "mcp__filesystem__write_file",
            r#"{"path":"PATH","content":"a"}"#,
        ),
        (
            CLAUDE,
            "mcp__filesystem__move_file",
            r#"{"source":"PATH","destination":"/tmp/x"}"#,
        ),
        (
            CODEX,
            "apply_patch",
            r#"{"command":"*** Begin Patch\n*** Update File: PATH\n@@\n-a\n+c\n*** End Patch\n"}"#,
        ),
        (
            CODEX,
            "apply_patch",
            r#"{"command":"*** Begin Patch\n*** Update File: src/a\n*** Move to: PATH\n*** End Patch\n"}"#,
        ),
        (
            GEMINI,
            "write_file",
            r#"{"file_path":"PATH","content":"a"}"#,
        ),
        (
            GEMINI,
            "replace",
            r#"{"file_path":"PATH","old_string":"a","new_string":"b"}"#,
        ),
        (COPILOT, "create", r#"{"path":"PATH","file_text":"a"}"#),
        (
            COPILOT,
            "edit",
            r#"{"path":"PATH","old_str":"a","new_str":"b"}"#,
        ),
        (
            COPILOT_AS_CLAUDE,
            "Edit",
            r#"{"path":"PATH","old_str":"a","new_str":"b"}"#,
        ),
        (CURSOR, "Write", r#"{"file_path":"PATH","content":"a"}"#),
    ] {
        for (path, refused) in [
            (".agents/HANDOFF.md", true),
            ("/src/app/baton.toml", true),
            ("src/main.rs", false),
            ("/tmp/HANDOFF.md", false),
        ] {
            let event = event(shape, tool, &input.replace("PATH", path));
            assert_eq!(is_refused(&event), refused, "{tool} {path}");
        }
    }
}

#[test]
fn what_is_no_strict_json_is_judged_by_what_can_be_read() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for content in [r#""\ud83d""#, &deep, "\"\\ude00 \\ud83d\\ude00\""] {
        for (shape, tool) in [(CLAUDE, "Write"), (COPILOT, "create")] {
            for (path, refused) in [(".agents/HANDOFF.md", true), ("src/main.rs", false)] {
                let input = format!(r#"{{"content":{content},"path":"{path}"}}"#);
                let event = event(shape, tool, &input);
                assert_eq!(is_refused(&event), refused, "{tool} {input}");
            }
        }
    }
    let args = r#""{\"path\":\"baton.toml\",\"file_text\":\"\\ud83d\"}""#;
    assert!(is_refused(&event(COPILOT, "create", args)));
    let bytes = [
        br#"{"hook_event_name":"PreToolUse","cwd":"/src/app","tool_name":"Bash","tool_input":{"x":""#.as_slice(),
        b"\xff",
        br#"","command":"rm baton.toml"}}"#,
    ];
    assert!(is_refused(&Event::read(&bytes.concat()).unwrap()));
}

#[test]
fn what_changes_nothing_is_allowed() {
    for (shape, tool, input) in [
        (CLAUDE, "Read", r#"{"file_path":"/src/app/baton.toml"}"#),
        (CLAUDE, "Agent", r#"{"prompt":"edit .agents/HANDOFF.md"}"#),
        (GEMINI, "read_file", r#"{"file_path":"baton.toml"}"#),
        (COPILOT, "view", r#"{"path":"/src/app/baton.toml"}"#),
        (
            COPILOT_AS_CLAUDE,
            "Read",
            r#"{"path":"/src/app/baton.toml"}"#,
        ),
    ] {
        assert_eq!(event(shape, tool, input).call, Call::Other, "{tool}");
    }
    for other in [
        r#"{"cwd":"/src/app","hook_event_name":"PostToolUse","tool_name":"Write","tool_input":{"file_path":"/src/app/baton.toml"}}"#,
        r#"{"sessionId":"1","timestamp":1,"cwd":"/src/app","reason":"complete"}"#,
        r#"{"hook_event_name":"AfterTool","cwd":"/src/app","tool_name":"write_file","tool_input":{"file_path":"baton.toml"}}"#,
    ] {
        assert_eq!(
            Event::read(other.as_bytes()).unwrap().call,
            Call::Other,
            "{other}"
        );
    }
}

#[test]
fn a_shell_runs_where_the_call_says() {
    let here = event(
        GEMINI,
        "run_shell_command",
        r#"{"command":"rm HANDOFF.md","dir_path":".agents"}"#,
    );
    assert_eq!(here.cwd, "/src/app/.agents");
    assert!(is_refused(&here));
    let shell = r#"{"conversation_id":"1","hook_event_name":"beforeShellExecution","workspace_roots":["/src/app"],"command":"rm baton.toml","cwd":""}"#;
    assert!(is_refused(&Event::read(shell.as_bytes()).unwrap()));
    let words = event(
        CODEX,
        "shell",
        r#"{"command":["bash","-lc","rm baton.toml"]}"#,
    );
    assert!(is_refused(&words));
}

#[test]
fn a_bare_shell_is_refused_where_its_input_is_no_event() {
    let bare = r#"{"command":"bash"}"#;
    assert!(is_refused(&event(CODEX, "Bash", bare)));
    assert!(!is_refused(&event(CLAUDE, "Bash", bare)));
}

#[test]
fn an_unknown_shape_is_told() {
    assert_eq!(Event::read(b"hello"), Err(UnknownEvent::NoObject));
    assert_eq!(Event::read(b"[]"), Err(UnknownEvent::NoObject));
    assert_eq!(Event::read(b"{}"), Err(UnknownEvent::Shape));
    let without_tool = br#"{"hook_event_name":"PreToolUse","cwd":"/src/app"}"#;
    assert_eq!(Event::read(without_tool), Err(UnknownEvent::Shape));
}

#[test]
fn each_agent_is_answered_in_its_own_words() {
    for (dialect, answer) in [
        (
            Dialect::Claude,
            r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"no"}}"#,
        ),
        (Dialect::Gemini, r#"{"decision":"deny","reason":"no"}"#),
        (
            Dialect::Copilot,
            r#"{"permissionDecision":"deny","permissionDecisionReason":"no"}"#,
        ),
        (
            Dialect::Cursor,
            r#"{"agent_message":"no","permission":"deny","user_message":"no"}"#,
        ),
    ] {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&dialect.deny("no")), value(answer));
    }
    for dialect in [Dialect::Codex, Dialect::CopilotAsClaude] {
        assert_eq!(dialect.deny("no"), Dialect::Claude.deny("no"));
    }
}

#[test]
fn what_happens_around_tools_is_known_in_each_agent() {
    let stop = |again| Call::Stop { again };
    for (event, dialect, call) in [
        (
            r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/app","hook_event_name":"SessionStart","source":"startup"}"#,
            Dialect::Claude,
            Call::Start,
        ),
        (
            r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/app","hook_event_name":"Stop","stop_hook_active":true}"#,
            Dialect::Claude,
            stop(true),
        ),
        (
            r#"{"session_id":"1","turn_id":"2","transcript_path":"/t","cwd":"/src/app","hook_event_name":"Stop","stop_hook_active":false}"#,
            Dialect::Codex,
            stop(false),
        ),
        (
            r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/app","hook_event_name":"AfterAgent","timestamp":"t","prompt":"hi","stop_hook_active":false}"#,
            Dialect::Gemini,
            stop(false),
        ),
        (
            r#"{"sessionId":"1","timestamp":1,"cwd":"/src/app","source":"new","initialPrompt":"go"}"#,
            Dialect::Copilot,
            Call::Start,
        ),
        (
            r#"{"sessionId":"1","timestamp":1,"cwd":"/src/app","stopReason":"end_turn","stop_hook_active":false}"#,
            Dialect::Copilot,
            stop(false),
        ),
        (
            r#"{"sessionId":"1","timestamp":1,"cwd":"/src/app","stopReason":"end_turn","agentId":"2","parentAgentId":"1"}"#,
            Dialect::Copilot,
            Call::Other,
        ),
        (
            r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/app","hook_event_name":"WorktreeCreate","name":"feat"}"#,
            Dialect::Claude,
            Call::NewWorktree("feat".to_owned()),
        ),
        (
            r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/feat","hook_event_name":"WorktreeRemove","worktree_path":"/src/feat"}"#,
            Dialect::Claude,
            Call::LeaveWorktree("/src/feat".to_owned()),
        ),
        (
            r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/feat","hook_event_name":"SubagentStop","agent_id":"a3","agent_type":"general-purpose","stop_hook_active":false}"#,
            Dialect::Claude,
            Call::SubagentStop {
                session: "1".to_owned(),
                subagent: "a3".to_owned(),
            },
        ),
        (
            r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/feat","hook_event_name":"SessionEnd","reason":"other"}"#,
            Dialect::Claude,
            Call::End("1".to_owned()),
        ),
        (
            r#"{"session_id":"1","transcript_path":"/t","cwd":"/src/feat","hook_event_name":"SessionEnd","reason":"clear"}"#,
            Dialect::Claude,
            Call::Other,
        ),
    ] {
        let read = Event::read(event.as_bytes()).unwrap();
        assert_eq!((read.dialect, &read.call), (dialect, &call), "{event}");
        assert!(!is_refused(&read));
    }
}
