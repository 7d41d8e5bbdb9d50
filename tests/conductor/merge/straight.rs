//! Branches that nothing is wrong with.

use crate::merge::world::{World, branch, names, write};

#[test]
fn three_branches_land_tested_as_one_and_the_checkout_shows_them() {
    let world = World::with_hooks("");
    for name in ["auto/a", "auto/b", "auto/c"] {
        world.branch(name, &[(&format!("{name}.txt"), name)]);
    }
    let log = world.root().join("tested");
    let test = format!("cat auto/*.txt >> {0} && echo >> {0}", log.display());
    let report = world.merged(&["--test", &test]);
    assert_eq!(names(&report), ["auto/a", "auto/b", "auto/c"]);
    assert_eq!(
        std::fs::read_to_string(log).unwrap(),
        "auto/aauto/bauto/c\n"
    );
    assert_eq!(report["new"].as_str().unwrap(), world.tip("main"));
    assert_eq!(world.read("auto/c.txt"), "auto/c");
    world.assert_clean();
    for name in ["auto/a", "auto/b", "auto/c"] {
        assert!(!world.has(name), "{name} is still there");
    }
    let subjects = world.git(&["log", "--first-parent", "--format=%s", "main"]);
    let merges: Vec<_> = subjects.lines().take(3).collect();
    let expected = ["c", "b", "a"].map(|one| format!("Merge branch 'auto/{one}'"));
    assert_eq!(merges, expected);
}

#[test]
fn the_merged_files_are_those_that_git_merge_makes() {
    let world = World::new("");
    world.branch(
        "auto/a",
        &[("base.txt", "one\ntwo\nthree\nfour\nFIVE\n"), ("a/x", "x")],
    );
    world.branch("auto/b", &[("base.txt", "ONE\ntwo\nthree\nfour\nfive\n")]);
    world.git(&["switch", "-q", "-c", "peer"]);
    world.git(&["merge", "-q", "--no-ff", "auto/a", "-m", "a"]);
    world.git(&["merge", "-q", "--no-ff", "auto/b", "-m", "b"]);
    world.git(&["switch", "-q", "main"]);
    world.merged(&[]);
    assert_eq!(world.tip("main^{tree}"), world.tip("peer^{tree}"));
    assert_eq!(world.tip("main^2").len(), 40);
    world.assert_clean();
}

#[test]
fn a_rebase_keeps_authors_dates_messages_and_trailers() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "1"), ("a", "2")]);
    world.branch("auto/b", &[("b", "1")]);
    let told = "--format=%an <%ae> %ad%n%B";
    let before = world.git(&["log", told, "main..auto/b"]);
    world.merged(&["--strategy", "rebase"]);
    assert_eq!(world.git(&["log", "-1", told, "main"]), before);
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "main"]), "0");
    assert_eq!(world.git(&["rev-list", "--count", "main"]), "4");
    world.assert_clean();
}

#[test]
fn a_commit_that_changes_nothing_any_more_is_dropped_and_named() {
    let world = World::new("");
    world.branch("auto/a", &[("same", "x"), ("a", "x")]);
    world.branch("auto/b", &[("same", "x"), ("b", "x")]);
    let report = world.merged(&["--strategy", "rebase"]);
    let dropped = &branch(&report, "auto/b")["dropped"];
    assert_eq!(dropped[0]["subject"], "Write same of auto/b");
    assert_eq!(dropped.as_array().unwrap().len(), 1);
}

#[test]
fn a_rebase_refuses_a_branch_with_merges_and_says_what_else_to_do() {
    let world = World::new("");
    world.branch("side", &[("side", "x")]);
    world.branch("auto/a", &[("a", "x")]);
    world.git(&["switch", "-q", "auto/a"]);
    world.git(&["merge", "-q", "--no-ff", "side", "-m", "m"]);
    world.git(&["switch", "-q", "main"]);
    let ran = world.merge(&["--strategy", "rebase"]);
    assert_eq!((ran.code, ran.outcome("auto/a")), (1, "refused"));
    assert!(ran.said.contains("--strategy merge"), "{}", ran.said);
    world.merged(&["--strategy", "squash"]);
    assert_eq!(world.git(&["rev-list", "--count", "main"]), "2");
}

