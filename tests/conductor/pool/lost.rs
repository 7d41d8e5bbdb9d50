//! The record is torn or gone: git knows the slots, and nobody knows who has them.

use std::fs;

use baton_conductor::pool;
use baton_core::model::{BranchName, SessionId};
use baton_git::worktrees::open_worktree;

use crate::pool::world::World;

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
fn a_record_that_is_lost_while_a_slot_is_acquired_does_not_cost_the_slot() {
    let policy =
        "[pool]\npost_acquire = ['rm -r \"$(git rev-parse --git-common-dir)/baton/pool\"']\n";
    let world = World::without_pool();
    world.sandbox.commit_file("baton.toml", policy);
    world.ok(&["init", "2"]);
    let (_, lease) = world.acquire("one");
    let status = world.json(&["status"]);
    assert_eq!(status["slots"][0]["lease"]["id"], lease.as_str());
    assert_eq!(status["slots"][0]["lease"]["task"], "one");
    world.ok(&["release", "wt-1", "--lease", &lease]);
    // Of the other slot nothing is known but that it is on no branch.
    assert_eq!(world.findings(&["--fix"]), []);
    assert_eq!(world.findings(&[]), []);
    world.assert_sound();
}

#[test]
fn an_acquisition_that_fails_is_taken_back_though_the_record_is_lost() {
    let policy = "[pool]\npost_acquire = ['rm -r \"$(git rev-parse --git-common-dir)/baton/pool\"; false']\n";
    let world = World::without_pool();
    world.sandbox.commit_file("baton.toml", policy);
    world.ok(&["init", "1"]);
    let run = world.pool(&["acquire", "one"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(world.branches().is_empty());
    assert_eq!(world.json(&["status"])["slots"][0]["state"], "ready");
    world.assert_sound();
}

#[test]
fn a_slot_whose_record_was_lost_before_its_session_began_is_taken_over_by_its_branch() {
    let world = World::with_slots(1);
    world.acquire("one");
    let binding = ".git/worktrees/wt-1/baton/session";
    fs::remove_file(world.sandbox.repo().join(binding)).unwrap();
    fs::remove_file(world.state_file()).unwrap();
    assert!(world.json(&["status"])["rebuilt_at"].is_string());
    let repo = open_worktree(world.sandbox.repo()).unwrap();
    let session = SessionId::parse("2025-12-18/1").unwrap();
    let adopt = |branch: &str| {
        let branch = BranchName::new(branch).full();
        pool::adopt(&repo, "wt-1", &branch, Some(&session), "run 1").unwrap()
    };
    assert_eq!(adopt("auto/other"), None);
    let lease = adopt("auto/one").unwrap();
    world.ok(&["release", "wt-1", "--lease", &lease, "--force"]);
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

#[test]
fn a_record_that_no_pool_can_have_is_made_again() {
    let world = World::with_slots(2);
    let text = fs::read_to_string(world.state_file()).unwrap();
    let root = world
        .slot("")
        .to_str()
        .unwrap()
        .trim_end_matches('/')
        .to_owned();
    for (old, new) in [
        ("\"name\": \"wt-1\"", "\"name\": \"../repo\""),
        ("\"name\": \"wt-1\"", "\"name\": \"wt-2\""),
        (&*format!("\"root\": \"{root}\""), "\"root\": \"\""),
    ] {
        let odd = text.replace(old, new);
        assert_ne!(odd, text);
        fs::write(world.state_file(), odd).unwrap();
        let status = world.json(&["status"]);
        assert!(status["rebuilt_at"].is_string(), "{new}");
        assert_eq!(status["slots"][0]["slot"], "wt-1");
        assert_eq!(status["slots"][1]["slot"], "wt-2");
        assert_eq!(status["root"], root);
    }
    fs::write(world.state_file(), "{\"version\": 2, \"other\": []}").unwrap();
    assert_eq!(world.pool(&["status"]).code, 2);
}

#[test]
fn what_waits_to_be_merged_is_known_without_the_record() {
    let world = World::with_slots(2);
    for task in ["one", "two"] {
        let (path, _) = world.acquire(task);
        world.commit_at(&path, task);
    }
    world.ok(&["release", "wt-1"]);
    world.sandbox.git(["branch", "auto/stranger"]);
    let before = world.json(&["status"])["finished"].clone();
    fs::remove_file(world.state_file()).unwrap();
    let status = world.json(&["status"]);
    for key in ["task", "branch", "tip", "base", "session", "slot"] {
        assert_eq!(status["finished"][0][key], before[0][key], "{key}");
    }
    assert_eq!(status["finished"].as_array().unwrap().len(), 1);
    world.findings(&["--fix"]);
    world.ok(&["merge"]);
    let left = ["auto/stranger", "auto/two"];
    assert_eq!(Vec::from_iter(world.branches()), left);
}
