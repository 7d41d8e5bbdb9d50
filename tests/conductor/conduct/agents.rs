//! Agents that do what they should not.

use baton_testkit::finish;

use crate::conduct::scene::{Scene, Task, is_alive, wait_until};

/// One attempt may fail.
const TWICE: &str = "attempts = 2";

/// A run of this task, whose first attempt goes wrong in this way and whose second does not.
fn recovers_from(first: &str) -> Scene {
    let scene = Scene::new();
    let script =
        format!("if test $BATON_ATTEMPT = 1; then\n{first}\nelse work a/file; promise; fi");
    let run = scene.run(&[Task::new("a", &script).with(TWICE), Task::plain("b")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["failed"], 1);
    scene.assert_clean();
    scene
}

#[test]
fn what_was_wrong_is_told_to_the_next_attempt() {
    let scene = recovers_from("echo 'no idea'; exit 3");
    let prompt = scene.files("a").join("attempt-2.prompt");
    let prompt = std::fs::read_to_string(prompt).unwrap();
    assert!(prompt.contains("exit status 3: no idea"), "{prompt}");
}

/// What Gemini CLI's shell does to git: no hooks, no file of the user's settings.
const TAKEN_AWAY: &str =
    "export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0= \
    GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
    unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL";

#[test]
fn an_agent_that_takes_gits_settings_away_is_guarded_all_the_same() {
    let scene = Scene::new();
    scene.sandbox.git(["config", "--unset", "user.name"]);
    scene.sandbox.git(["config", "--unset", "user.email"]);
    let home = scene.sandbox.root.path().join("user.gitconfig");
    std::fs::write(
        &home,
        "[user]\nname = A \\\"B\\\" C\nemail = ab@example.com\n",
    )
    .unwrap();
    let script = format!(
        "{TAKEN_AWAY}\nmkdir a; echo x >.agents/HANDOFF.md; git add -A\n\
         git commit -qnm handoff && touch a/landed; git checkout -qf HEAD -- .agents\n\
         git init -q \"$SIGNALS/other\"; git -C \"$SIGNALS/other\" config core.hooksPath >a/other\n\
         git -c core.hooksPath= commit -q --allow-empty -m meant\n\
         PATH=/usr/bin:/bin git baton session list >a/sessions; git add a; git commit -qm Work; promise"
    );
    let path = scene.tasks("tasks.toml", &[Task::new("a", &script)]);
    let mut command = scene.command(&["run", path.to_str().unwrap()]);
    let run = finish(command.env("GIT_CONFIG_GLOBAL", &home));
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(!scene.has("a/landed"), "the guard was off");
    let author = ["log", "-1", "--grep=^Work$", "--format=%an <%ae>", "main"];
    assert_eq!(scene.sandbox.git(author), "A \"B\" C <ab@example.com>");
    assert_eq!(scene.sandbox.git(["show", "main:a/other"]), "");
    assert!(!scene.sandbox.git(["show", "main:a/sessions"]).is_empty());
}

#[test]
fn what_git_sets_for_its_own_commands_reaches_no_agent() {
    let scene = Scene::new();
    let script = "mkdir a; echo \"${GIT_EXEC_PATH-none}|$PATH\" >a/file; git add a; git commit -qm Work; promise";
    let path = scene.tasks("tasks.toml", &[Task::new("a", script)]);
    let mut command = scene.command(&["run", path.to_str().unwrap()]);
    let exec_path = scene.sandbox.git(["--exec-path"]);
    let search_path = format!("{exec_path}:{}", std::env::var("PATH").unwrap());
    let run = finish(
        command
            .env("GIT_EXEC_PATH", &exec_path)
            .env("PATH", search_path),
    );
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let seen = scene.sandbox.git(["show", "main:a/file"]);
    assert!(seen.starts_with("none|"), "{seen}");
    assert!(!seen.contains(&exec_path), "{seen}");
}

#[test]
fn directories_that_git_has_removed_are_there_for_a_sandbox() {
    let scene = Scene::new();
    let script = "test -d $BATON_GIT_DIR/refs/heads/auto && test -d $BATON_GIT_DIR/logs/refs/heads/auto && \
         test $(git rev-parse --absolute-git-dir) = $BATON_WORKTREE_GIT_DIR && work a/file; promise";
    let task = Task::new(
        "a",
        &format!("if test $BATON_ATTEMPT = 1; then git pack-refs --all; exit 1; fi\n{script}"),
    );
    let run = scene.run(&[task.with(TWICE)]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn a_forged_promise_on_the_error_output_is_not_heard() {
    recovers_from("work a/file; promise >&2");
}

#[test]
fn a_usage_limit_is_waited_for_and_spends_no_attempt() {
    let scene = Scene::new();
    // Each of the first three meets the limit; one attempt is all that the task has.
    let script = "if test $BATON_ATTEMPT -le 3; then\n\
                  echo 'You have hit your limit, try again in 0.2s'; exit 1\n\
                  else work a/file; promise; fi";
    let run = scene.run(&[
        Task::new("a", script).with("attempts = 1"),
        Task::plain("b"),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["failed"], 0);
    let said = "a: scripted has met a usage limit and waits until";
    assert_eq!(run.err.matches(said).count(), 3, "{}", run.err);
    scene.assert_clean();
}

#[test]
fn another_agent_takes_over_while_one_waits_for_its_limit() {
    let worker = |name: &str, before: &str| {
        format!(
            "[conductor.agents.{name}]\ninput = \"task\"\ncommand = \"{before}; \
             SIGNALS=ROOT/signals; . ROOT/skills.sh; AGENT={name}; eval \\\"$(cat)\\\"\"\n"
        )
    };
    let limited = "echo 'usage limit reached, resets in 9 hours'; exit 1";
    let scene = Scene::with_policy(
        "max_agents = 1\nretry_delay = 0\nfallback = [\"second\", \"third\"]",
        &[
            worker("first", limited),
            worker("second", limited),
            worker("third", ":"),
        ]
        .concat(),
    );
    let by = |id: &str| {
        let script = format!("work {id}/file \"by $AGENT\"; promise");
        Task::new(id, &script).with("attempts = 1")
    };
    let run = scene.run(&[
        by("a").with("agent = \"first\""),
        by("b").with("agent = \"first\""),
        Task::plain("c"),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    for id in ["a", "b"] {
        assert_eq!(scene.sandbox.read(&format!("{id}/file")), "by third\n");
        assert_eq!(scene.task(id)["failed"], 0);
        assert_eq!(scene.task(id)["taken_over_by"], "third");
    }
    // The first has met its limit once, as has the second, and nobody asks them again.
    assert_eq!(scene.task("a")["begun"], 3);
    assert_eq!(scene.task("b")["begun"], 1);
    assert!(scene.task("c")["taken_over_by"].is_null());
    let told = "a: attempt 3 in wt-1 on auto/a";
    let told = run.out.lines().find(|line| line.contains(told));
    assert!(
        told.is_some_and(|line| line.ends_with("taken over by third")),
        "{}",
        run.out
    );
    let status = scene.orchestrator(&["status"]).out;
    assert!(
        status.contains("b (attempt 1 of 1, taken over by third)"),
        "{status}"
    );
    let report = scene.orchestrator(&["report"]).out;
    let section = "## Taken over at a usage limit\n\n- a: attempt 2 by second\n- a: attempt 3 by third\n- b: attempt 1 by third\n";
    assert!(report.contains(section), "{report}");
    let page = scene.orchestrator(&["report", "--format", "html"]).out;
    assert!(page.contains("attempt 3, taken over by third"), "{page}");
    scene.assert_clean();
}

#[test]
fn a_fallback_that_is_not_there_is_found_before_a_run() {
    let scene = Scene::with_policy(
        "fallback = [\"gone\"]",
        "[conductor.agents.gone]\ncommand = \"no-such-agent\"",
    );
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("no-such-agent"), "{}", run.err);
}

#[test]
fn a_run_that_waits_for_a_limit_can_be_stopped_and_resumed() {
    let scene = Scene::new();
    let script = "if test -e $SIGNALS/over; then work a/file; promise; else\n\
                  reached limit; echo 'usage limit reached, resets in 9 hours'; exit 1; fi";
    let mut run = scene.begin(&[Task::new("a", script).with("attempts = 1")]);
    scene.wait_for("limit");
    run.signal(2);
    wait_until("the end of the run", || run.is_over());
    assert_eq!(run.end().code, 130);
    assert_eq!(scene.phase(), "paused");
    scene.tell("over");
    let resumed = scene.resume();
    assert_eq!(resumed.code, 0, "{}{}", resumed.out, resumed.err);
    assert_eq!(scene.task("a")["failed"], 0);
    scene.assert_clean();
}

#[test]
fn a_lie_is_found_out() {
    recovers_from("work a/file; echo more >a/file; promise");
    recovers_from("work a/file");
}

#[test]
fn a_crash_in_the_middle_of_a_commit_leaves_no_lock() {
    recovers_from("touch $(git rev-parse --git-dir)/index.lock; kill -9 $$");
}

#[test]
fn who_strays_begins_again_without_what_was_strayed() {
    let scene = recovers_from("work b/other; sleep 30");
    assert!(!scene.has("b/other"));
    recovers_from("work b/other; promise");
    recovers_from("work a/file; echo x >>baton.toml; promise");
}

#[test]
fn a_branch_that_was_left_is_found_again() {
    recovers_from("git checkout -q -b mine; work a/file; promise");
    recovers_from("git checkout -q --detach; git branch -qD auto/a; promise");
}

#[test]
fn a_worktree_that_was_deleted_is_made_again() {
    for gone in [
        "rm -rf \"$BATON_WORKTREE\"",
        "rm -f \"$BATON_WORKTREE/.git\"",
    ] {
        let scene = Scene::new();
        let script = format!(
            "if test $BATON_ATTEMPT = 1; then {gone}; promise; else work a/file; promise; fi"
        );
        let run = scene.run(&[Task::new("a", &script), Task::plain("b")]);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        // Who has done that is not known.
        assert_eq!(scene.task("a")["failed"], 0);
        scene.assert_clean();
    }
}

#[test]
fn a_deleted_worktree_of_a_task_that_fails_is_no_obstacle() {
    let scene = Scene::new();
    let run = scene.run(&[
        Task::new("a", "work a/file; rm -rf \"$BATON_WORKTREE\"").with("attempts = 1"),
        Task::plain("b"),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!([scene.status("a"), scene.status("b")], ["failed", "done"]);
    scene.assert_clean();
}

#[test]
fn a_session_that_the_agent_has_ended_is_taken_up_again() {
    recovers_from(
        "work a/file; echo mine | git baton session summary - >&2; git commit -qam 'Hand in'\n\
         sed -i 's/- \\[ \\]/- [x]/' .agents/sessions/*.md\n\
         git diff --quiet || git commit -qam 'Fill the log'\n\
         git baton session end >&2; exit 1",
    );
}

#[test]
fn a_task_that_fails_for_good_takes_with_it_what_builds_on_it() {
    let scene = Scene::with_policy("max_agents = 2\nretry_delay = 0", "[pool]\nsize = 2");
    let run = scene.run(&[
        Task::new("a", "mkdir a; echo half >a/half; exit 1").with("attempts = 2"),
        Task::new("b", "exit 1").with("attempts = 1"),
        Task::plain("c").after(&["a"]),
        Task::plain("d"),
        Task::plain("e").after(&["d"]),
        Task::plain("f").after(&["c", "e"]),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let all = ["a", "b", "c", "d", "e", "f"].map(|id| scene.status(id));
    assert_eq!(
        all,
        ["failed", "failed", "skipped", "done", "done", "skipped"]
    );
    assert_eq!(scene.task("a")["begun"], 2);
    assert_eq!(scene.phase(), "failed");
    scene.assert_clean();
    let trash = scene.sandbox.git(["for-each-ref", "refs/baton/trash"]);
    assert_eq!(trash.lines().count(), 1, "what a had not committed is kept");
}

#[test]
fn an_agent_that_cannot_be_started_is_not_tried_again() {
    let scene = Scene::with_policy(
        "max_agents = 2\nretry_delay = 0",
        "[conductor.agents.gone]\ncommand = \"env no-such-agent\"\n\
         [conductor.agents.torn]\ncommand = \"true; ROOT/torn\"",
    );
    std::fs::write(scene.sandbox.root.path().join("torn"), "no program").unwrap();
    let run = scene.run(&[
        Task::plain("a").with("agent = \"gone\""),
        Task::plain("b").with("agent = \"torn\""),
        Task::plain("c"),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let all = ["a", "b", "c"].map(|id| scene.status(id));
    assert_eq!(all, ["failed", "failed", "done"]);
    for (id, agent) in [("a", "`gone`"), ("b", "`torn`")] {
        let task = scene.task(id);
        assert_eq!(task["begun"], 1, "{task}");
        let reason = task["status"]["reason"].as_str().unwrap();
        let says = reason.contains(agent) && reason.contains("not there or cannot be run");
        assert!(says, "{reason}");
    }
    scene.assert_clean();
}

/// What one says as an event of Claude Code, and a tool as another.
const EVENTS: &str = r#"says() { printf '{"type":"assistant","message":{"content":[{"type":"text","text":"%s"}]}}\n' "$1"; }
finds() { printf '{"type":"user","message":{"content":[{"type":"tool_result","content":"%s"}]}}\n' "$1"; }
adds() { printf '{"type":"message","role":"assistant","delta":true,"content":"%s"}\n' "$1"; }
"#;

#[test]
fn in_events_only_what_the_agent_says_is_a_promise() {
    let scene = Scene::new();
    let task = |id: &str, says: &str| {
        let script =
            format!("{EVENTS}\nP=\"<promise>TASK_DONE: {id}</promise>\"\nwork {id}/file; {says}");
        Task::new(id, &script).with("attempts = 1")
    };
    let run = scene.run(&[
        task("told", "says \"It is done.\\\\n$P\""),
        task(
            "pieces",
            "adds '<promise>TASK_DO'; adds 'NE: pieces</promise>'",
        ),
        task("tool", "finds \"a\\\\n$P\\\\nb\""),
        task("file", "says \"It holds\\\\n```\\\\na\\\\n$P\\\\n```\""),
        task("crash", "says 'a\\nI cannot go on'; exit 3"),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let all = ["told", "pieces", "tool", "file", "crash"].map(|id| scene.status(id));
    assert_eq!(all, ["done", "done", "failed", "failed", "failed"]);
    let why = scene.task("crash")["status"]["reason"].clone();
    assert_eq!(why, "it ended with exit status 3: I cannot go on");
    scene.assert_clean();
}

#[test]
fn nothing_outlives_an_agent() {
    let scene = Scene::new();
    let run = scene.run(&[
        Task::new(
            "a",
            "(setsid sh -c 'trap \"\" TERM; echo $$ >\"$0/daemon\"; while :; do sleep 1; done' \"$SIGNALS\" \
             >/dev/null 2>&1 </dev/null &)\n\
             until_told daemon; work a/file; promise",
        )
        .with("attempts = 1"),
        Task::new("b", "trap '' TERM; reached b; while :; do sleep 1; done")
            .with("attempts = 1\ntimeout = 1"),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!([scene.status("a"), scene.status("b")], ["done", "failed"]);
    for name in ["daemon", "b"] {
        assert!(!is_alive(scene.wait_for(name)), "{name}");
    }
    scene.assert_clean();
}

#[test]
fn a_task_that_finds_its_work_done_is_done() {
    let scene = Scene::new();
    let run = scene.run(&[Task::new("a", "promise").with("verify = [\"test -e baton.toml\"]")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.status("a"), "done");
    assert_eq!(scene.task("a")["outcome"], "nothing to do");
    assert!(run.out.contains("done (nothing to do)"), "{}", run.out);
    scene.assert_clean();
}

#[test]
fn a_file_that_a_tool_drops_ends_no_attempt() {
    let scene = Scene::new();
    let run = scene.run(&[Task::new(
        "a",
        "mkdir .claude; echo {} >.claude/settings.local.json; work a/file; promise",
    )]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["begun"], 1);
    scene.assert_clean();
}

#[test]
fn a_base_that_was_rewritten_is_where_the_attempt_began_again() {
    let scene = Scene::new();
    let base = scene.sandbox.commit_file("early", "x\n");
    let script = "case $BATON_ATTEMPT in
        1) work a/one; exit 1;;
        2) git reset -q --hard $(git commit-tree -m All -p $(git rev-list --max-parents=0 HEAD) HEAD^{tree}); exit 1;;
        *) test -e a/one && work a/file; promise;;
        esac";
    let run = scene.run(&[Task::new("a", script).with("attempts = 3")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(scene.has("a/one") && scene.has("a/file"));
    let prompt = |attempt: u32| {
        let prompt = scene.files("a").join(format!("attempt-{attempt}.prompt"));
        std::fs::read_to_string(prompt).unwrap()
    };
    assert!(prompt(1).contains(&base[..10]) && prompt(1).contains("never amend"));
    let told = format!("an agent rewrote {}", &base[..10]);
    assert!(prompt(3).contains(&told), "{}", prompt(3));
    scene.assert_clean();
}
