//! The worktrees that Claude Code asks `git baton agent-hook` for, and that go back.

use std::path::{Path, PathBuf};

use baton_testkit::{BATON, Ran, Sandbox, finish, run};
use serde_json::{Value, json};

use crate::agent_hook::{POLICY, allowed, ask};

#[test]
fn a_worktree_comes_from_the_pool_or_from_git_and_goes_back() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    let create = |name: &str| {
        let event = json!({"hook_event_name": "WorktreeCreate", "transcript_path": "/t", "cwd": root, "name": name});
        let ran = ask(&sandbox, &event, &[]);
        assert_eq!(ran.code, 0, "{ran:?}");
        Path::new(ran.out.trim_end()).to_owned()
    };
    let leave = |path: &Path| {
        let event = json!({"hook_event_name": "WorktreeRemove", "transcript_path": "/t", "cwd": root, "worktree_path": path});
        ask(&sandbox, &event, &[])
    };
    let plain = create("one");
    assert!(plain.ends_with(".claude/worktrees/one") && plain.join("baton.toml").is_file());
    assert_eq!(create("one"), plain);
    std::fs::write(plain.join("new"), "x").unwrap();
    let ran = leave(&plain);
    assert!(ran.err.contains("stays"), "{ran:?}");
    std::fs::remove_file(plain.join("new")).unwrap();
    std::fs::write(plain.join("kept"), "x").unwrap();
    at(&sandbox, &plain, "git add kept && git commit -qm Work");
    allowed(&leave(&plain));
    assert!(!plain.exists());
    // Its branch is there still, with the work.
    assert!(create("one").join("kept").is_file());
    for (doing, undoing) in [
        (
            "git checkout -q --detach && git commit -q --allow-empty -m Lost",
            "git switch -q -",
        ),
        (
            "git-baton session start",
            "git-baton session abandon --reason x && git clean -fdq",
        ),
    ] {
        at(&sandbox, &plain, doing);
        let ran = leave(&plain);
        assert!(
            ran.err.contains("stays") && plain.is_dir(),
            "{doing}: {ran:?}"
        );
        at(&sandbox, &plain, undoing);
    }
    allowed(&leave(&plain));
    assert!(!plain.exists());
    let own = root.parent().unwrap().join("own");
    sandbox.git(["worktree", "add", "-q", "../own"]);
    assert!(leave(&own).err.contains("stays") && own.is_dir());

    assert_eq!(sandbox.run(["orchestrator", "pool", "init", "1"]).code, 0);
    let pooled = create("two");
    assert!(pooled.ends_with("repo.worktrees/wt-1"), "{pooled:?}");
    let other = create("three");
    assert!(other.ends_with(".claude/worktrees/three"), "{other:?}");
    allowed(&leave(&pooled));
    let status = sandbox.run(["orchestrator", "pool", "status", "--format", "json"]);
    assert!(status.out.contains("\"ready\""), "{status:?}");
}

/// Claude Code with a session, as its hooks see it: this process.
struct ClaudeCode<'a> {
    sandbox: &'a Sandbox,
    session: &'a str,
}

impl<'a> ClaudeCode<'a> {
    /// In a repository with a pool of two.
    fn with_pool(sandbox: &'a Sandbox) -> Self {
        assert_eq!(sandbox.run(["orchestrator", "pool", "init", "2"]).code, 0);
        Self {
            sandbox,
            session: "one",
        }
    }

    fn tells(&self, event: &Value) -> Ran {
        let mut command = self.sandbox.baton();
        command
            .arg("agent-hook")
            .env("CLAUDE_PID", std::process::id().to_string())
            .env("CLAUDE_CODE_SESSION_ID", self.session);
        run(&mut command, event.to_string().as_bytes())
    }

    fn event(&self, name: &str, cwd: &Path, more: &Value) -> Value {
        let mut event = json!({"session_id": self.session, "transcript_path": "/t", "cwd": cwd, "hook_event_name": name});
        let fields = event.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        event
    }

    fn creates(&self, name: &str) -> PathBuf {
        let event = self.event(
            "WorktreeCreate",
            self.sandbox.repo(),
            &json!({"name": name}),
        );
        let ran = self.tells(&event);
        assert_eq!(ran.code, 0, "{ran:?}");
        PathBuf::from(ran.out.trim_end())
    }

    fn subagent_stops(&self, cwd: &Path, subagent: &str) -> Ran {
        let more = json!({"agent_id": subagent, "agent_type": "general-purpose", "stop_hook_active": false});
        self.tells(&self.event("SubagentStop", cwd, &more))
    }

    fn ends(&self, cwd: &Path, reason: &str) -> Ran {
        self.tells(&self.event("SessionEnd", cwd, &json!({"reason": reason})))
    }
}

