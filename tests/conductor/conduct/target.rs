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

/// The run has paused before this task landed, for this reason, and none of its attempts counts.
fn is_paused(scene: &Scene, run: &Ran, id: &str, why: &str) {
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains(why), "{}{}", run.out, run.err);
    assert_eq!([scene.phase(), scene.status(id)], ["paused", "qa_approved"]);
    assert_eq!(scene.task(id)["failed"], 0);
}

/// Does what the pause says, and lets the run go on to its end.
fn put_back_and_resume(scene: &Scene) -> Ran {
    let problem = moves(scene).last().unwrap()["problem"].to_string();
    let mut quoted = problem.split('`');
    let is_way_back = |text: &&str| text.starts_with("git update-ref") || text.contains("--keep");
    let command = quoted.find(is_way_back).unwrap();
    scene.sandbox.git(command.split(' ').skip(1));
    assert_eq!(scene.sandbox.git(["status", "--porcelain", "-uno"]), "");
    scene.resume()
}

/// Commits what breaks a rule to the target, past the guard.
fn break_rule(scene: &Scene) {
    scene.sandbox.write(".agents/HANDOFF.md", "mine\n");
    let unguarded = ["-c", "core.hooksPath=/dev/null", "commit", "-qam", "Evil"];
    scene.sandbox.git(unguarded);
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
    let status = scene.orchestrator(&["status"]);
    assert!(
        status.out.contains("\"Stray\"; it breaks no rule"),
        "{}",
        status.out
    );
    for file in ["stray", "a/file", "b/file"] {
        assert!(scene.has(file), "{file}");
    }
    scene.assert_clean();
}

#[test]
fn what_breaks_a_rule_on_the_target_keeps_the_run_waiting() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::waiting("a")]);
    scene.wait_for("a");
    break_rule(&scene);
    wait_until("the move", || !moves(&scene).is_empty());
    scene.tell("go");
    let paused = conductor.end();
    is_paused(&scene, &paused, "a", "protected-path");
    // Once when it is seen, and once at the end.
    let told = format!("{}{}", paused.out, paused.err);
    assert_eq!(told.matches("protected-path").count(), 2, "{told}");
    assert!(!scene.has("a/file"));
    // It does not come to be right by itself.
    is_paused(&scene, &scene.resume(), "a", "protected-path");
    assert_eq!(moves(&scene).len(), 1);
    let run = put_back_and_resume(&scene);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn a_task_does_not_begin_on_what_breaks_a_rule() {
    let scene = Scene::new();
    let last = Task::plain("c").after(&["a", "b"]).with("attempts = 1");
    let path = scene.tasks("tasks.toml", &[Task::plain("a"), Task::plain("b"), last]);
    let run = scene.orchestrator(&["run", "--one-group", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    break_rule(&scene);
    is_paused(&scene, &scene.resume(), "c", "protected-path");
    let run = put_back_and_resume(&scene);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

/// A run one of whose agents has committed `b/file`, moved the target in this way, and failed.
fn with_unapproved_work(moves: &str) -> (Scene, Conductor) {
    let scene = Scene::new();
    let script = format!("until_told go; work b/file\n{moves}\nexit 1");
    let forward = Task::new("b", &script).with("attempts = 1");
    let conductor = scene.begin(&[Task::waiting("a"), forward]);
    scene.wait_for("a");
    scene.tell("go");
    (scene, conductor)
}

#[test]
fn work_that_no_gate_has_approved_is_not_built_upon() {
    for moves in [
        // The commit names the session, and is on no branch of the run.
        "message=$(git log -1 --format=%B)
         git update-ref refs/heads/main $(git commit-tree HEAD^{tree} -p HEAD~1 -m Again -m \"$message\")",
        // The commit names no session, and is on the task's branch.
        "git reset -q --hard $(git commit-tree HEAD^{tree} -p HEAD~1 -m Bare)
         git update-ref refs/heads/main HEAD",
    ] {
        let (scene, conductor) = with_unapproved_work(moves);
        is_paused(
            &scene,
            &conductor.end(),
            "a",
            "task b that no gate has approved",
        );
        let run = put_back_and_resume(&scene);
        assert_eq!(run.code, 1, "{}{}", run.out, run.err);
        assert_eq!([scene.status("a"), scene.status("b")], ["done", "failed"]);
        assert!(!scene.has("b/file"));
        scene.assert_clean();
    }
}

#[test]
fn whoever_resumes_takes_what_breaks_no_rule() {
    let (scene, conductor) = with_unapproved_work("git update-ref refs/heads/main HEAD");
    is_paused(
        &scene,
        &conductor.end(),
        "a",
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
        "a",
        "symbolic reference to refs/heads/auto/a",
    );
    let run = put_back_and_resume(&scene);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}
