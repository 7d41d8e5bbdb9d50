//! `git baton orchestrator pool trash`: what was saved by force is listed and brought back.

use baton_conductor::pool::trash::output;

use crate::pool::schema::assert_valid;
use crate::pool::world::World;

/// A pool of one, and the name under which work in it was saved.
fn with_saved() -> (World, String) {
    let world = World::with_slots(1);
    world.acquire("one");
    std::fs::write(world.slot("wt-1").join("work"), "a line\n").unwrap();
    assert_eq!(world.pool(&["release", "wt-1"]).code, 1);
    let run = world.pool(&["release", "wt-1", "--force"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let run = world.pool(&["trash", "list"]);
    let name = run.out.split_whitespace().next().unwrap().to_owned();
    (world, name)
}

#[test]
fn what_is_written_is_valid() {
    let (world, name) = with_saved();
    let [trash, restored] = [output::trash_schema(), output::restored_schema()];
    assert_valid(&trash, &world, &["trash", "list"]);
    assert_valid(&restored, &world, &["trash", "restore", &name]);
    assert_valid(
        &restored,
        &world,
        &["trash", "restore", &name, "--into", "../back"],
    );
    assert_valid(&trash, &world, &["trash", "drop", "--older-than", "0"]);
}

#[test]
fn work_that_was_given_up_by_force_is_brought_back() {
    let (world, name) = with_saved();
    let into = world.slot("wt-1").with_file_name("back");
    let run = world.pool(&["trash", "restore", &name, "--into", into.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(
        std::fs::read_to_string(into.join("work")).unwrap(),
        "a line\n"
    );
    let run = world.pool(&["trash", "restore", &name, "--into", into.to_str().unwrap()]);
    assert_eq!(
        (run.code, run.err.contains("is there already")),
        (1, true),
        "{run:#?}"
    );
    let run = world.pool(&["trash", "drop", "--older-than", "1"]);
    assert!(run.out.starts_with("let go of 0"), "{run:#?}");
    assert!(world.pool(&["trash", "list"]).out.contains(&name));
}
