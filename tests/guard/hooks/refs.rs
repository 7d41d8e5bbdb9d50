//! Every way to move a reference, and every way to launder a commit by one.

use std::fs;

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, HANDOFF};

#[test]
fn plumbing_does_not_pass_what_porcelain_does_not() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad])
            .by("reference-transaction");
        f.refuses("protected-path", &["update-ref", "HEAD", &bad]);
        f.refuses("protected-path", &["branch", "-f", "other", &bad]);
        f.refuses("protected-path", &["branch", "other", &bad]);
        f.refuses(
            "protected-path",
            &["worktree", "add", "-b", "w", "../w", &bad],
        );
        let input = format!("create refs/heads/fine HEAD\nupdate refs/heads/main {bad}\n");
        let before = f.state();
        f.git_with_input(["update-ref", "--stdin"], input.as_bytes())
            .refused("protected-path");
        assert_eq!(f.state(), before, "all or nothing");
        f.git_with_input(["update-ref", "--stdin"], b"create refs/heads/fine HEAD\n")
            .ok();
    });
}

#[test]
fn other_references_hold_bad_commits_and_do_not_launder_them() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        let on_top = f.object(&[&bad], "fine", "1", "on top");
        f.git(["tag", "light", &bad]).ok();
        f.git(["tag", "-a", "-m", "x", "heavy", &bad]).ok();
        f.git(["update-ref", "refs/foo/x", &bad]).ok();
        f.git(["notes", "add", "-m", "x", &bad]).ok();
        f.git(["replace", &bad, &f.rev("HEAD")]).ok();
        for name in [
            "light",
            "heavy",
            "refs/foo/x",
            "refs/notes/commits",
            &on_top,
        ] {
            let target = format!("{name}^{{commit}}");
            let oid = f.rev(&target);
            if name == "refs/notes/commits" {
                continue;
            }
            f.refuses("protected-path", &["branch", "new", &oid]);
            f.refuses("protected-path", &["update-ref", "refs/heads/main", &oid]);
        }
    });
}

#[test]
fn a_new_branch_that_is_refused_is_put_back_as_the_refusal_says() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        f.git(["tag", "t", &bad]).ok();
        let before = f.state();
        for args in [
            ["switch", "-q", "-c", "new", "t"],
            ["checkout", "-q", "-b", "new", "t"],
        ] {
            let args = &args[..];
            let refused = f.git(args);
            refused.refused("protected-path");
            assert_ne!(f.state(), before, "{args:?}");
            let mut lines = refused.err.lines().map(str::trim);
            let command = lines
                .find(|line| line.starts_with("git read-tree "))
                .unwrap();
            f.shell(command).ok();
            assert_eq!(f.state(), before, "{args:?}");
        }
        let refused = f.refuses("protected-path", &["branch", "new", "t"]);
        assert!(!refused.err.contains("read-tree"), "{}", refused.err);
    });
}

#[test]
fn a_branch_written_by_hand_does_not_launder_what_it_holds() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        let heads = f.git_dir().join("refs/heads");
        fs::write(heads.join("raw"), format!("{bad}\n")).unwrap();
        f.refuses("protected-path", &["branch", "copy", "raw"]);
        f.git(["branch", "-c", "raw", "copied"]).ok();
        f.refuses("protected-path", &["branch", "copy", "copied"]);
        let before = f.state();
        f.git(["merge", "-q", "raw"]).refused("protected-path");
        f.git(["read-tree", "-m", "-u", "raw", "HEAD"]).ok();
        assert_eq!(f.state(), before);

        f.git(["checkout", "-q", "raw"]).ok();
        f.write("fine", "1");
        f.git(["add", "fine"]).ok();
        f.refuses("protected-path", &["commit", "-qm", "on top of it"]);
        f.git(["reset", "-q", "--hard", "main"]).ok();
        f.commit("fine", "1");
    });
}

