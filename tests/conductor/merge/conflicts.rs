//! Conflicts: the policy's remedies, resolvers, and people.

use std::path::PathBuf;

use serde_json::Value;

use crate::merge::world::{Ran, World, branch, write};

/// Two branches that change the same line of `base.txt`.
fn world(policy: &str) -> World {
    let world = World::new(policy);
    world.branch(
        "auto/a",
        &[("base.txt", "one\ntwo\nours\nfour\nfive\n"), ("a", "a")],
    );
    world.branch(
        "auto/b",
        &[("base.txt", "one\ntwo\ntheirs\nfour\nfive\n"), ("b", "b")],
    );
    world
}

fn worktree(ran: &Ran, name: &str) -> PathBuf {
    PathBuf::from(ran.branch(name)["worktree"].as_str().unwrap())
}

/// What a person does: writes the file, stages it.
fn resolve(world: &World, place: &std::path::Path, content: &str) {
    write(&place.join("base.txt"), content);
    world.git_in(place, &["add", "--all"]);
}

#[test]
fn the_one_that_conflicts_waits_and_the_other_lands() {
    let world = world("");
    let ran = world.merge(&[]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        (ran.outcome("auto/a"), ran.outcome("auto/b")),
        ("landed", "conflict")
    );
    let report = ran.branch("auto/b");
    assert_eq!(report["files"][0]["path"], "base.txt");
    assert_eq!(report["files"][0]["hunks"][0]["line"], 3);
    assert_eq!(report["with"], serde_json::json!(["auto/a"]));
    let place = worktree(&ran, "auto/b");
    let shown = std::fs::read_to_string(place.join("base.txt")).unwrap();
    assert!(
        shown.contains("<<<<<<< ") && shown.contains("theirs"),
        "{shown}"
    );
    let status = world.git_in(&place, &["status", "--porcelain"]);
    assert!(
        status.contains("UU base.txt") && status.contains("A  b"),
        "{status}"
    );
    world.assert_clean();
    let next = report["next"].as_array().unwrap();
    assert_eq!(next[2], "git baton orchestrator merge --continue auto/b");
}

#[test]
fn what_somebody_staged_or_committed_lands_when_it_is_continued() {
    for commit in [false, true] {
        for strategy in ["merge", "rebase", "squash"] {
            let world = world("");
            let ran = world.merge(&["--strategy", strategy, "--test", "test -e base.txt"]);
            let place = worktree(&ran, "auto/b");
            resolve(&world, &place, "one\ntwo\nboth\nfour\nfive\n");
            if commit {
                world.git_in(&place, &["commit", "-q", "-m", "resolved"]);
            }
            let report = world.merged(&["--continue"]);
            assert_eq!(branch(&report, "auto/b")["outcome"], "landed", "{strategy}");
            assert_eq!(report["strategy"], strategy);
            assert_eq!(report["tests"].as_array().unwrap().len(), 1);
            assert_eq!(world.read("base.txt"), "one\ntwo\nboth\nfour\nfive\n");
            assert_eq!(world.read("b"), "b");
            assert!(!place.exists());
            world.assert_clean();
            let parents = world.git(&["log", "-1", "--format=%P", "main"]);
            assert_eq!(
                parents.split(' ').count(),
                if strategy == "merge" { 2 } else { 1 }
            );
        }
    }
}

#[test]
fn a_resolution_holds_when_the_target_moves_on() {
    let world = world("");
    let ran = world.merge(&[]);
    let place = worktree(&ran, "auto/b");
    resolve(&world, &place, "one\ntwo\nboth\nfour\nfive\n");
    world.write("later", "later");
    world.commit_all("later");
    world.branch("auto/c", &[("c", "c")]);
    let report = world.merged(&[]);
    assert_eq!(branch(&report, "auto/b")["outcome"], "landed");
    assert_eq!(branch(&report, "auto/c")["outcome"], "landed");
    assert_eq!(world.read("base.txt"), "one\ntwo\nboth\nfour\nfive\n");
    assert_eq!(world.read("later"), "later");
    world.assert_clean();
}

