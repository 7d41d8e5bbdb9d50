//! Commits, made in every way that git has.

use std::fs;

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, HANDOFF};

#[test]
fn a_commit_that_leaves_the_handoff_file_alone_lands() {
    each_git(|git| {
        let f = Fixture::new(git);
        let commit = f.commit("src/lib.rs", "code\n");
        assert_eq!(f.rev("main"), commit);
        f.git(["commit", "-q", "--allow-empty", "-m", "nothing"])
            .ok();
        f.git([
            "commit",
            "-q",
            "--amend",
            "--allow-empty",
            "-m",
            "other words",
        ])
        .ok();
        f.aggregate("19");
        f.aggregate("20");
    });
}

#[test]
fn pre_commit_judges_the_index_that_git_commits() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.write("README", "more\n");
        f.write(HANDOFF, "forged\n");
        f.refuses("protected-path", &["commit", "-aqm", "x"])
            .by("pre-commit");
        f.refuses("protected-path", &["commit", "-qm", "x", "--", HANDOFF])
            .by("pre-commit");
        f.refuses("protected-path", &["commit", "-qim", "x", HANDOFF])
            .by("pre-commit");
        f.git(["commit", "-qm", "only the other", "-o", "README"])
            .ok();
        f.git(["add", HANDOFF]).ok();
        f.refuses("protected-path", &["commit", "-qm", "x"])
            .by("pre-commit");
        f.write("src/a", "a");
        f.git(["add", "src/a"]).ok();
        f.git([
            "commit",
            "-qm",
            "a path beside the staged bad one",
            "-o",
            "src/a",
        ])
        .ok();
        assert_eq!(f.git(["diff", "--cached", "--name-only"]).ok(), HANDOFF);
    });
}

#[test]
fn a_temporary_index_is_the_one_that_counts() {
    each_git(|git| {
        let f = Fixture::new(git);
        let index = f.path("my-index");
        fs::copy(f.git_dir().join("index"), &index).unwrap();
        let env = [("GIT_INDEX_FILE", index.to_str().unwrap())];
        f.write(HANDOFF, "forged\n");
        f.git_with_env(&env, ["add", HANDOFF]).ok();
        let before = f.state();
        f.git_with_env(&env, ["commit", "-qm", "x"])
            .refused("protected-path")
            .by("pre-commit");
        assert_eq!(f.state(), before);
        f.git([
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "the usual index is clean",
        ])
        .ok();
    });
}

#[test]
fn no_verify_meets_the_reference_transaction() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.write(HANDOFF, "forged\n");
        f.refuses("protected-path", &["commit", "-anqm", "x"])
            .by("reference-transaction");
        f.git(["rm", "-qf", HANDOFF]).ok();
        f.refuses("protected-path", &["commit", "-nqm", "x"]);
        f.git(["reset", "-q", "--hard"]).ok();
        f.git(["mv", HANDOFF, "elsewhere.md"]).ok();
        f.refuses("protected-path", &["commit", "-nqm", "x"]);
        f.git(["reset", "-q", "--hard"]).ok();
        f.git(["update-index", "--chmod=+x", HANDOFF]).ok();
        f.refuses("protected-path", &["commit", "-nqm", "x"]);
    });
}

#[test]
fn an_amendment_is_held_against_the_parents_it_will_have() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.commit("a", "1");
        f.write(HANDOFF, "forged\n");
        f.refuses("protected-path", &["commit", "-aq", "--amend", "--no-edit"]);
        f.git(["checkout", "-q", "HEAD", "--", HANDOFF]).ok();

        f.aggregate("19");
        let old = f.git(["show", &format!("HEAD~1:{HANDOFF}")]).out;
        f.write(HANDOFF, &old);
        f.git(["add", HANDOFF]).ok();
        let before = f.state();
        let ran = f.git(["commit", "-q", "--amend", "--allow-empty", "-m", "back"]);
        ran.refused("handoff-rollback").by("reference-transaction");
        assert_eq!(f.state(), before);
    });
}

#[test]
fn an_amendment_that_takes_a_bad_edit_back_lands() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        f.unguarded(["reset", "-q", "--hard", &bad]).ok();
        let good = f.git(["show", &format!("HEAD~1:{HANDOFF}")]).out;
        f.write(HANDOFF, &good);
        f.git(["add", HANDOFF]).ok();
        f.git(["commit", "-q", "--amend", "--allow-empty", "-m", "mended"])
            .ok();
        f.git(["diff", "--quiet", "HEAD~1"]).ok();
        f.commit("after", "it");
    });
}

#[test]
fn bundled_sessions_are_seen_in_paths_and_in_the_message() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.write(".agents/sessions/2025-12-18-session-01.md", "log");
        f.write(".agents/sessions/2025-12-18-session-02.md", "log");
        f.git(["add", "."]).ok();
        f.refuses("bundled-sessions", &["commit", "-qm", "two"])
            .by("pre-commit");
        f.refuses("bundled-sessions", &["commit", "-nqm", "two"])
            .by("reference-transaction");
        f.git([
            "reset",
            "-q",
            "--",
            ".agents/sessions/2025-12-18-session-02.md",
        ])
        .ok();
        let message = "one\n\nBaton-Session: 2025-12-18/3\n";
        f.refuses("bundled-sessions", &["commit", "-qm", message])
            .by("commit-msg");
        f.git(["commit", "-qm", "one\n\nBaton-Session: 1\n"]).ok();
    });
}

