//! What moves the target beside a run is judged and told, and fails no task.

use serde_json::Value;

use baton_testkit::Ran;

use crate::conduct::scene::{Conductor, Scene, Task, wait_until};

/// The shell words that go to the main checkout.
const MAIN: &str = "cd \"$BATON_GIT_DIR/..\"";

/// What the run has told of moves of the target.
fn moves(scene: &Scene) -> Vec<Value> {
    let state = scene.state();
    state["target_moves"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

/// The run has paused before anything landed, for this reason, and no attempt of `a` counts.
fn is_paused(scene: &Scene, run: &Ran, why: &str) {
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains(why), "{}{}", run.out, run.err);
    assert_eq!(
        [scene.phase(), scene.status("a")],
        ["paused", "qa_approved"]
    );
    assert_eq!(scene.task("a")["failed"], 0);
}

/// Does what the pause says, and lets the run go on to its end.
fn put_back_and_resume(scene: &Scene) -> Ran {
    let problem = moves(scene).last().unwrap()["problem"].to_string();
    let command = problem
        .split('`')
        .find(|text| text.starts_with("git update-ref"));
    let command = command.unwrap();
    let words: Vec<_> = command.split(' ').skip(1).collect();
    scene.sandbox.git(words);
    scene.sandbox.git(["reset", "-q", "--hard"]);
    scene.resume()
}

/// A run of these tasks, of which `a` waits, that has paused because of a commit on the target that breaks a rule.
fn paused_by_broken_rule(scene: &Scene, tasks: &[Task]) {
    let conductor = scene.begin(tasks);
    scene.wait_for("a");
    scene.sandbox.write(".agents/HANDOFF.md", "mine\n");
    let unguarded = ["-c", "core.hooksPath=/dev/null", "commit", "-qam", "Evil"];
    scene.sandbox.git(unguarded);
    wait_until("the move", || !moves(scene).is_empty());
    scene.tell("go");
    is_paused(scene, &conductor.end(), "protected-path");
}

#[test]
fn a_commit_beside_the_run_is_told_and_built_upon() {
    let scene = Scene::new();
    let stray = format!(
        "({MAIN}; echo x >stray; git add stray; git commit -qm Stray)\nwork a/file; promise"
    );
    let run = scene.run(&[Task::new("a", &stray), Task::plain("b")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("main has moved beside the run, by"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("\"Stray\"; it breaks no rule"),
        "{}",
        run.out
    );
    assert_eq!(moves(&scene).len(), 1);
    for file in ["stray", "a/file", "b/file"] {
        assert!(scene.has(file), "{file}");
    }
    scene.assert_clean();
}

#[test]
fn what_breaks_a_rule_on_the_target_keeps_the_run_waiting() {
    let scene = Scene::new();
    paused_by_broken_rule(&scene, &[Task::waiting("a")]);
    assert!(!scene.has("a/file"));
    // It does not come to be right by itself.
    is_paused(&scene, &scene.resume(), "protected-path");
    assert_eq!(moves(&scene).len(), 1);
    let run = put_back_and_resume(&scene);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn a_task_does_not_begin_on_what_breaks_a_rule() {
    let scene = Scene::with_policy("max_agents = 1\nretry_delay = 0", "");
    let tasks = [Task::waiting("a"), Task::plain("b").with("attempts = 1")];
    paused_by_broken_rule(&scene, &tasks);
    let run = put_back_and_resume(&scene);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

/// A run one of whose agents has moved the target to what it made, and failed.
fn with_unapproved_work() -> (Scene, Conductor) {
    let scene = Scene::new();
    let script = "until_told go; work b/file; git update-ref refs/heads/main HEAD; exit 1";
    let forward = Task::new("b", script).with("attempts = 1");
    let conductor = scene.begin(&[Task::waiting("a"), forward]);
    scene.wait_for("a");
    scene.tell("go");
    (scene, conductor)
}

#[test]
fn work_that_no_gate_has_approved_is_not_built_upon() {
    let (scene, conductor) = with_unapproved_work();
    is_paused(&scene, &conductor.end(), "task b that no gate has approved");
    let run = put_back_and_resume(&scene);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!([scene.status("a"), scene.status("b")], ["done", "failed"]);
    assert!(!scene.has("b/file"));
    scene.assert_clean();
}

#[test]
fn whoever_resumes_takes_what_breaks_no_rule() {
    let (scene, conductor) = with_unapproved_work();
    is_paused(
        &scene,
        &conductor.end(),
        "`git baton orchestrator resume` takes it",
    );
    scene.sandbox.git(["reset", "-q", "--hard"]);
    let run = scene.resume();
    assert_eq!(scene.status("a"), "done", "{}{}", run.out, run.err);
    assert!(scene.has("a/file") && scene.has("b/file"));
}

#[test]
fn a_target_that_leads_to_another_branch_is_put_right_first() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::waiting("a")]);
    scene.wait_for("a");
    scene
        .sandbox
        .git(["symbolic-ref", "refs/heads/main", "refs/heads/auto/a"]);
    scene.tell("go");
    is_paused(
        &scene,
        &conductor.end(),
        "symbolic reference to refs/heads/auto/a",
    );
    let run = put_back_and_resume(&scene);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}
