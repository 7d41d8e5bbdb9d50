//! Mergers that are killed.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_conductor::landing::transaction::{self, Kind, Landing};
use baton_core::model::RefName;

use crate::merge::world::{World, write};

const FILES: [&str; 4] = ["1", "2", "3", "4"];

/// Four branches, two of which conflict.
fn world() -> World {
    let world = World::with_hooks("[merge]\ntest = [\"test -e base.txt\"]\n");
    for name in FILES {
        let file = format!("file-{name}");
        let content = format!("{name}\n");
        let mut files = vec![(file.as_str(), name)];
        if ["1", "2"].contains(&name) {
            files.push(("base.txt", content.as_str()));
        }
        world.branch(&format!("auto/{name}"), &files);
    }
    world
}

/// What a merge that nobody killed comes to.
fn assert_whole(world: &World) {
    for name in ["1", "3", "4"] {
        assert_eq!(world.read(&format!("file-{name}")), name);
        assert!(!world.has(&format!("auto/{name}")), "{name} is still there");
    }
    assert!(world.has("auto/2"));
    world.assert_clean();
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "main"]), "3");
    assert!(!world.main().join(".git/baton/merge/landing.json").exists());
}

/// Has the rest land, and finishes by hand.
fn assert_continued(world: &World) {
    let ran = world.merge(&[]);
    assert_eq!(ran.outcome("auto/2"), "conflict", "{}", ran.said);
    assert_whole(world);
    let place = ran.branch("auto/2")["worktree"]
        .as_str()
        .unwrap()
        .to_owned();
    write(&std::path::Path::new(&place).join("base.txt"), "both\n");
    world.git_in(&place, &["add", "--all"]);
    world.merged(&["--continue"]);
    assert_eq!(world.read("base.txt"), "both\n");
    world.assert_clean();
    assert_eq!(
        world.git(&["worktree", "list"]).lines().count(),
        2,
        "the tests' stays"
    );
}

#[test]
fn killed_between_any_two_steps_of_landing_the_next_run_completes() {
    for steps in 0..=4 {
        let world = world();
        let new = {
            let report = world
                .merge(&["--dry-run", "auto/1", "auto/3", "auto/4"])
                .report;
            report["new"].as_str().unwrap().parse().unwrap()
        };
        let repo = world.repo();
        let tip = |name: &str| (name.to_owned(), world.tip(name).parse().unwrap());
        let landing = Landing {
            branch: RefName::new("refs/heads/main"),
            kind: Kind::Merge,
            old: world.tip("main").parse().unwrap(),
            new,
            branches: vec![tip("auto/1"), tip("auto/3"), tip("auto/4")],
            begun: BTreeSet::new(),
        };
        if steps >= 1 {
            transaction::announce(&repo, &landing).unwrap();
        }
        if steps >= 2 {
            assert!(transaction::land(&repo, &landing).unwrap());
        }
        if steps >= 3 {
            assert!(transaction::show(&repo, &landing).unwrap()[0].is_settled());
        }
        if steps >= 4 {
            world.git(&["branch", "-q", "-D", "auto/1"]);
        }
        assert_continued(&world);
    }
}

#[test]
fn killed_at_any_time_the_next_run_completes() {
    let world = world();
    for milliseconds in (0..320).step_by(8) {
        let mut run = world.start(&[]);
        let (_sender, receiver) = std::sync::mpsc::channel::<()>();
        let patience = Duration::from_millis(milliseconds);
        assert!(receiver.recv_timeout(patience).is_err());
        run.kill().unwrap();
        run.wait().unwrap();
    }
    // A git that the last killed run had started may still be at work.
    for _ in 0..50 {
        let ran = world.merge(&[]);
        let clean = world.git(&["status", "--porcelain"]).is_empty();
        if ran.code == 1 && ran.outcome("auto/2") == "conflict" && clean {
            break;
        }
    }
    assert_continued(&world);
}

#[test]
fn killed_at_any_time_of_a_continuation_the_resolution_is_not_lost() {
    let world = world();
    let ran = world.merge(&[]);
    let place = ran.branch("auto/2")["worktree"]
        .as_str()
        .unwrap()
        .to_owned();
    write(&std::path::Path::new(&place).join("base.txt"), "both\n");
    world.git_in(&place, &["add", "--all"]);
    for milliseconds in (0..160).step_by(8) {
        let mut run = world.start(&["--continue"]);
        let (_sender, receiver) = std::sync::mpsc::channel::<()>();
        assert!(
            receiver
                .recv_timeout(Duration::from_millis(milliseconds))
                .is_err()
        );
        run.kill().unwrap();
        run.wait().unwrap();
    }
    let mut ran = world.merge(&["--continue"]);
    for _ in 0..50 {
        if world.git(&["status", "--porcelain"]).is_empty() && ran.code != 1 {
            break;
        }
        ran = world.merge(&["--continue"]);
    }
    assert_eq!(world.read("base.txt"), "both\n", "{}", ran.said);
    assert_eq!(world.read("file-2"), "2");
    world.assert_clean();
    assert!(!std::path::Path::new(&place).exists());
}