#[test]
fn a_repository_without_a_policy_is_left_alone() {
    each_git(|git| {
        let f = Fixture::empty(git, baton_testkit::Make::default());
        f.install();
        f.commit(HANDOFF, "anything\n");
        f.commit(HANDOFF, "goes\n");
        f.git(["checkout", "-q", "--orphan", "other"]).ok();
        f.git(["commit", "-qm", "a second root"]).ok();
        fs::remove_dir_all(f.git_dir().join("baton")).unwrap();
        f.commit(HANDOFF, "even without a journal\n");
    });
}

#[test]
fn the_first_commit_of_a_policy_lands_and_binds_the_next() {
    each_git(|git| {
        let f = Fixture::empty(git, baton_testkit::Make::default());
        f.install();
        f.write("baton.toml", "version = 1\n");
        f.write(HANDOFF, "# Handoff\n\n## Recent Work\n");
        f.git(["add", "."]).ok();
        f.git(["commit", "-qm", "root with a policy"]).ok();
        f.write(HANDOFF, "forged\n");
        f.refuses("protected-path", &["commit", "-aqm", "x"]);
        f.write("baton.toml", "version = 1\n[branches]\ninclude = []\n");
        f.git(["checkout", "-q", "HEAD", "--", HANDOFF]).ok();
        f.refuses("policy-change", &["commit", "-aqm", "looser"])
            .by("reference-transaction");
        f.git(["rm", "-qf", "baton.toml"]).ok();
        f.refuses("policy-change", &["commit", "-qm", "none"]);
    });
}

#[test]
fn what_breaks_a_rule_at_or_below_head_is_made_again_as_the_refusal_says() {
    each_git(|git| {
        let f = Fixture::new(git);
        let parent = f.rev("HEAD");
        let bad = f.bad_object();
        let restore = [
            "restore",
            "--source",
            &parent,
            "--staged",
            "--worktree",
            HANDOFF,
        ];
        f.unguarded(["reset", "-q", "--hard", &bad]).ok();
        f.git(restore).ok();
        let refused = f.refuses("protected-path", &["commit", "-qm", "put back"]);
        let amend = "\n    git commit --amend\n";
        assert!(refused.err.contains(amend), "{}", refused.err);
        f.git(["commit", "-q", "--amend", "--allow-empty", "-m", "again"])
            .ok();

        f.unguarded(["reset", "-q", "--hard", &bad]).ok();
        f.write("between", "1");
        f.git(["add", "between"]).ok();
        f.unguarded(["commit", "-qm", "between"]).ok();
        let refused = f.refuses(
            "protected-path",
            &["commit", "-q", "--allow-empty", "-m", "x"],
        );
        let rebase = format!("\n    git rebase -i {}\n", &parent[..10]);
        assert!(refused.err.contains(&rebase), "{}", refused.err);
        assert!(!refused.err.contains(amend), "{}", refused.err);
        let edit = [("GIT_SEQUENCE_EDITOR", "sed -i 1s/pick/edit/")];
        f.git_with_env(&edit, ["rebase", "-q", "-i", &parent]);
        f.git(restore).ok();
        f.git(["commit", "-q", "--amend", "--allow-empty", "-m", "again"])
            .ok();
        f.git(["rebase", "--continue"]).ok();
        f.commit("after", "1");

        f.write(HANDOFF, "forged\n");
        let refused = f.refuses("protected-path", &["commit", "-naqm", "new"]);
        assert!(!refused.err.contains("HEAD, and every"), "{}", refused.err);
    });
}

#[test]
fn a_detached_head_is_guarded_like_a_branch() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["checkout", "-q", "--detach"]).ok();
        f.write(HANDOFF, "forged\n");
        f.refuses("protected-path", &["commit", "-aqm", "x"])
            .by("pre-commit");
        f.refuses("protected-path", &["commit", "-naqm", "x"])
            .by("reference-transaction");
        f.git(["reset", "-q", "--hard"]).ok();
        f.commit("fine", "1");
        f.write(HANDOFF, "forged\n");
        f.refuses("protected-path", &["commit", "-naq", "--amend", "-m", "x"]);
    });
}

#[test]
fn a_linked_worktree_is_guarded_by_the_same_hooks() {
    each_git(|git| {
        let f = Fixture::new(git);
        let linked = f.linked("side");
        baton_testkit::write_below(&linked, HANDOFF, "forged\n");
        let before = f.state_at(&linked);
        for args in [["commit", "-aqm", "x"], ["commit", "-anqm", "x"].map(|a| a)] {
            f.git_at(&linked, args).refused("protected-path");
            assert_eq!(f.state_at(&linked), before);
        }
        baton_testkit::write_below(&linked, "fine", "1");
        f.git_at(&linked, ["checkout", "-q", "--", HANDOFF]).ok();
        f.git_at(&linked, ["add", "fine"]).ok();
        f.git_at(&linked, ["commit", "-qm", "fine"]).ok();
    });
}
