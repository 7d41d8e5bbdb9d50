//! What goes wrong around an agent costs its task no attempt.

use std::fs;
use std::path::PathBuf;

use baton_testkit::finish;
use serde_json::Value;

use crate::conduct::scene::{Scene, Task};

const SIGKILL: i32 = 9;

/// A run of a task while whose only attempt the agent of another does this in its worktree, `$other`; the attempt does not
/// count.
fn is_disturbed_by(scene: &Scene, script: &str) {
    let neighbour = format!(
        "until_told a
         for other in \"$(dirname \"$BATON_WORKTREE\")\"/wt-*; do
             test \"$other\" = \"$BATON_WORKTREE\" || {{ {script}; touch $SIGNALS/go; }}
         done
         work b/file; promise"
    );
    let run = scene.run(&[Task::waiting("a"), Task::new("b", &neighbour)]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let task = scene.task("a");
    assert_eq!([&task["failed"], &task["disturbed"]], [0, 1], "{task}");
    scene.assert_clean();
}

#[test]
fn a_lock_that_a_killed_git_has_left_stops_no_resume() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::waiting("a"), Task::plain("b")]);
    scene.wait_for("a");
    scene.wait_for_approval("b");
    let id = conductor.id();
    conductor.signal(SIGKILL);
    drop(conductor.end());
    assert!(at_work(&scene).exists());
    let run = scene
        .sandbox
        .git(["for-each-ref", "--format=%(refname)", "refs/baton/runs"]);
    let git = scene.sandbox.repo().join(".git");
    for lock in [
        run.trim(),
        "refs/heads/main",
        "packed-refs",
        "HEAD",
        "index",
        "worktrees/wt-1/HEAD",
        "worktrees/wt-2/HEAD",
        "refs/baton/sessions/1",
        "refs/baton/trash/2026-01-01-1-wt-1",
    ] {
        let directory = git.join(lock);
        fs::create_dir_all(directory.parent().unwrap()).unwrap();
        fs::write(git.join(format!("{lock}.lock")), "").unwrap();
    }
    let unfinished = git.join(format!("baton/pool/.tmp-{id}-x"));
    fs::write(&unfinished, "").unwrap();
    scene.tell("go");
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["failed"], 0);
    scene.assert_clean();
    for slot in ["wt-1", "wt-2"] {
        assert!(!git.join("worktrees").join(slot).join("HEAD.lock").exists());
    }
    assert!(!unfinished.exists());
    let kept = git.join("refs/baton/trash/2026-01-01-1-wt-1.lock");
    assert!(!kept.exists());
}

/// The run has paused, and the conductor that went on with it was killed before it recorded anything.
#[test]
fn a_lock_that_was_left_on_a_paused_run_stops_no_resume() {
    let scene = Scene::new();
    let last = Task::plain("c").after(&["a", "b"]);
    let tasks = [Task::plain("a"), Task::plain("b"), last];
    let path = scene.tasks("tasks.toml", &tasks);
    let run = scene.orchestrator(&["run", "--one-group", path.to_str().unwrap()]);
    assert_eq!(scene.phase(), "paused", "{}{}", run.out, run.err);
    assert!(!at_work(&scene).exists());
    fs::write(at_work(&scene), "").unwrap();
    let git = scene.sandbox.repo().join(".git");
    for lock in ["packed-refs", "refs/heads/main", "HEAD", "index"] {
        fs::write(git.join(format!("{lock}.lock")), "").unwrap();
    }
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(!at_work(&scene).exists());
    scene.assert_clean();
}

/// What a conductor that is killed leaves of itself.
fn at_work(scene: &Scene) -> PathBuf {
    scene.files("a").with_file_name("at-work")
}

/// A conductor that is killed while it makes the worktree of a task anew leaves no worktree, and a lease.
#[test]
fn a_worktree_whose_making_was_cut_short_costs_no_attempt() {
    let scene = Scene::new();
    let conductor = scene.begin(&[Task::waiting("a")]);
    scene.wait_for("a");
    conductor.signal(SIGKILL);
    drop(conductor.end());
    let place = scene.task("a")["place"]["worktree"].clone();
    fs::remove_dir_all(place.as_str().unwrap()).unwrap();
    let record = scene.sandbox.repo().join(".git/baton/pool/state.json");
    let mut pool: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    pool["slots"][0]["phase"] = "filling".into();
    fs::write(&record, pool.to_string()).unwrap();
    scene.tell("go");
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let task = scene.task("a");
    assert_eq!((&task["failed"], &task["begun"]), (&0.into(), &2.into()));
    assert!(task["disturbed"].is_null(), "{task}");
    scene.assert_clean();
    assert_eq!(scene.branches(), ["main"]);
    let sessions = scene.sandbox.run(["session", "list"]);
    assert!(!sessions.out.contains("active"), "{}", sessions.out);
}

#[test]
fn a_worktree_that_a_neighbour_removes_is_made_again() {
    is_disturbed_by(&Scene::new(), "rm -rf \"$other\"");
}

