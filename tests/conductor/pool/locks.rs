//! What a git that was killed leaves: locks that nobody holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::pool::crash::Killer;
use crate::pool::world::World;

const BRANCH: &str = "refs/heads/auto/one.lock";

fn own(world: &World, name: &str) -> PathBuf {
    world.sandbox.repo().join(".git/worktrees/wt-1").join(name)
}

fn shared(world: &World, name: &str) -> PathBuf {
    world.sandbox.repo().join(".git").join(name)
}

fn make(lock: &Path) {
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    fs::write(lock, "").unwrap();
}

fn age(lock: &Path) {
    let file = fs::File::options().write(true).open(lock).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(600);
    file.set_times(fs::FileTimes::new().set_modified(long_ago))
        .unwrap();
}

fn found(slot: &str) -> Vec<(String, String)> {
    vec![(slot.to_owned(), "in-use".to_owned())]
}

#[test]
fn what_is_locked_is_not_given_back_and_an_old_lock_of_nobodys_goes() {
    let world = World::with_slots(1);
    let locks = [
        own(&world, "index.lock"),
        own(&world, "HEAD.lock"),
        shared(&world, BRANCH),
    ];
    for lock in locks {
        world.acquire("one");
        make(&lock);
        world.refused(&["release", "wt-1"], "in use by another git command");
        world.findings(&["--fix"]);
        assert!(lock.exists(), "{lock:?} may be held");
        age(&lock);
        assert_eq!(world.findings(&[]).len(), 1, "{lock:?}");
        assert_eq!(world.findings(&["--fix"]), [], "{lock:?}");
        assert!(!lock.exists());
        world.ok(&["release", "wt-1"]);
        world.assert_sound();
    }
}

#[test]
fn a_free_slot_that_is_locked_is_not_given_out() {
    let world = World::with_slots(2);
    let lock = own(&world, "HEAD.lock");
    make(&lock);
    let (path, _) = world.acquire("one");
    assert_eq!(path, world.slot("wt-2"));
    assert_eq!(world.findings(&[]), found("wt-1"));
    world.refused(&["acquire", "two"], "free");
    age(&lock);
    assert_eq!(world.findings(&["--fix"]), []);
    world.acquire("two");
    world.assert_sound();
}

#[test]
fn locks_on_references_are_told() {
    let world = World::with_slots(1);
    let lock = shared(&world, BRANCH);
    make(&lock);
    world.refused(&["acquire", "one"], "auto/one is in use by another git");
    world.assert_sound();
    assert_eq!(world.findings(&[]), [], "some come and go");
    for name in [BRANCH, "packed-refs.lock", "index.lock"] {
        make(&shared(&world, name));
        age(&shared(&world, name));
        assert_eq!(world.findings(&[]), found(""), "{name}");
        assert_eq!(world.findings(&["--fix"]), []);
    }
    world.acquire("one");
}

#[test]
fn locks_of_a_command_that_was_killed_hinder_nobody() {
    for (command, phase) in [("acquire", "one"), ("release", "wt-1")] {
        let world = World::with_slots(1);
        if command == "release" {
            world.acquire("one");
        }
        let at = if command == "release" { 5 } else { 2 };
        let killer = Killer::new(&world);
        assert!(killer.kills(&world, &[command, phase], at, "after"));
        for lock in [
            own(&world, "index.lock"),
            own(&world, "HEAD.lock"),
            shared(&world, BRANCH),
        ] {
            make(&lock);
        }
        let run = world.pool(&["acquire", "two", "--wait", "60"]);
        assert_eq!(run.code, 0, "{command}: {run:#?} {}", world.ok(&["status"]));
        world.assert_sound();
        assert_eq!(Vec::from_iter(world.branches()), ["auto/two"]);
    }
}
