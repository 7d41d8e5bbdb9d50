use std::fs;

use crate::pool::world::World;
use baton_testkit::finish;

#[test]
fn a_task_gets_a_worktree_on_a_branch_of_its_own_and_a_session() {
    let world = World::with_slots(2);
    let line = world.ok(&["acquire", "task-x", "--porcelain"]);
    let path = world.slot("wt-1");
    assert_eq!(line, format!("wt-1|{}|auto/task-x\n", path.display()));
    assert_eq!(
        world.git_at(&path, &["branch", "--show-current"]),
        "auto/task-x"
    );
    assert_eq!(
        world.git_at(&path, &["rev-parse", "HEAD"]),
        world.sandbox.git(["rev-parse", "main"])
    );
    let session = world.git_at(&path, &["rev-parse", "--git-path", "baton/session"]);
    assert!(path.join(session).exists());
    let upstream = world
        .sandbox
        .git(["for-each-ref", "--format=%(upstream)", "refs/heads/auto"]);
    assert_eq!(upstream, "");
    let got = world.json(&[
        "acquire", "task-y", "--owner", "me", "--pid", "1", "--title", "Y",
    ]);
    assert_eq!(
        (&got["slot"], &got["branch"]),
        (&"wt-2".into(), &"auto/task-y".into())
    );
    let status = world.json(&["status"]);
    assert_eq!(status["slots"][1]["lease"]["owner"], "me");
    assert_eq!(status["slots"][1]["lease"]["pid"], 1);
    let sessions = finish_list(&world);
    assert!(
        sessions.contains("task-x") && sessions.contains(" Y"),
        "{sessions}"
    );
    world.assert_sound();
}

fn finish_list(world: &World) -> String {
    world.sandbox.run(["session", "list"]).out
}

#[test]
fn what_cannot_be_given_is_refused_and_leaves_nothing() {
    let world = World::with_slots(1);
    let head = world.sandbox.git(["rev-parse", "HEAD"]);
    world.sandbox.git(["branch", "auto/taken"]);
    world.refused(&["acquire", "taken"], "auto/taken exists already");
    world.refused(&["acquire", "a b"], "such as `a-b`");
    world.refused(&["acquire", "x|y"], "cannot be the branch");
    assert_eq!(world.pool(&["acquire", "x", "--base", "nowhere"]).code, 2);
    assert_eq!(world.sandbox.git(["rev-parse", "auto/taken"]), head);
    world.sandbox.git(["branch", "-D", "auto/taken"]);
    world.assert_sound();
    world.acquire("one");
    world.refused(&["acquire", "one"], "has the worktree wt-1 already");
    world.refused(&["acquire", "two"], "none of the 1 worktrees is free");
    world.refused(&["acquire", "two", "--wait", "0"], "none of the 1");
    assert_eq!(world.branches().len(), 1);
    world.assert_sound();
}

#[test]
fn a_moved_base_is_checked_out_and_the_nearest_slot_taken() {
    let world = World::with_slots(1);
    let first = world.sandbox.git(["rev-parse", "HEAD"]);
    world.sandbox.write("src/c", "c\n");
    fs::remove_file(world.sandbox.repo().join("src/a")).unwrap();
    let second = world.sandbox.commit("Go on");
    world.ok(&["init", "2"]);
    world.sandbox.commit_file("src/d", "d\n");
    // The second slot was made at a commit that is nearer.
    let (path, _) = world.acquire("new");
    assert_eq!(path, world.slot("wt-2"));
    assert_eq!(world.git_at(&path, &["rev-parse", "HEAD^"]), second);
    assert!(path.join("src/d").exists());
    let (path, _) = world.acquire_at("old", &first);
    assert_eq!(path, world.slot("wt-1"));
    assert!(path.join("src/a").exists());
    world.assert_sound();
}

#[test]
fn who_waits_gets_what_is_released_meanwhile() {
    let world = World::with_slots(1);
    let (_, lease) = world.acquire("one");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| world.pool(&["acquire", "two", "--wait", "60"]));
        world.ok(&["release", "wt-1", "--lease", &lease]);
        assert_eq!(waiting.join().unwrap().code, 0);
    });
    world.assert_sound();
}

#[test]
fn a_pool_inside_the_repository_is_kept_out_of_its_status() {
    let world = World::without_pool();
    let policy = "[pool]\nroot = '.claude/worktree-pool'\nsize = 2\n";
    world.sandbox.commit_file("baton.toml", policy);
    for _ in 0..2 {
        world.ok(&["init"]);
    }
    assert_eq!(world.sandbox.git(["status", "--porcelain"]), "");
    let (path, _) = world.acquire("x");
    assert!(path.ends_with(".claude/worktree-pool/wt-1"));
    assert_eq!(world.sandbox.git(["status", "--porcelain"]), "");
    let exclude = world.sandbox.read(".git/info/exclude");
    assert_eq!(exclude.matches("/.claude/worktree-pool/\n").count(), 1);
    world.assert_sound();
}

