//! Merges and pulls.

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, HANDOFF};

/// A fixture whose branch `bad` holds a bad commit that no hook has seen, and whose `main` has
/// moved on.
fn with_bad_branch(git: &baton_testkit::Git) -> Fixture {
    let f = Fixture::new(git);
    let bad = f.bad_object();
    f.unguarded(["branch", "bad", &bad]).ok();
    f.commit("main.txt", "1");
    f
}

/// Runs the last indented command that a refusal prints.
fn follow_advice(f: &Fixture, said: &str) {
    let command = said.lines().rfind(|line| line.starts_with("    git "));
    let command = command.unwrap_or_else(|| panic!("no command in {said}"));
    f.shell(command.trim()).ok();
}

#[test]
fn good_merges_of_every_kind_land() {
    each_git(|git| {
        let f = Fixture::new(git);
        for branch in ["a", "b", "c", "d"] {
            f.git(["checkout", "-q", "-b", branch, "main"]).ok();
            f.commit(branch, "1");
        }
        f.git(["checkout", "-q", "main"]).ok();
        f.git(["merge", "-q", "--ff-only", "a"]).ok();
        f.git(["merge", "-q", "--no-ff", "b"]).ok();
        f.git(["merge", "-q", "c", "d"]).ok();
        f.git(["checkout", "-q", "-b", "s", "before-policy"]).ok();
        f.commit("s", "1");
        f.git(["checkout", "-q", "main"]).ok();
        f.git(["merge", "-q", "--squash", "s"]).ok();
        f.git(["commit", "-qm", "squashed"]).ok();
    });
}

#[test]
fn a_bad_commit_does_not_come_in_by_a_merge() {
    each_git(|git| {
        let f = with_bad_branch(git);
        let before = f.state();
        let ran = f.git(["merge", "-q", "--no-edit", "bad"]);
        ran.refused("protected-path");
        f.git(["merge", "--abort"]).ok();
        assert_eq!(f.state(), before);
        let ran = f.git(["merge", "-q", "--no-edit", "--no-verify", "bad"]);
        ran.refused("protected-path").by("reference-transaction");
        follow_advice(&f, &ran.err);
        assert_eq!(f.state(), before);
    });
}

#[test]
fn a_refused_fast_forward_names_the_command_that_restores_the_files() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        f.unguarded(["branch", "bad", &bad]).ok();
        f.write("untracked", "mine");
        f.write("README", "uncommitted\n");
        let before = f.state();
        let ran = f.git(["merge", "-q", "bad"]);
        ran.refused("protected-path").by("reference-transaction");
        assert_ne!(f.state(), before, "git moves the files first");
        follow_advice(&f, &ran.err);
        assert_eq!(f.state(), before);
    });
}

#[test]
fn a_refused_octopus_leaves_no_trace() {
    each_git(|git| {
        let f = with_bad_branch(git);
        f.git(["checkout", "-q", "-b", "side", "HEAD~1"]).ok();
        f.commit("side", "1");
        f.git(["checkout", "-q", "main"]).ok();
        let before = f.state();
        let ran = f.git(["merge", "-q", "--no-edit", "side", "bad"]);
        ran.refused("protected-path");
        f.git(["merge", "--abort"]).ok();
        assert_eq!(f.state(), before);
    });
}

#[test]
fn a_conflict_settled_with_an_edit_is_refused_and_with_one_side_is_not() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["checkout", "-q", "-b", "other"]).ok();
        f.commit("both", "other\n");
        f.git(["checkout", "-q", "main"]).ok();
        f.commit("both", "main\n");
        assert_ne!(f.git(["merge", "-q", "other"]).code, 0);
        f.write("both", "settled\n");
        f.write(HANDOFF, "forged\n");
        f.git(["add", "."]).ok();
        f.refuses("protected-path", &["commit", "-qm", "settled"])
            .by("pre-commit");
        f.refuses("protected-path", &["commit", "-nqm", "settled"])
            .by("reference-transaction");
        f.git(["checkout", "-q", "HEAD", "--", HANDOFF]).ok();
        f.git(["commit", "-qm", "settled"]).ok();
    });
}

