//! `git baton mcp` with a real client of the Model Context Protocol.

use std::path::Path;

use baton_testkit::Sandbox;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::RunningService;
use rmcp::transport::TokioChildProcess;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};

const POLICY: &str = "version = 1\n[sessions]\nclaims = \"refuse\"\n";

/// A client of a server that runs until it is dropped.
struct Client {
    runtime: tokio::runtime::Runtime,
    service: RunningService<RoleClient, ()>,
}

impl Client {
    fn of(sandbox: &Sandbox) -> Self {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let mut command = sandbox.baton();
        // Where the server runs says nothing: each call names its worktree.
        command.arg("mcp").current_dir(sandbox.root.path());
        let service = runtime.block_on(async {
            let child = TokioChildProcess::new(tokio::process::Command::from(command)).unwrap();
            ().serve(child).await.unwrap()
        });
        Self { runtime, service }
    }

    fn call(&self, tool: &'static str, arguments: &Value) -> CallToolResult {
        let arguments = arguments.as_object().unwrap().clone();
        let request = CallToolRequestParams::new(tool).with_arguments(arguments);
        self.runtime
            .block_on(self.service.call_tool(request))
            .unwrap()
    }

    /// The document that a tool answers with.
    #[track_caller]
    fn ok(&self, tool: &'static str, arguments: &Value) -> Value {
        let result = self.call(tool, arguments);
        assert_eq!(result.is_error, Some(false), "{result:?}");
        result.structured_content.unwrap()
    }

    /// What a tool fails with.
    #[track_caller]
    fn error(&self, tool: &'static str, arguments: &Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result.is_error, Some(true), "{result:?}");
        result.content[0].as_text().unwrap().text.clone()
    }
}

#[track_caller]
fn same(document: &Value, sandbox: &Sandbox, directory: &Path, args: &[&str]) {
    let mut command = sandbox.baton();
    let ran = baton_testkit::finish(command.current_dir(directory).args(args));
    let printed: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:#?}"));
    assert_eq!(*document, printed, "{args:?}");
}

#[test]
fn the_tools_are_described() {
    let sandbox = Sandbox::empty();
    let client = Client::of(&sandbox);
    let server = client.service.peer_info().unwrap();
    assert!(server.instructions.as_ref().unwrap().contains("claim"));
    let tools = client
        .runtime
        .block_on(client.service.list_all_tools())
        .unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(
        names,
        [
            "session_start",
            "session_summary",
            "session_end",
            "session_claim",
            "session_release",
            "check",
            "plan",
            "status",
            "pool_list",
            "pool_acquire",
            "pool_release"
        ]
    );
    for tool in &tools {
        let schema = Value::Object((*tool.input_schema).clone());
        jsonschema::validator_for(&schema).unwrap();
        assert!(
            schema["required"]
                .as_array()
                .unwrap()
                .contains(&json!("path")),
            "{schema}"
        );
    }
}

#[test]
fn a_session_goes_its_way() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    let client = Client::of(&sandbox);
    let started = client.ok(
        "session_start",
        &json!({"path": root, "title": "Parse dates"}),
    );
    same(
        &started,
        &sandbox,
        root,
        &["session", "show", "--format", "json"],
    );
    let log = started["sessions"][0]["log_path"].as_str().unwrap();

    let claimed = client.ok("session_claim", &json!({"path": root, "paths": ["src/"]}));
    same(
        &claimed,
        &sandbox,
        root,
        &["session", "claim", "--format", "json"],
    );
    assert_eq!(claimed["claims"][0]["paths"], json!(["src/"]));

    let unfinished = client.ok("session_end", &json!({"path": root}));
    assert_eq!(unfinished["clean"], false);
    same(
        &unfinished,
        &sandbox,
        root,
        &["session", "end", "--format", "json"],
    );

    let text = sandbox.read(log).replace("| [ ] | |", "| [x] | seen |");
    sandbox.write(log, text);
    let summary = json!({"path": root, "text": "Dates are parsed.\n"});
    let handed_in = client.ok("session_summary", &summary);
    assert_eq!(handed_in["sessions"][0]["summary"], "Dates are parsed.\n");
    sandbox.commit("Keep the log");
    let ended = client.ok("session_end", &json!({"path": root}));
    assert_eq!(ended["clean"], true, "{ended:#}");
    let left = client.ok("session_claim", &json!({"path": root}));
    assert_eq!(left["claims"], json!([]));
}

