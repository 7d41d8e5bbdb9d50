//! `pre-push`, in front of a remote that has no hooks of its own.

use baton_testkit::Fixture;
use baton_testkit::gits::each_git;

#[test]
fn a_push_of_good_commits_goes_through() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.add_remote("origin");
        f.commit("one", "1");
        f.aggregate("19");
        f.git(["push", "-q", "origin", "main"]).ok();
        f.git([
            "push",
            "-q",
            "origin",
            "main:new",
            "HEAD~1:refs/heads/older",
        ])
        .ok();
        f.git(["push", "-q", "origin", ":new"]).ok();
        f.git(["tag", "t"]).ok();
        f.git(["push", "-q", "origin", "t"]).ok();
    });
}

#[test]
fn what_landed_without_hooks_is_not_published() {
    each_git(|git| {
        let f = Fixture::new(git);
        let origin = f.add_remote("origin");
        let bad = f.bad_object();
        f.unguarded(["reset", "-q", "--hard", &bad]).ok();
        let advertised = || f.git(["ls-remote", origin.to_str().unwrap()]).ok();
        let before = advertised();
        f.git(["push", "-q", "origin", "main"])
            .refused("protected-path")
            .by("pre-push");
        f.git(["push", "-q", "origin", "HEAD:refs/heads/new"])
            .refused("protected-path")
            .by("pre-push");
        f.git(["update-ref", "refs/remotes/origin/forged", &bad])
            .ok();
        f.git(["push", "-q", "origin", "HEAD:refs/heads/new"])
            .refused("protected-path")
            .by("pre-push");
        assert_eq!(advertised(), before);
        f.git([
            "push",
            "-q",
            origin.to_str().unwrap(),
            "HEAD:refs/heads/main",
        ])
        .refused("protected-path");
    });
}

#[test]
fn a_forced_push_does_not_take_the_newest_entry_back() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.aggregate("19");
        f.add_remote("origin");
        f.git(["push", "-qf", "origin", "HEAD~1:main"])
            .refused("handoff-rollback")
            .by("pre-push");
    });
}

#[test]
fn a_push_to_a_branch_that_the_policy_passes_over_goes_through() {
    each_git(|git| {
        let f = Fixture::with_policy(git, "[branches]\nexclude = [\"wip/*\"]\n");
        f.add_remote("origin");
        let bad = f.bad_object();
        f.git(["push", "-q", "origin", &format!("{bad}:refs/heads/wip/x")])
            .ok();
        f.git(["push", "-q", "origin", &format!("{bad}:refs/heads/x")])
            .refused("protected-path");
    });
}
