//! Tests that fail, and what becomes of the branches then.

use crate::merge::world::{World, branch};

/// Six branches, of which the test dislikes those in `bad`.
fn world(bad: &[&str]) -> (World, String) {
    let world = World::new("");
    for name in ["1", "2", "3", "4", "5", "6"] {
        world.branch(&format!("auto/{name}"), &[(&format!("file-{name}"), name)]);
    }
    let checks: Vec<_> = bad
        .iter()
        .map(|name| format!("test ! -e file-{name}"))
        .collect();
    let log = world.root().join("runs");
    let test = format!("echo x >> {}\n{}", log.display(), checks.join("\n"));
    let test = world.script("test.sh", &test);
    (world, test)
}

#[test]
fn the_culprit_stays_behind_and_the_rest_lands() {
    let (world, test) = world(&["4"]);
    let ran = world.merge(&["--test", &test]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert_eq!(ran.outcome("auto/4"), "test_failed");
    for name in ["1", "2", "3", "5", "6"] {
        assert_eq!(ran.outcome(&format!("auto/{name}")), "landed");
        assert_eq!(world.read(&format!("file-{name}")), name);
    }
    assert!(!world.main().join("file-4").exists());
    assert!(world.has("auto/4"));
    world.assert_clean();
    let log = ran.branch("auto/4")["log"].as_str().unwrap().to_owned();
    assert!(std::path::Path::new(&log).exists(), "{log}");
}

#[test]
fn of_several_culprits_each_is_found() {
    let (world, test) = world(&["1", "3", "6"]);
    let ran = world.merge(&["--test", &test]);
    for name in ["1", "3", "6"] {
        assert_eq!(
            ran.outcome(&format!("auto/{name}")),
            "test_failed",
            "{}",
            ran.said
        );
    }
    for name in ["2", "4", "5"] {
        assert_eq!(
            ran.outcome(&format!("auto/{name}")),
            "landed",
            "{}",
            ran.said
        );
    }
    world.assert_clean();
}

#[test]
fn what_needs_the_culprit_waits_for_it() {
    let (world, test) = world(&["1"]);
    world.branch_from("auto/1", "auto/on-1", &[("on", "on")]);
    let ran = world.merge(&["--test", &test, "--after", "auto/2:auto/on-1"]);
    assert_eq!(ran.outcome("auto/1"), "test_failed");
    assert_eq!(ran.outcome("auto/on-1"), "waiting");
    assert_eq!(ran.outcome("auto/2"), "waiting");
    assert_eq!(ran.branch("auto/2")["needs"], "auto/on-1");
    assert_eq!(ran.outcome("auto/3"), "landed");
}

#[test]
fn two_that_fail_only_together_are_told_apart_by_their_order() {
    let world = World::new("");
    world.branch("auto/1", &[("one", "")]);
    world.branch("auto/2", &[("two", "")]);
    world.branch("auto/3", &[("three", "")]);
    let ran = world.merge(&["--test", "! { test -e one && test -e three; }"]);
    assert_eq!(ran.outcome("auto/3"), "test_failed");
    assert_eq!(
        (ran.outcome("auto/1"), ran.outcome("auto/2")),
        ("landed", "landed")
    );
}

#[test]
fn a_test_that_passes_the_second_time_is_named_flaky() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    let mark = world.root().join("mark");
    let test = format!("test -e {0} || {{ touch {0}; exit 1; }}", mark.display());
    let report = world.merged(&["--test", &test]);
    assert_eq!(report["tests"][0]["end"], "flaky");
    assert_eq!(report["tests"].as_array().unwrap().len(), 1);
    std::fs::remove_file(mark).unwrap();
    world.branch("auto/b", &[("b", "b")]);
    let (code, said) = world.said(&["--test", &test]);
    assert_eq!(code, 0);
    assert!(said.contains("flaky: `"), "{said}");
}

#[test]
fn a_target_that_fails_by_itself_is_blamed_alone() {
    let (world, _) = world(&[]);
    let before = world.tip("main");
    let ran = world.merge(&["--test", "echo broken; false"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.said
            .contains("main fails `echo broken; false` as it is"),
        "{}",
        ran.said
    );
    assert_eq!(world.tip("main"), before);
}

#[test]
fn a_test_that_does_not_end_is_ended() {
    let world = World::new("[merge]\ntest = [\"test ! -e a || sleep 600\"]\ntest_seconds = 1\n");
    world.branch("auto/a", &[("a", "a")]);
    world.branch("auto/b", &[("b", "b")]);
    let ran = world.merge(&[]);
    assert_eq!(ran.outcome("auto/a"), "test_failed", "{}", ran.said);
    assert_eq!(ran.outcome("auto/b"), "landed");
    let ends = ran.report["tests"].as_array().unwrap().iter();
    assert!(ends.map(|one| &one["end"]).any(|end| end == "timed_out"));
}

#[test]
fn the_policy_that_counts_is_the_targets() {
    let world = World::new("[merge]\ntest = [\"test ! -e bad\"]\n[signing]\nmaintainers = []\n");
    world.branch(
        "auto/a",
        &[("baton.toml", "[merge]\ntest = []\n"), ("bad", "x")],
    );
    let ran = world.merge(&[]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.outcome("auto/a"), "refused", "{}", ran.said);
}

#[test]
fn each_test_sees_the_merged_files_and_only_ignored_ones_of_the_run_before() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    world.merged(&["--test", "test -e a; touch stray ignored"]);
    world.branch("auto/b", &[("b", "b")]);
    let report = world.merged(&["--test", "test -e b -a ! -e stray -a -e ignored"]);
    assert_eq!(branch(&report, "auto/b")["outcome"], "landed");
    world.assert_clean();
}

#[test]
fn a_branch_that_only_the_culprit_kept_out_lands_in_its_stead() {
    let world = World::new("");
    world.branch("auto/0", &[("zero", "")]);
    world.branch("auto/1", &[("base.txt", "bad\n")]);
    world.branch("auto/2", &[("base.txt", "good\n"), ("two", "")]);
    world.branch("auto/3", &[("three", ""), ("worse", "")]);
    let ran = world.merge(&["--test", "! grep -q bad base.txt && test ! -e worse"]);
    assert_eq!(ran.outcome("auto/1"), "test_failed", "{}", ran.said);
    assert_eq!(ran.outcome("auto/3"), "test_failed");
    assert_eq!(
        (ran.outcome("auto/0"), ran.outcome("auto/2")),
        ("landed", "landed")
    );
    assert_eq!(world.read("base.txt"), "good\n");
    world.assert_clean();
}