#[test]
fn a_squashed_bad_branch_is_refused_when_it_is_committed() {
    each_git(|git| {
        let f = with_bad_branch(git);
        f.git(["merge", "-q", "--squash", "bad"]).ok();
        f.refuses("protected-path", &["commit", "-qm", "squashed"])
            .by("pre-commit");
        f.refuses("protected-path", &["commit", "-nqm", "squashed"]);
    });
}

#[test]
fn ours_does_not_hide_what_the_other_side_did() {
    each_git(|git| {
        let f = with_bad_branch(git);
        let before = f.state();
        let ran = f.git(["merge", "-q", "-s", "ours", "--no-edit", "bad"]);
        ran.refused("protected-path").by("reference-transaction");
        f.git(["merge", "--abort"]).ok();
        assert_eq!(f.state(), before);
    });
}

#[test]
fn ours_does_not_bring_an_older_handoff_or_another_policy() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["branch", "behind"]).ok();
        let newest = f.aggregate("19");
        f.git(["checkout", "-q", "behind"]).ok();
        f.commit("behind", "1");
        f.git(["merge", "-q", "-s", "ours", "--no-edit", "main"])
            .refused("handoff-rollback")
            .by("reference-transaction");
        f.unguarded(["commit", "-q", "--no-edit"]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        let before = f.state();
        let ran = f.git(["merge", "-q", "--ff-only", "behind"]);
        ran.refused("handoff-rollback");
        follow_advice(&f, &ran.err);
        assert_eq!(f.state(), before);
        assert_eq!(f.rev("main"), newest);

        let loose = f.object(
            &["before-policy"],
            "baton.toml",
            "[sessions]\nmax_per_commit = 9\n",
            "loose",
        );
        f.refuses("policy-change", &["branch", "loose", &loose]);
        f.unguarded(["branch", "loose", &loose]).ok();
        let tree = f.rev("loose^{tree}");
        let merge = f.object_of_tree(&tree, &["main", "loose"], "theirs");
        f.refuses(
            "handoff-rollback",
            &["update-ref", "refs/heads/main", &merge],
        );
    });
}

#[test]
fn a_branch_that_is_behind_takes_the_newest_handoff() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["branch", "merged"]).ok();
        f.git(["branch", "rebased"]).ok();
        f.git(["branch", "forwarded"]).ok();
        f.aggregate("19");
        f.aggregate("20");
        f.git(["checkout", "-q", "merged"]).ok();
        f.commit("merged", "1");
        f.git(["merge", "-q", "--no-edit", "main"]).ok();
        f.git(["checkout", "-q", "rebased"]).ok();
        f.commit("rebased", "1");
        f.git(["rebase", "-q", "main"]).ok();
        f.git(["checkout", "-q", "forwarded"]).ok();
        f.git(["merge", "-q", "main"]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        f.git(["merge", "-q", "--no-edit", "merged"]).ok();
        f.git(["merge", "-q", "--no-edit", "rebased"]).ok();
    });
}

