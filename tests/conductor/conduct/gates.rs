//! Gates that approve, reject and are blocked.

use crate::conduct::scene::{Scene, Task};

/// A scene whose gate is this script, and which waits this many seconds before a retry.
fn gated(script: &str, delay: u32) -> Scene {
    let scene = Scene::with_policy(
        &format!("max_agents = 2\nretry_delay = {delay}"),
        "[conductor.gate]\ncommand = \"SIGNALS=ROOT/signals; . ROOT/gate.sh\"",
    );
    std::fs::write(scene.sandbox.root.path().join("gate.sh"), script).unwrap();
    scene
}

#[test]
fn what_is_rejected_goes_back() {
    let scene = gated(
        "test -e a/better && echo TASK_APPROVED || echo TASK_REJECTED: not good yet",
        0,
    );
    let script = "work a/file; test $BATON_ATTEMPT = 1 || work a/better; promise";
    let run = scene.run(&[Task::new("a", script)]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["failed"], 1);
    assert!(scene.has("a/better"));
    scene.assert_clean();
}

#[test]
fn a_blocked_gate_stops_the_run_and_judges_again() {
    let scene = gated(
        "test -e $SIGNALS/open && echo TASK_APPROVED || echo QA_BLOCKED: no network",
        0,
    );
    let tasks = [Task::plain("a"), Task::plain("b"), Task::plain("c")];
    let run = scene.run(&tasks);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(scene.phase(), "paused");
    let begun = scene.task("a")["begun"].clone();
    scene.tell("open");
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["begun"], begun, "the work was there");
    scene.assert_clean();
}

#[test]
fn what_the_agent_came_to_is_not_what_was_committed_for_it() {
    let scene = gated(
        "if test -e $SIGNALS/seen; then echo TASK_APPROVED; exit; fi
         : >$SIGNALS/seen; echo TASK_REJECTED: once more",
        0,
    );
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["failed"], 1);
    assert_eq!(scene.task("a")["outcome"], "Write a/file");
}

#[test]
fn who_interrupts_what_a_blocked_gate_has_left_at_work_is_told_so() {
    let scene = gated("echo QA_BLOCKED: no network", 0);
    let conductor = scene.begin(&[
        Task::plain("a"),
        Task::new("b", "reached b; until_told never"),
    ]);
    scene.wait_for("b");
    crate::conduct::scene::wait_until("the gate", || scene.status("a") == "qa_blocked");
    conductor.signal(2);
    let run = conductor.end();
    assert_eq!(run.code, 130, "{}{}", run.out, run.err);
    assert!(run.out.contains("orchestrator resume"), "{}", run.out);
}

