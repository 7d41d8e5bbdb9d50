//! Attempts that are confined to their worktrees, as the settings ask for it.

use std::fs;

use baton_conductor::run::attempt::Outcome;
use baton_core::policy::conductor::Confine;
use baton_core::policy::conductor::agents::Input;
use baton_sys::confine;

use crate::run::support::{SAYS_DONE, Scene, WORKS, shell};

/// A scene whose agents are confined; tells and gives `None` where the kernel confines nothing.
fn confined() -> Option<Scene> {
    if let Some(reason) = confine::obstacle() {
        eprintln!("not tested, this kernel confines nothing: {reason}");
        return None;
    }
    let mut scene = Scene::new();
    scene.policy.conductor.confine = Confine::Required;
    Some(scene)
}

#[test]
fn a_confined_agent_does_its_task_and_nothing_else() {
    let Some(scene) = confined() else {
        return;
    };
    let main = scene.sandbox.repo().display().to_string();
    let before = fs::read(scene.sandbox.repo().join(".git/config")).unwrap();
    let script = format!(
        "echo x > {main}/other; git -C {main} config core.hooksPath /nowhere; git -C {main} branch -f master HEAD; \
         {WORKS}; {SAYS_DONE}"
    );
    let outcome = scene.outcome(&script);
    let done = "Write a".to_owned();
    assert_eq!(outcome, Outcome::Done { outcome: done });
    assert_eq!(
        scene.sandbox.git(["log", "-1", "--format=%s", "auto/t1"]),
        "Write a"
    );
    assert_eq!(
        fs::read(scene.sandbox.repo().join("other")).unwrap(),
        b"other\n"
    );
    assert_eq!(
        fs::read(scene.sandbox.repo().join(".git/config")).unwrap(),
        before
    );
    assert_eq!(
        scene.sandbox.git([
            "-C",
            scene.worktree().to_str().unwrap(),
            "status",
            "--short"
        ]),
        ""
    );
}

#[test]
fn an_agent_may_be_let_out() {
    let Some(scene) = confined() else {
        return;
    };
    let script = format!("echo x > ../beside; {WORKS}; {SAYS_DONE}");
    let mut agent = shell(&script, Input::None);
    scene.attempt_with(&agent);
    assert!(!scene.sandbox.root.path().join("beside").exists());
    agent.confine = Some(Confine::Off);
    scene.attempt_with(&agent);
    assert!(scene.sandbox.root.path().join("beside").exists());
}

#[test]
fn work_that_is_not_whole_is_told_to_the_next_attempt() {
    let Some(scene) = confined() else {
        return;
    };
    let report = scene.attempt(&format!("{WORKS}; git switch -q --detach; {SAYS_DONE}"));
    let Outcome::Lied { why } = report.outcome else {
        panic!("{report:?}");
    };
    assert!(
        why.contains("another branch is checked out inside"),
        "{why}"
    );
    let log = fs::read_to_string(report.log).unwrap();
    assert!(log.contains("baton: another branch"), "{log}");
    let outcome = scene.outcome(&format!("git switch -q auto/t1; {SAYS_DONE}"));
    let done = "Write a".to_owned();
    assert_eq!(outcome, Outcome::Done { outcome: done });
}

#[test]
fn files_of_others_are_seen_though_the_agent_is_confined() {
    let Some(scene) = confined() else {
        return;
    };
    let outcome = scene.outcome(&format!("echo x > other; git commit -qam x; {SAYS_DONE}"));
    assert!(matches!(outcome, Outcome::Strayed { .. }), "{outcome:?}");
}
