//! A disk that takes the commits and not the files.

use serde_json::Value;

use crate::merge::world::{BATON, Ran, World, ran, write};

/// Two branches, one of which brings a file that is larger than the limit, and packs well.
fn world() -> World {
    let world = World::with_hooks("");
    world.branch("auto/large", &[("b/large", &"more\n".repeat(8_000))]);
    world.branch("auto/small", &[("a", "a"), ("base.txt", "changed\n")]);
    world
}

/// Merges where no file may be longer than 16 blocks.
fn merge_limited(world: &World) -> Ran {
    let line = "ulimit -f 16; exec \"$0\" orchestrator merge --format json";
    let out = world
        .command("sh", world.main())
        .args(["-c", line, BATON.as_str()])
        .output()
        .unwrap();
    ran(&out)
}

#[test]
fn files_that_cannot_be_written_are_written_by_the_next_run() {
    let world = world();
    let ran = merge_limited(&world);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert_eq!(ran.outcome("auto/large"), "landed");
    let checkout = &ran.report["checkouts"][0];
    assert_eq!(checkout["updated"], false);
    assert_ne!(checkout["pending"], Value::Null);
    assert!(!world.main().join(".git/index.lock").exists());

    let ran = merge_limited(&world);
    assert_eq!(ran.code, 2, "{}", ran.said);
    assert!(
        ran.said
            .contains("what has landed on main cannot be shown in"),
        "{}",
        ran.said
    );

    assert_eq!(world.merged(&[])["recovered"], true);
    assert_eq!(world.read("b/large").len(), 40_000);
    world.assert_clean();
    assert!(!world.main().join(".git/baton/merge/landing.json").exists());
}

#[test]
fn what_somebody_wrote_into_a_torn_file_stays() {
    let world = world();
    assert_eq!(merge_limited(&world).code, 1);
    world.write("b/large", "mine\n");
    assert_eq!(world.merged(&[])["recovered"], true);
    assert_eq!(world.read("b/large"), "mine\n");
}

#[test]
fn links_directories_and_modules_are_written_by_the_next_run_too() {
    let world = World::new("");
    world.write("was-directory/file", "file\n");
    world.write("was-file", "file\n");
    std::os::unix::fs::symlink("base.txt", world.main().join("was-link")).unwrap();
    world.commit_all("more");
    let place = world.root().join("work");
    let target = place.to_str().unwrap();
    world.git(&["worktree", "add", "-q", "-b", "auto/a", target]);
    let at = |path: &str| place.join(path);
    for gone in ["was-file", "was-link", "was-directory/file"] {
        std::fs::remove_file(at(gone)).unwrap();
    }
    std::fs::remove_dir(at("was-directory")).unwrap();
    write(&at("was-directory"), "file now\n");
    write(&at("was-file/below"), "below\n");
    write(&at("was-link"), "file now\n");
    std::os::unix::fs::symlink("base.txt", at("a-link")).unwrap();
    write(&at("zz-large"), &"more\n".repeat(8_000));
    world.git_in(&place, &["add", "-A"]);
    let module = format!("160000,{},module", world.tip("main"));
    world.git_in(&place, &["update-index", "--add", "--cacheinfo", &module]);
    world.git_in(&place, &["commit", "-q", "-m", "All kinds"]);
    world.git(&["worktree", "remove", "--force", target]);

    assert_eq!(merge_limited(&world).code, 1);
    assert_eq!(world.merged(&[])["recovered"], true);
    assert_eq!(world.read("zz-large").len(), 40_000);
    assert_eq!(world.read("was-file/below"), "below\n");
    world.assert_clean();
}

#[test]
fn many_paths_are_written_by_the_next_run_too() {
    let world = World::new("");
    let place = world.root().join("work");
    let target = place.to_str().unwrap();
    world.git(&["worktree", "add", "-q", "-b", "auto/a", target]);
    let long = "a-directory-with-a-long-name/".repeat(60);
    for number in 0..80 {
        write(&place.join(format!("{long}{number}")), "x\n");
    }
    write(&place.join("zz-large"), &"more\n".repeat(8_000));
    world.git_in(&place, &["add", "-A"]);
    world.git_in(&place, &["commit", "-q", "-m", "Many"]);
    world.git(&["worktree", "remove", "--force", target]);
    assert_eq!(merge_limited(&world).code, 1);
    assert_eq!(world.merged(&[])["recovered"], true);
    world.assert_clean();
}
