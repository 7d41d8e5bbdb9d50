//! Free slots that follow the base.

use crate::pool::world::World;

fn bases(world: &World) -> Vec<String> {
    let status = world.json(&["status"]);
    let slots = status["slots"].as_array().unwrap();
    let base = |slot: &serde_json::Value| slot["base"].as_str().unwrap().to_owned();
    slots.iter().map(base).collect()
}

#[test]
fn free_slots_follow_the_base_but_for_the_last() {
    let world = World::with_slots(3);
    let old = world.sandbox.git(["rev-parse", "HEAD"]);
    let new = world.sandbox.commit_file("src/c", "c\n");
    world.acquire_at("taken", &old);
    world.ok(&["refresh"]);
    assert_eq!(bases(&world), [old.clone(), new.clone(), new.clone()]);
    assert!(world.slot("wt-2").join("src/c").exists());
    world.assert_sound();
    world.acquire("next");
    let newer = world.sandbox.commit_file("src/d", "d\n");
    world.ok(&["refresh"]);
    assert_eq!(bases(&world)[2], new, "the last free one waits for a task");
    world.ok(&["release", "wt-1"]);
    world.ok(&["refresh"]);
    assert_eq!(bases(&world), [newer.clone(), new, newer]);
    world.assert_sound();
}

#[test]
fn a_free_slot_in_which_somebody_works_is_left_alone() {
    let world = World::with_slots(3);
    let file = world.slot("wt-1").join("src/a");
    std::fs::write(&file, "mine\n").unwrap();
    let new = world.sandbox.commit_file("src/c", "c\n");
    world.ok(&["refresh"]);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine\n");
    assert_eq!(bases(&world)[1], new);
    let slots = world.findings(&[]);
    assert!(slots.iter().any(|(slot, _)| slot == "wt-1"), "{slots:?}");
}

#[test]
fn free_slots_follow_what_has_landed() {
    let world = World::with_slots(3);
    let (path, _) = world.acquire("one");
    let old = world.sandbox.git(["rev-parse", "main"]);
    world.commit_at(&path, "new");
    world.ok(&["release", "wt-1"]);
    world.ok(&["merge"]);
    let new = world.sandbox.git(["rev-parse", "main"]);
    assert_ne!(old, new);
    assert_eq!(bases(&world), [new.clone(), new.clone(), new]);
    world.assert_sound();
}

#[test]
fn a_slot_that_cannot_follow_keeps_nothing_from_landing() {
    let world = World::with_slots(3);
    let (path, _) = world.acquire("one");
    world.commit_at(&path, "new");
    world.ok(&["release", "wt-1"]);
    std::fs::write(world.slot("wt-1").join("new"), "mine\n").unwrap();
    std::fs::remove_dir_all(world.slot("wt-2")).unwrap();
    world.ok(&["merge"]);
    let codes: Vec<_> = world.findings(&[]).into_iter().map(|one| one.1).collect();
    assert_eq!(codes, ["unfit", "directory-gone"]);
    assert_eq!(bases(&world)[2], world.sandbox.git(["rev-parse", "main~1"]));
    world.acquire("two");
    assert!(world.slot("wt-3").join("new").exists());
}

#[test]
fn a_copy_that_is_in_the_way_of_a_new_directory_gives_way() {
    let world = World::without_pool();
    world.sandbox.write(".worktreeinclude", "conf\n");
    world.sandbox.write(".gitignore", "target/\nconf\n");
    world.sandbox.commit("Ignore");
    world.sandbox.write("conf", "own\n");
    world.ok(&["init", "2"]);
    assert!(world.slot("wt-1").join("conf").is_file());
    std::fs::remove_file(world.sandbox.repo().join("conf")).unwrap();
    world.sandbox.write(".gitignore", "target/\n");
    world.sandbox.commit_file("conf/f", "f\n");
    world.ok(&["refresh"]);
    let (path, _) = world.acquire("one");
    assert!(path.join("conf/f").is_file());
    world.acquire("two");
    world.assert_sound();
}
