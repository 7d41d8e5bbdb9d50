use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::pool::world::World;
use baton_testkit::{finish, run};

#[test]
fn a_slot_is_clean_when_it_comes_back_and_an_empty_branch_is_gone() {
    let world = World::with_slots(1);
    let (path, lease) = world.acquire("one");
    fs::create_dir_all(path.join("target/x")).unwrap();
    fs::write(path.join("target/x/y"), "").unwrap();
    let said = world.json(&["release", "wt-1", "--lease", &lease]);
    assert_eq!(said["kept"], false);
    assert!(world.branches().is_empty());
    world.assert_sound();
    assert_eq!(world.pool(&["release", "wt-1"]).code, 1);
}

#[test]
fn work_that_is_not_committed_is_never_lost() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    fs::write(path.join("new"), "new\n").unwrap();
    world.refused(&["release", "wt-1"], "1 untracked file (new)");
    fs::write(path.join("src/a"), "changed\n").unwrap();
    world.refused(&["release", "wt-1"], "1 uncommitted change (src/a)");
}

#[test]
fn by_force_it_is_saved_first() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    fs::write(path.join("new"), "new\n").unwrap();
    fs::write(path.join("src/a"), "changed\n").unwrap();
    let said = world.json(&["release", "wt-1", "--force"]);
    let saved = said["saved"].as_str().unwrap();
    assert!(saved.starts_with("refs/baton/trash/"));
    assert_eq!(world.sandbox.git(["show", &format!("{saved}:new")]), "new");
    assert_eq!(
        world.sandbox.git(["show", &format!("{saved}:src/a")]),
        "changed"
    );
    world.assert_sound();
}

#[test]
fn a_finished_branch_stays_until_it_is_merged() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    let tip = world.commit_at(&path, "work");
    let said = world.json(&["release", "wt-1"]);
    assert_eq!(
        (&said["kept"], &said["saved"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(world.sandbox.git(["rev-parse", "auto/one"]), tip);
    assert_eq!(world.json(&["status"])["finished"][0]["tip"], tip);
    world.refused(&["acquire", "one"], "auto/one exists already");
    let (path, _) = world.acquire("two");
    world.commit_at(&path, "more");
    world.sandbox.git(["merge", "-q", "--squash", "auto/two"]);
    world.sandbox.git(["commit", "-qm", "Squashed"]);
    assert_eq!(world.json(&["release", "wt-1"])["kept"], false);
    world.sandbox.git(["branch", "-q", "-D", "auto/one"]);
    let finished = &world.json(&["status"])["finished"];
    assert_eq!(finished.as_array().unwrap().len(), 0);
    world.assert_sound();
}

#[test]
fn commits_on_no_branch_and_merges_under_way_stand_in_the_way() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    world.git_at(&path, &["switch", "-q", "--detach"]);
    let tip = world.commit_at(&path, "work");
    world.refused(&["release", "wt-1"], "on no branch");
    world.git_at(&path, &["branch", "rescued"]);
    world.ok(&["release", "wt-1"]);
    assert_eq!(world.sandbox.git(["rev-parse", "rescued"]), tip);
    world.assert_sound();
    let (path, _) = world.acquire("two");
    world.git_at(&path, &["merge", "-q", "--no-commit", "--no-ff", "rescued"]);
    world.refused(&["release", "wt-1"], "merge under way");
    world.ok(&["release", "wt-1", "--force"]);
    world.assert_sound();
}

#[test]
fn a_lease_that_has_passed_to_another_releases_nothing() {
    let world = World::with_slots(1);
    let (_, old) = world.acquire("one");
    world.ok(&["release", "wt-1", "--lease", &old]);
    let (_, new) = world.acquire("two");
    world.refused(&["release", "wt-1", "--lease", &old], "has passed to");
    world.refused(&["heartbeat", "wt-1", "--lease", &old], "has passed to");
    world.ok(&["heartbeat", "wt-1", "--lease", &new]);
    world.ok(&[
        "release",
        world.slot("wt-1").to_str().unwrap(),
        "--lease",
        &new,
    ]);
    world.assert_sound();
}

#[test]
fn ignored_files_that_the_policy_names_stay() {
    let world = World::without_pool();
    world
        .sandbox
        .commit_file("baton.toml", "[pool]\nkeep = ['target/']\n");
    world.ok(&["init", "1"]);
    let (path, _) = world.acquire("one");
    fs::create_dir(path.join("target")).unwrap();
    fs::write(path.join("target/cache"), "").unwrap();
    world.ok(&["release", "wt-1"]);
    assert!(path.join("target/cache").exists());
}

#[test]
fn what_is_only_for_reading_is_removed_too() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    let nested = path.join("target/read/only");
    fs::create_dir_all(&nested).unwrap();
    fs::write(nested.join("file"), "").unwrap();
    fs::set_permissions(nested.join("file"), fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(&nested, fs::Permissions::from_mode(0o555)).unwrap();
    world.ok(&["release", "wt-1"]);
    world.assert_sound();
}

#[test]
fn a_git_at_work_in_the_slot_is_not_disturbed() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    let lock = path.join(world.git_at(&path, &["rev-parse", "--git-path", "index.lock"]));
    fs::write(&lock, "").unwrap();
    world.refused(&["release", "wt-1"], "in use by another git command");
    assert_eq!(
        world.findings(&[]),
        [("wt-1".to_owned(), "in-use".to_owned())]
    );
    fs::remove_file(lock).unwrap();
    world.ok(&["release", "wt-1"]);
    world.assert_sound();
}