#[test]
fn a_main_branch_overwritten_by_hand_is_judged_by_what_it_had() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.commit("one", "1");
        f.commit("two", "2");
        let loose = f.object(
            &["HEAD"],
            "baton.toml",
            "[branches]\ninclude = []\n",
            "loose",
        );
        let bad = f.object(&[&loose], HANDOFF, "forged\n", "bad");
        fs::write(f.git_dir().join("refs/heads/main"), format!("{bad}\n")).unwrap();
        f.git(["reset", "-q"]).ok();
        f.write("three", "3");
        f.git(["add", "three"]).ok();
        f.refuses("protected-path", &["commit", "-qm", "on top of it"]);
        f.refuses("policy-change", &["commit", "-qm", "on top of it"]);
        f.git(["reset", "-q", "--hard", "HEAD~2"]).ok();
        f.commit("three", "3");
    });
}

#[test]
fn a_history_of_ones_own_does_not_bring_its_own_law() {
    each_git(|git| {
        let f = Fixture::new(git);
        let policy = f.read("baton.toml");
        f.git(["checkout", "-q", "--orphan", "orphan"]).ok();
        f.write(HANDOFF, "forged\n");
        f.git(["add", "."]).ok();
        f.git(["commit", "-qm", "a root with the same policy"])
            .refused("policy-change")
            .by("reference-transaction");
        f.unguarded(["commit", "-qm", "a root with the same policy"])
            .ok();
        f.git(["checkout", "-q", "main"]).ok();
        for strategy in ["ours", "ort"] {
            let before = f.state();
            f.git([
                "merge",
                "-q",
                "-s",
                strategy,
                "-X",
                "theirs",
                "--no-edit",
                "--allow-unrelated-histories",
                "orphan",
            ])
            .refused("protected-path");
            f.git(["merge", "--abort"]).ok();
            assert_eq!(f.state(), before);
        }
        let looser = policy + "[sessions]\nmax_per_commit = 9\n";
        let root = f.object(&[], "baton.toml", &looser, "looser");
        let bundle = f.object(
            &[&root],
            ".agents/sessions/2025-12-18-session-1.md",
            "a",
            "one",
        );
        let bundle = f.object(
            &[&bundle],
            ".agents/sessions/2025-12-18-session-2.md",
            "b",
            "two\n\nBaton-Session: 2025-12-18/1",
        );
        f.refuses("policy-change", &["branch", "loose", &bundle]);
        f.unguarded(["branch", "loose", &bundle]).ok();
        let tree = f.rev("main^{tree}");
        let merge = f.object_of_tree(&tree, &["main", "loose"], "merge");
        f.refuses(
            "bundled-sessions",
            &["update-ref", "refs/heads/main", &merge],
        );
        let merge = f.object_of_tree(&tree, &["loose", "main"], "merge");
        f.refuses("bundled-sessions", &["branch", "by-way-of", &merge]);
        f.unguarded(["branch", "by-way-of", &merge]).ok();
        f.refuses(
            "bundled-sessions",
            &["update-ref", "refs/heads/main", "by-way-of"],
        );
    });
}

#[test]
fn a_branch_from_before_the_policy_is_free_until_it_is_merged() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["checkout", "-q", "-b", "old", "before-policy"]).ok();
        f.commit(HANDOFF, "forged\n");
        f.git(["checkout", "-q", "--detach", "old"]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        f.git(["checkout", "-q", "--detach", "old"]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        f.refuses("protected-path", &["update-ref", "refs/heads/main", "old"]);
        let tree = f.rev("main^{tree}");
        let merge = f.object_of_tree(&tree, &["main", "old"], "ours");
        f.refuses("protected-path", &["update-ref", "refs/heads/main", &merge]);
        f.git(["checkout", "-q", "old"]).ok();
        f.git(["merge", "-q", "-s", "ours", "--no-edit", "main"])
            .ok();
        f.git(["checkout", "-q", "main"]).ok();
        f.refuses("protected-path", &["update-ref", "refs/heads/main", "old"]);
    });
}

