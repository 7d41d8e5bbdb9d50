//! `git baton init --agents` and what `git baton uninstall` makes of it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use baton_testkit::{Ran, Sandbox, finish, run};
use serde_json::{Value, json};

const SETTINGS: [(&str, &str); 6] = [
    ("claude", ".claude/settings.json"),
    ("codex", ".codex/hooks.json"),
    ("gemini", ".gemini/settings.json"),
    ("copilot", ".github/hooks/baton.json"),
    ("cursor", ".cursor/hooks.json"),
    ("opencode", ".opencode/plugins/baton.js"),
];

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

#[track_caller]
fn init(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let ran = finish(sandbox.baton().args(["init", "--frozen"]).args(args));
    assert_eq!(ran.err, "", "{ran:?}");
    ran
}

#[track_caller]
fn uninstall(sandbox: &Sandbox) -> Ran {
    let ran = sandbox.run(["uninstall"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    ran
}

/// Types the line that commits what was written.
#[track_caller]
fn commit_as_printed(sandbox: &Sandbox, ran: &Ran) {
    let mut lines = ran.out.lines().filter_map(|line| line.strip_prefix("   "));
    let line = lines.find(|line| line.starts_with("git add ")).unwrap();
    let committed = finish(sandbox.command("sh").args(["-c", line]));
    assert_eq!(committed.code, 0, "{line}: {committed:?}");
}

#[test]
fn each_agent_gets_its_entries_and_uninstall_takes_them_out() {
    let sandbox = Sandbox::empty();
    sandbox.commit_file("a", "a");
    let names = SETTINGS.map(|(name, _)| name).join(",");
    let ran = init(&sandbox, &["--agents", &names]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for path in SETTINGS
        .map(|(_, path)| path)
        .into_iter()
        .chain(["AGENTS.md", "GEMINI.md"])
    {
        assert!(
            ran.out.contains(&format!("created    {path}\n")),
            "{path}: {ran:?}"
        );
    }
    assert!(!sandbox.repo().join("CLAUDE.md").exists());
    assert!(sandbox.read("AGENTS.md").contains(".agents/HANDOFF.md"));
    commit_as_printed(&sandbox, &ran);
    assert_eq!(sandbox.git(["status", "--porcelain"]), "");

    let ran = init(&sandbox, &["--agents", &names]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        !ran.out.contains("created") && !ran.out.contains("added"),
        "{ran:?}"
    );
    assert_eq!(sandbox.git(["status", "--porcelain"]), "");

    let ran = uninstall(&sandbox);
    assert!(
        ran.out.contains("removed: .opencode/plugins/baton.js"),
        "{ran:?}"
    );
    for (_, path) in SETTINGS {
        let top = path.split('/').next().unwrap();
        assert!(!sandbox.repo().join(top).exists(), "{path}");
    }
    let mut pages = ["AGENTS.md", "GEMINI.md"].into_iter();
    assert!(pages.all(|page| !sandbox.repo().join(page).exists()));
    assert_eq!(
        uninstall(&sandbox).out,
        "nothing to remove: Baton is not installed here\n"
    );
}

#[test]
fn the_entries_do_what_agent_hook_does() {
    let sandbox = Sandbox::empty();
    let ran = init(&sandbox, &["--agents", "claude"]);
    commit_as_printed(&sandbox, &ran);
    let settings: Value = serde_json::from_str(&sandbox.read(SETTINGS[0].1)).unwrap();
    let line = settings.pointer("/hooks/PreToolUse/0/hooks/0/command");
    let line = line.and_then(Value::as_str).unwrap();
    let tools = sandbox.root.path().join("tools");
    fs::create_dir(&tools).unwrap();
    symlink(baton_testkit::BATON, tools.join("git-baton")).unwrap();
    let path = std::env::var("PATH").unwrap();
    let event = json!({"session_id": "1", "cwd": sandbox.repo(), "hook_event_name": "PreToolUse",
        "tool_name": "Write", "tool_input": {"file_path": ".agents/HANDOFF.md"}});
    for (path, out) in [(format!("{}:{path}", tools.display()), "deny"), (path, "")] {
        let mut shell = sandbox.command("sh");
        shell.args(["-c", line]).env("PATH", path);
        let ran = run(&mut shell, event.to_string().as_bytes());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(
            ran.out.contains(out) && ran.out.is_empty() == out.is_empty(),
            "{ran:?}"
        );
    }
}

#[test]
fn what_was_there_is_given_back_byte_for_byte() {
    let sandbox = Sandbox::empty();
    let files = [
        (".claude/settings.json", "{ }"),
        (".codex/config.toml", "# ours\nmodel = \"m\"\n[hooks]\n"),
        (
            ".gemini/settings.json",
            "{\n  // ours\n  \"ui\": {\"theme\": \"x\"},\n}\n",
        ),
        (
            ".github/hooks/baton.json",
            "{\"version\": 1, \"hooks\": {}}\n",
        ),
        (
            ".cursor/hooks.json",
            "{\"version\":1,\"hooks\":{\"stop\":[{\"command\":\"x\"}]}}",
        ),
        ("AGENTS.md", ""),
        ("CLAUDE.md", "# Ours"),
        ("GEMINI.md", "# Ours\r\n"),
    ];
    for (path, text) in files {
        sandbox.write(path, text);
    }
    let ran = init(
        &sandbox,
        &["--agents", "claude,codex,gemini,copilot,cursor"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    for (path, text) in files {
        assert!(
            ran.out.contains(&format!("added to   {path}, of which ")),
            "{path}: {ran:?}"
        );
        assert_ne!(sandbox.read(path), text);
    }
    assert!(!sandbox.repo().join(".codex/hooks.json").exists());
    uninstall(&sandbox);
    for (path, text) in files {
        assert_eq!(sandbox.read(path), text, "{path}");
    }
    assert!(!sandbox.repo().join(".git/baton").exists());
}

#[test]
fn what_stands_among_comments_and_ones_own_lines_stays() {
    let sandbox = Sandbox::empty();
    let theirs = "{\"hooks\":{\"PreToolUse\":[{\"matcher\":\"Bash\",\"hooks\":[{\"command\":\"/opt/bin/git baton agent-hook --unknown deny\"}]}]}}";
    let files = [
        (".claude/settings.json", "{\"a\":1, // c\n\"hooks\":{}}\n"),
        (
            ".gemini/settings.json",
            "{// c\n\"hooks\":{\"BeforeTool\":[]}}",
        ),
        (".codex/hooks.json", theirs),
    ];
    for (path, text) in files {
        sandbox.write(path, text);
    }
    init(&sandbox, &["--agents", "claude,codex,gemini"]);
    let line = "\"matcher\":\"Bash\",\"hooks\":[{\"command\":\"/opt/bin/git baton agent-hook --unknown deny\"}]";
    assert!(sandbox.read(".codex/hooks.json").contains(line));
    // What was changed since is not given back from the copy.
    for (path, _) in &files[..2] {
        sandbox.write(path, sandbox.read(path) + "// d\n");
    }
    uninstall(&sandbox);
    for (path, _) in &files[..2] {
        let text = sandbox.read(path);
        assert!(
            !text.contains("agent-hook") && text.contains("// c\n"),
            "{text}"
        );
    }
    assert_eq!(sandbox.read(".codex/hooks.json"), theirs);
}

#[test]
fn uninstall_tells_of_entries_that_it_cannot_take_out() {
    let sandbox = Sandbox::empty();
    init(&sandbox, &["--agents", "claude"]);
    let path = ".claude/settings.json";
    let text = sandbox.read(path).replacen('{', "{\"a\": 1, \"a\": 2,", 1);
    sandbox.write(path, &text);
    let ran = uninstall(&sandbox);
    let told = format!("left {path}: it has the key `a` twice");
    assert!(ran.out.contains(&told), "{ran:?}");
    assert_eq!(sandbox.read(path), text);
    let ran = init(&sandbox, &["--agents", "claude"]);
    assert!(
        ran.out.contains(&format!("left       {path}: it has")),
        "{ran:?}"
    );
}

#[test]
fn permissions_stay_and_the_copy_has_them() {
    let sandbox = Sandbox::empty();
    let path = ".claude/settings.json";
    sandbox.write(path, "{}");
    let file = sandbox.repo().join(path);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mode = |path: &str| {
        let found = sandbox.repo().join(path).metadata().unwrap();
        found.permissions().mode() & 0o777
    };
    init(&sandbox, &["--agents", "claude"]);
    for path in [path, ".git/baton/before-init/.claude-settings.json"] {
        assert_eq!(mode(path), 0o600, "{path}");
    }
    uninstall(&sandbox);
    assert_eq!((mode(path), sandbox.read(path).as_str()), (0o600, "{}"));
}

#[test]
fn without_names_it_takes_the_agents_that_it_finds_and_says_by_what() {
    let sandbox = Sandbox::empty();
    sandbox.write(".cursor/rules/a.mdc", "x");
    let tools = sandbox.root.path().join("tools");
    fs::create_dir(&tools).unwrap();
    symlink("/bin/true", tools.join("gemini")).unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let ran = finish(sandbox.baton().args(["init", "--frozen"]).env("PATH", path));
    for line in [
        "found      the agent gemini, by gemini on PATH\n",
        "found      the agent cursor, by .cursor\n",
        "created    .cursor/hooks.json\n",
        "created    .gemini/settings.json\n",
    ] {
        assert!(ran.out.contains(line), "{line}: {ran:?}");
    }
    for args in [&["--agents", "none"][..], &["--guard-only"]] {
        let sandbox = Sandbox::empty();
        sandbox.write(".cursor/rules/a.mdc", "x");
        let ran = init(&sandbox, args);
        assert!(
            !ran.out.contains("hooks.json") && !ran.out.contains("AGENTS.md"),
            "{ran:?}"
        );
    }
}

#[test]
fn an_agent_that_reads_another_page_is_led_to_the_one_for_all() {
    let sandbox = Sandbox::empty();
    sandbox.write("CLAUDE.md", "# Ours\n\n@AGENTS.md\n");
    sandbox.write(
        ".gemini/settings.json",
        "{\"context\": {\"fileName\": [\"AGENTS.md\"]}}",
    );
    let ran = init(&sandbox, &["--agents", "claude,gemini"]);
    assert!(
        !ran.out.contains("CLAUDE.md") && !ran.out.contains("GEMINI.md"),
        "{ran:?}"
    );

    let sandbox = Sandbox::empty();
    sandbox.write("CLAUDE.md", "# Ours\n");
    symlink("CLAUDE.md", sandbox.repo().join("AGENTS.md")).unwrap();
    let ran = init(&sandbox, &["--agents", "claude,codex"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        sandbox
            .read("CLAUDE.md")
            .contains("git baton session start")
    );
    commit_as_printed(&sandbox, &ran);
}

#[test]
fn what_cannot_be_added_to_is_left_and_told() {
    let sandbox = Sandbox::empty();
    sandbox.write(".claude/settings.json", "{\"hooks\": ");
    sandbox.write(".opencode/plugins/baton.js", "export const Baton = 1\n");
    let ran = init(&sandbox, &["--agents", "claude,opencode"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for path in [".claude/settings.json", ".opencode/plugins/baton.js"] {
        assert!(ran.out.contains(&format!("left       {path}: ")), "{ran:?}");
    }
    assert_eq!(sandbox.read(".claude/settings.json"), "{\"hooks\": ");
    commit_as_printed(&sandbox, &ran);
}

#[test]
fn a_file_that_git_ignores_is_not_to_be_committed() {
    let sandbox = Sandbox::empty();
    sandbox.write(".gitignore", ".claude/\nGEMINI.md\n");
    let ran = init(&sandbox, &["--agents", "claude,gemini"]);
    for path in [".claude/settings.json", "GEMINI.md"] {
        assert!(
            ran.out
                .contains(&format!("found      {path} is ignored by git")),
            "{ran:?}"
        );
    }
    commit_as_printed(&sandbox, &ran);
}

#[test]
fn the_rules_decide_who_may_add_and_what_becomes_of_a_missing_program() {
    let rules = "version = 1\n[guard]\nmissing_program = \"deny\"\n[[protected]]\npaths = [\"AGENTS.md\"]\nwriter = \"nobody\"\n";
    let sandbox = Sandbox::with_policy(rules);
    let ran = init(&sandbox, &["--agents", "claude"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("left       AGENTS.md: the rules let nobody change it\n"),
        "{ran:?}"
    );
    assert!(sandbox.read(".claude/settings.json").contains("exit 2"));
}

#[test]
fn a_page_of_the_maintainers_takes_their_signature() {
    let sandbox = Sandbox::with_policy(
        "version = 1\n[[protected]]\npaths = [\"AGENTS.md\"]\nwriter = \"maintainers\"\n",
    );
    let ran = init(&sandbox, &["--agents", "codex"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out
            .contains("left       AGENTS.md: the rules keep it to maintainers"),
        "{ran:?}"
    );

    let sandbox = Sandbox::empty();
    sandbox.write(
        "baton.toml",
        "version = 1\n[[protected]]\npaths = [\"AGENTS.md\"]\nwriter = \"maintainers\"\n",
    );
    sandbox.write(
        ".baton/allowed_signers",
        format!("alice@example.com {KEY}\n"),
    );
    sandbox.commit("Set the rules");
    let ran = finish(sandbox.baton().args(["init", "--agents", "codex"]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let line = "AGENTS.md && git commit -S -m \"Change the rules for coding agents\"";
    assert!(ran.out.contains(line), "{ran:?}");
}

#[test]
fn doctor_tells_of_an_agent_that_does_not_ask() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write(".codex/config.toml", "model = \"m\"\n");
    assert_eq!(sandbox.run(["install"]).code, 0);
    let ran = sandbox.run(["doctor"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("warning[agent-unasked]: codex works here"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("do: git baton init --agents codex\n"),
        "{ran:?}"
    );
    init(&sandbox, &["--agents", "codex"]);
    assert!(!sandbox.run(["doctor"]).out.contains("agent-unasked"));
}

#[test]
fn the_plugins_ask_at_the_events_that_init_sets_up() {
    let sandbox = Sandbox::empty();
    init(
        &sandbox,
        &["--agents", "claude,codex,gemini,copilot,cursor"],
    );
    let file = |path: &str| fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR")));
    for path in [".github/hooks/baton.json", ".cursor/hooks.json"] {
        let top = if path.starts_with(".github") {
            "copilot"
        } else {
            "cursor"
        };
        assert_eq!(
            file(&format!("plugins/{top}/{path}")).unwrap(),
            sandbox.read(path)
        );
    }
    for (plugin, path) in [("baton", SETTINGS[0].1), ("gemini", SETTINGS[2].1)] {
        let own: Value =
            serde_json::from_str(&file(&format!("plugins/{plugin}/hooks/hooks.json")).unwrap())
                .unwrap();
        let settings: Value = serde_json::from_str(&sandbox.read(path)).unwrap();
        for (event, entry) in settings["hooks"].as_object().unwrap() {
            assert_eq!(own["hooks"][event], *entry, "{plugin}: {event}");
        }
    }
    let version = Some(env!("CARGO_PKG_VERSION"));
    for path in [
        "baton/.claude-plugin/plugin.json",
        "baton/.codex-plugin/plugin.json",
        "gemini/gemini-extension.json",
    ] {
        let manifest: Value =
            serde_json::from_str(&file(&format!("plugins/{path}")).unwrap()).unwrap();
        assert_eq!(manifest["version"].as_str(), version, "{path}");
    }
}