#[test]
fn a_worktree_that_is_gone_when_the_work_is_approved_is_put_back() {
    let scene = Scene::with_policy(
        "max_agents = 1\nretry_delay = 0",
        "[conductor.gate]\ncommand = \"rm -rf \\\"$(cat ROOT/signals/place)\\\"; echo TASK_APPROVED\"",
    );
    let script = "echo \"$BATON_WORKTREE\" >$SIGNALS/place; work a/file; promise";
    let run = scene.run(&[Task::new("a", script).with("attempts = 1")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.task("a")["begun"], 1);
    scene.assert_clean();
}

#[test]
fn what_a_neighbour_writes_into_a_worktree_is_put_aside() {
    let scene = Scene::new();
    scene.sandbox.commit_file("b/file", "old\n");
    is_disturbed_by(&scene, "echo x >\"$other/b/file\"");
}

#[test]
fn a_run_goes_on_without_batons_directory() {
    let scene = Scene::new();
    let script = "rm -rf \"$BATON_GIT_DIR/baton\"; touch $SIGNALS/gone
        while ! git commit -q --allow-empty -m Try; do sleep 0.1; done
        work a/file; promise";
    let run = scene.run(&[
        Task::new("a", script).with("attempts = 1"),
        Task::new("b", "until_told gone; work b/file; promise").with("attempts = 1"),
        Task::plain("c").after(&["a"]),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    for id in ["a", "b", "c"] {
        assert_eq!(scene.task(id)["failed"], 0, "{id}: {}{}", run.out, run.err);
    }
    let pool = scene.orchestrator(&["pool", "status"]).out;
    assert_eq!(scene.branches(), ["main"], "{}{}{pool}", run.out, run.err);
    scene.assert_clean();
}

/// Where the pool's record is lost, the run's alone tells whose a worktree is.
#[test]
fn a_worktree_is_recorded_before_an_attempt_can_fail() {
    let scene = Scene::with_policy(
        "max_agents = 1\nretry_delay = 0\nauto_cleanup = false",
        "[conductor.agents.brief]\ncommand = \"echo {prompt}\"",
    );
    let task = Task::new("a", &"x".repeat(200_000)).with("agent = \"brief\"");
    let run = scene.run(&[task]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    let task = scene.task("a");
    let said = task["status"]["reason"].as_str().unwrap();
    assert!(said.contains("more than one argument"), "{said}");
    assert_eq!(task["place"]["branch"], "auto/a");
}

#[test]
fn records_survive_a_collection_of_garbage_beside_them() {
    let scene = Scene::new();
    // The worst moment: what was written is reached by nothing yet.
    let script = "#!/bin/sh\ntest \"$1\" = prepared && grep -qE 'refs/baton/(runs|sessions)/' || exit 0\n\
                  test -e \"$SIGNALS/pruned\" && exit 0\n: >\"$SIGNALS/pruned\"\nexec git prune --expire=now\n";
    let script = script.replace("$SIGNALS", scene.signal("").to_str().unwrap());
    scene.earlier_hook("reference-transaction", &script);
    let pruned = scene.signal("pruned");
    let started = scene.sandbox.run(["session", "start", "--title", "One"]);
    assert_eq!(started.code, 0, "{}", started.err);
    assert!(pruned.exists());
    let listed = scene.sandbox.run(["session", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    fs::remove_file(&pruned).unwrap();
    let given_up = ["session", "abandon", "1", "--reason", "Over"];
    assert_eq!(scene.sandbox.run(given_up).code, 0);
    assert!(pruned.exists());
    fs::remove_file(&pruned).unwrap();
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(pruned.exists());
    scene.sandbox.git(["fsck", "--connectivity-only"]);
}

#[test]
fn a_record_that_lacks_an_object_stops_nothing_else() {
    let scene = Scene::new();
    let elsewhere = scene.sandbox.root.path().join("elsewhere");
    let add = [
        "worktree",
        "add",
        "-q",
        "-b",
        "one",
        elsewhere.to_str().unwrap(),
    ];
    scene.sandbox.git(add);
    let mut start = scene.sandbox.baton();
    start.current_dir(&elsewhere);
    let started = finish(start.args(["session", "start", "--title", "One"]));
    assert_eq!(started.code, 0, "{}", started.err);
    let record = scene.sandbox.git(["rev-parse", "refs/baton/sessions/1"]);
    let (directory, file) = record.trim().split_at(2);
    let objects = scene.sandbox.repo().join(".git/objects");
    fs::remove_file(objects.join(directory).join(file)).unwrap();
    let listed = scene.sandbox.run(["session", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let said = "the record of session 1 cannot be read";
    assert!(listed.err.contains(said), "{}", listed.err);
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let whole = scene.orchestrator(&["aggregate"]);
    assert_eq!(whole.code, 2, "{}{}", whole.out, whole.err);
    assert!(whole.err.contains("session 1: its record"), "{}", whole.err);
    let partial = scene.orchestrator(&["aggregate", "--partial"]);
    assert_eq!(partial.code, 0, "{}{}", partial.out, partial.err);
    let doctor = scene.sandbox.run(["doctor"]);
    let give_up = "git update-ref -d refs/baton/sessions/1";
    assert!(doctor.out.contains(give_up), "{}{}", doctor.out, doctor.err);
    let words = give_up.split(' ').skip(1).collect::<Vec<_>>();
    scene.sandbox.git(words);
    let whole = scene.orchestrator(&["aggregate"]);
    assert_eq!(whole.code, 0, "{}{}", whole.out, whole.err);
}