/// Runs a line of shell there, with git-baton on its path.
#[track_caller]
fn at(sandbox: &Sandbox, directory: &Path, line: &str) {
    let own = BATON.path().parent().unwrap();
    let path = std::env::join_paths([own, Path::new("/usr/bin"), Path::new("/bin")]);
    let mut shell = sandbox.command("sh");
    shell
        .args(["-ec", line])
        .current_dir(directory)
        .env("PATH", path.unwrap());
    let ran = finish(&mut shell);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
}

/// The states of the pool's slots.
fn states(sandbox: &Sandbox) -> Vec<String> {
    let status = sandbox.run(["orchestrator", "pool", "status", "--format", "json"]);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    let slots = status["slots"].as_array().unwrap();
    let state = |slot: &Value| slot["state"].as_str().unwrap().to_owned();
    slots.iter().map(state).collect()
}

#[test]
fn a_subagent_that_is_done_gives_back_what_is_clean() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    let claude = ClaudeCode::with_pool(&sandbox);
    let (first, second) = (claude.creates("agent-a1"), claude.creates("agent-a2"));
    let (plain, feature) = (claude.creates("agent-a3"), claude.creates("feature"));
    assert!(
        first.ends_with("wt-1") && second.ends_with("wt-2"),
        "{first:?} {second:?}"
    );
    assert!(plain.ends_with(".claude/worktrees/agent-a3"), "{plain:?}");

    // Its own, wherever it stands; nobody else's.
    allowed(&claude.subagent_stops(&second, "a1"));
    assert_eq!(states(&sandbox), ["ready", "leased"]);
    allowed(&claude.subagent_stops(&plain, "a3"));
    assert!(!plain.exists() && feature.is_dir());
    let branches = sandbox.git(["branch", "--format=%(refname:short)"]);
    assert!(
        !branches.contains("worktree-agent-a3") && branches.contains("worktree-feature"),
        "{branches}"
    );
    allowed(&claude.subagent_stops(&feature, "feature"));
    assert!(feature.is_dir());

    // The pool has none to give any more.
    assert_eq!(claude.creates("filler"), first);
    // What holds work stays: files, commits, a session that has brought something.
    for (doing, undoing) in [
        ("echo x > new", "rm new"),
        ("echo x >> baton.toml", "git checkout -q baton.toml"),
        (
            "echo x > new && git add new && git commit -qm Work",
            "git reset -q --hard HEAD~",
        ),
    ] {
        let plain = claude.creates("agent-a3");
        for (worktree, subagent) in [(&second, "a2"), (&plain, "a3")] {
            at(&sandbox, worktree, doing);
            let ran = claude.subagent_stops(root, subagent);
            assert!(
                ran.err.contains("stays") && worktree.is_dir(),
                "{doing}: {ran:?}"
            );
            at(&sandbox, worktree, undoing);
        }
        assert_eq!(states(&sandbox)[1], "leased", "{doing}");
        allowed(&claude.subagent_stops(root, "a3"));
        assert!(!plain.exists());
    }
    at(
        &sandbox,
        &second,
        "echo done | git-baton session summary - && rm -r .agents/sessions",
    );
    let ran = claude.subagent_stops(root, "a2");
    assert!(ran.err.contains("is at work"), "{ran:?}");
    assert_eq!(states(&sandbox)[1], "leased");
}

#[test]
fn a_session_that_ends_gives_back_what_was_made_for_it() {
    let sandbox = Sandbox::with_policy(POLICY);
    let root = sandbox.repo();
    let claude = ClaudeCode::with_pool(&sandbox);
    let pooled = claude.creates("feature");
    let acquire = ["orchestrator", "pool", "acquire", "another"];
    assert_eq!(sandbox.run(acquire).code, 0);
    let (plain, branched) = (claude.creates("plain"), claude.creates("branched"));
    at(
        &sandbox,
        &branched,
        "git switch -qc own && git commit -q --allow-empty -m Work",
    );
    at(
        &sandbox,
        &branched,
        "echo x > new && git add new && git commit -qm Work",
    );
    let before = root.join(".claude/worktrees/before");
    sandbox.git([
        "worktree",
        "add",
        "-q",
        "-b",
        "worktree-before",
        ".claude/worktrees/before",
    ]);
    assert_eq!(claude.creates("before"), before);

    // The program goes on, or it is another one that ends below it.
    allowed(&claude.ends(&pooled, "clear"));
    let mut other = claude.event("SessionEnd", &pooled, &json!({"reason": "other"}));
    other["session_id"] = json!("two");
    allowed(&claude.tells(&other));
    assert_eq!(states(&sandbox), ["leased", "leased"]);
    assert!(plain.is_dir());

    let ran = claude.ends(&plain, "other");
    assert!(
        ran.err.contains("branched stays: 2 commits")
            || ran.err.contains("branched stays: 1 commit"),
        "{ran:?}"
    );
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    assert_eq!(states(&sandbox), ["ready", "leased"]);
    assert!(!plain.exists() && before.is_dir() && branched.is_dir());
    let elsewhere = root.parent().unwrap();
    allowed(&claude.ends(elsewhere, "other"));
}
