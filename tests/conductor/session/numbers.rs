//! The numbers that sessions get, here and in every clone.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::session::scene::{DAY, command, fixture, session, start};
use baton_testkit::Fixture;
use baton_testkit::gits::gits;

#[test]
fn fifty_starts_at_once_get_fifty_numbers() {
    let fixture = fixture();
    let head = fixture.rev("HEAD");
    let trees: Vec<_> = (0..50)
        .map(|at| {
            let path = fixture.path(&format!("agent-{at}"));
            let text = path.to_str().unwrap();
            fixture
                .git(["worktree", "add", "-q", "--detach", text, &head])
                .ok();
            path
        })
        .collect();
    let children: Vec<_> = trees
        .iter()
        .map(|tree| {
            let mut command = command(&fixture, tree, &["start", "--date", DAY]);
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let bound: BTreeSet<usize> = trees
        .iter()
        .map(|tree| {
            let json = session(&fixture, tree, &["show", "--format", "json"]).ok();
            let json: Value = serde_json::from_str(&json).unwrap();
            let log = json["sessions"][0]["log_path"].as_str().unwrap();
            assert!(tree.join(log).exists());
            json["sessions"][0]["number"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(bound, (1..=50).collect());
}

#[test]
fn two_clones_of_one_remote_never_share_a_number() {
    let fixture = fixture();
    let bare = fixture.add_remote("origin");
    let clones: Vec<_> = ["one", "two"]
        .iter()
        .map(|name| {
            let path = fixture.path(name);
            let args = [
                "clone",
                "-q",
                bare.to_str().unwrap(),
                path.to_str().unwrap(),
            ];
            fixture.git_at(fixture.dir(), args).ok();
            path
        })
        .collect();
    let mut children = Vec::new();
    for at in 0..5 {
        for clone in &clones {
            let tree = clone.join(format!(
                "../{at}-of-{}",
                clone.file_name().unwrap().display()
            ));
            let args = ["worktree", "add", "-q", "--detach", tree.to_str().unwrap()];
            fixture.git_at(clone, args).ok();
            let mut command = command(&fixture, &tree, &["start", "--date", DAY]);
            let out = command.stdout(std::process::Stdio::piped()).spawn();
            children.push(out.unwrap());
        }
    }
    let mut numbers = BTreeSet::new();
    for child in children {
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{out:?}");
        numbers.insert(String::from_utf8(out.stdout).unwrap());
    }
    assert_eq!(numbers.len(), 10, "{numbers:?}");
    let remote = fixture.git_at(&bare, ["for-each-ref", "refs/baton/sessions"]);
    assert_eq!(remote.ok().lines().count(), 10);
}

#[test]
fn without_its_remote_a_clone_hands_out_no_number_of_its_own() {
    let fixture = fixture();
    let bare = fixture.add_remote("origin");
    fs::rename(&bare, fixture.path("away")).unwrap();
    let refused = session(&fixture, &fixture.repo(), &["start"]);
    assert_eq!(refused.code, 2, "{refused:#?}");
    assert!(
        refused.err.contains("origin") && refused.err.contains("--id N"),
        "{refused:#?}"
    );
    assert_eq!(fixture.git(["for-each-ref", "refs/baton"]).ok(), "");
    let given = session(
        &fixture,
        &fixture.repo(),
        &["start", "--id", "7", "--date", DAY],
    );
    assert!(given.err.contains("could not be asked"), "{given:#?}");
    assert!(given.ok().starts_with("session 2025-12-18/7\n"));
}

#[test]
fn a_policy_can_turn_sharing_off() {
    let fixture = Fixture::with_policy(&gits()[0], "[sessions]\nremote = \"\"\n");
    fixture.git(["remote", "add", "origin", "/nowhere"]).ok();
    assert_eq!(start(&fixture, &fixture.repo(), &[]).0, "1");
}

#[test]
fn a_number_that_the_remote_has_cannot_be_given() {
    let fixture = fixture();
    let bare = fixture.add_remote("origin");
    start(&fixture, &fixture.repo(), &["--id", "9"]);
    let clone = fixture.path("clone");
    let args = [
        "clone",
        "-q",
        bare.to_str().unwrap(),
        clone.to_str().unwrap(),
    ];
    fixture.git_at(fixture.dir(), args).ok();
    let taken = session(&fixture, &clone, &["start", "--id", "9"]);
    assert_eq!(taken.code, 2);
    assert!(taken.err.contains("session 9 exists already"), "{taken:#?}");
    assert_eq!(start(&fixture, &clone, &[]).0, "10");
}

#[test]
fn a_number_too_long_for_a_log_is_refused_and_leaves_nothing() {
    let fixture = fixture();
    let repo = fixture.repo();
    let forty = "4".repeat(40);
    for id in ["1234567890", "0001234567890", &forty, &"7".repeat(300)] {
        let ran = session(&fixture, &repo, &["start", "--id", id]);
        assert_eq!(ran.code, 2, "{ran:#?}");
        let digits = id.trim_start_matches('0').len();
        let said = format!("has {digits} digits; a session's number has at most 9");
        assert!(ran.err.contains(&said), "{ran:#?}");
        assert!(ran.err.len() < 400, "{ran:#?}");
    }
    assert_eq!(fixture.git(["for-each-ref", "refs/baton"]).ok(), "");
    assert_eq!(
        start(&fixture, &repo, &["--id", "000123456789"]).0,
        "123456789"
    );
    let other = fixture.linked("other");
    assert_eq!(start(&fixture, &other, &[]).0, "123456790");
}
