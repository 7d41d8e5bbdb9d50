//! A disk that takes the commits and not the files.

use serde_json::Value;

use crate::world::{BATON, Ran, World, ran};

/// Two branches, one of which brings a file that is larger than the limit, and packs well.
fn world() -> World {
    let world = World::with_hooks("");
    world.branch("auto/large", &[("b/large", &"more\n".repeat(8_000))]);
    world.branch("auto/small", &[("a", "a"), ("base.txt", "changed\n")]);
    world
}

/// Merges where no file may be longer than 16 blocks.
fn merge_limited(world: &World) -> Ran {
    let line = "ulimit -f 16; exec \"$0\" orchestrator merge --format json";
    let out = world
        .command("sh", world.main())
        .args(["-c", line, BATON])
        .output()
        .unwrap();
    ran(&out)
}

#[test]
fn files_that_cannot_be_written_are_written_by_the_next_run() {
    let world = world();
    let ran = merge_limited(&world);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert_eq!(ran.outcome("auto/large"), "landed");
    let checkout = &ran.report["checkouts"][0];
    assert_eq!(checkout["updated"], false);
    assert_ne!(checkout["pending"], Value::Null);
    assert!(!world.main().join(".git/index.lock").exists());

    let ran = merge_limited(&world);
    assert_eq!(ran.code, 2, "{}", ran.said);
    assert!(
        ran.said
            .contains("what has landed on main cannot be shown in"),
        "{}",
        ran.said
    );

    assert_eq!(world.merged(&[])["recovered"], true);
    assert_eq!(world.read("b/large").len(), 40_000);
    world.assert_clean();
    assert!(!world.main().join(".git/baton/merge/landing.json").exists());
}

#[test]
fn what_somebody_wrote_into_a_torn_file_stays() {
    let world = world();
    assert_eq!(merge_limited(&world).code, 1);
    world.write("b/large", "mine\n");
    assert_eq!(world.merged(&[])["recovered"], true);
    assert_eq!(world.read("b/large"), "mine\n");
}
