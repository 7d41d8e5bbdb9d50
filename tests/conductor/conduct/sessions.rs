//! Sessions of tasks that come to nothing.

use crate::conduct::scene::{Scene, Task};

/// How the sessions of these titles stand.
fn sessions(scene: &Scene, titles: &[&str]) -> Vec<String> {
    let listed = scene.sandbox.run(["session", "list", "--format", "json"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let listed = listed["sessions"].as_array().unwrap();
    let of = |title: &&str| {
        let mut found = listed.iter().filter(|one| one["title"] == *title);
        let state = found.next().unwrap()["state"].as_str().unwrap().to_owned();
        assert!(found.next().is_none(), "{title}");
        state
    };
    titles.iter().map(of).collect()
}

#[test]
fn nobody_waits_for_the_session_of_a_task_that_failed() {
    let scene = Scene::new();
    let run = scene.run(&[
        Task::new("a", "work a/file; exit 1").with("attempts = 1"),
        Task::plain("b"),
    ]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let states = sessions(&scene, &["Do a", "Do b"]);
    assert_eq!(states, ["abandoned", "aggregated"]);
    let merged = scene.orchestrator(&["merge"]);
    assert!(
        merged.out.contains("was given up"),
        "{}{}",
        merged.out,
        merged.err
    );
    assert!(!scene.has("a/file"));
    let aggregated = scene.orchestrator(&["aggregate"]);
    assert_eq!(aggregated.code, 0, "{}{}", aggregated.out, aggregated.err);
    let number = scene.session_number("a");
    let summary = scene.sandbox.root.path().join("summary");
    std::fs::write(&summary, "It did half.\n").unwrap();
    let words = [
        "session",
        "summary",
        "--session",
        &number,
        summary.to_str().unwrap(),
    ];
    let handed_in = scene.sandbox.run(words);
    assert_eq!(handed_in.code, 0, "{}", handed_in.err);
    assert_eq!(sessions(&scene, &["Do a"]), ["ended"]);
    scene.assert_clean();
}

#[test]
fn a_conductor_killed_before_it_gave_up_a_session_does_so_when_it_is_resumed() {
    let scene = Scene::with_policy("max_agents = 3\nretry_delay = 0\nauto_cleanup = false", "");
    let tasks = [
        Task::new("a", "exit 1").with("attempts = 1"),
        Task::plain("b"),
        Task::plain("d"),
        Task::plain("c").after(&["b", "d"]),
    ];
    let path = scene.tasks("tasks.toml", &tasks);
    let run = scene.orchestrator(&["run", "--one-group", path.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(sessions(&scene, &["Do a"]), ["abandoned"]);
    let number = scene.session_number("a");
    let reference = format!("refs/baton/sessions/{number}");
    let active = format!("{reference}~1");
    scene
        .sandbox
        .git(["update-ref", reference.as_str(), active.as_str()]);
    assert_eq!(sessions(&scene, &["Do a"]), ["active"]);
    let run = scene.resume();
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(
        sessions(&scene, &["Do a", "Do c"]),
        ["abandoned", "aggregated"]
    );
    assert_eq!(scene.lent(), 1, "the policy keeps it");
}

#[test]
fn a_prompt_that_no_argument_holds_leaves_nothing_lent() {
    let scene = Scene::with_policy(
        "max_agents = 2\nretry_delay = 0",
        "[conductor.agents.told]\ncommand = \"true {prompt}\"",
    );
    let long = format!("# {}", "x".repeat(200_000));
    let run = scene.run(&[Task::new("a", &long).with("agent = \"told\"")]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(sessions(&scene, &["Do a"]), ["abandoned"]);
    scene.assert_clean();
}
