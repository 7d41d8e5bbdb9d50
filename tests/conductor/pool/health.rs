use std::fs;

use serde_json::Value;

use crate::pool::world::World;

fn found(slot: &str, code: &str) -> (String, String) {
    (slot.to_owned(), code.to_owned())
}

/// Changes the lease of the first slot as it is recorded.
fn with_lease(world: &World, change: impl Fn(&mut Value)) {
    let mut state: Value = serde_json::from_slice(&fs::read(world.state_file()).unwrap()).unwrap();
    change(&mut state["slots"][0]["lease"]);
    fs::write(world.state_file(), state.to_string()).unwrap();
}

/// A lease whose process is gone, and whose last sign of life is old.
fn long_gone(lease: &mut Value) {
    lease["process"]["id"] = i32::MAX.into();
    lease["heartbeat"] = "2020-01-01T00:00:00Z".into();
}

#[test]
fn a_lease_is_taken_back_only_when_everything_says_so() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    assert_eq!(world.findings(&[]), []);
    with_lease(&world, |lease| lease["process"]["id"] = i32::MAX.into());
    // The sign of life is recent.
    assert_eq!(world.findings(&["--fix"]), [found("wt-1", "stale-lease")]);
    with_lease(&world, long_gone);
    fs::write(path.join("new"), "").unwrap();
    assert_eq!(world.findings(&["--fix"]), [found("wt-1", "stale-lease")]);
    world.commit_at(&path, "work");
    assert_eq!(world.findings(&["--fix"]), [found("wt-1", "stale-lease")]);
    world.sandbox.git(["merge", "-q", "auto/one"]);
    // The process of another machine may be alive.
    with_lease(&world, |lease| {
        lease["process"]["host"] = "elsewhere".into()
    });
    assert_eq!(world.findings(&["--fix"]), []);
    assert_eq!(world.json(&["status"])["slots"][0]["state"], "leased");
    with_lease(&world, |lease| {
        lease["process"]["host"] = baton_sys::host_name().into()
    });
    assert_eq!(world.findings(&[]), [found("wt-1", "stale-lease")]);
    assert_eq!(world.findings(&["--fix"]), []);
    assert_eq!(world.json(&["status"])["slots"][0]["state"], "ready");
    world.assert_sound();
}

#[test]
fn a_directory_that_is_gone_is_made_anew_and_its_commits_stay() {
    let world = World::with_slots(2);
    let (path, _) = world.acquire("one");
    let tip = world.commit_at(&path, "work");
    fs::remove_dir_all(&path).unwrap();
    fs::remove_dir_all(world.slot("wt-2")).unwrap();
    world.refused(&["acquire", "two"], "none of the 2");
    assert_eq!(
        world.findings(&[]),
        [
            found("wt-1", "directory-gone"),
            found("wt-2", "directory-gone")
        ]
    );
    world.sandbox.git(["worktree", "prune"]);
    assert_eq!(world.findings(&["--fix"]), []);
    assert_eq!(world.sandbox.git(["rev-parse", "auto/one"]), tip);
    world.assert_sound();
    world.acquire("two");
}

#[test]
fn a_moved_repository_finds_its_slots() {
    for (repo, slots) in [
        ("repo2", "repo.worktrees"),
        ("moved/repo2", "moved/repo.worktrees"),
        ("repo2", "repo2.worktrees"),
        ("moved/repo2", "moved/repo2.worktrees"),
    ] {
        let mut world = World::with_slots(2);
        let (path, _) = world.acquire("one");
        world.commit_at(&path, "work");
        let root = world.sandbox.root.path().to_owned();
        fs::write(path.join("new"), "new\n").unwrap();
        fs::create_dir(root.join("moved")).unwrap();
        fs::rename(root.join("repo"), root.join(repo)).unwrap();
        fs::rename(root.join("repo.worktrees"), root.join(slots)).unwrap();
        world.sandbox.enter(repo);
        let (path, _) = world.acquire("two");
        assert!(path.ends_with(format!("{slots}/wt-2")));
        assert_eq!(world.findings(&["--fix"]), [], "{slots}");
        world.assert_sound();
        world.refused(&["release", "wt-1"], "1 untracked file (new)");
    }
}