#[test]
fn an_interrupt_ends_the_tests_and_changes_nothing() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    let (before, started) = (world.tip("main"), world.root().join("started"));
    let test = format!("touch {}; sleep 600", started.display());
    let run = world.start(&["--test", &test]);
    while !started.exists() {
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let out = run.wait_with_output().unwrap();
    assert_eq!(
        out.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(world.tip("main"), before);
    world.merged(&[]);
}

#[test]
fn a_record_that_cannot_be_read_is_told_and_aborted() {
    let world = world();
    world.merge(&[]);
    let record = world.main().join(".git/baton/merge/records/auto+-2.json");
    write(&record, "{");
    let ran = world.merge(&["--continue"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.said.contains("does not tell what was under way"),
        "{}",
        ran.said
    );
    world.merged(&["--abort"]);
    assert_eq!(world.merge(&[]).outcome("auto/2"), "conflict");
}

#[test]
fn a_checkout_that_another_git_holds_is_shown_the_landing_later() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    let ran = world.merge(&["--dry-run"]);
    let repo = world.repo();
    let landing = Landing {
        branch: RefName::new("refs/heads/main"),
        kind: Kind::Merge,
        old: world.tip("main").parse().unwrap(),
        new: ran.report["new"].as_str().unwrap().parse().unwrap(),
        branches: vec![("auto/a".to_owned(), world.tip("auto/a").parse().unwrap())],
        begun: BTreeSet::new(),
    };
    transaction::announce(&repo, &landing).unwrap();
    assert!(transaction::land(&repo, &landing).unwrap());
    let lock = world.main().join(".git/index.lock");
    write(&lock, "");
    let ran = world.merge(&[]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(
        ran.said.contains("another git command is at work"),
        "{}",
        ran.said
    );
    std::fs::remove_file(lock).unwrap();
    assert_eq!(world.merged(&[])["recovered"], true);
    assert_eq!(world.read("a"), "a");
    world.assert_clean();
}

#[test]
fn what_an_older_version_has_landed_is_completed() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    let new = world.merge(&["--dry-run"]).report["new"].clone();
    let record = serde_json::json!([{
        "into": "main",
        "old": world.tip("main"),
        "new": new,
        "branches": [["auto/a", world.tip("auto/a")]],
        "begun": [],
    }]);
    let path = world.main().join(".git/baton/merge/landing.json");
    write(&path, &record.to_string());
    world.git(&["update-ref", "refs/heads/main", new.as_str().unwrap()]);
    assert_eq!(world.merged(&[])["recovered"], true);
    assert_eq!(world.read("a"), "a");
    assert!(!world.has("auto/a") && !path.exists());
    world.assert_clean();
}

#[test]
fn killed_between_the_steps_of_telling_people_the_next_run_tells_them_again() {
    for lost in ["record", "worktree", "both", "half"] {
        let world = world();
        let ran = world.merge(&[]);
        let place = ran.branch("auto/2")["worktree"]
            .as_str()
            .unwrap()
            .to_owned();
        let record = world.main().join(".git/baton/merge/records/auto+-2.json");
        if ["record", "both"].contains(&lost) {
            std::fs::remove_file(record).unwrap();
        }
        if ["worktree", "both"].contains(&lost) {
            std::fs::remove_dir_all(&place).unwrap();
        }
        if lost == "half" {
            std::fs::remove_file(std::path::Path::new(&place).join(".git")).unwrap();
        }
        assert_continued(&world);
    }
}

#[test]
fn a_worktree_for_tests_that_was_left_in_disorder_is_put_right() {
    let world = World::new("");
    world.branch("auto/0", &[("0", "0")]);
    world.merged(&["--test", "true"]);
    let place = world.root().join("main.worktrees/merge-test");
    let own = world.main().join(".git/worktrees/merge-test");
    let disorders: [&dyn Fn(); 4] = [
        &|| write(&own.join("index.lock"), ""),
        &|| std::fs::remove_dir_all(&place).unwrap(),
        &|| std::fs::remove_dir_all(&own).unwrap(),
        &|| write(&own.join("index"), "no index"),
    ];
    for (number, disorder) in disorders.iter().enumerate() {
        disorder();
        let name = format!("auto/{}", number + 1);
        world.branch(&name, &[(&name, "x")]);
        let ran = world.merge(&["--test", &format!("test -e {name}")]);
        assert_eq!(ran.code, 0, "{number}: {}", ran.said);
    }
    world.assert_clean();
}
