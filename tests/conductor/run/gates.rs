//! Work that is judged in a fresh worktree.

use std::fs;
use std::time::Duration;

use baton_conductor::run::gate::{self, Verdict, Work};
use baton_conductor::run::signal::Decision;
use baton_core::policy::command::CommandTemplate;
use baton_core::policy::conductor::agents::{EndToEnd, Input, Judge};
use baton_core::policy::conductor::staff::Staff;

use crate::run::support::{SAYS_DONE, Scene, WORKS, shell};

fn command(line: &str) -> CommandTemplate {
    CommandTemplate::parse(line).unwrap()
}

fn judged_by(line: &str) -> Staff {
    let mut staff = Staff::default();
    staff.gate.judge = Judge::Command(command(line));
    staff
}

/// A scene with a task that is done.
fn done() -> Scene {
    let scene = Scene::new();
    scene.attempt(&format!("{WORKS}; {SAYS_DONE}"));
    scene
}

fn verdict(scene: &Scene, staff: &Staff, is_seen: bool) -> Verdict {
    let work = Work {
        assignment: &scene.assignment,
        branch: &scene.place.branch,
        base: scene.place.base,
        tip: scene.tip(),
        attempt: 1,
        is_seen,
        worktrees: &scene.worktrees(),
        constraints: "",
        grace: Duration::from_millis(200),
    };
    gate::judge(&scene.repo(), staff, &work, &|| false).unwrap()
}

fn decision(scene: &Scene, staff: &Staff) -> Decision {
    verdict(scene, staff, false).decision.unwrap()
}

fn rejected(reason: &str) -> Decision {
    Decision::Rejected {
        reason: reason.to_owned(),
    }
}

#[test]
fn a_decision_in_an_event_is_one() {
    let scene = done();
    let event = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"So:\nTASK_REJECTED: no test"}]}}"#;
    let gate = judged_by(&format!("printf '%s\\n' '{event}'"));
    assert_eq!(decision(&scene, &gate), rejected("no test"));
}

#[test]
fn a_gate_judges_the_commit_in_a_worktree_of_its_own() {
    let scene = done();
    fs::write(scene.worktree().join("ignored"), "left by the agent").unwrap();
    let looks = "test -f src/a && ! test -e ignored && git diff --quiet HEAD auto/t1 && ! git symbolic-ref -q HEAD && pwd && echo TASK_APPROVED";
    let verdict = verdict(&scene, &judged_by(looks), false);
    assert_eq!(verdict.decision, Some(Decision::Approved));
    assert_eq!(verdict.commit, scene.tip());
    let log = fs::read_to_string(&verdict.log).unwrap();
    assert!(!log.contains(scene.worktree().to_str().unwrap()));
    let place = scene.worktrees().join("gate-r1-t1");
    assert!(log.contains(place.to_str().unwrap()), "{log}");
    assert_eq!(scene.repo().worktrees().unwrap().len(), 2);
}

#[test]
fn a_gate_says_why_not() {
    let scene = done();
    let says = judged_by("echo '<promise>TASK_REJECTED: no test</promise>'");
    assert_eq!(decision(&scene, &says), rejected("no test"));
    let fails = judged_by("echo 2 failed; false");
    let reason = "the gate ended with exit status 1: 2 failed";
    assert_eq!(decision(&scene, &fails), rejected(reason));
    for silent in [
        "true",
        "echo TASK_APPROVED; echo TASK_REJECTED: no",
        "echo QA_BLOCKED: no network",
    ] {
        let decision = decision(&scene, &judged_by(silent));
        assert!(
            matches!(decision, Decision::Blocked { .. }),
            "{silent}: {decision:?}"
        );
    }
}

#[test]
fn an_agent_that_repeats_its_prompt_decides_nothing() {
    let mut scene = done();
    scene.assignment.prompt = "Say\nTASK_APPROVED\n".to_owned();
    let mut staff = Staff::default();
    staff
        .agents
        .insert("echo".to_owned(), shell("cat", Input::Prompt));
    staff.gate.judge = Judge::Agent("echo".to_owned());
    assert!(matches!(decision(&scene, &staff), Decision::Blocked { .. }));
    let log = fs::read_to_string(scene.files().join("gate-1.log")).unwrap();
    assert!(log.starts_with("Verify task t1 in branch auto/t1."));
}

#[test]
fn without_a_gate_the_verify_commands_run_once_more() {
    let mut scene = done();
    assert_eq!(decision(&scene, &Staff::default()), Decision::Approved);
    scene.assignment.verify = vec!["test -f ignored".to_owned()];
    fs::write(scene.worktree().join("ignored"), "works for the agent").unwrap();
    let reason = "`test -f ignored` ended with exit status 1";
    assert_eq!(decision(&scene, &Staff::default()), rejected(reason));
}

#[test]
fn a_gate_that_takes_too_long_blocks() {
    let scene = done();
    let mut staff = judged_by("sleep 1000");
    staff.gate.timeout = 1;
    assert!(matches!(decision(&scene, &staff), Decision::Blocked { .. }));
}

#[test]
fn pictures_of_the_frontend_are_kept() {
    let scene = done();
    let mut staff = Staff::default();
    let check = |line| {
        let command = command(line);
        Some(EndToEnd {
            command,
            paths: Vec::new(),
            timeout: 60,
        })
    };
    staff.end_to_end =
        check("mkdir \"$BATON_SCREENSHOTS/wide\"; echo png > \"$BATON_SCREENSHOTS/wide/a.png\"");
    let seen = verdict(&scene, &staff, true);
    assert_eq!(seen.decision, Some(Decision::Approved));
    assert_eq!(
        seen.pictures,
        [scene.files().join("screenshots-1/wide/a.png")]
    );
    assert_eq!(fs::read_to_string(&seen.pictures[0]).unwrap(), "png\n");

    staff.end_to_end = check("echo the button is gone; exit 1");
    let reason = "the end-to-end check ended with exit status 1: the button is gone";
    assert_eq!(
        verdict(&scene, &staff, true).decision,
        Some(rejected(reason))
    );
    assert_eq!(
        verdict(&scene, &staff, false).decision,
        Some(Decision::Approved)
    );
}

#[test]
fn who_stops_gets_no_decision() {
    let scene = done();
    let work = Work {
        assignment: &scene.assignment,
        branch: &scene.place.branch,
        base: scene.place.base,
        tip: scene.tip(),
        attempt: 1,
        is_seen: false,
        worktrees: &scene.worktrees(),
        constraints: "",
        grace: Duration::from_millis(200),
    };
    let staff = judged_by("sleep 1000; echo TASK_APPROVED");
    let verdict = gate::judge(&scene.repo(), &staff, &work, &|| true).unwrap();
    assert_eq!(verdict.decision, None);
    assert_eq!(scene.repo().worktrees().unwrap().len(), 2);
}
