//! Branches and checkouts for which nothing lands.

use crate::merge::world::{World, branch, write};

#[test]
fn a_branch_that_breaks_a_rule_is_refused_alone() {
    let world = World::with_hooks("[[protected]]\npaths = [\"LICENSE\"]\nwriter = \"nobody\"\n");
    world.branch("auto/a", &[("a", "a")]);
    world.git(&["switch", "-q", "-c", "auto/b"]);
    world.write("LICENSE", "mine");
    world.git(&["add", "-A"]);
    // The branch comes from a clone without hooks.
    world.git(&["-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "x"]);
    world.git(&["-c", "core.hooksPath=/dev/null", "switch", "-q", "main"]);
    world.branch("auto/c", &[("c", "c")]);
    for strategy in ["merge", "rebase", "squash"] {
        let ran = world.merge(&["--dry-run", "--strategy", strategy]);
        assert_eq!(ran.code, 1);
        assert_eq!(ran.outcome("auto/b"), "refused", "{strategy}: {}", ran.said);
        assert_eq!(
            (ran.outcome("auto/a"), ran.outcome("auto/c")),
            ("planned", "planned")
        );
    }
    let ran = world.merge(&[]);
    assert_eq!(
        (ran.outcome("auto/a"), ran.outcome("auto/c")),
        ("landed", "landed")
    );
    assert!(ran.said.contains("protected-path"), "{}", ran.said);
    world.assert_clean();
}

#[test]
fn a_squash_never_bundles_sessions() {
    let world = World::with_hooks("");
    let hookless = ["-c", "core.hooksPath=/dev/null"];
    world.git(&["switch", "-q", "-c", "auto/a"]);
    for session in [19, 20] {
        let log = format!(".agents/sessions/2025-12-18-session-{session}-x.md");
        world.write(&log, "# Log\n");
        world.git(&["add", "-A"]);
        world.git(&[&hookless[..], &["commit", "-q", "-m", "log"]].concat());
    }
    world.git(&["switch", "-q", "main"]);
    let report = world.merged(&["--strategy", "squash"]);
    let commits = &branch(&report, "auto/a")["commits"];
    assert_eq!(commits.as_array().unwrap().len(), 2);
}

#[test]
fn nothing_lands_over_changes_in_a_checkout_of_the_target() {
    let world = World::new("");
    world.branch("auto/a", &[("base.txt", "new\n"), ("fresh", "theirs")]);
    let before = world.tip("main");
    for (path, content) in [("base.txt", "mine\n"), ("fresh", "mine")] {
        world.write(path, content);
        let ran = world.merge(&[]);
        assert_eq!(ran.code, 1, "{}", ran.said);
        let main = world.main().canonicalize().unwrap();
        assert!(ran.said.contains(main.to_str().unwrap()), "{}", ran.said);
        assert!(ran.said.contains(path), "{}", ran.said);
        assert_eq!(world.tip("main"), before);
        assert_eq!(world.read(path), content);
        world.git(&["checkout", "-q", "--", "base.txt"]);
    }
    std::fs::remove_file(world.main().join("fresh")).unwrap();
    world.merged(&[]);
    world.assert_clean();
}

#[test]
fn changes_elsewhere_in_the_checkout_stay() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    world.write("base.txt", "mine\n");
    world.write("staged", "mine\n");
    world.git(&["add", "staged"]);
    world.write("untracked", "mine\n");
    world.merged(&[]);
    assert_eq!(world.read("a"), "a");
    assert_eq!(
        world.git(&["status", "--porcelain"]),
        " M base.txt\nA  staged\n?? untracked"
    );
}

#[test]
fn a_target_that_is_checked_out_nowhere_moves_all_the_same() {
    let world = World::new("");
    world.branch("auto/a", &[("a", "a")]);
    world.git(&["switch", "-q", "--detach"]);
    let report = world.merged(&["--into", "main"]);
    assert_eq!(report["checkouts"].as_array().unwrap().len(), 0);
    assert_eq!(world.git(&["show", "main:a"]), "a");
    assert!(!world.main().join("a").exists());
}

#[test]
fn every_checkout_of_the_target_shows_it() {
    let world = World::new("");
    let other = world.root().join("other");
    world.git(&[
        "worktree",
        "add",
        "-q",
        "-f",
        other.to_str().unwrap(),
        "main",
    ]);
    world.branch("auto/a", &[("a", "a")]);
    let report = world.merged(&[]);
    assert_eq!(report["checkouts"].as_array().unwrap().len(), 2);
    assert_eq!(std::fs::read_to_string(other.join("a")).unwrap(), "a");
    assert_eq!(world.git_in(&other, &["status", "--porcelain"]), "");
    world.assert_clean();
}

#[test]
fn names_that_are_not_there_are_told() {
    let world = World::new("");
    for (args, said) in [
        (&["nowhere"][..], "there is no branch nowhere"),
        (
            &["--into", "nowhere"],
            "there is no branch nowhere to merge into",
        ),
        (&["main"], "cannot be merged into itself"),
        (
            &["--after", "auto/x:auto/y"],
            "which is not among the branches",
        ),
        (&["--after", "x"], "names no two branches"),
        (&["--continue"], "no merge is waiting"),
        (
            &["--skip", "auto/x"],
            "no merge is waiting for anybody about auto/x",
        ),
    ] {
        let ran = world.merge(args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.said);
        assert!(ran.said.contains(said), "{args:?}: {}", ran.said);
    }
}

#[test]
fn a_branch_is_kept_where_the_policy_or_a_worktree_needs_it() {
    let world = World::new("");
    world.branch("feature", &[("f", "f")]);
    world.merged(&["feature"]);
    assert!(world.has("feature"), "the policy does not take it");
    let world = World::new("[merge]\ndelete = false\n");
    world.branch("auto/a", &[("a", "a")]);
    let report = world.merged(&[]);
    assert!(world.has("auto/a"));
    assert_eq!(branch(&report, "auto/a")["afterwards"]["branch_is"], "kept");
}

#[test]
fn a_branch_of_another_history_is_refused_alone() {
    let world = World::new("");
    world.git(&["switch", "-q", "--orphan", "auto/alien"]);
    world.write("alien", "alien");
    world.commit_all("from elsewhere");
    world.git(&["switch", "-q", "main"]);
    world.branch("auto/b", &[("b", "b")]);
    for strategy in ["merge", "squash"] {
        let ran = world.merge(&["--dry-run", "--strategy", strategy]);
        assert_eq!(ran.outcome("auto/alien"), "refused", "{}", ran.said);
        assert_eq!(ran.outcome("auto/b"), "planned");
    }
    let ran = world.merge(&[]);
    assert_eq!((ran.code, ran.outcome("auto/b")), (1, "landed"));
    world.assert_clean();
}

#[test]
fn nothing_lands_over_files_that_git_ignores() {
    for (mine, theirs) in [
        ("ignored", "ignored"),
        ("ignored", "ignored/below"),
        ("ignored/below", "ignored"),
    ] {
        let world = World::new("");
        let place = world.root().join("work");
        let target = place.to_str().unwrap();
        world.git(&["worktree", "add", "-q", "-b", "auto/a", target]);
        write(&place.join(theirs), "theirs\n");
        world.git_in(&place, &["add", "--force", theirs]);
        world.git_in(&place, &["commit", "-q", "-m", "Track what was ignored"]);
        world.git(&["worktree", "remove", "--force", target]);
        world.write(mine, "mine\n");
        let before = world.tip("main");
        let ran = world.merge(&[]);
        assert_eq!(ran.code, 1, "{mine} {theirs}: {}", ran.said);
        assert!(ran.said.contains("changes of its own"), "{}", ran.said);
        assert!(ran.said.contains(theirs), "{}", ran.said);
        assert_eq!(
            (world.read(mine), world.tip("main")),
            ("mine\n".into(), before)
        );
    }
}
