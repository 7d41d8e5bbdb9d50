//! Landing ends as a merge by git would in the same checkout.

use crate::merge::world::{World, branch, write};

fn sparse() -> World {
    let world = World::new("");
    write(&world.main().join("a/x"), "x\n");
    write(&world.main().join("b/y"), "y\n");
    world.commit_all("two directories");
    world
}

#[test]
fn what_a_sparse_checkout_does_not_show_is_tested() {
    let world = sparse();
    world.branch("auto/x", &[("b/t", "BUG\n")]);
    world.git(&["sparse-checkout", "set", "a"]);
    for _ in 0..2 {
        let ran = world.merge(&["--test", "! grep -q BUG b/t", "--test", "test -e b/y"]);
        assert_eq!(ran.code, 1, "{}", ran.said);
        assert_eq!(ran.outcome("auto/x"), "test_failed", "{}", ran.said);
    }
    assert!(
        !world.main().join("b/y").exists(),
        "the checkout stays sparse"
    );
}

#[test]
fn a_conflict_outside_of_a_sparse_checkout_can_be_resolved() {
    let world = sparse();
    world.branch("auto/x", &[("b/y", "theirs\n")]);
    write(&world.main().join("b/y"), "ours\n");
    world.commit_all("ours");
    world.git(&["sparse-checkout", "set", "a"]);
    let ran = world.merge(&[]);
    assert_eq!(ran.outcome("auto/x"), "conflict", "{}", ran.said);
    let place = ran.branch("auto/x")["worktree"]
        .as_str()
        .unwrap()
        .to_owned();
    let place = std::path::Path::new(&place);
    assert!(place.join("b/y").exists() && place.join("a/x").exists());
    write(&place.join("b/y"), "both\n");
    world.git_in(place, &["add", "--all"]);
    world.merged(&["--continue", "auto/x"]);
    assert_eq!(world.git(&["show", "main:b/y"]), "both");
}

#[test]
fn what_a_submodule_has_left_is_in_nobodys_way() {
    let world = World::new("");
    let library = world.root().join("library");
    world.git(&["init", "-q", "-b", "main", library.to_str().unwrap()]);
    world.git_in(&library, &["commit", "-q", "--allow-empty", "-m", "one"]);
    world.git(&["switch", "-q", "-c", "auto/x"]);
    let allow = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
    ];
    world.git(&[&allow[..], &[library.to_str().unwrap(), "lib"]].concat());
    world.git(&["commit", "-q", "-m", "sub"]);
    world.git(&["switch", "-q", "main"]);
    assert!(world.main().join("lib/.git").exists());
    let report = world.merged(&[]);
    assert_eq!(branch(&report, "auto/x")["outcome"], "landed");
    world.assert_clean();
}

#[test]
fn a_conflict_that_the_index_does_not_show_is_accepted_by_a_commit() {
    let world = World::new("");
    let lines = |from: u32| {
        (from..from + 30)
            .map(|n| format!("{n}\n"))
            .collect::<String>()
    };
    write(&world.main().join("d/a"), &lines(1));
    write(&world.main().join("d/b"), &lines(50));
    world.commit_all("d");
    world.branch("auto/x", &[("d/c", "c")]);
    for directory in ["e", "h"] {
        std::fs::create_dir(world.main().join(directory)).unwrap();
    }
    world.git(&["mv", "d/a", "e/a"]);
    world.git(&["mv", "d/b", "h/b"]);
    world.commit_all("split");
    let ran = world.merge(&[]);
    assert_eq!(ran.outcome("auto/x"), "conflict", "{}", ran.said);
    let report = ran.branch("auto/x");
    let place = report["worktree"].as_str().unwrap().to_owned();
    assert!(
        report["next"][1].as_str().unwrap().contains("git commit"),
        "{report}"
    );
    let ran = world.merge(&["--continue", "auto/x"]);
    assert_eq!(ran.code, 1, "nobody has accepted it: {}", ran.said);
    let place = std::path::Path::new(&place);
    world.git_in(place, &["add", "--all"]);
    world.git_in(place, &["commit", "-q", "-m", "accepted"]);
    world.merged(&["--continue", "auto/x"]);
    assert_eq!(world.git(&["show", "main:d/c"]), "c");
}

