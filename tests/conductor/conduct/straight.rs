//! Runs in which all goes well.

use crate::conduct::scene::{Scene, Task};

/// A hook of the team sees what moves branches and sessions; a run's record, which moves with each event, starts none.
#[test]
fn the_record_of_a_run_starts_no_hook() {
    let scene = Scene::new();
    let moves = scene.signal("moves");
    let script = format!("#!/bin/sh\ncat >>'{}'\n", moves.display());
    scene.earlier_hook("reference-transaction", &script);
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let moved = std::fs::read_to_string(moves).unwrap();
    for name in [
        "refs/heads/auto/a",
        "refs/heads/main",
        "refs/baton/sessions/1",
    ] {
        assert!(moved.contains(name), "{name}: {moved}");
    }
    assert!(!moved.contains("refs/baton/runs/"), "{moved}");
}

#[test]
fn four_tasks_in_two_groups_land() {
    let scene = Scene::new();
    let run = scene.run(&[
        Task::plain("a"),
        Task::plain("b"),
        Task::plain("c").after(&["a", "b"]),
        Task::plain("d").after(&["a", "b"]),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);

    for id in ["a", "b", "c", "d"] {
        assert_eq!(scene.status(id), "done");
        assert!(scene.has(&format!("{id}/file")));
    }

    println!("{}", scene.sandbox.git(["log", "--oneline", "--graph"]));
    assert_eq!(scene.branches(), ["main"]);
    scene.assert_clean();
}

/// The 15 files of a feature: three agents, one run.
#[test]
fn a_feature_of_fifteen_files_is_made_by_three_agents() {
    let scene = Scene::new();
    let part = |id: &str, numbers: std::ops::RangeInclusive<u32>| {
        let files: Vec<_> = numbers.map(|n| format!("src/{id}/{n}.ts")).collect();
        let names: Vec<_> = files.iter().map(String::as_str).collect();
        let script = format!(
            "for file in {}; do work $file; done; promise",
            names.join(" ")
        );
        Task::owning(id, &names, &script)
    };
    let run = scene.run(&[
        part("auth", 1..=5),
        part("api", 6..=10),
        part("ui", 11..=15),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("Agents: 3"), "{}", run.out);
    let files = scene
        .sandbox
        .git(["ls-tree", "-r", "--name-only", "main", "src"]);
    assert_eq!(files.lines().count(), 15);
    assert_eq!(scene.branches(), ["main"]);
    scene.assert_clean();
}

/// What a lane's first task came to is what its second begins with, and has no worktree any more
/// that the second could wait for.
#[test]
fn a_lane_needs_one_worktree() {
    let scene = Scene::with_policy("max_agents = 2\nretry_delay = 0", "[pool]\nsize = 2");
    let second = |id: &str, of: &str| {
        Task::new(id, &format!("test -e {of}/file; work {id}/file; promise")).after(&[of])
    };
    let run = scene.run(&[
        Task::plain("a"),
        Task::plain("b"),
        second("c", "a"),
        second("d", "b"),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.state()["groups"].as_array().unwrap().len(), 1);
    scene.assert_clean();
}

#[test]
fn an_agent_may_fill_its_log_and_leave_a_summary() {
    let scene = Scene::new();
    let run = scene.run(&[
        Task::new(
            "file",
            "work file/a; log=$(ls .agents/sessions/*.md)\n\
             summary=$(echo $log | sed 's/[^/]*$//')\n\
             echo 'by myself' >>\"$log\"; git commit -qam 'Fill the log'; promise",
        ),
        Task::new(
            "ends",
            "work ends/a; echo 'What I did' | git baton session summary - >&2\n\
             git commit -qam 'Hand in'; sed -i 's/- \\[ \\]/- [x]/' .agents/sessions/*.md\n\
             git diff --quiet || git commit -qam 'Fill the log'\n\
             git baton session end >&2 || true; promise",
        ),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
    let handoff = scene.sandbox.read(".agents/HANDOFF.md");
    assert!(handoff.contains("What I did"), "{handoff}");
}

/// A run adds the worktrees that it needs, and takes away those that nobody asked for.
#[test]
fn the_pool_stays_as_large_as_somebody_asked_for() {
    let scene = Scene::new();
    let pool = || {
        let pool = scene.json(&["pool", "status", "--format", "json"]);
        pool["slots"].as_array().unwrap().len()
    };
    scene.orchestrator(&["pool", "init", "1"]);
    let run = scene.run(&[Task::plain("a"), Task::plain("b"), Task::plain("c")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(pool(), 3);
    let run = scene.run(&[Task::plain("d")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(pool(), 1);
    scene.assert_clean();
}

#[test]
fn what_the_run_lands_by_itself_is_no_move_beside_it() {
    let scene = Scene::new();
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(!run.out.contains("beside the run"), "{}", run.out);
}