/// While one gate is blocked, another task waits for its next attempt: it begins that after the
/// run has paused.
#[test]
fn a_run_that_pauses_under_an_agent_that_is_to_begin_can_go_on() {
    let scene = gated(
        "test $BATON_TASK != a -o -e $SIGNALS/open && echo TASK_APPROVED || echo QA_BLOCKED: wait",
        1,
    );
    let run = scene.run(&[
        Task::new("a", "until_told failed; work a/file; promise"),
        Task::new(
            "b",
            "if test $BATON_ATTEMPT = 1; then reached failed; exit 1; fi; work b/file; promise",
        ),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(scene.phase(), "paused", "{}{}", run.out, run.err);
    assert!(!run.err.contains("does not fit"), "{}", run.err);
    scene.tell("open");
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn a_gate_is_told_the_constraints() {
    let scene = Scene::with_policy(
        "retry_delay = 0",
        "[conductor.gate]\ncommand = \"grep -q 'No SQL' $BATON_PROMPT_FILE && echo TASK_APPROVED\"\n\
         [conductor.feature]\nconstraints = [\"RULES.md\"]",
    );
    scene.sandbox.commit_file("RULES.md", "No SQL.\n");
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn the_report_shows_what_a_rejected_page_looked_like() {
    let scene = Scene::with_policy(
        "retry_delay = 0",
        "[conductor.e2e]\ncommand = \"echo png >$BATON_SCREENSHOTS/page.png; echo TASK_REJECTED: no button\"",
    );
    let task = Task::plain("a").with("kind = \"frontend\"\nattempts = 1");
    let run = scene.run(&[task]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(scene.status("a"), "failed");
    let report = scene.orchestrator(&["report", "--format", "html"]);
    assert!(report.out.contains("page.png"), "{}", report.out);
}

/// A scene whose end-to-end check notes what it sees in `seen`, and then decides by this script.
fn seen_through(decides: &str) -> Scene {
    let check = format!(
        "echo $BATON_TASK $BATON_BRANCH $(ls -d a b elsewhere 2>/dev/null) >>ROOT/seen; \
         test -d $BATON_SCREENSHOTS && {decides}"
    );
    Scene::with_policy(
        "max_agents = 2\nretry_delay = 0",
        &format!("[conductor.e2e]\ncommand = \"{check}\""),
    )
}

fn seen(scene: &Scene) -> Vec<String> {
    let text = std::fs::read_to_string(scene.sandbox.root.path().join("seen")).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn frontend(id: &str) -> Task {
    Task::plain(id).with("kind = \"frontend\"\nattempts = 1")
}

#[test]
fn what_lands_as_it_was_approved_is_looked_at_once() {
    let scene = seen_through("true");
    let run = scene.run(&[frontend("a"), frontend("b").after(&["a"])]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(seen(&scene), ["a auto/a a", "b auto/b a b"]);
    scene.assert_clean();
}

#[test]
fn merged_files_are_looked_at_before_they_land() {
    let scene = seen_through("(! test -e b -a -e a || echo TASK_REJECTED: not both)");
    let run = scene.run(&[frontend("a"), Task::plain("b")]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(seen(&scene), ["a auto/a a", "a main", "a main a b"]);
    assert_eq!([scene.status("a"), scene.status("b")], ["done", "failed"]);
    let why = scene.task("b")["status"]["reason"].to_string();
    assert!(why.contains("does not land: with it"), "{why}");
    assert!(why.contains("fails: not both; see"), "{why}");
    assert!(scene.has("a/file") && !scene.has("b/file"));
    scene.assert_clean();
}

#[test]
fn a_target_that_moved_is_looked_at_with_what_lands() {
    let scene = seen_through("(! test -e elsewhere || echo QA_BLOCKED: no browser)");
    let task = "reached a; until_told go; work a/file; promise";
    let conductor = scene.begin(&[Task::new("a", task).with("kind = \"frontend\"")]);
    scene.wait_for("a");
    scene.sandbox.commit_file("elsewhere", "other\n");
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(
        [scene.status("a"), scene.phase()],
        ["qa_approved", "paused"]
    );
    assert!(run.out.contains("no browser"), "{}", run.out);
    assert_eq!(seen(&scene), ["a auto/a a", "a main a elsewhere"]);
}

#[test]
fn nobody_is_blamed_for_a_target_that_is_broken() {
    let scene = seen_through("! test -e elsewhere");
    let task = "reached b; until_told go; work b/file; promise";
    let b = Task::new("b", task).with("kind = \"frontend\"");
    let conductor = scene.begin(&[Task::plain("a"), b]);
    scene.wait_for("b");
    scene.sandbox.commit_file("elsewhere", "other\n");
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(
        [scene.status("b"), scene.phase()],
        ["qa_approved", "paused"]
    );
    assert!(run.out.contains("main fails"), "{}", run.out);
    scene.sandbox.git(["rm", "-q", "elsewhere"]);
    scene.sandbox.commit("Mend it");
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn a_gate_that_meets_a_usage_limit_judges_later() {
    let gate = "[conductor.agents.judge]\n\
                command = 'if test -e ROOT/signals/met; then echo TASK_APPROVED; else touch ROOT/signals/met; echo \"Rate limit: retry in 0.2s\"; exit 1; fi'\n\
                [conductor.gate]\nagent = 'judge'";
    let scene = Scene::with_policy("max_agents = 3\nretry_delay = 0", gate);
    let run = scene.run(&[Task::plain("a").with("attempts = 1")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.err.contains("a: judge has met a usage limit"),
        "{}",
        run.err
    );
    assert_eq!(scene.task("a")["failed"], 0);
    scene.assert_clean();
}

/// Some test runners look at no file below a git directory.
#[test]
fn gates_and_verify_commands_work_beside_the_pool() {
    let where_it_is = "case $PWD in */.git/*) false;; *.worktrees/*) ;; *) false;; esac";
    let scene = gated(
        &format!("{where_it_is} && echo TASK_APPROVED || echo TASK_REJECTED: in $PWD"),
        0,
    );
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["failed"], 0);

    let scene = Scene::new();
    let task = Task::plain("a").with(&format!("verify = [{where_it_is:?}]"));
    let run = scene.run(&[task]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["failed"], 0);
}
