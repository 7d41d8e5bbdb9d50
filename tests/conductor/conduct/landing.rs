//! What is in the way of work that lands.

use std::fs;

use crate::conduct::scene::{Scene, Task};

#[test]
fn a_conflict_keeps_one_task_out() {
    let scene = Scene::new();
    scene.sandbox.commit_file("a/file", "before\n");
    let conductor = scene.begin(&[Task::waiting("a"), Task::plain("b")]);
    scene.wait_for("a");
    let moved = scene.sandbox.commit_file("a/file", "other\n");
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!([scene.status("a"), scene.status("b")], ["failed", "done"]);
    let why = scene.task("a")["status"]["reason"].to_string();
    assert!(why.contains("conflicts in a/file"), "{why}");
    scene
        .sandbox
        .git(["merge-base", "--is-ancestor", &moved, "main"]);
    assert!(scene.branches().contains(&"auto/a".to_owned()));
    scene.assert_clean();
}

#[test]
fn a_target_that_moves_meanwhile_is_built_upon() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::waiting("a")]);
    scene.wait_for("a");
    let moved = scene.sandbox.commit_file("elsewhere", "other\n");
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene
        .sandbox
        .git(["merge-base", "--is-ancestor", &moved, "main"]);
    scene.assert_clean();
}

#[test]
fn what_keeps_the_summaries_from_being_aggregated_keeps_the_run_waiting() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::waiting("a"), Task::waiting("b")]);
    scene.wait_for("a");
    scene.wait_for("b");
    // One record that cannot be read is left out.
    let odd = "refs/baton/sessions/999";
    scene.sandbox.git(["update-ref", odd, "main"]);
    let no_aggregate = "#!/bin/sh\n! grep -qi aggregate \"$1\"\n";
    let hook = scene.earlier_hook("commit-msg", no_aggregate);
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("no aggregate commit was made"),
        "{}",
        run.out
    );
    assert!(run.out.contains("orchestrator resume"), "{}", run.out);
    assert_eq!([scene.status("a"), scene.phase()], ["done", "paused"]);
    fs::remove_file(&hook).unwrap();
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn a_branch_that_is_gone_has_not_landed() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::plain("a"), Task::waiting("b")]);
    scene.wait_for("b");
    scene.wait_for_approval("a");
    scene.sandbox.git(["branch", "-qD", "auto/a"]);
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!([scene.status("a"), scene.status("b")], ["failed", "done"]);
    assert!(!scene.has("a/file"));
    scene.assert_clean();
}

#[test]
fn the_branch_of_an_earlier_run_is_left_alone() {
    let scene = Scene::new();
    let failing = Task::new("a", "work a/old; exit 1").with("attempts = 1");
    assert_eq!(scene.run(&[failing]).code, 1);
    let old = scene.sandbox.git(["rev-parse", "auto/a"]);
    for _ in 0..2 {
        let failing = Task::new("a", "work a/new; exit 1").with("attempts = 1");
        assert_eq!(scene.run(&[failing]).code, 1);
    }
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.sandbox.git(["rev-parse", "auto/a"]), old);
    scene.assert_clean();
}

#[test]
fn branches_that_the_policy_keeps_land_once() {
    for strategy in ["merge", "rebase", "squash"] {
        let scene = Scene::with_policy(
            "",
            &format!("[merge]\ndelete = false\nstrategy = \"{strategy}\""),
        );
        let run = scene.run(&[Task::plain("a"), Task::plain("b").after(&["a"])]);
        assert_eq!(run.code, 0, "{strategy}: {}{}", run.out, run.err);
        assert_eq!(scene.branches().len(), 3);
        scene.assert_clean();
    }
}