#[test]
fn a_conflict_shows_the_names_of_branches() {
    for strategy in ["merge", "rebase", "squash"] {
        let world = World::new("");
        world.branch("auto/x", &[("base.txt", "theirs\n"), ("place", "a file\n")]);
        write(&world.main().join("base.txt"), "ours\n");
        write(&world.main().join("place/below"), "a directory\n");
        world.commit_all("ours");
        let tip = world.tip("auto/x");
        let ran = world.merge(&["--strategy", strategy]);
        let report = ran.branch("auto/x");
        let place = report["worktree"].as_str().unwrap();
        let shown = std::fs::read_to_string(format!("{place}/base.txt")).unwrap();
        assert_eq!(
            shown, "<<<<<<< main\nours\n=======\ntheirs\n>>>>>>> auto/x\n",
            "{strategy}"
        );
        assert!(!report["files"].to_string().contains(&tip), "{report:#}");
        if strategy != "rebase" {
            assert!(std::path::Path::new(place).join("place~auto_x").exists());
        }
    }
}

#[test]
fn who_collides_is_named_and_not_who_changed_the_same_file() {
    let world = World::new("");
    let text = |at: usize, line: &str| {
        let mut lines: Vec<_> = (1..40).map(|n| n.to_string()).collect();
        lines[at] = line.to_owned();
        lines.join("\n") + "\n"
    };
    write(&world.main().join("f"), &text(0, "1"));
    world.commit_all("f");
    world.branch("auto/a", &[("f", &text(2, "a"))]);
    world.branch("auto/b", &[("f", &text(30, "b"))]);
    world.branch("auto/c", &[("f", &text(30, "c"))]);
    let ran = world.merge(&[]);
    assert_eq!(ran.branch("auto/c")["with"], serde_json::json!(["auto/b"]));
}

#[test]
fn a_program_gets_a_report_whatever_happens() {
    let world = World::new("");
    world.branch("auto/x", &[("x", "x")]);
    let ran = world.merge(&["--test", "false"]);
    assert_eq!(ran.code, 1);
    let message = ran.report["error"]["message"].as_str().unwrap();
    assert!(message.contains("fails `false`"), "{message}");
    let ran = world.merge(&["--into", "nowhere"]);
    assert_eq!(ran.code, 2);
    assert!(ran.report["error"]["help"].is_string(), "{}", ran.report);
    assert!(world.merged(&[]).get("error").is_none());
}

#[test]
fn a_file_that_git_overlooks_is_named() {
    for option in ["--skip-worktree", "--assume-unchanged"] {
        let world = World::new("");
        world.branch(
            "auto/x",
            &[("base.txt", "longer than before, and than mine\n")],
        );
        world.git(&["update-index", option, "base.txt"]);
        world.write("base.txt", "mine\n");
        let ran = world.merge(&[]);
        assert_eq!(ran.code, 1, "{}", ran.said);
        let message = ran.report["error"]["message"].as_str().unwrap();
        assert!(message.ends_with("overwrite: base.txt"), "{message}");
        assert_eq!(world.read("base.txt"), "mine\n");
    }
}

#[test]
fn a_resolution_that_is_used_again_says_what_it_is() {
    let world = World::new("");
    world.branch("auto/x", &[("base.txt", "theirs\n")]);
    write(&world.main().join("base.txt"), "ours\n");
    world.commit_all("ours");
    let ran = world.merge(&[]);
    let place = ran.branch("auto/x")["worktree"]
        .as_str()
        .unwrap()
        .to_owned();
    let place = std::path::Path::new(&place);
    write(&place.join("base.txt"), "both\n");
    world.git_in(place, &["add", "--all"]);
    let (code, said) = world.said(&["--continue"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("resolved by what was made of it in the worktree"),
        "{said}"
    );
}
