//! What keeps agents from starting.

use baton_conductor::run::preflight::{Answer, Obstacle, decide, gather};
use baton_core::policy::conductor::agents::{Calls, OnShort};

use crate::run::support::Scene;

fn answer(scene: &Scene, calls: Option<&Calls>) -> Answer {
    let facts = gather(&scene.repo(), scene.sandbox.root.path(), calls, &|| false).unwrap();
    decide(&facts, 2)
}

#[test]
fn a_clean_guarded_base_is_ready() {
    let scene = Scene::new();
    let Answer::Fail { why } = answer(&scene, None) else {
        panic!("agents start without hooks");
    };
    assert!(matches!(&why[..], [Obstacle::Unguarded(_)]), "{why:?}");
    let installed = scene.sandbox.run(["install"]);
    assert_eq!(installed.code, 0, "{}", installed.err);
    assert_eq!(answer(&scene, None), Answer::Go);
    scene.sandbox.write("new", "");
    let why = vec![Obstacle::Uncommitted(vec!["new".into()])];
    assert_eq!(answer(&scene, None), Answer::Fail { why });
}

#[test]
fn calls_are_counted_before_agents_start() {
    let scene = Scene::new();
    scene.sandbox.run(["install"]);
    let calls = |command: &str| Calls {
        command: command.to_owned(),
        per_agent: 10,
        on_short: OnShort::Reduce,
    };
    assert_eq!(answer(&scene, Some(&calls("echo 20"))), Answer::Go);
    let short = answer(&scene, Some(&calls("echo 19")));
    assert!(matches!(short, Answer::Reduce { to: 1, .. }), "{short:?}");
    let broken = answer(&scene, Some(&calls("exit 1")));
    assert!(matches!(broken, Answer::Fail { .. }), "{broken:?}");
}