/// The state of each session, by number.
fn states(world: &World) -> Vec<(String, String)> {
    let said = finish(
        world
            .sandbox
            .baton()
            .args(["session", "list", "--format", "json"]),
    );
    let said: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let sessions = said["sessions"].as_array().unwrap().iter();
    sessions
        .map(|one| (text(&one["number"]), text(&one["state"])))
        .collect()
}

fn state(number: &str, state: &str) -> (String, String) {
    (number.to_owned(), state.to_owned())
}

#[test]
fn the_session_of_a_slot_without_work_is_given_up_with_it() {
    let world = World::with_slots(1);
    world.acquire("one");
    let said = world.json(&["release", "wt-1"]);
    assert_eq!(said["session_state"], "abandoned");
    world.acquire("two");
    world.ok(&["cleanup", "--force"]);
    assert_eq!(
        states(&world),
        [state("1", "abandoned"), state("2", "abandoned")]
    );
}

#[test]
fn a_session_with_work_is_told_with_the_commands_that_end_it() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    world.commit_at(&path, "work");
    let said = world.ok(&["release", "wt-1"]);
    assert!(
        said.contains("is still active: it has no summary"),
        "{said}"
    );
    let command = "git worktree add DIR auto/one && cd DIR && git baton session start --id 1";
    assert!(said.contains(command), "{said}");
    assert!(
        said.contains("git baton session abandon 1 --reason TEXT"),
        "{said}"
    );
    assert_eq!(states(&world), [state("1", "active")]);

    // The commands work when typed.
    let dir = world.sandbox.root.path().join("again");
    world
        .sandbox
        .git(["worktree", "add", "-q", dir.to_str().unwrap(), "auto/one"]);
    let session = |args: &[&str]| {
        let mut command = world.sandbox.baton();
        let ran = finish(command.current_dir(&dir).arg("session").args(args));
        assert_eq!(ran.code, 0, "{ran:#?}");
        ran.out
    };
    assert!(session(&["start", "--id", "1"]).starts_with("session "));
    assert!(session(&["show"]).contains("worktree again"));
    session(&["abandon", "1", "--reason", "it was a trial"]);
    assert!(session(&["show", "1"]).contains("reason   it was a trial"));
    assert_eq!(states(&world), [state("1", "abandoned")]);
}

#[test]
fn a_session_that_can_end_ends_with_the_release() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    let session = |args: &[&str], input: &str| {
        let mut command = world.sandbox.baton();
        let ran = run(
            command.current_dir(&path).arg("session").args(args),
            input.as_bytes(),
        );
        assert_eq!(ran.code, 0, "{ran:#?}");
        ran.out
    };
    session(&["summary", "-"], "Done.\n");
    let logs = fs::read_dir(path.join(".agents/sessions")).unwrap();
    let log = logs.map(|one| one.unwrap().path()).next().unwrap();
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replace("| [ ] | |", "| [x] | seen |")).unwrap();
    world.commit_at(&path, "work");
    let said = world.json(&["release", "wt-1"]);
    assert_eq!(said["session_state"], "ended", "{said:#}");
    assert_eq!(states(&world), [state("1", "ended")]);
}

