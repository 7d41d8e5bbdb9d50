use std::fs;

use baton_conductor::session::{SessionError, State, store};
use baton_git::Repo;
use baton_sys::GitEnv;
use serde_json::Value;

use crate::pool::world::World;

/// Lands what is finished; the exit code, and each branch with what became of it.
#[track_caller]
fn merge(world: &World, args: &[&str]) -> (i32, Vec<(String, String)>) {
    let run = world.pool(&[&["merge", "--format", "json"], args].concat());
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:#?}"));
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let branches = report["branches"].as_array().unwrap().iter();
    let told = branches.map(|one| (text(one, "branch"), text(one, "outcome")));
    (run.code, told.collect())
}

fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(branch, outcome): &(&str, &str)| ((*branch).to_owned(), (*outcome).to_owned());
    pairs.iter().map(owned).collect()
}

fn end_sessions(world: &World) {
    let repo = Repo::open(&GitEnv {
        current_dir: world.sandbox.repo().to_owned(),
        ..GitEnv::default()
    })
    .unwrap();
    for session in store::list(&repo).unwrap() {
        store::update(&repo, &session.number, |session| {
            session.state = State::Ended;
            Ok::<_, SessionError>(())
        })
        .unwrap();
    }
}

#[test]
fn what_was_given_back_lands_and_is_not_waited_for_any_more() {
    let world = World::with_slots(2);
    for (task, file) in [("one", "1"), ("two", "2")] {
        let (path, _) = world.acquire(task);
        world.commit_at(&path, file);
    }
    world.ok(&["release", "wt-1"]);
    world.ok(&["release", "wt-2"]);
    world.sandbox.git(["branch", "auto/stranger"]);
    let expected = told(&[("auto/one", "landed"), ("auto/two", "landed")]);
    assert_eq!(merge(&world, &[]), (0, expected));
    assert_eq!(world.json(&["status"])["finished"], Value::Array(vec![]));
    assert_eq!(
        world.branches().into_iter().collect::<Vec<_>>(),
        ["auto/stranger"]
    );
    let log = world
        .sandbox
        .git(["log", "--format=%s", "-2", "--first-parent"]);
    assert_eq!(log, "Merge branch 'auto/two'\nMerge branch 'auto/one'");
    assert_eq!(merge(&world, &[]), (0, vec![]));
    world.sandbox.git(["branch", "-q", "-D", "auto/stranger"]);
    world.assert_sound();
}

#[test]
fn a_task_lands_from_its_worktree_once_its_session_has_ended_and_all_is_committed() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    world.commit_at(&path, "1");
    let unfinished = told(&[("auto/one", "unfinished")]);
    assert_eq!(merge(&world, &[]), (0, unfinished.clone()));
    end_sessions(&world);
    fs::write(path.join("more"), "more\n").unwrap();
    assert_eq!(merge(&world, &[]), (0, unfinished));
    fs::remove_file(path.join("more")).unwrap();
    assert_eq!(merge(&world, &[]), (0, told(&[("auto/one", "landed")])));
    world.assert_sound();
    assert_eq!(world.json(&["release", "wt-1"])["kept"], false);
    world.assert_sound();
}

#[test]
fn the_target_may_be_named_and_what_cannot_land_goes_on_waiting() {
    let world = World::with_slots(2);
    for (task, text) in [("one", "1\n"), ("two", "2\n")] {
        let (path, _) = world.acquire(task);
        fs::write(path.join("src/a"), text).unwrap();
        world.git_at(&path, &["commit", "-qam", task]);
    }
    world.ok(&["release", "wt-1"]);
    world.ok(&["release", "wt-2"]);
    world.sandbox.git(["branch", "next"]);
    let before = world.sandbox.git(["rev-parse", "main"]);
    let expected = told(&[("auto/one", "landed"), ("auto/two", "conflict")]);
    assert_eq!(merge(&world, &["next"]), (1, expected));
    assert_eq!(world.sandbox.git(["rev-parse", "main"]), before);
    let waiting = &world.json(&["status"])["finished"];
    assert_eq!(waiting.as_array().unwrap().len(), 1);
    assert_eq!(waiting[0]["branch"], "auto/two");
    let run = world.pool(&["merge", "nowhere"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.err.contains("there is no branch nowhere"), "{run:#?}");
}

#[test]
fn without_a_pool_there_is_nothing_to_say() {
    let world = World::without_pool();
    let run = world.pool(&["merge"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.err.contains("pool init"), "{run:#?}");
}
