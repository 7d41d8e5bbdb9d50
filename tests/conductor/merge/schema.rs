//! What is written as JSON keeps to the schema that describes it.

use baton_conductor::landing::report;
use serde_json::Value;

use crate::merge::world::World;

fn assert_valid(report: &Value) {
    let validator = jsonschema::validator_for(report::schema().as_value()).unwrap();
    let errors: Vec<_> = validator.iter_errors(report).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
}

#[test]
fn reports_are_valid() {
    let world = World::new("[[protected]]\npaths = [\"LICENSE\"]\nwriter = \"nobody\"\n");
    world.branch("auto/lands", &[("a", "a"), ("base.txt", "1\n")]);
    world.branch("auto/twice", &[("base.txt", "2\n"), ("b", "b"), ("c", "c")]);
    world.branch_from("auto/twice", "auto/waits", &[("w", "w")]);
    world.branch("auto/breaks", &[("LICENSE", "mine")]);
    world.branch("auto/fails", &[("bad", "bad")]);
    world.git(&["branch", "auto/empty"]);
    let test = [
        "--test",
        "test ! -e bad",
        "--after",
        "auto/twice:auto/lands",
    ];
    for strategy in ["rebase", "squash", "merge"] {
        let args = [&test[..], &["--strategy", strategy, "--dry-run"]].concat();
        assert_valid(&world.merge(&args).report);
    }
    let ran = world.merge(&test);
    let outcomes: Vec<_> = ["lands", "twice", "waits", "breaks", "fails", "empty"]
        .iter()
        .map(|name| ran.outcome(&format!("auto/{name}")))
        .collect();
    let expected = [
        "landed",
        "conflict",
        "waiting",
        "refused",
        "test_failed",
        "already_in",
    ];
    assert_eq!(outcomes, expected, "{}", ran.said);
    assert_valid(&ran.report);
    assert_valid(&world.merge(&["--abort"]).report);
}

#[test]
fn people_are_told_what_to_do() {
    let world = World::new("");
    world.branch("auto/a", &[("base.txt", "1\n")]);
    world.branch("auto/b", &[("base.txt", "2\n")]);
    let (code, said) = world.said(&[]);
    assert_eq!(code, 1);
    let root = world.root().canonicalize().unwrap();
    let said = said.replace(root.to_str().unwrap(), "[ROOT]");
    let commit = &world.tip("main")[..10];
    let expected = format!(
        "auto/a: landed as {commit}\n\
         auto/b: conflicts with auto/a\n  \
           base.txt, line 1: CONFLICT (content): Merge conflict in base.txt\n  \
           resolve it there, and go on:\n    \
             cd [ROOT]/main.worktrees/merge-waiting/auto+-b\n    \
             git add --all  # once no file holds a marker any more\n    \
             git baton orchestrator merge --continue auto/b\n\
         1 branch landed on main, which names {commit}\n"
    );
    assert_eq!(said, expected);
}
