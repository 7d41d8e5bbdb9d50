//! Of a run's work, only what a gate has approved lands when nobody names it.

use crate::conduct::scene::{Scene, Task, wait_until};

/// `orchestrator merge` leaves this branch out for this reason, and takes it when it is named.
fn is_left_out(scene: &Scene, branch: &str, why: &str, file: &str) {
    let merged = scene.orchestrator(&["merge"]);
    assert!(merged.out.contains(branch), "{}{}", merged.out, merged.err);
    assert!(merged.out.contains(why), "{}{}", merged.out, merged.err);
    assert!(!scene.has(file), "{}", merged.out);
    let aggregated = scene.orchestrator(&["aggregate"]);
    assert_eq!(aggregated.code, 0, "{}{}", aggregated.out, aggregated.err);
    let merged = scene.orchestrator(&["merge", branch]);
    assert_eq!(merged.code, 0, "{}{}", merged.out, merged.err);
    assert!(scene.has(file), "{}", merged.out);
}

const UNAPPROVED: &str = "that no gate has approved";

#[test]
fn what_an_attempt_left_whose_worktree_is_gone_does_not_land_later() {
    let scene = Scene::new();
    let script =
        "if test $BATON_ATTEMPT = 1; then work a/broken; rm -rf \"$BATON_WORKTREE\"; exit 1
                  else work a/file; promise; fi";
    let run = scene.run(&[Task::new("a", script).with("attempts = 2")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(scene.has("a/file"));
    is_left_out(&scene, "auto/a", "was given up", "a/broken");
}

#[test]
fn a_session_that_its_agent_has_ended_approves_nothing() {
    let scene = Scene::new();
    let script = "work a/file; echo mine | git baton session summary -
                  sed -i 's/| \\[ \\] | |/| [x] | seen |/' .agents/sessions/*.md
                  git add .agents; git commit -qm Log; git baton session end; exit 1";
    let run = scene.run(&[Task::new("a", script).with("attempts = 1")]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let log = std::fs::read_to_string(scene.files("a").join("attempt-1.log")).unwrap();
    assert!(log.contains("has ended"), "{log}");
    is_left_out(&scene, "auto/a", "was given up", "a/file");
}

#[test]
fn a_branch_that_an_agent_made_by_itself_is_the_runs_as_well() {
    let scene = Scene::new();
    let script = "git switch -q -c auto/mine; work a/file; promise";
    let run = scene.run(&[Task::new("a", script).with("attempts = 1")]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    is_left_out(&scene, "auto/mine", UNAPPROVED, "a/file");
}

#[test]
fn a_branch_that_moved_after_it_was_approved_is_left_out() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::plain("a"), Task::waiting("b")]);
    scene.wait_for("b");
    scene.wait_for_approval("a");
    let tree = scene.sandbox.git(["rev-parse", "auto/a^{tree}"]);
    let later = ["commit-tree", &tree, "-p", "auto/a", "-m", "Later"];
    let later = scene.sandbox.git(later);
    scene
        .sandbox
        .git(["update-ref", "refs/heads/auto/a", &later]);
    scene.tell("go");
    let run = conductor.end();
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let merged = scene.orchestrator(&["merge"]);
    let why = "any more, which a gate of run";
    assert!(merged.out.contains(why), "{}{}", merged.out, merged.err);
    assert!(!scene.has("a/file"), "{}", merged.out);
    // The approved work waits, until somebody gives it up.
    assert_eq!(scene.orchestrator(&["aggregate"]).code, 2);
    let number = scene.session_number("a");
    let given_up = ["session", "abandon", &number, "--reason", "It was changed"];
    let given_up = scene.sandbox.run(given_up);
    assert_eq!(given_up.code, 0, "{}", given_up.err);
    let merged = scene.orchestrator(&["merge"]);
    assert!(!scene.has("a/file"), "{}{}", merged.out, merged.err);
    let aggregated = scene.orchestrator(&["aggregate"]);
    assert_eq!(aggregated.code, 0, "{}{}", aggregated.out, aggregated.err);
}

#[test]
fn what_a_stopped_run_has_approved_lands_and_the_rest_does_not() {
    let scene = Scene::new();
    let waiting = "work b/file; reached b; until_told never; promise";
    let mut conductor = scene.begin(&[Task::plain("a"), Task::new("b", waiting)]);
    scene.wait_for("b");
    scene.wait_for_approval("a");
    for verb in ["merge", "aggregate"] {
        let told = scene.orchestrator(&[verb]);
        let said = format!("{}{}", told.out, told.err);
        let words: Vec<_> = said
            .split(|c: char| c.is_whitespace() || c == '│')
            .collect();
        let said = words.into_iter().filter(|word| !word.is_empty());
        let said = said.collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("works in it: `git baton orchestrator status"),
            "{said}"
        );
    }
    conductor.signal(2);
    wait_until("the end of the run", || conductor.is_over());
    // Somebody gives the worktree back, and the session ends.
    let slot = scene.task("b")["place"]["slot"]
        .as_str()
        .unwrap()
        .to_owned();
    let released = scene.orchestrator(&["pool", "release", &slot, "--force"]);
    assert_eq!(released.code, 0, "{}{}", released.out, released.err);
    let merged = scene.orchestrator(&["merge"]);
    assert!(scene.has("a/file"), "{}{}", merged.out, merged.err);
    assert!(!scene.has("b/file"), "{}{}", merged.out, merged.err);
    assert!(merged.out.contains(UNAPPROVED), "{}", merged.out);
    assert!(merged.out.contains("orchestrator resume"), "{}", merged.out);
    let pool = scene.orchestrator(&["pool", "status"]);
    let told = "does not land by itself: auto/b: it has work for task b";
    assert!(pool.out.contains(told), "{}", pool.out);
}