#[test]
fn a_bare_repository_has_a_pool_beside_it() {
    let mut world = World::without_pool();
    world
        .sandbox
        .git(["clone", "-q", "--bare", ".", "../bare.git"]);
    world.sandbox.enter("bare.git");
    world.ok(&["init", "1"]);
    let (path, _) = world.acquire("x");
    assert!(path.ends_with("bare.worktrees/wt-1"), "{path:?}");
    world.ok(&["release", "wt-1"]);
    world.assert_sound();
}

#[test]
fn a_pool_grows_and_never_takes_what_is_there() {
    let world = World::without_pool();
    assert_eq!(world.pool(&["status"]).code, 2);
    let foreign = world.slot("wt-2");
    fs::create_dir_all(&foreign).unwrap();
    fs::write(foreign.join("mine"), "").unwrap();
    world.ok(&["init", "2"]);
    let again = world.json(&["init", "3"]);
    let names: Vec<_> = again["slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| slot["slot"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["wt-1", "wt-3", "wt-4"]);
    world.ok(&["init", "1"]);
    assert_eq!(
        world.json(&["status"])["slots"].as_array().unwrap().len(),
        3
    );
    assert!(foreign.join("mine").exists());
    world.assert_sound();
}

#[test]
fn a_slot_gets_the_ignored_files_and_runs_the_commands_of_the_policy() {
    let world = World::without_pool();
    let policy = "[pool]\ninclude = ['.env']\n\
                  post_acquire = ['echo \"$BATON_TASK\" > target-made', 'mkdir target']\n\
                  pre_release = ['test ! -e target/veto']\n";
    world.sandbox.write("baton.toml", policy);
    world
        .sandbox
        .write(".gitignore", "target/\n.env\ntarget-made\n");
    world.sandbox.commit("Set the policy");
    world.sandbox.write(".env", "secret\n");
    world.ok(&["init", "1"]);
    let (path, _) = world.acquire("one");
    assert_eq!(fs::read_to_string(path.join(".env")).unwrap(), "secret\n");
    assert_eq!(
        fs::read_to_string(path.join("target-made")).unwrap(),
        "one\n"
    );
    fs::write(path.join("target/veto"), "").unwrap();
    assert_ne!(world.pool(&["release", "wt-1"]).code, 0);
    assert_eq!(world.json(&["status"])["slots"][0]["state"], "leased");
    fs::remove_file(path.join("target/veto")).unwrap();
    world.ok(&["release", "wt-1"]);
}

#[test]
fn a_command_that_fails_takes_the_acquisition_back() {
    let world = World::without_pool();
    let policy = "[pool]\npost_acquire = ['touch new', 'false']\n";
    world.sandbox.commit_file("baton.toml", policy);
    world.ok(&["init", "1"]);
    let run = world.pool(&["acquire", "one"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(world.branches().is_empty());
    world.assert_sound();
}

#[test]
fn a_branch_that_git_cannot_make_beside_another_is_refused() {
    let world = World::with_slots(1);
    world.sandbox.git(["branch", "auto/a"]);
    world.refused(&["acquire", "a/b"], "while there is a branch auto/a");
    world.sandbox.git(["branch", "auto/b/c"]);
    world.refused(&["acquire", "b"], "while there is a branch auto/b/c");
    world.sandbox.git(["branch", "-D", "auto/a", "auto/b/c"]);
    world.sandbox.git(["branch", "auto"]);
    world.refused(&["acquire", "a"], "while there is a branch auto");
    world.refused(&["acquire", &"x".repeat(251)], "cannot be the branch");
    world.sandbox.git(["branch", "-D", "auto"]);
    world.acquire(&"x".repeat(250));
    world.assert_sound();
}

#[test]
fn the_files_of_the_main_worktree_may_lie_elsewhere() {
    let world = World::without_pool();
    fs::create_dir(world.sandbox.root.path().join("files")).unwrap();
    world
        .sandbox
        .git(["config", "core.worktree", "../../files"]);
    world.sandbox.git(["reset", "-q", "--hard"]);
    world.ok(&["init", "3"]);
    let (path, _) = world.acquire("one");
    assert!(path.ends_with("files.worktrees/wt-1"));
    world.ok(&["release", "wt-1"]);
    assert_eq!(world.findings(&[]), []);
}

#[test]
fn a_repository_that_git_does_not_trust_is_left_alone() {
    let world = World::with_slots(1);
    let git_dir = world.sandbox.repo().join(".git");
    // Only a superuser can give something away; others cannot try this.
    if std::os::unix::fs::chown(&git_dir, Some(65534), None).is_err() {
        return;
    }
    let run = world.pool(&["acquire", "one"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.err.contains("does not trust it"), "{}", run.err);
    // A file of its own: git would write the user's configuration by renaming over it.
    let config = world.sandbox.root.path().join("gitconfig");
    let trusted = world.sandbox.repo().canonicalize().unwrap();
    let text = format!("[safe]\n\tdirectory = {}\n", trusted.display());
    fs::write(&config, text).unwrap();
    let mut command = world.command(&["acquire", "one"]);
    let run = finish(command.env("GIT_CONFIG_GLOBAL", &config));
    assert_eq!(run.code, 0, "{run:#?}");
}
