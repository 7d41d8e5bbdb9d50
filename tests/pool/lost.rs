//! The record is torn or gone: git knows the slots, and nobody knows who has them.

use std::fs;

use crate::world::World;

#[test]
fn a_record_that_is_lost_is_made_again_with_every_slot_taken() {
    for content in [None, Some(""), Some("{\"version\": 1, \"slo"), Some("[]")] {
        let world = World::with_slots(3);
        let (path, lease) = world.acquire("one");
        match content {
            None => fs::remove_file(world.state_file()).unwrap(),
            Some(text) => fs::write(world.state_file(), text).unwrap(),
        }
        world.refused(&["acquire", "two"], "none of the 3");
        let status = world.json(&["status"]);
        assert!(status["rebuilt_at"].is_string());
        assert_eq!(status["slots"][0]["lease"]["branch"], "auto/one");
        assert_eq!(status["slots"][0]["lease"]["task"], "one");
        world.refused(&["release", "wt-1", "--lease", &lease], "nobody known");
        // Nobody has a slot that is on no branch; of the other nothing can be told.
        let findings = world.findings(&["--fix"]);
        let codes: Vec<_> = findings
            .iter()
            .map(|one| (&one.0[..], &one.1[..]))
            .collect();
        assert_eq!(codes, [("", "record-lost"), ("wt-1", "unknown-holder")]);
        let two = world.acquire("two");
        assert_ne!(two.0, path);
        world.ok(&["release", "wt-1"]);
        assert!(world.json(&["status"])["rebuilt_at"].is_null());
        assert_eq!(world.findings(&[]), []);
        world.assert_sound();
    }
}

#[test]
fn a_record_of_another_version_is_left_alone() {
    let world = World::with_slots(1);
    let text = fs::read_to_string(world.state_file()).unwrap();
    let newer = text.replace("\"version\": 1", "\"version\": 2");
    fs::write(world.state_file(), &newer).unwrap();
    assert_eq!(world.pool(&["acquire", "one"]).code, 2);
    assert_eq!(fs::read_to_string(world.state_file()).unwrap(), newer);
}
