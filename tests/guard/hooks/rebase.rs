//! Operations that replay commits.

use std::fs;

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, HANDOFF};

#[test]
fn a_rebase_of_fifty_commits_lands() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["checkout", "-q", "-b", "side"]).ok();
        for n in 0..50 {
            f.commit(&format!("f{n}"), "1");
        }
        f.git(["checkout", "-q", "main"]).ok();
        f.aggregate("19");
        f.git(["checkout", "-q", "side"]).ok();
        f.git(["rebase", "-q", "main"]).ok();
        assert_eq!(f.git(["rev-list", "--count", "main..side"]).ok(), "50");
        f.git(["rebase", "-q", "-i", "--exec", "true", "HEAD~5"])
            .ok();
        f.git(["rebase", "-q", "--onto", "HEAD~10", "HEAD~3"]).ok();
        assert_eq!(f.git(["rev-list", "--count", "main..side"]).ok(), "43");
    });
}

#[test]
fn a_rebase_that_meets_a_bad_commit_stops_and_can_be_given_up() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["checkout", "-q", "-b", "side"]).ok();
        f.commit("one", "1");
        let bad = f.bad_object();
        f.unguarded(["reset", "-q", "--hard", &bad]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        f.commit("two", "2");
        f.git(["checkout", "-q", "side"]).ok();
        let before = f.state();
        let ran = f.git(["rebase", "-q", "main"]);
        ran.refused("protected-path").by("reference-transaction");
        assert!(ran.err.contains("    git rebase --abort"), "{}", ran.err);
        f.git(["rebase", "--abort"]).ok();
        assert_eq!(f.state(), before);

        f.git(["rebase", "-q", "main"]).refused("protected-path");
        f.git(["rebase", "--skip"]).ok();
        assert_eq!(f.rev("HEAD^"), f.rev("main"));
        assert_eq!(f.git(["diff", "--name-only", "main"]).ok(), "one");
    });
}

#[test]
fn an_edit_slipped_into_a_rebase_is_refused() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.commit("one", "1");
        f.commit("two", "2");
        let before = f.state();
        let edit = format!("echo forged > {HANDOFF} && git commit -nqam x");
        f.git(["rebase", "-q", "-i", "--exec", &edit, "HEAD~2"])
            .refused("protected-path");
        f.git(["checkout", "-q", "HEAD", "--", HANDOFF]).ok();
        f.git(["rebase", "--abort"]).ok();
        assert_eq!(f.state(), before);

        f.git(["checkout", "-q", "-b", "conflict", "HEAD~1"]).ok();
        f.commit("two", "other");
        assert_ne!(f.git(["rebase", "-q", "main"]).code, 0);
        f.write("two", "settled");
        f.write(HANDOFF, "forged\n");
        f.git(["add", "."]).ok();
        f.git(["rebase", "--continue"]).refused("protected-path");
        f.git(["checkout", "-q", "main", "--", HANDOFF]).ok();
        f.git(["rebase", "--continue"]).ok();
    });
}

#[test]
fn cherry_pick_and_revert_of_a_handoff_edit_are_refused() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        let before = f.state();
        let ran = f.git(["cherry-pick", &bad]);
        ran.refused("protected-path");
        f.git(["cherry-pick", "--abort"]).ok();
        assert_eq!(f.state(), before);

        let good = f.object(&["HEAD"], "picked", "1", "good");
        f.commit("between", "1");
        f.git(["cherry-pick", &good]).ok();
        f.git(["revert", "--no-edit", "HEAD"]).ok();

        f.aggregate("19");
        let before = f.state();
        let ran = f.git(["revert", "--no-edit", "HEAD"]);
        ran.refused("protected-path");
        assert!(ran.err.contains("    git reset --merge"), "{}", ran.err);
        f.git(["reset", "-q", "--merge"]).ok();
        assert_eq!(f.state(), before);
    });
}

#[test]
fn am_applies_good_patches_and_no_bad_one() {
    each_git(|git| {
        let f = Fixture::new(git);
        let good = f.object(&["HEAD"], "patched", "1\n", "good");
        let bad = f.object(&[&good], HANDOFF, "forged\n", "bad");
        let patches = f.path("patches");
        let range = format!("HEAD..{bad}");
        f.git([
            "format-patch",
            "-q",
            "-o",
            patches.to_str().unwrap(),
            &range,
        ])
        .ok();
        let mut files: Vec<_> = fs::read_dir(&patches)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        f.git(["am", "-q", files[0].to_str().unwrap()]).ok();
        let before = f.state();
        let ran = f.git(["am", "-q", files[1].to_str().unwrap()]);
        ran.refused("protected-path");
        assert!(ran.err.contains("    git am --abort"), "{}", ran.err);
        f.git(["am", "--abort"]).ok();
        assert_eq!(f.state(), before);
    });
}

#[test]
fn stash_works_and_does_not_launder() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.write(HANDOFF, "forged\n");
        f.git(["stash", "-q"]).ok();
        f.git(["stash", "pop", "-q"]).ok();
        f.git(["stash", "-q"]).ok();
        f.refuses("protected-path", &["branch", "from-stash", "stash@{0}"]);
        f.refuses(
            "protected-path",
            &["update-ref", "refs/heads/main", "refs/stash"],
        );
        f.git(["stash", "drop", "-q"]).ok();
    });
}

#[test]
fn bisect_walks_over_old_bad_commits() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.commit("one", "1");
        let old = f.rev("HEAD");
        for n in 0..6 {
            let bad = f.object(&["HEAD"], HANDOFF, &format!("forged {n}\n"), "bad");
            f.unguarded(["reset", "-q", "--hard", &bad]).ok();
        }
        f.git(["bisect", "start", "HEAD", &old]).ok();
        f.git(["bisect", "run", "true"]).ok();
        f.git(["bisect", "reset"]).ok();
        f.git(["checkout", "-q", "--detach", "HEAD~3"]).ok();
        f.git(["checkout", "-q", "--detach", "HEAD~1"]).ok();
        f.git(["checkout", "-q", "--detach", "main"]).ok();
    });
}

#[test]
fn filter_branch_rewrites_what_it_may() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.commit("one", "1");
        f.commit("secret", "2");
        let env = [("FILTER_BRANCH_SQUELCH_WARNING", "1")];
        let args = [
            "filter-branch",
            "-f",
            "--tree-filter",
            "rm -f secret",
            "HEAD~2..HEAD",
        ];
        f.git_with_env(&env, args).ok();
        assert!(!f.repo().join("secret").exists());
        let before = f.state();
        let forge = format!("echo forged > {HANDOFF}");
        let args = [
            "filter-branch",
            "-f",
            "--tree-filter",
            &forge,
            "HEAD~2..HEAD",
        ];
        assert_ne!(f.git_with_env(&env, args).code, 0);
        assert_eq!(f.state().head, before.head);
    });
}

#[test]
fn maintenance_and_packing_run() {
    each_git(|git| {
        let f = Fixture::new(git);
        for n in 0..20 {
            f.git(["branch", &format!("b{n}")]).ok();
        }
        let bad = f.bad_object();
        f.unguarded(["branch", "bad", &bad]).ok();
        f.git(["pack-refs", "--all"]).ok();
        f.git(["gc", "-q", "--prune=now"]).ok();
        f.git(["maintenance", "run", "--task=gc", "--quiet"]).ok();
        f.commit("one", "1");
        f.git(["pack-refs", "--all"]).ok();
        f.git(["branch", "-D", "bad"]).ok();
        f.git(["reflog", "expire", "--expire=now", "--all"]).ok();
    });
}