#[test]
fn a_copied_repository_leaves_the_slots_to_the_original() {
    let mut world = World::with_slots(1);
    let root = world.sandbox.root.path().to_owned();
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([root.join("repo"), root.join("copy")])
        .status();
    assert!(copied.unwrap().success());
    world.sandbox.enter("copy");
    assert_eq!(world.findings(&["--fix"]), [found("wt-1", "foreign")]);
    world.refused(&["acquire", "one"], "none of the 1");
    assert_eq!(world.pool(&["cleanup", "--force"]).code, 1);
    world.sandbox.enter("repo");
    world.acquire("one");
    world.assert_sound();
}

#[test]
fn what_others_have_locked_is_not_touched() {
    let world = World::with_slots(1);
    let path = world.slot("wt-1");
    let text = path.to_str().unwrap();
    world.sandbox.git(["worktree", "unlock", text]);
    assert_eq!(world.findings(&[]), [found("wt-1", "unlocked")]);
    world
        .sandbox
        .git(["worktree", "lock", "--reason", "mine", text]);
    assert_eq!(
        world.findings(&["--fix"]),
        [found("wt-1", "locked-by-other")]
    );
    world.refused(&["acquire", "one"], "none of the 1");
    assert_eq!(world.pool(&["cleanup", "--force"]).code, 1);
    assert!(path.exists());
    world.sandbox.git(["worktree", "unlock", text]);
    assert_eq!(world.findings(&["--fix"]), []);
    world.acquire("one");
    world.assert_sound();
}

#[test]
fn who_works_in_a_free_slot_keeps_it() {
    let world = World::with_slots(1);
    let path = world.slot("wt-1");
    world.git_at(&path, &["switch", "-q", "-c", "mine"]);
    world.refused(&["acquire", "one"], "none of the 1");
    fs::write(path.join("new"), "").unwrap();
    assert_eq!(world.findings(&["--fix"]), [found("wt-1", "unfit")]);
    fs::remove_file(path.join("new")).unwrap();
    assert_eq!(world.findings(&["--fix"]), []);
    assert_eq!(
        world.sandbox.git(["branch", "--list", "mine"]).trim(),
        "mine"
    );
    world.assert_sound();
}

#[test]
fn files_in_a_free_slot_are_nobodys_to_overwrite() {
    let world = World::with_slots(2);
    let path = world.slot("wt-1");
    fs::write(path.join("src/a"), "mine\n").unwrap();
    world.sandbox.commit_file("src/a", "moved on\n");
    let (other, _) = world.acquire("one");
    assert_eq!(other, world.slot("wt-2"));
    assert_eq!(world.findings(&["--fix"]), [found("wt-1", "unfit")]);
    assert_eq!(fs::read_to_string(path.join("src/a")).unwrap(), "mine\n");
    world.ok(&["release", "wt-1", "--force"]);
    world.assert_sound();
}

#[test]
fn a_free_slot_in_which_somebody_has_written_is_found_before_a_task_gets_it() {
    let world = World::with_slots(2);
    world.sandbox.git(["commit", "-q", "--amend", "-m", "Anew"]);
    assert_eq!(
        world.findings(&[]),
        [],
        "its commit is on no branch any more"
    );
    fs::write(world.slot("wt-1").join("new"), "new\n").unwrap();
    world.git_at(&world.slot("wt-2"), &["switch", "-q", "-c", "own"]);
    assert_eq!(
        world.findings(&["--fix"]),
        [found("wt-1", "unfit")],
        "nothing is lost with the other"
    );
    let (path, _) = world.acquire("one");
    assert_eq!(path, world.slot("wt-2"));
    world.refused(&["acquire", "two"], "none of the 2");
    fs::remove_file(world.slot("wt-1").join("new")).unwrap();
    assert_eq!(world.findings(&["--fix"]), []);
    world.acquire("two");
    world.assert_sound();
}