#[test]
fn a_squash_is_one_commit_a_session_with_its_trailer() {
    let world = World::new("");
    world.git(&["switch", "-q", "-c", "auto/a"]);
    for (file, session) in [("a", "19"), ("b", "19"), ("c", "20")] {
        world.write(file, file);
        world.commit_all(&format!("Write {file}\n\nBaton-Session: {session}"));
    }
    world.git(&["switch", "-q", "main"]);
    world.merged(&["--strategy", "squash"]);
    let sessions = "--format=%s %(trailers:key=Baton-Session,valueonly,separator=%x2c)";
    assert_eq!(
        world.git(&["log", sessions, "main"]),
        "Write c 20\nWrite a 19\nfirst"
    );
    let trash = world.git(&["for-each-ref", "--format=%(refname)", "refs/baton/trash"]);
    assert!(trash.ends_with("-auto-a"), "{trash}");
    assert_eq!(
        world.git(&["log", "-1", "--format=%s", &format!("{trash}^")]),
        "Write c"
    );
    assert!(!world.has("auto/a"));
    let name = trash.strip_prefix("refs/baton/trash/").unwrap();
    let words = [
        "orchestrator",
        "pool",
        "trash",
        "restore",
        name,
        "--branch",
        "back",
    ];
    let out = world
        .command(crate::merge::world::BATON, world.main())
        .args(words)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(world.tip("back"), world.tip(&format!("{trash}^")));
    world.assert_clean();
}

#[test]
fn a_squash_refuses_sessions_that_alternate() {
    let world = World::new("");
    world.git(&["switch", "-q", "-c", "auto/a"]);
    for (file, session) in [("a", "19"), ("b", "20"), ("c", "19")] {
        world.write(file, file);
        world.commit_all(&format!("Write {file}\n\nBaton-Session: {session}"));
    }
    world.git(&["switch", "-q", "main"]);
    let ran = world.merge(&["--strategy", "squash"]);
    assert_eq!((ran.code, ran.outcome("auto/a")), (1, "refused"));
    assert!(ran.said.contains("not next to each other"), "{}", ran.said);
}

#[test]
fn dependencies_come_first_whatever_their_names() {
    let world = World::new("");
    world.branch("auto/z", &[("z", "z")]);
    world.branch("auto/a", &[("a", "a")]);
    world.branch_from("auto/z", "auto/b", &[("b", "b")]);
    let report = world.merged(&["--dry-run"]);
    assert_eq!(names(&report), ["auto/a", "auto/z", "auto/b"]);
    assert_eq!(report["dry_run"], true);
    let report = world.merged(&["--after", "auto/a:auto/b"]);
    assert_eq!(names(&report), ["auto/z", "auto/b", "auto/a"]);
}

#[test]
fn a_cycle_is_named() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    world.branch("auto/b", &[("b", "b")]);
    let ran = world.merge(&["--after", "auto/a:auto/b", "--after", "auto/b:auto/a"]);
    assert_eq!(ran.code, 1);
    assert!(ran.said.contains("auto/a after auto/b"), "{}", ran.said);
}

#[test]
fn a_branch_somebody_is_at_work_on_is_not_finished_unless_it_is_named() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    let place = world.root().join("agent");
    world.git(&["worktree", "add", "-q", place.to_str().unwrap(), "auto/a"]);
    write(&place.join("more"), "more");
    let ran = world.merge(&[]);
    assert_eq!((ran.code, ran.outcome("auto/a")), (0, "unfinished"));
    let report = world.merged(&["auto/a"]);
    assert_eq!(branch(&report, "auto/a")["outcome"], "landed");
    assert!(world.has("auto/a"), "a worktree has it checked out");
    assert!(place.join("more").exists());
}

