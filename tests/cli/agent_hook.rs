//! `git baton agent-hook`: an agent's event on the input, the answer in its own words.

use std::path::Path;

use baton_testkit::{Ran, Sandbox, run};
use serde_json::{Value, json};

pub(crate) const POLICY: &str = "version = 1\n";

pub(crate) fn ask(sandbox: &Sandbox, event: &Value, args: &[&str]) -> Ran {
    let mut command = sandbox.baton();
    run(
        command.arg("agent-hook").args(args),
        event.to_string().as_bytes(),
    )
}

fn claude(cwd: &Path, tool: &str, input: &Value) -> Value {
    json!({"session_id": "1", "transcript_path": "/t", "cwd": cwd, "hook_event_name": "PreToolUse",
        "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1"})
}

fn shell(cwd: &Path, command: &str) -> Value {
    claude(cwd, "Bash", &json!({"command": command}))
}

#[track_caller]
pub(crate) fn allowed(ran: &Ran) {
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
}

#[track_caller]
fn denied(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.starts_with("baton: "), "{ran:?}");
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn each_agent_hears_the_reason_in_its_own_words() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    let path = root.join(".agents/HANDOFF.md");
    let write = json!({"file_path": path, "content": "x"});
    let claude = claude(root, "Write", &write);
    let mut codex = shell(root, "echo x > .agents/HANDOFF.md");
    codex["turn_id"] = json!("2");
    let gemini = json!({"session_id": "1", "cwd": root, "hook_event_name": "BeforeTool",
        "tool_name": "write_file", "tool_input": {"file_path": ".agents/HANDOFF.md", "content": "x"}});
    let copilot = json!({"sessionId": "1", "timestamp": 1, "cwd": root, "toolName": "create",
        "toolArgs": {"path": path, "file_text": "x"}});
    let cursor = json!({"conversation_id": "1", "hook_event_name": "beforeShellExecution",
        "workspace_roots": [root], "cwd": "", "command": "rm .agents/HANDOFF.md"});
    for (event, pointer) in [
        (&claude, "/hookSpecificOutput/permissionDecisionReason"),
        (&codex, "/hookSpecificOutput/permissionDecisionReason"),
        (&gemini, "/reason"),
        (&copilot, "/permissionDecisionReason"),
        (&cursor, "/agent_message"),
    ] {
        let ran = ask(&sandbox, event, &[]);
        let answer = denied(&ran);
        let reason = answer.pointer(pointer).and_then(Value::as_str).unwrap();
        assert!(reason.contains("git baton session summary"), "{reason}");
        assert_eq!(ran.err.trim_end(), reason);
    }
}

#[test]
fn ordinary_work_is_answered_with_silence() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    for command in [
        "cargo test 2>&1 | tail -5",
        "cat .agents/HANDOFF.md",
        "git add -A && git commit -m 'Add a parser'",
        "echo x > notes.md",
    ] {
        allowed(&ask(&sandbox, &shell(root, command), &[]));
    }
    let edit = json!({"file_path": root.join("src/a.rs"), "old_string": "a", "new_string": "b"});
    allowed(&ask(&sandbox, &claude(root, "Edit", &edit), &[]));
    let ended = json!({"hook_event_name": "SessionEnd", "cwd": root, "reason": "other"});
    allowed(&ask(&sandbox, &ended, &[]));
}

#[test]
fn links_and_linked_worktrees_are_followed() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    std::os::unix::fs::symlink(".agents/HANDOFF.md", root.join("notes.md")).unwrap();
    denied(&ask(&sandbox, &shell(root, "echo x > notes.md"), &[]));
    sandbox.git(["worktree", "add", "-q", "../linked", "-b", "linked"]);
    let linked = root.parent().unwrap().join("linked");
    for command in [
        "rm .agents/HANDOFF.md",
        "rm \"$(git rev-parse --git-common-dir)/hooks/pre-commit\"",
        "git commit --no-verify -m x",
        "sed -i 1d ../repo/.agents/HANDOFF.md",
    ] {
        denied(&ask(&sandbox, &shell(&linked, command), &[]));
    }
    allowed(&ask(&sandbox, &shell(&linked, "touch a && git add a"), &[]));
}

#[test]
fn another_sessions_files_are_its_own() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    let log = |number| {
        let path = root.join(format!(".agents/sessions/2025-01-01-session-{number}.md"));
        claude(root, "Write", &json!({"file_path": path, "content": "x"}))
    };
    std::fs::create_dir_all(root.join(".git/baton")).unwrap();
    std::fs::write(root.join(".git/baton/session"), "2025-01-01/7\n\n").unwrap();
    allowed(&ask(&sandbox, &log(7), &[]));
    denied(&ask(&sandbox, &log(6), &[]));
}

#[test]
fn the_stash_of_another_branch_is_left_alone() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    sandbox.write("baton.toml", "version = 1 # changed\n");
    sandbox.git(["stash"]);
    allowed(&ask(&sandbox, &shell(root, "git stash pop"), &[]));
    sandbox.git(["switch", "-qc", "other"]);
    denied(&ask(&sandbox, &shell(root, "git stash pop"), &[]));
}