#[test]
fn what_a_command_refuses_is_an_error_with_its_help() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    sandbox.git(["worktree", "add", "-q", "../two", "-b", "two"]);
    let two = sandbox.root.path().join("two");
    let client = Client::of(&sandbox);
    for path in [root, &two] {
        client.ok("session_start", &json!({"path": path}));
    }
    client.ok("session_claim", &json!({"path": root, "paths": ["src"]}));
    let error = client.error(
        "session_claim",
        &json!({"path": two, "paths": ["src/a.rs", "docs"]}),
    );
    assert!(
        error.contains("src/a.rs meets src, which is claimed by session"),
        "{error}"
    );
    assert!(
        error.contains("\nhelp: claim other paths, or wait"),
        "{error}"
    );

    let error = client.error("session_end", &json!({"path": "work"}));
    assert!(
        error.contains("`work` is no absolute path\nhelp: "),
        "{error}"
    );
    let error = client.error("session_end", &json!({"path": sandbox.root.path()}));
    assert!(error.contains("help: "), "{error}");
    let error = client.error("session_end", &json!({"path": root, "force": true}));
    assert!(
        error.contains(
            "the arguments are not those of `session_end`\nbecause unknown field `force`"
        ),
        "{error}"
    );
    let unknown = client.runtime.block_on(
        client
            .service
            .call_tool(CallToolRequestParams::new("stash")),
    );
    assert!(
        unknown
            .unwrap_err()
            .to_string()
            .contains("there is no tool `stash`")
    );
}

#[test]
fn a_change_is_checked_as_the_guard_would() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    let client = Client::of(&sandbox);
    let check = |range: Option<&str>| client.ok("check", &json!({"path": root, "range": range}));
    sandbox.write("a", "a\n");
    sandbox.git(["add", "a"]);
    assert_eq!(check(None)["violations"], json!([]));
    sandbox.write(".agents/HANDOFF.md", "mine\n");
    sandbox.git(["add", "."]);
    assert_eq!(check(None)["violations"][0]["rule"], "protected-path");
    sandbox.git(["commit", "-qm", "mine"]);
    let judged = check(Some("HEAD~1..HEAD"));
    assert_eq!(judged["violations"][0]["rule"], "protected-path");
    same(
        &judged,
        &sandbox,
        root,
        &["verify", "HEAD~1..HEAD", "--format", "json"],
    );
    let error = client.error("check", &json!({"path": root, "range": "nowhere..HEAD"}));
    assert!(error.contains("nowhere"), "{error}");
}

#[test]
fn a_warning_stands_beside_the_answer() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let root = sandbox.repo();
    sandbox.git(["worktree", "add", "-q", "../two", "-b", "two"]);
    let two = sandbox.root.path().join("two");
    let client = Client::of(&sandbox);
    for path in [root, &two] {
        client.ok("session_start", &json!({"path": path}));
    }
    client.ok("session_claim", &json!({"path": two, "paths": ["a"]}));
    sandbox.write("a", "a\n");
    sandbox.git(["add", "a"]);
    let result = client.call("check", &json!({"path": root}));
    let mut texts = result.content.iter().filter_map(|one| one.as_text());
    let warned = texts.next_back().unwrap().text.clone();
    assert!(
        warned.starts_with("warning: a is claimed by session"),
        "{result:?}"
    );
}

#[test]
fn worktrees_are_taken_and_given_back() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let root = sandbox.repo();
    let client = Client::of(&sandbox);
    let none = client.error("pool_list", &json!({"path": root}));
    assert!(none.contains("git baton orchestrator pool init"), "{none}");
    assert_eq!(sandbox.run(["orchestrator", "pool", "init", "1"]).code, 0);
    let taken = client.ok("pool_acquire", &json!({"path": root, "task": "dates"}));
    let listed = client.ok("pool_list", &json!({"path": root}));
    same(
        &listed,
        &sandbox,
        root,
        &["orchestrator", "pool", "status", "--format", "json"],
    );
    let (slot, lease) = (&taken["slot"], &taken["lease"]);
    let full = client.error("pool_acquire", &json!({"path": root, "task": "more"}));
    assert!(full.contains("help: "), "{full}");
    let back = json!({"path": root, "slot": slot, "lease": lease});
    assert_eq!(client.ok("pool_release", &back)["slot"], *slot);
}

#[test]
fn the_plan_is_that_of_the_command() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let root = sandbox.repo();
    let tasks =
        "version = 1\n[[task]]\nid = \"a\"\ntitle = \"A\"\nprompt = \"Do a\"\nfiles = [\"a\"]\n";
    sandbox.write("tasks.toml", tasks);
    let client = Client::of(&sandbox);
    let plan = client.ok("plan", &json!({"path": root}));
    same(
        &plan,
        &sandbox,
        root,
        &["orchestrator", "plan", "--format", "json"],
    );
    let error = client.error("plan", &json!({"path": root, "tasks": "none.toml"}));
    assert!(error.contains("none.toml cannot be read"), "{error}");
    let error = client.error("status", &json!({"path": root}));
    assert!(error.contains("help: "), "{error}");
}
