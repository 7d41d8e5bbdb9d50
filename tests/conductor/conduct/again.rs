//! A task file that is run again does what is left of it.

use crate::conduct::scene::{Scene, Task};

/// A task that fails until it is told that it may work.
fn stubborn(id: &str) -> Task {
    let script = format!("test -e $SIGNALS/willing || exit 1; work {id}/file; promise");
    Task::new(id, &script).with("attempts = 1")
}

/// The ids of the last run's tasks.
fn ids(scene: &Scene) -> Vec<String> {
    let state = scene.state();
    let tasks = state["tasks"].as_array().unwrap().iter();
    tasks
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect()
}

fn tasks() -> [Task; 3] {
    [
        Task::plain("a"),
        stubborn("b"),
        Task::plain("c").after(&["a", "b"]),
    ]
}

#[test]
fn what_has_landed_is_not_done_again() {
    let scene = Scene::new();
    let run = scene.run(&tasks());
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    scene.tell("willing");
    let run = scene.run(&tasks());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.err.contains("a has landed with run "), "{}", run.err);
    assert_eq!(ids(&scene), ["b", "c"]);
    scene.assert_clean();

    let run = scene.run(&tasks());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.err.contains("nothing is left to do"), "{}", run.err);
    assert_eq!(ids(&scene), ["b", "c"], "no run has begun");

    // Another prompt is another task.
    let run = scene.run(&[Task::new("a", "work a/more; promise"), stubborn("b")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(ids(&scene), ["a"]);
}

#[test]
fn a_paused_run_whose_tasks_a_later_one_has_landed_does_not_go_on() {
    let scene = Scene::new();
    scene.tell("willing");
    let path = scene.tasks("tasks.toml", &tasks());
    let path = path.to_str().unwrap();
    let run = scene.orchestrator(&["run", "--one-group", path]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.phase(), "paused");
    let run = scene.orchestrator(&["run", path, "--only", "c"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let tip = scene.sandbox.git(["rev-parse", "main"]);
    let run = scene.orchestrator(&["run", path]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.err.contains("nothing is left to do"), "{}", run.err);
    assert_eq!(scene.sandbox.git(["rev-parse", "main"]), tip);
}

#[test]
fn what_the_target_has_lost_is_done_again() {
    let scene = Scene::new();
    let base = scene.sandbox.git(["rev-parse", "main"]);
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let unguarded = ["-c", "core.hooksPath=/dev/null", "reset", "-q", "--hard"];
    scene.sandbox.git([&unguarded[..], &[&base]].concat());
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(ids(&scene), ["a"]);
    assert!(scene.has("a/file"));
}

#[test]
fn tasks_that_are_named_are_done_and_no_others() {
    let scene = Scene::new();
    scene.tell("willing");
    let path = scene.tasks("tasks.toml", &tasks());
    let path = path.to_str().unwrap();
    let run = scene.orchestrator(&["run", path, "--only", "b"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(ids(&scene), ["b"]);
    let run = scene.orchestrator(&["run", path, "--from", "b"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(ids(&scene), ["b", "c"]);
    assert!(!scene.has("a/file"));

    let run = scene.orchestrator(&["run", path, "--only", "b", "other"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("no task `other`"), "{}", run.err);
}

#[test]
fn failed_tasks_of_a_run_that_is_over_begin_anew_with_all_their_attempts() {
    let scene = Scene::new();
    let script = "test $BATON_ATTEMPT -lt 4 && exit 1; work b/file; promise";
    let run = scene.run(&[
        Task::plain("a"),
        Task::new("b", script).with("attempts = 2"),
        Task::plain("c").after(&["a", "b"]),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(
        (scene.status("b"), scene.status("c")),
        ("failed".into(), "skipped".into())
    );
    let run = scene.resume();
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);

    let run = scene.orchestrator(&["resume", "--failed"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.phase(), "done");
    assert_eq!(scene.task("a")["begun"], 1);
    assert_eq!(scene.task("b")["begun"], 4);
    scene.assert_clean();
    let run = scene.orchestrator(&["resume", "--failed"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn tasks_at_work_are_not_begun_twice() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::waiting("a"), Task::plain("b")]);
    scene.wait_for("a");
    let run = scene.run(&[Task::waiting("a"), Task::plain("c")]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(
        run.err.contains("is at work on the same tasks: a"),
        "{}",
        run.err
    );
    let other = scene.tasks("other.toml", &[Task::plain("c")]);
    let run = scene.orchestrator(&["run", other.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn a_file_whose_run_was_killed_goes_on_with_it() {
    let scene = Scene::new();
    let tasks = || [Task::waiting("a"), Task::plain("b")];
    let conductor = scene.begin(&tasks());
    scene.wait_for("a");
    let id = scene.json(&["status", "--format", "json"])["run"].clone();
    conductor.signal(9);
    conductor.end();
    scene.tell("go");
    let run = scene.run(&tasks());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.json(&["status", "--format", "json"])["run"], id);
    scene.assert_clean();
}
