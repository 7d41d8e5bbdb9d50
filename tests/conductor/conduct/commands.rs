//! Commands that look at runs, stop them and go on with them.

use crate::conduct::scene::{Conductor, Scene, Task, is_alive, wait_until};

const SIGINT: i32 = 2;

/// A run of which one task is done and another is at work until it is told to `go`.
fn at_work() -> (Scene, Conductor) {
    let scene = Scene::new();
    let conductor = scene.begin(&[
        Task::plain("a"),
        Task::new(
            "b",
            "echo begun; work b/first; reached b; until_told go; work b/file; echo ended; promise",
        ),
        Task::plain("c").after(&["a", "b"]),
    ]);
    scene.wait_for("b");
    wait_until("approval", || scene.status("a") == "qa_approved");
    (scene, conductor)
}

fn goes_on(scene: &Scene) {
    assert_eq!(scene.phase(), "paused");
    assert!(!is_alive(scene.wait_for("b")));
    assert_eq!(scene.task("b")["failed"], 0);
    scene.tell("go");
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(scene.has("b/first") && scene.has("c/file"));
    assert_eq!(scene.task("a")["begun"], 1);
    scene.assert_clean();
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let (scene, conductor) = at_work();
    conductor.signal(SIGINT);
    assert_eq!(conductor.end().code, 130);
    goes_on(&scene);
}

#[test]
fn a_run_is_stopped_from_elsewhere() {
    let (scene, conductor) = at_work();
    let stop = scene.orchestrator(&["stop"]);
    assert_eq!(stop.code, 0, "{}", stop.err);
    assert_eq!(conductor.end().code, 130);
    goes_on(&scene);
    let stop = scene.orchestrator(&["stop"]);
    assert!(stop.out.contains("is over"), "{}", stop.out);
}

#[test]
fn a_killed_conductor_leaves_agents_that_resume_ends() {
    let (scene, conductor) = at_work();
    let agent = scene.wait_for("b");
    drop(conductor);
    assert!(is_alive(agent));
    scene.tell("go");
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(!is_alive(agent));
    scene.assert_clean();
}

#[test]
fn a_run_has_one_conductor() {
    let (scene, conductor) = at_work();
    let second = scene.resume();
    assert_eq!(second.code, 2, "{}{}", second.out, second.err);
    assert!(second.err.contains("another process"), "{}", second.err);
    assert!(is_alive(scene.wait_for("b")));
    scene.tell("go");
    assert_eq!(conductor.end().code, 0);
    scene.assert_clean();
}

#[test]
fn a_full_context_pauses_the_run_after_its_group() {
    let (scene, conductor) = at_work();
    let written = scene.orchestrator(&["checkpoint", "write", "--context-used", "0.82", "half"]);
    assert_eq!(written.code, 0, "{}", written.err);
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.state()["phase"]["reason"]["name"], "group_over");
    let read = scene.orchestrator(&["checkpoint", "read"]);
    assert_eq!(read.code, 0, "{}", read.err);
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn checkpoints_of_others_do_not_disturb() {
    let (scene, conductor) = at_work();
    for used in ["0.1", "0.2", "0.3"] {
        let written = scene.orchestrator(&["checkpoint", "write", "--context-used", used]);
        assert_eq!(written.code, 0, "{}", written.err);
    }
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = scene.state()["phase"]["name"].clone();
    assert_eq!(run, "done");
    let names = scene
        .sandbox
        .git(["for-each-ref", "--format=%(refname)", "refs/baton/runs"]);
    let files = scene.sandbox.git(["ls-tree", "--name-only", &names]);
    let written = files.lines().filter(|name| name.starts_with("checkpoint-"));
    assert_eq!(written.count(), 7, "two for each group, and three: {files}");
}

#[test]
fn one_group_at_a_time() {
    let scene = Scene::new();
    let tasks = [
        Task::plain("a"),
        Task::plain("b"),
        Task::plain("c").after(&["a", "b"]),
    ];
    let path = scene.tasks("tasks.toml", &tasks);
    let run = scene.orchestrator(&["run", "--one-group", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!([scene.status("a"), scene.status("c")], ["done", "pending"]);
    let run = scene.orchestrator(&["resume", "--one-group"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn a_log_is_followed_to_its_end() {
    let (scene, conductor) = at_work();
    let follower = scene.spawn(&["logs", "b", "-f"]);
    scene.tell("go");
    assert_eq!(conductor.end().code, 0);
    let followed = follower.end();
    assert_eq!(followed.code, 0, "{}", followed.err);
    assert!(followed.out.starts_with("begun\n"), "{}", followed.out);
    assert!(followed.out.contains("\nended\n"), "{}", followed.out);
    let log = scene.orchestrator(&["logs", "b"]);
    assert_eq!(log.out, followed.out);
    let unknown = scene.orchestrator(&["logs", "z"]);
    assert_eq!(unknown.code, 2, "{}", unknown.err);
}

#[test]
fn a_run_tells_how_it_stands() {
    let (scene, conductor) = at_work();
    let status = scene.json(&["status", "--format", "json"]);
    assert_eq!(status["is_conducted"], true, "{status}");
    scene.tell("go");
    assert_eq!(conductor.end().code, 0);
    let status = scene.json(&["status", "--format", "json"]);
    assert_eq!(status["is_conducted"], false, "{status}");
    let status = scene.orchestrator(&["status"]);
    assert_eq!(status.code, 0, "{}", status.err);
    let report = scene.orchestrator(&["report"]);
    assert!(report.out.contains("Do b"), "{}", report.out);
    let page = scene.sandbox.root.path().join("report.html");
    let words = [
        "report",
        "--format",
        "html",
        "--output",
        page.to_str().unwrap(),
    ];
    assert_eq!(scene.orchestrator(&words).code, 0);
    assert!(std::fs::read_to_string(page).unwrap().contains("Do b"));
}

#[test]
fn two_runs_share_a_repository() {
    let scene = Scene::new();
    let path = |name: &str| {
        let shared = Task::new(
            "same",
            &format!("work same/{name}; reached {name}; until_told go; promise"),
        );
        let own = Task::plain(name);
        let path = scene.tasks(&format!("{name}.toml"), &[shared, own]);
        path.to_str().unwrap().to_owned()
    };
    let runs = ["x", "y"].map(|name| scene.spawn(&["run", &path(name)]));
    scene.wait_for("x");
    scene.wait_for("y");
    scene.tell("go");
    for run in runs {
        let run = run.end();
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    }
    for file in ["same/x", "same/y", "x/file", "y/file"] {
        assert!(scene.has(file), "{file}");
    }
    assert_eq!(scene.branches(), ["main"]);
    let verified = scene.sandbox.run(["verify", "--all"]);
    assert_eq!(verified.code, 0, "{}", verified.out);
    let handoff = scene.sandbox.read(".agents/HANDOFF.md");
    let sections = handoff.lines().filter(|line| line.starts_with("#### "));
    assert_eq!(sections.count(), 4, "{handoff}");
}

#[test]
fn a_group_in_which_tasks_failed_is_no_success() {
    let scene = Scene::new();
    let tasks = [
        Task::new("a", "exit 1").with("attempts = 1"),
        Task::plain("b"),
        Task::plain("c"),
        Task::plain("d").after(&["b", "c"]),
    ];
    let path = scene.tasks("tasks.toml", &tasks);
    let run = scene.orchestrator(&["run", "--one-group", path.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(scene.phase(), "paused");
    assert!(run.out.contains("2/4 agents complete"), "{}", run.out);
    let run = scene.orchestrator(&["resume", "--one-group"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
}