#[test]
fn what_is_not_resolved_goes_on_waiting_untouched() {
    let world = world("");
    let ran = world.merge(&[]);
    let place = worktree(&ran, "auto/b");
    let again = |said: &str| {
        for args in [&["--continue"][..], &["auto/b"], &[]] {
            let ran = world.merge(args);
            assert_eq!(
                (ran.code, ran.outcome("auto/b")),
                (1, "conflict"),
                "{}",
                ran.said
            );
            let message = ran.branch("auto/b")["files"][0]["message"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(message.contains(said), "{message}");
        }
    };
    again("still in conflict: base.txt");
    world.git_in(&place, &["add", "--all"]);
    again("still hold conflict markers");
    write(&place.join("base.txt"), "half\n");
    again("not staged: base.txt");
    assert_eq!(
        std::fs::read_to_string(place.join("base.txt")).unwrap(),
        "half\n"
    );
}

#[test]
fn a_resolution_that_fails_the_tests_does_not_land() {
    let world = world("");
    let ran = world.merge(&["--test", "! grep -q bad base.txt"]);
    let place = worktree(&ran, "auto/b");
    resolve(&world, &place, "bad\n");
    let before = world.tip("main");
    let ran = world.merge(&["--continue", "auto/b"]);
    assert_eq!(
        (ran.code, ran.outcome("auto/b")),
        (1, "test_failed"),
        "{}",
        ran.said
    );
    assert_eq!(world.tip("main"), before);
    resolve(&world, &place, "good\n");
    world.merged(&["--continue"]);
}

#[test]
fn what_is_skipped_or_aborted_is_kept_in_the_trash() {
    for args in [&["--skip"][..], &["--skip", "auto/b"], &["--abort"]] {
        let world = world("");
        let ran = world.merge(&[]);
        let place = worktree(&ran, "auto/b");
        write(&place.join("base.txt"), "half done\n");
        let before = world.tip("main");
        let report = world.merged(args);
        assert_eq!(branch(&report, "auto/b")["outcome"], "skipped");
        assert_eq!(world.tip("main"), before);
        assert!(world.has("auto/b") && !place.exists());
        let trash = world.git(&["for-each-ref", "--format=%(refname)", "refs/baton/trash"]);
        assert_eq!(
            world.git(&["show", &format!("{trash}:base.txt")]),
            "half done"
        );
        assert_eq!(world.merge(&["--continue"]).code, 2);
        assert_eq!(world.git(&["worktree", "list"]).lines().count(), 1);
        world.assert_clean();
    }
}

#[test]
fn what_needs_a_branch_in_conflict_lands_with_it() {
    let world = world("");
    world.branch_from("auto/b", "auto/c", &[("c", "c")]);
    let ran = world.merge(&["--after", "auto/b:auto/a"]);
    assert_eq!(
        (ran.outcome("auto/b"), ran.outcome("auto/c")),
        ("conflict", "waiting")
    );
    resolve(&world, &worktree(&ran, "auto/b"), "both\n");
    let report = world.merged(&["--continue"]);
    assert_eq!(branch(&report, "auto/c")["outcome"], "landed");
    assert_eq!(
        (world.read("base.txt"), world.read("c")),
        ("both\n".into(), "c".into())
    );
}

#[test]
fn a_branch_that_was_mended_meanwhile_is_taken_anew() {
    let world = world("");
    let ran = world.merge(&[]);
    let place = worktree(&ran, "auto/b");
    world.git(&["switch", "-q", "auto/b"]);
    world.git(&["merge", "-q", "-X", "ours", "main", "-m", "take main in"]);
    world.git(&["switch", "-q", "main"]);
    world.merged(&[]);
    assert!(!place.exists());
    assert!(world.read("base.txt").contains("theirs"));
    world.assert_clean();
}

#[test]
fn the_policy_resolves_what_it_names() {
    for (with, expected) in [
        ("\"union\"", "one\ntwo\nours\ntheirs\nfour\nfive\n"),
        ("\"ours\"", "one\ntwo\nours\nfour\nfive\n"),
        ("\"theirs\"", "one\ntwo\ntheirs\nfour\nfive\n"),
        ("{ command = \"echo made > base.txt\" }", "made\n"),
    ] {
        let policy = format!("[[merge.resolve]]\npaths = [\"base.txt\"]\nwith = {with}\n");
        for strategy in ["merge", "rebase", "squash"] {
            let world = world(&policy);
            let report = world.merged(&["--strategy", strategy]);
            assert_eq!(world.read("base.txt"), expected, "{with} {strategy}");
            let resolved: &Value = &branch(&report, "auto/b")["resolved"];
            assert_eq!(resolved[0]["path"], "base.txt");
            world.assert_clean();
        }
    }
}

#[test]
fn a_file_that_one_side_deleted_is_resolved_by_taking_a_side() {
    for (with, exists) in [("ours", false), ("theirs", true)] {
        let world = World::new(&format!(
            "[[merge.resolve]]\npaths = [\"base.txt\"]\nwith = \"{with}\"\n"
        ));
        world.branch("auto/b", &[("base.txt", "theirs\n")]);
        world.git(&["rm", "-q", "base.txt"]);
        world.commit_all("gone");
        world.merged(&[]);
        assert_eq!(world.main().join("base.txt").exists(), exists);
        world.assert_clean();
    }
}

#[test]
fn a_resolver_sees_the_markers_and_what_it_makes_is_tested() {
    let world = world("");
    let script = world.script(
        "resolver",
        "test \"$BATON_MERGE_FILES\" = base.txt\ntest $BATON_MERGE_BRANCH = auto/b\n\
         grep -v '^[<=>]' base.txt > tmp; mv tmp base.txt",
    );
    world.write(
        "baton.toml",
        &format!("[merge]\nresolver = \"{script}\"\ntest = [\"test -e base.txt\"]\n"),
    );
    world.git(&["-c", "core.hooksPath=/dev/null", "commit", "-qam", "policy"]);
    let report = world.merged(&[]);
    assert_eq!(
        world.read("base.txt"),
        "one\ntwo\nours\ntheirs\nfour\nfive\n"
    );
    assert_eq!(branch(&report, "auto/b")["resolved"][0]["by"], script);
    world.assert_clean();
}

#[test]
fn a_resolver_that_leaves_markers_or_fails_leads_to_people() {
    for content in [
        "true",
        "echo '<<<<<<< x' > base.txt",
        "echo ok > base.txt; exit 3",
    ] {
        let world = world("");
        let script = world.script("resolver", content);
        world.write("baton.toml", &format!("[merge]\nresolver = \"{script}\"\n"));
        world.git(&["commit", "-qam", "policy"]);
        let ran = world.merge(&[]);
        assert_eq!(
            (ran.code, ran.outcome("auto/b")),
            (1, "conflict"),
            "{content}"
        );
        let shown = worktree(&ran, "auto/b").join("base.txt");
        assert!(std::fs::read_to_string(shown).unwrap().contains("theirs"));
        assert_eq!(ran.outcome("auto/a"), "landed");
    }
}

#[test]
fn what_a_resolver_changes_beside_the_conflict_is_not_taken() {
    for stray in ["echo x > a", "echo x > new", "rm b"] {
        let world = world("");
        let script = world.script("resolver", &format!("echo ok > base.txt; {stray}"));
        world.write("baton.toml", &format!("[merge]\nresolver = \"{script}\"\n"));
        world.git(&["commit", "-qam", "policy"]);
        let ran = world.merge(&[]);
        assert_eq!(
            (ran.code, ran.outcome("auto/b")),
            (1, "conflict"),
            "{stray}"
        );
        let message = ran.branch("auto/b")["files"][0]["message"].to_string();
        let path = stray.rsplit(' ').next().unwrap();
        let why = format!("is not taken, since it changed also {path}");
        assert!(message.contains(&why), "{message}");
    }
}

#[test]
fn a_conflict_outlives_the_collection_of_garbage() {
    for strategy in ["merge", "rebase"] {
        let world = World::new("");
        world.branch("auto/a", &[("base.txt", "ours\n")]);
        world.branch(
            "auto/b",
            &[("b", "b"), ("base.txt", "1\n"), ("base.txt", "2\n")],
        );
        let args = ["--strategy", strategy, "--after", "auto/b:auto/a"];
        let mut ran = world.merge(&args);
        for _ in 0..3 {
            assert_eq!(ran.outcome("auto/b"), "conflict", "{}", ran.said);
            world.git(&["reflog", "expire", "--expire=now", "--all"]);
            world.git(&["gc", "-q", "--prune=now"]);
            assert_eq!(world.merge(&[]).outcome("auto/b"), "conflict");
            let file = worktree(&ran, "auto/b").join("base.txt");
            let shown = std::fs::read_to_string(&file).unwrap();
            let made = shown
                .lines()
                .filter(|line| !line.starts_with(['<', '=', '>']));
            resolve(
                &world,
                file.parent().unwrap(),
                &made.collect::<Vec<_>>().join("\n"),
            );
            ran = world.merge(&["--continue"]);
            if ran.code == 0 {
                break;
            }
        }
        assert_eq!(ran.outcome("auto/b"), "landed", "{}", ran.said);
        assert_eq!(world.git(&["for-each-ref", "refs/baton/merge"]), "");
        world.assert_clean();
    }
}

#[test]
fn what_waits_to_land_on_one_target_is_not_begun_on_another() {
    let world = world("");
    world.git(&["branch", "other"]);
    let ran = world.merge(&[]);
    let place = worktree(&ran, "auto/b");
    let ran = world.merge(&["auto/b", "--into", "other"]);
    assert_eq!((ran.code, ran.outcome("auto/b")), (1, "conflict"));
    assert!(
        ran.said.contains("it waits to land on main"),
        "{}",
        ran.said
    );
    resolve(&world, &place, "both\n");
    world.merged(&["--continue"]);
    world.branch("auto/c", &[("c", "c")]);
    let report = world.merged(&["auto/c", "--into", "other"]);
    assert_eq!(report["into"], "other");
    assert_eq!(
        world.git(&["log", "-1", "--format=%s", "other"]),
        "Merge branch 'auto/c' into other"
    );
    world.assert_clean();
}

#[test]
fn a_conflict_without_markers_may_be_resolved_to_what_the_target_has() {
    let world = World::new("");
    world.branch("auto/a", &[("binary", "\0a")]);
    world.branch("auto/b", &[("binary", "\0b")]);
    let ran = world.merge(&[]);
    let place = ran.branch("auto/b")["worktree"].as_str().unwrap();
    assert_eq!(world.merge(&["--continue"]).code, 1);
    world.git_in(place, &["add", "--all"]);
    world.merged(&["--continue"]);
    assert_eq!(world.read("binary"), "\0a");
    world.assert_clean();
}

#[test]
fn a_merge_that_was_undone_is_not_resolved() {
    for (at, lost) in [("HEAD", "b"), ("auto/b", "a")] {
        let undo = format!("git reset -q --hard {at}");
        let world = World::new(&format!("[merge]\nresolver = \"{undo}\"\n"));
        world.branch("auto/a", &[("base.txt", "a\n"), ("a", "a")]);
        world.branch("auto/b", &[("base.txt", "b\n"), ("b", "b")]);
        let ran = world.merge(&["auto/a", "auto/b", "--after", "auto/b:auto/a"]);
        assert_eq!(ran.outcome("auto/b"), "conflict", "{at}: {}", ran.said);
        let place = ran.branch("auto/b")["worktree"].as_str().unwrap();
        world.git_in(place, &["read-tree", "--reset", "-u", at]);
        assert_eq!(world.merge(&["--continue"]).code, 1, "{at} without {lost}");
        assert!(world.has("auto/b"));
    }
}

#[test]
fn the_commands_that_are_told_work_where_they_lead() {
    let world = World::with_hooks("");
    for name in ["auto/a", "auto/b", "auto/c"] {
        world.branch(name, &[("base.txt", name)]);
    }
    let ran = world.merge(&[]);
    let place = ran.branch("auto/b")["worktree"].as_str().unwrap();
    write(&PathBuf::from(place).join("base.txt"), "both\n");
    world.git_in(place, &["add", "--all"]);
    let out = world
        .command(crate::merge::world::BATON, place)
        .args(["orchestrator", "merge", "--continue", "auto/b"])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    assert!(!PathBuf::from(place).exists());
    assert_eq!(world.read("base.txt"), "both\n");
    world.assert_clean();
}