#[test]
fn a_session_that_was_given_up_before_leaves_nothing_in_the_way() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    let mut command = world.sandbox.baton();
    let ran =
        finish(
            command
                .current_dir(&path)
                .args(["session", "abandon", "--reason", "not needed"]),
        );
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(world.git_at(&path, &["status", "--porcelain"]), "");
    world.ok(&["release", "wt-1"]);
    world.assert_sound();
}

#[test]
fn a_slot_without_a_session_has_no_log_and_no_trailer() {
    let world = World::with_slots(1);
    let got = world.json(&["acquire", "one", "--no-session"]);
    assert_eq!(got["session"], serde_json::Value::Null);
    let path = world.slot("wt-1");
    assert_eq!(world.git_at(&path, &["status", "--porcelain"]), "");
    world.commit_at(&path, "work");
    let said = world.json(&["release", "wt-1"]);
    assert_eq!(said["session"], serde_json::Value::Null);
    assert_eq!(states(&world), []);
    let run = world.pool(&["acquire", "two", "--no-session", "--title", "x"]);
    assert_eq!(run.code, 2, "{run:#?}");
}

#[test]
fn cleanup_removes_what_nobody_has_and_reset_makes_it_anew() {
    let world = World::with_slots(3);
    let (path, _) = world.acquire("one");
    fs::write(path.join("new"), "new\n").unwrap();
    world.commit_at(&world.slot("wt-3"), "strange");
    let run = world.pool(&["cleanup", "--format", "json"]);
    let said: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(run.code, 1, "commits that nobody acquired are not removed");
    let left = said["left"].as_array().unwrap();
    assert_eq!(left.len(), 2, "{said:#}");
    assert!(
        world.slot("wt-1").exists() && !world.slot("wt-2").exists() && world.slot("wt-3").exists()
    );
    world.git_at(&world.slot("wt-3"), &["branch", "strange"]);
    let said = world.json(&["reset", "2"]);
    assert_eq!(said["slots"].as_array().unwrap().len(), 2);
    assert_eq!(said["left"][0]["in_use"], true);
    world.assert_sound();
    world.ok(&["cleanup", "--force"]);
    assert!(!world.slot("wt-1").exists());
    let saved = world
        .sandbox
        .git(["for-each-ref", "--format=%(refname)", "refs/baton/trash"]);
    assert_eq!(world.sandbox.git(["show", &format!("{saved}:new")]), "new");
    assert!(world.branches().is_empty());
    assert_eq!(world.sandbox.git(["worktree", "list"]).lines().count(), 1);
}

#[test]
fn what_is_kept_stays_where_other_leftovers_go() {
    let world = World::without_pool();
    world
        .sandbox
        .commit_file("baton.toml", "[pool]\nkeep = ['*.cache']\n");
    world.ok(&["init", "1"]);
    let (path, _) = world.acquire("one");
    fs::create_dir_all(path.join("target/a/empty")).unwrap();
    fs::create_dir_all(path.join("target/b")).unwrap();
    fs::write(path.join("target/a/x.cache"), "").unwrap();
    fs::write(path.join("target/a/x.o"), "").unwrap();
    fs::write(path.join("target/b/x.o"), "").unwrap();
    world.git_at(&path, &["init", "-q", "target/nested"]);
    world.ok(&["release", "wt-1"]);
    assert!(path.join("target/a/x.cache").exists());
    for gone in [
        "target/a/x.o",
        "target/a/empty",
        "target/b",
        "target/nested",
    ] {
        assert!(!path.join(gone).exists(), "{gone}");
    }
}

#[test]
fn links_are_removed_and_not_followed() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    let outside = world.sandbox.root.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "").unwrap();
    fs::create_dir(path.join("target")).unwrap();
    std::os::unix::fs::symlink(&outside, path.join("target/link")).unwrap();
    world.ok(&["release", "wt-1"]);
    assert!(!path.join("target").exists());
    assert!(outside.join("file").exists());
    world.assert_sound();
}

#[test]
fn somebodys_worktree_in_an_ignored_directory_stays() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    let add = ["worktree", "add", "-q", "target/inner", "-b", "inner"];
    world.git_at(&path, &add);
    let said = "1 repository inside (target/inner/)";
    world.refused(&["release", "wt-1"], said);
    world.refused(&["release", "wt-1", "--force"], "target/inner");
    assert_eq!(world.pool(&["cleanup", "--force"]).code, 1);
    assert!(path.join("target/inner/src/a").is_file());
    world.git_at(&path, &["worktree", "remove", "target/inner"]);
    world.ok(&["release", "wt-1"]);
    world.assert_sound();
}