#[test]
fn an_octopus_of_fifty_lands_and_one_bad_head_among_fifty_does_not() {
    each_git(|git| {
        let f = Fixture::new(git);
        let heads: Vec<_> = (0..50)
            .map(|n| f.object(&["HEAD"], &format!("f{n}"), "1", "head"))
            .collect();
        let tree = f.rev("HEAD^{tree}");
        let mut parents: Vec<_> = heads.iter().map(String::as_str).collect();
        let head = f.rev("HEAD");
        parents.insert(0, &head);
        let good = f.object_of_tree(&tree, &parents, "fifty");
        f.git(["update-ref", "refs/heads/good", &good]).ok();
        f.git(["checkout", "-q", "-b", "fifty"]).ok();
        f.git(["reset", "-q", "--hard", &good]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        let bad = f.bad_object();
        parents[25] = &bad;
        let merge = f.object_of_tree(&tree, &parents, "fifty");
        f.refuses("protected-path", &["update-ref", "refs/heads/main", &merge]);
    });
}

#[test]
fn a_published_bad_commit_comes_in_and_post_merge_says_so() {
    each_git(|git| {
        let f = Fixture::new(git);
        let origin = f.add_remote("origin");
        let old = f.rev("HEAD");
        let bad = f.bad_object();
        f.publish(&origin, &bad, "main");
        f.git(["fetch", "-q", "origin"]).ok();
        let before = f.state();

        let ran = f.git(["pull", "-q", "--ff-only", "origin", "main"]);
        assert_eq!(ran.code, 0, "git does not ask post-merge: {ran:#?}");
        ran.tells("protected-path").by("post-merge");
        assert_eq!(f.rev("main"), bad, "it is in");
        f.shell(&format!("git reset --keep {old}")).ok();
        assert_eq!(f.state(), before);

        f.commit("local", "1");
        let ran = f.git(["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
        assert_eq!(ran.code, 0, "git does not ask post-merge: {ran:#?}");
        ran.tells("protected-path").by("post-merge");
        assert_eq!(f.rev("main^2"), bad);
        f.git(["reset", "-q", "--hard", "main^1"]).ok();
        f.git(["pull", "-q", "--rebase", "origin", "main"]).ok();
        assert_eq!(f.rev("main^1"), bad);
        f.commit("goes on", "2");
        f.git(["checkout", "-q", "-b", "new", "origin/main"]).ok();
        f.git(["checkout", "-q", "--detach", "origin/main"]).ok();
        f.commit("on a detached head", "3");
    });
}

#[test]
fn a_forged_tracking_branch_publishes_nothing() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.add_remote("origin");
        let bad = f.bad_object();
        f.git(["update-ref", "refs/remotes/origin/x", &bad]).ok();
        f.git(["update-ref", "refs/remotes/origin/main", &bad]).ok();
        f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);
        f.refuses("protected-path", &["branch", "new", "origin/x"]);
        let env = [
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "remote.origin.url"),
            ("GIT_CONFIG_VALUE_0", "."),
        ];
        f.git_with_env(&env, ["update-ref", "refs/heads/main", &bad])
            .refused("protected-path");
        let url = "remote.origin.url=.";
        f.git(["-c", url, "update-ref", "refs/heads/main", &bad])
            .refused("protected-path");
    });
}

#[test]
fn a_step_back_that_the_remote_took_itself_can_be_pulled() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.aggregate("19");
        let origin = f.add_remote("origin");
        let old_tree = f.rev("before-policy^{tree}");
        let policy = f.git(["show", "HEAD:baton.toml"]).out;
        let tree = f.object(&["before-policy"], "baton.toml", &policy, "x");
        let tree = f.rev(&format!("{tree}^{{tree}}"));
        assert_ne!(tree, old_tree);
        let back = f.object_of_tree(&tree, &["HEAD", "before-policy"], "ours");
        f.publish(&origin, &back, "main");
        f.commit("local", "1");
        f.git(["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"])
            .tells("handoff-rollback")
            .by("post-merge");
        assert_eq!(f.rev("main^2"), back);
    });
}

#[test]
fn post_merge_keeps_to_the_branches_of_the_policy() {
    each_git(|git| {
        let f = Fixture::with_policy(git, "[branches]\nexclude = [\"free/*\"]\n");
        let bad = f.bad_object();
        f.git(["checkout", "-q", "-b", "free/x"]).ok();
        f.git(["merge", "-q", &bad]).ok();
        f.write(HANDOFF, "again\n");
        f.git(["commit", "-qam", "free"]).ok();
        f.git(["checkout", "-q", "main"]).ok();
        f.git(["merge", "-q", "free/x"]).refused("protected-path");
    });
}
