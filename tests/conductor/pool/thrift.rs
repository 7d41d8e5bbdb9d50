//! How many gits a command runs: each costs more than all else that the pool does.

use std::path::Path;

use serde_json::Value;

use crate::pool::world::World;
use baton_testkit::finish;

/// What the git programs were called with that this command runs, those of hooks included.
fn gits(world: &World, args: &[&str]) -> Vec<String> {
    let trace = world.sandbox.root.path().join("trace");
    drop(std::fs::remove_file(&trace));
    let run = finish(world.command(args).env("GIT_TRACE2_EVENT", &trace));
    assert_eq!(run.code, 0, "{run:#?}");
    let calls = calls(&trace);
    assert!(!calls.is_empty(), "nothing was traced");
    calls
}

fn calls(trace: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(trace).unwrap_or_default();
    let events = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let started = events.filter(|event| event["event"] == "start");
    started.map(|event| event["argv"].to_string()).collect()
}

#[test]
fn a_ready_slot_is_acquired_by_six_gits() {
    let world = World::with_slots(1);
    for (key, value) in [("user.name", "Tester"), ("user.email", "t@example.org")] {
        world.sandbox.git(["config", key, value]);
    }
    let gits = gits(&world, &["acquire", "one"]);
    // The settings, HEAD, the branch, who commits, the remotes, the session.
    assert!(gits.len() <= 6, "{gits:#?}");
}

#[test]
fn a_slot_is_released_by_few_gits() {
    let world = World::with_slots(1);
    world.acquire("idle");
    let idle = gits(&world, &["release", "wt-1"]);
    // The settings, two that tell what is ignored, then the session, HEAD and the branch.
    assert!(idle.len() <= 6, "{idle:#?}");
    let (path, _) = world.acquire("busy");
    world.commit_at(&path, "new");
    let busy = gits(&world, &["release", "wt-1"]);
    assert!(busy.len() <= 6, "{busy:#?}");
    let (path, _) = world.acquire("late");
    world.commit_at(&path, "newer");
    world.sandbox.commit_file("elsewhere", "x\n");
    let late = gits(&world, &["release", "wt-1"]);
    assert!(late.len() <= 7, "{late:#?}");
}