#[test]
fn a_branch_does_not_go_back_behind_the_newest_entry() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.commit("before", "1");
        let old = f.rev("HEAD");
        f.aggregate("19");
        f.add_remote("origin");
        let before = f.state();
        let reset = |mode: &str| {
            let ran = f.git(["reset", "-q", mode, &old]);
            ran.refused("handoff-rollback").by("reference-transaction");
            if let Some(command) = ran.err.lines().rfind(|line| line.starts_with("    git ")) {
                f.shell(command.trim()).ok();
            }
            assert_eq!(f.state(), before, "after {mode}: {ran:#?}");
        };
        reset("--hard");
        reset("--mixed");
        reset("--soft");
        let ran = f.git(["checkout", "-q", "-B", "main", &old]);
        ran.refused("handoff-rollback");
        f.git(["checkout", "-q", "--detach"]).ok();
        f.refuses("handoff-rollback", &["branch", "-f", "main", &old]);
        f.refuses(
            "handoff-rollback",
            &["update-ref", "refs/heads/main", "before-policy"],
        );
        f.git(["checkout", "-q", &old]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        f.git(["branch", "new-at-an-old-commit", &old]).ok();
        f.git(["checkout", "-q", "-b", "another", &old]).ok();
        f.git(["merge", "-q", "--ff-only", "main"]).ok();
    });
}

#[test]
fn a_branch_made_anew_is_held_to_what_the_clone_guards() {
    each_git(|git| {
        let f = Fixture::new(git);
        let old = f.rev("before-policy");
        f.commit("work", "1");
        let tree = |commit: &str| f.rev(&format!("{commit}^{{tree}}"));
        let forged = tree(&f.bad_object());
        let copied = f.object_of_tree(&forged, &[], "a root with a copy of the policy");
        let older = f.object_of_tree(&forged, &[&old], "older than the policy");
        let own = f.object(&[], "baton.toml", "[sessions]\nmax_per_commit = 9\n", "own");
        let bare = f.object(&[], HANDOFF, "forged\n", "no policy");
        let merged = f.object_of_tree(&forged, &[&older, "main"], "merged with main");
        f.git(["branch", "other"]).ok();
        f.git(["checkout", "-q", "--detach"]).ok();
        f.git(["branch", "-qD", "main"]).ok();
        for commit in [&copied, &older, &own, &bare, &merged] {
            for branch in ["main", "new"] {
                let ran = f.git(["branch", branch, commit]);
                let log = f.git(["log", "--format=%s", "-1", commit]).out;
                assert!(ran.err.contains("baton: refused"), "{log} {ran:#?}");
            }
        }
        f.git(["branch", "-qD", "other"]).ok();
        for commit in [&copied, &older, &own, &bare, &merged] {
            f.git(["branch", "main", commit])
                .by("reference-transaction");
        }
        f.git(["checkout", "-q", "-f", "--orphan", "main"]).ok();
        f.write(HANDOFF, "forged\n");
        f.git(["add", "."]).ok();
        f.git(["commit", "-qnm", "root"]).refused("protected-path");
        let page = f.object(&[], "index.html", "pages", "pages");
        f.git(["branch", "pages", &page]).ok();
        f.git(["branch", "old", &old]).ok();
    });
}

#[test]
fn resets_that_lose_nothing_protected_work() {
    each_git(|git| {
        let f = Fixture::new(git);
        for mode in ["--soft", "--mixed", "--hard"] {
            f.commit("one", mode);
            f.git(["reset", "-q", mode, "HEAD~1"]).ok();
            f.git(["reset", "-q", "--hard"]).ok();
        }
        f.git(["reset", "-q", "--hard", "HEAD@{1}"]).ok();
    });
}