#[test]
fn finished_branches_that_the_policy_does_not_match_are_told() {
    let world = World::new("");
    let (code, said) = world.said(&[]);
    assert_eq!(code, 0);
    assert!(said.contains("matches auto/**"), "{said}");
    assert!(!said.contains("finished"), "{said}");
    world.branch("parse-dates", &[("a", "a")]);
    world.branch("at-work", &[("w", "w")]);
    world.branch("time-zones", &[("b", "b")]);
    world.git(&["branch", "old"]);
    let place = world.root().join("agent");
    world.git(&["worktree", "add", "-q", place.to_str().unwrap(), "at-work"]);
    write(&place.join("more"), "more");
    for args in [&["--dry-run"][..], &[]] {
        let ran = world.merge(args);
        let expected = serde_json::json!({
            "patterns": ["auto/**"],
            "finished": ["parse-dates", "time-zones"],
        });
        assert_eq!((ran.code, &ran.report["unmatched"]), (0, &expected));
        let (_, said) = world.said(args);
        let command = "\n    git baton orchestrator merge parse-dates time-zones\n";
        assert!(
            said.contains("matches auto/**") && said.contains(command),
            "{said}"
        );
    }
    let report = world.merged(&["parse-dates", "time-zones"]);
    assert_eq!(report["unmatched"], serde_json::Value::Null);
    world.branch("auto/a", &[("x", "x")]);
    assert_eq!(world.merged(&[])["unmatched"], serde_json::Value::Null);
}

#[test]
fn a_dry_run_changes_nothing() {
    let world = World::new("[merge]\ntest = [\"false\"]\n");
    world.branch("auto/a", &[("base.txt", "mine\n")]);
    world.branch("auto/b", &[("base.txt", "other\n")]);
    let refs = world.git(&["for-each-ref"]);
    let ran = world.merge(&["--dry-run"]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert_eq!(
        (ran.outcome("auto/a"), ran.outcome("auto/b")),
        ("planned", "conflict")
    );
    assert_eq!(world.git(&["for-each-ref"]), refs);
    assert!(!world.main().join(".git/baton/merge").exists());
}

#[test]
fn a_branch_that_the_pool_has_leased_or_a_session_works_on_is_not_finished() {
    let world = World::new("[pool]\nsize = 1\n");
    for args in [&["init"][..], &["acquire", "a"]] {
        let out = world
            .command(crate::merge::world::BATON, world.main())
            .args([&["orchestrator", "pool"], args].concat())
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
    let slot = world.root().join("main.worktrees/wt-1");
    write(&slot.join("a"), "a");
    world.git_in(&slot, &["add", "-A"]);
    world.git_in(&slot, &["commit", "-q", "-m", "a"]);
    let why = || {
        let ran = world.merge(&[]);
        assert_eq!(
            (ran.code, ran.outcome("auto/a")),
            (0, "unfinished"),
            "{}",
            ran.said
        );
        ran.branch("auto/a")["why"].as_str().unwrap().to_owned()
    };
    let at = slot.display();
    assert_eq!(
        why(),
        format!(
            "session 1 is still active in {at} on branch auto/a; `cd {at} && git baton session end` \
             ends it, `git baton session abandon 1 --reason TEXT` gives it up"
        )
    );
    world.git(&["update-ref", "-d", "refs/baton/sessions/1"]);
    assert_eq!(
        why(),
        "slot wt-1 is still leased for it; `git baton orchestrator pool release wt-1` gives it back"
    );
    let report = world.merged(&["auto/a"]);
    assert_eq!(branch(&report, "auto/a")["outcome"], "landed");
    assert!(world.has("auto/a"), "the slot has it checked out");
}

#[test]
fn old_logs_make_way_for_new_ones() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    let logs = world.main().join(".git/baton/merge/logs");
    std::fs::create_dir_all(&logs).unwrap();
    for number in 0..60 {
        write(&logs.join(format!("test-{number}.log")), "");
    }
    let report = world.merged(&["--test", "echo well"]);
    let log = report["tests"][0]["log"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "well\n");
    assert_eq!(std::fs::read_dir(&logs).unwrap().count(), 50);
}
