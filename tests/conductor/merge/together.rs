//! Several mergers at once.

use std::collections::BTreeSet;

use crate::merge::world::{World, ran};

#[test]
fn many_at_once_each_land_in_turn_on_a_tested_tree() {
    let world = World::with_hooks("");
    let names: Vec<_> = (0..8).map(|number| format!("auto/{number}")).collect();
    for name in &names {
        world.branch(name, &[(name, name)]);
    }
    let tested = world.root().join("tested");
    let test = format!("git rev-parse HEAD >> {}", tested.display());
    let runs: Vec<_> = names
        .iter()
        .map(|name| world.start(&["--test", &test, name]))
        .collect();
    for (run, name) in runs.into_iter().zip(&names) {
        let ran = ran(&run.wait_with_output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.said);
        assert_eq!(ran.outcome(name), "landed");
    }
    world.assert_clean();
    let tested = std::fs::read_to_string(tested).unwrap();
    let tested: BTreeSet<_> = tested.lines().collect();
    let line = world.git(&["log", "--first-parent", "--merges", "--format=%H", "main"]);
    assert_eq!(line.lines().count(), 8);
    assert!(
        line.lines().all(|commit| tested.contains(commit)),
        "{line} {tested:?}"
    );
}

#[test]
fn of_many_that_ask_for_the_same_one_does_it_and_the_others_find_it_done() {
    let world = World::with_hooks("");
    for name in ["auto/1", "auto/2", "auto/3"] {
        world.branch(name, &[(name, name)]);
    }
    let runs: Vec<_> = (0..5).map(|_| world.start(&[])).collect();
    for run in runs {
        let ran = ran(&run.wait_with_output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.said);
    }
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "main"]), "3");
    world.assert_clean();
}

#[test]
fn a_target_that_moves_during_the_tests_is_built_upon_and_tested_again() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    let main = world.main();
    let test = world.script(
        "test.sh",
        &format!(
            "test -e a\ntest -e later || {{ cd {0} && unset $(git rev-parse --local-env-vars) && \
             echo later > later && git add later && git commit -q -m later; }}",
            main.display()
        ),
    );
    let report = world.merged(&["--test", &test]);
    assert_eq!(report["new"].as_str().unwrap(), world.tip("main"));
    assert_eq!(
        world.git(&["log", "--format=%s", "-2", "--first-parent", "main"]),
        "Merge branch 'auto/a'\nlater"
    );
    assert_eq!(
        (world.read("a"), world.read("later")),
        ("a".into(), "later\n".into())
    );
    world.assert_clean();
}

#[test]
fn who_is_killed_while_it_has_its_turn_is_followed_by_the_next() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    world.branch("auto/b", &[("b", "b")]);
    let started = world.root().join("started");
    let test = format!("touch {}; sleep 600", started.display());
    let mut first = world.start(&["--test", &test, "auto/a"]);
    while !started.exists() {
        std::thread::yield_now();
    }
    let second = world.start(&["auto/b"]);
    first.kill().unwrap();
    first.wait().unwrap();
    let ran = ran(&second.wait_with_output().unwrap());
    assert_eq!(
        (ran.code, ran.outcome("auto/b")),
        (0, "landed"),
        "{}",
        ran.said
    );
    world.merged(&["--test", "test -e a"]);
    world.assert_clean();
}
