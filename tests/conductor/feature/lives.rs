//! Features that are interrupted or killed, and go on.

use std::process::{Child, Stdio};

use crate::feature::scene::{PLANS, Scene, id};

/// Starts `feature`, and waits until the record says that a scout is back.
fn started(scene: &Scene) -> Child {
    let mut command = scene.sandbox.baton();
    command.args(["orchestrator", "feature", "--plan-only", "x"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    let log = || {
        scene
            .sandbox
            .git(["log", "--format=%s", "--glob=refs/baton/runs"])
    };
    while !log().contains("scout quick is back") || scene.left("slow").is_empty() {
        std::thread::yield_now();
    }
    child
}

/// A quick scout that counts how often it is asked, and one that waits for `go`.
fn scene() -> Scene {
    Scene::new(PLANS)
        .scout("quick", "echo once >> \"$BATON_GIT_DIR/quick\"; echo quick")
        .scout("slow", "echo $$ >> \"$BATON_GIT_DIR/slow\"; while ! test -e \"$BATON_GIT_DIR/go\"; do sleep 0.05; done; echo slow")
        .ready()
}

fn goes_on(scene: &Scene) {
    std::fs::write(scene.sandbox.repo().join(".git/go"), "").unwrap();
    let (run, came) = scene.feature(&["--resume"]);
    assert_eq!((run.code, &came["end"]), (0, &"planned".into()), "{run:?}");
    assert_eq!(scene.left("quick"), "once\n");
    assert_eq!(scene.left("slow").lines().count(), 2);
    let context = scene.recorded(id(&came), "context.md");
    assert!(context.contains("## quick\n\nquick") && context.contains("## slow\n\nslow"));
    assert_eq!(scene.sandbox.git(["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_feature_that_was_killed_asks_nobody_twice() {
    let scene = scene();
    let mut child = started(&scene);
    child.kill().unwrap();
    child.wait().unwrap();
    let first = scene.left("slow");
    goes_on(&scene);
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", first.trim()));
    assert!(stat.map_or(true, |stat| stat.contains(") Z ")));
}

#[test]
fn an_interrupt_ends_the_scouts_and_says_how_to_go_on() {
    let scene = scene();
    let child = started(&scene);
    scene.sandbox.git(["rev-parse", "HEAD"]);
    let pid = child.id().to_string();
    let killed = scene.sandbox.command("kill").args(["-INT", &pid]).status();
    assert!(killed.unwrap().success());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(130));
    goes_on(&scene);
}

#[test]
fn one_process_at_a_time_goes_on_with_a_feature() {
    let scene = scene();
    let mut child = started(&scene);
    let (run, _) = scene.feature(&["--resume"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("another process goes on"), "{}", run.err);
    std::fs::write(scene.sandbox.repo().join(".git/go"), "").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_dry_run_asks_nobody_and_records_nothing() {
    let scene = scene();
    let run = scene
        .sandbox
        .run(["orchestrator", "feature", "x", "--dry-run"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("scout quick: asks quick"), "{}", run.out);
    assert_eq!(scene.left("quick"), "");
    assert_eq!(scene.sandbox.git(["for-each-ref", "refs/baton/"]), "");
}

#[test]
fn there_must_be_something_to_go_on_with() {
    let scene = scene();
    assert_eq!(scene.feature(&["--resume"]).0.code, 2);
    assert_eq!(scene.feature(&["--resume", "2025-01-01-1"]).0.code, 2);
    assert_eq!(scene.feature(&[" "]).0.code, 2);
}

#[test]
fn a_feature_that_was_killed_while_agents_work_is_gone_on_with() {
    let worker = "echo $BATON_TASK >> \"$BATON_GIT_DIR/worked\"; while ! test -e \"$BATON_GIT_DIR/go\"; do sleep 0.05; done; mkdir -p src; echo > src/a; git add src; git commit -qm Write; echo \"<promise>TASK_DONE: $BATON_TASK</promise>\"";
    let scene = Scene::new(&format!("echo >> \"$BATON_GIT_DIR/planned\"; {PLANS}"))
        .and(&format!(
            "[conductor]\nagent = 'worker'\n[conductor.agents.worker]\ncommand = '''{worker}'''"
        ))
        .ready();
    assert_eq!(scene.sandbox.run(["install"]).code, 0);
    let mut command = scene.sandbox.baton();
    command.args(["orchestrator", "feature", "x", "--all"]);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    while scene.left("worked").is_empty() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::write(scene.sandbox.repo().join(".git/go"), "").unwrap();
    let (run, came) = scene.whole(&["--resume", "--all"]);
    assert_eq!((run.code, &came["end"]), (0, &"done".into()), "{run:#?}");
    assert_eq!(scene.left("planned"), "\n");
    assert_eq!(scene.left("worked"), "a\na\n");
}