#[test]
fn branches_are_made_renamed_copied_and_deleted() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["checkout", "-q", "-b", "one"]).ok();
        f.commit("one", "1");
        f.git(["branch", "-m", "one", "two"]).ok();
        f.git(["branch", "-c", "two", "three"]).ok();
        f.git(["checkout", "-q", "-B", "four", "main"]).ok();
        f.git(["branch", "-M", "two", "three"]).ok();
        f.git(["branch", "-D", "three"]).ok();
        f.git(["checkout", "-q", "--detach"]).ok();
        f.git(["branch", "-d", "four"]).ok();
        f.git(["tag", "t"]).ok();
        f.git(["tag", "-d", "t"]).ok();
        f.git(["symbolic-ref", "HEAD", "refs/heads/main"]).ok();
        let worktree = f.path("w");
        let worktree = worktree.to_str().unwrap();
        f.git(["worktree", "add", "-q", "--detach", worktree]).ok();
        let moved = f.path("moved");
        f.git(["worktree", "move", worktree, moved.to_str().unwrap()])
            .ok();
        f.git(["worktree", "remove", moved.to_str().unwrap()]).ok();
    });
}

#[test]
fn a_branch_that_points_to_another_reference_is_judged_by_what_that_holds() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        f.git(["update-ref", "refs/foo/x", &bad]).ok();
        f.git(["symbolic-ref", "refs/heads/alias", "refs/foo/x"]);
        if git.version >= (2, 46) {
            assert_ne!(
                f.git(["rev-parse", "-q", "--verify", "refs/heads/alias"])
                    .code,
                0
            );
        }
    });
}

#[test]
fn replace_references_and_grafts_change_no_verdict() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        let innocent = f.object(&["HEAD"], "fine", "1", "innocent");
        f.git(["replace", &bad, &innocent]).ok();
        f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);
        let blob = f
            .git_with_input(["hash-object", "-w", "--stdin"], b"forged\n")
            .ok();
        let original = f.rev(&format!("HEAD:{HANDOFF}"));
        f.git(["replace", &blob, &original]).ok();
        f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);

        let grandchild = f.object(&[&bad], "fine", "1", "grandchild");
        let head = f.rev("HEAD");
        fs::write(
            f.git_dir().join("info/grafts"),
            format!("{grandchild} {head}\n"),
        )
        .unwrap();
        f.refuses(
            "protected-path",
            &["update-ref", "refs/heads/main", &grandchild],
        );
        let grafts = f.path("grafts");
        fs::rename(f.git_dir().join("info/grafts"), &grafts).unwrap();
        let env = [("GIT_GRAFT_FILE", grafts.to_str().unwrap())];
        f.git_with_env(&env, ["update-ref", "refs/heads/main", &grandchild])
            .refused("protected-path");
    });
}

#[test]
fn the_policy_says_on_which_branches_it_holds() {
    each_git(|git| {
        let f = Fixture::with_policy(
            git,
            "[branches]\ninclude = [\"main\", \"release/**\"]\nexclude = [\"release/wip/*\"]\n",
        );
        let bad = f.bad_object();
        f.refuses("protected-path", &["branch", "release/1", &bad]);
        f.git(["branch", "release/wip/1", &bad]).ok();
        f.git(["branch", "feature", &bad]).ok();
        f.git(["checkout", "-q", "-b", "free"]).ok();
        f.commit(HANDOFF, "free\n");
        f.git(["rebase", "-q", "HEAD~1", "--force-rebase"]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        f.git(["merge", "-q", "free"]).refused("protected-path");
        f.git(["read-tree", "-m", "-u", "free", "HEAD"]).ok();
        f.refuses("protected-path", &["branch", "release/2", "feature"]);
    });
}

#[test]
fn a_fetch_of_many_branches_is_let_through() {
    each_git(|git| {
        let f = Fixture::new(git);
        let origin = f.add_remote("origin");
        let bad = f.bad_object();
        let lines: String = (0..500)
            .map(|n| format!("create refs/heads/b{n} {bad}\n"))
            .collect();
        f.publish(&origin, &bad, "first");
        let mut command = f.command(&origin);
        command.args(["update-ref", "--stdin"]);
        baton_testkit::run(&mut command, lines.as_bytes()).ok();
        f.git(["fetch", "-q", "origin"]).ok();
        let listed = f.git(["for-each-ref", "refs/remotes/origin"]).ok();
        assert!(listed.lines().count() >= 500);
        f.git(["fetch", "-q", "--atomic", "--prune", "origin"]).ok();
    });
}
