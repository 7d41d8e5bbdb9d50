//! A disk that takes no more: files cannot grow beyond a few kilobytes.

use std::fs;

use crate::pool::world::World;
use baton_testkit::{BATON, Ran, finish};

/// Runs a command of the pool where larger files than 8 KiB cannot be written.
fn without_room(world: &World, args: &str) -> Ran {
    let line = format!("trap '' XFSZ; ulimit -f 16; exec {BATON} orchestrator pool {args}");
    finish(world.sandbox.command("sh").args(["-c", &line]))
}

fn world() -> World {
    let world = World::without_pool();
    world.sandbox.commit_file("large", &"line\n".repeat(20_000));
    world
}

#[test]
fn slots_that_find_no_room_are_taken_away_again() {
    let world = world();
    assert_eq!(without_room(&world, "init 2").code, 2);
    assert_eq!(world.sandbox.git(["worktree", "list"]).lines().count(), 1);
    assert!(!world.slot("wt-1").exists() && !world.slot("wt-2").exists());
    world.ok(&["init", "2"]);
    world.assert_sound();
}

#[test]
fn a_reset_that_finds_no_room_is_completed_when_there_is_some() {
    let world = world();
    world.ok(&["init", "1"]);
    let (path, _) = world.acquire("one");
    fs::remove_file(path.join("large")).unwrap();
    world.commit_at(&path, "work");
    assert_eq!(without_room(&world, "release wt-1").code, 2);
    assert_eq!(world.branches().len(), 1);
    assert_eq!(
        world.findings(&[]),
        [("wt-1".to_owned(), "interrupted".to_owned())]
    );
    world.acquire("two");
    assert!(path.join("large").exists());
    assert_eq!(world.findings(&[]), []);
    world.assert_sound();
}

#[test]
fn an_acquisition_that_finds_no_room_leaves_nothing() {
    let world = World::with_slots(1);
    world.sandbox.commit_file("large", &"line\n".repeat(20_000));
    let run = without_room(&world, "acquire one");
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(world.branches().is_empty());
    world.findings(&["--fix"]);
    world.acquire("one");
    world.assert_sound();
}