#[test]
fn without_a_policy_everything_is_allowed() {
    let sandbox = Sandbox::empty();
    let root = sandbox.repo();
    allowed(&ask(&sandbox, &shell(root, "git commit -nm x"), &[]));
    sandbox.commit_file("a", "a");
    allowed(&ask(&sandbox, &shell(root, "rm .agents/HANDOFF.md"), &[]));
    let elsewhere = shell(root.parent().unwrap(), "git commit -nm x");
    allowed(&ask(&sandbox, &elsewhere, &[]));
}

#[test]
fn an_unknown_event_is_told_and_ends_as_the_line_says() {
    let sandbox = Sandbox::with_policy(POLICY);
    for event in [json!({"tool": "x"}), json!([1])] {
        for (args, code) in [(&[][..], 0), (&["--unknown", "deny"], 2)] {
            let ran = ask(&sandbox, &event, args);
            assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran:?}");
            assert!(ran.err.contains("not judged"), "{ran:?}");
        }
    }
}

#[test]
fn what_another_session_claims_is_refused() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    sandbox.git(["worktree", "add", "-q", "../linked", "-b", "linked"]);
    let linked = root.parent().unwrap().join("linked");
    for (directory, args) in [
        (root, &["start"][..]),
        (root, &["claim", "src/"]),
        (&linked, &["start"]),
    ] {
        let mut command = sandbox.baton();
        let ran = run(
            command.current_dir(directory).arg("session").args(args),
            b"",
        );
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let edit = |directory: &Path| {
        let input = json!({"file_path": directory.join("src/a.rs"), "content": "x"});
        claude(directory, "Write", &input)
    };
    let ran = ask(&sandbox, &edit(&linked), &[]);
    denied(&ran);
    assert!(
        ran.err.contains("src/a.rs is claimed by session"),
        "{ran:?}"
    );
    denied(&ask(
        &sandbox,
        &shell(&linked, "sed -i s/a/b/ src/a.rs"),
        &[],
    ));
    allowed(&ask(&sandbox, &edit(root), &[]));
    allowed(&ask(&sandbox, &shell(&linked, "cat src/a.rs"), &[]));
}

fn started(cwd: &Path) -> Value {
    json!({"session_id": "1", "transcript_path": "/t", "hook_event_name": "SessionStart", "cwd": cwd, "source": "startup"})
}

fn stops(cwd: &Path) -> Value {
    json!({"session_id": "1", "transcript_path": "/t", "hook_event_name": "Stop", "cwd": cwd, "stop_hook_active": false})
}

/// What the answer says at this pointer.
#[track_caller]
fn said(ran: &Ran, pointer: &str) -> String {
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    let text = answer.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{ran:?}")).to_owned()
}

#[test]
fn an_agent_that_begins_is_told_its_session_and_its_files() {
    let sandbox = Sandbox::with_policy(POLICY);
    let context = "/hookSpecificOutput/additionalContext";
    let before = said(&ask(&sandbox, &started(sandbox.repo()), &[]), context);
    assert!(before.contains("git baton session start"), "{before}");
    let date = [
        "session",
        "start",
        "--date",
        "2025-01-01",
        "--title",
        "Parse dates",
    ];
    assert_eq!(sandbox.run(date).code, 0);
    let told = said(&ask(&sandbox, &started(sandbox.repo()), &[]), context);
    for part in [
        "2025-01-01/1, \"Parse dates\"",
        ".agents/sessions/2025-01-01-session-1-parse-dates.md",
        ".agents/HANDOFF.md",
        "git baton session summary -",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let copilot = json!({"sessionId": "1", "timestamp": 1, "cwd": sandbox.repo(), "source": "new"});
    assert_eq!(
        said(&ask(&sandbox, &copilot, &[]), "/additionalContext"),
        told
    );
    let elsewhere = started(sandbox.repo().parent().unwrap());
    allowed(&ask(&sandbox, &elsewhere, &[]));
    let mut in_a_run = sandbox.baton();
    in_a_run.arg("agent-hook").env("BATON_JOB", "x");
    allowed(&run(
        &mut in_a_run,
        started(sandbox.repo()).to_string().as_bytes(),
    ));
}

#[test]
fn an_agent_that_stops_with_work_and_no_summary_is_told_once() {
    let sandbox = Sandbox::with_policy(POLICY);
    let stop = stops(sandbox.repo());
    allowed(&ask(&sandbox, &stop, &[]));
    assert_eq!(
        sandbox
            .run(["session", "start", "--date", "2025-01-01"])
            .code,
        0
    );
    allowed(&ask(&sandbox, &stop, &[]));
    sandbox.commit_file("a", "a");
    let mut again = stop.clone();
    again["stop_hook_active"] = json!(true);
    allowed(&ask(&sandbox, &again, &[]));
    let ran = ask(&sandbox, &stop, &[]);
    let reason = said(&ran, "/reason");
    assert!(ran.out.contains("\"block\""), "{ran:?}");
    assert!(
        reason.contains("2025-01-01/1") && reason.contains("has no summary"),
        "{reason}"
    );
    allowed(&ask(&sandbox, &stop, &[]));
}