#[test]
fn files_outlive_the_link_to_the_repository() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    fs::write(path.join("new"), "new\n").unwrap();
    fs::remove_file(path.join(".git")).unwrap();
    world.refused(&["release", "wt-1"], "1 untracked file (new)");
    assert_eq!(fs::read_to_string(path.join("new")).unwrap(), "new\n");
}

#[test]
fn files_outlive_all_that_git_knows_of_them() {
    for breaks in ["worktree", "link", "both"] {
        let world = World::with_slots(2);
        let (path, _) = world.acquire("one");
        let tip = world.commit_at(&path, "work");
        fs::write(path.join("new"), "new\n").unwrap();
        if breaks != "link" {
            fs::remove_dir_all(world.sandbox.repo().join(".git/worktrees/wt-1")).unwrap();
        }
        if breaks != "worktree" {
            fs::remove_file(path.join(".git")).unwrap();
        }
        let code = match breaks {
            "link" => "moved",
            _ => "forgotten",
        };
        assert_eq!(world.findings(&[]), [found("wt-1", code)], "{breaks}");
        assert_eq!(world.findings(&["--fix"]), []);
        assert_eq!(world.sandbox.git(["rev-parse", "auto/one"]), tip);
        let kept = match breaks {
            "link" => path.clone(),
            _ => path.with_extension("lost-1"),
        };
        assert_eq!(fs::read_to_string(kept.join("new")).unwrap(), "new\n");
        if breaks == "link" {
            world.refused(&["release", "wt-1"], "new");
            fs::remove_file(path.join("new")).unwrap();
            world.ok(&["release", "wt-1"]);
        }
        world.assert_sound();
    }
}

#[test]
fn a_file_in_the_place_of_a_slot_is_nobodys_to_take_away() {
    let world = World::with_slots(2);
    fs::remove_dir_all(world.slot("wt-1")).unwrap();
    fs::write(world.slot("wt-1"), "mine\n").unwrap();
    assert_eq!(world.findings(&["--fix"]), [found("wt-1", "foreign")]);
    assert_eq!(world.pool(&["cleanup"]).code, 1);
    assert_eq!(fs::read_to_string(world.slot("wt-1")).unwrap(), "mine\n");
    fs::remove_file(world.slot("wt-1")).unwrap();
    assert_eq!(world.findings(&["--fix"]), []);
    world.assert_sound();
}

#[test]
fn a_pool_is_not_begun_where_no_directory_can_be() {
    let world = World::without_pool();
    let outside = world.sandbox.root.path();
    fs::write(outside.join("file"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", outside.join("dangling")).unwrap();
    for name in ["file", "dangling"] {
        for root in [format!("../{name}"), format!("../{name}/below")] {
            let policy = format!("[pool]\nroot = '{root}'\n");
            world.sandbox.commit_file("baton.toml", &policy);
            let run = world.pool(&["init", "1"]);
            assert_eq!(run.code, 2, "{run:#?}");
            assert!(run.err.contains("is no directory"), "{}", run.err);
            assert_eq!(world.pool(&["status"]).code, 2, "nothing was begun");
        }
    }
}

#[test]
fn the_worktree_of_a_run_is_the_runs_to_give_back() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    fs::write(path.join("new"), "").unwrap();
    with_lease(&world, long_gone);
    let told = || world.pool(&["health"]).out;
    assert!(!told().contains("orchestrator resume"), "{}", told());
    with_lease(&world, |lease| {
        lease["owner"] = "run 2025-12-18-1, task one".into()
    });
    let resume = "git baton orchestrator resume 2025-12-18-1";
    assert!(told().contains(resume), "{}", told());
}
