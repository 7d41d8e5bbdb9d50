//! In a clone.

use crate::branch_move::{LANDING, RULE, baton, fixture, recover, shell};
use baton_testkit::Fixture;
use baton_testkit::gits::each_git;

#[test]
fn nobody_moves_by_hand_what_landings_move() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        f.refuses(RULE, &["commit", "-qm", "direct", "--allow-empty"]);
        f.refuses(RULE, &["commit", "-qnm", "direct", "--allow-empty"]);
        f.refuses(RULE, &["commit", "-q", "--amend", "-m", "other"]);
        f.refuses(RULE, &["update-ref", "refs/heads/main", "work"]);
        f.refuses(RULE, &["update-ref", "-d", "refs/heads/main"]);
        f.refuses(RULE, &["update-ref", "refs/heads/main", "before-policy"]);
        f.refuses(RULE, &["fetch", "-q", ".", "work:release/1/x"]);
        f.refuses(RULE, &["branch", "release/1", "work"]);
        f.refuses(RULE, &["branch", "MAIN", "work"]);
        f.refuses(RULE, &["reset", "-q", "--soft", "HEAD~1"]);
        f.git(["switch", "-q", "work"]).ok();
        f.refuses(RULE, &["branch", "-f", "main", "work"]);
        f.refuses(RULE, &["branch", "-D", "main"]);
        f.refuses(RULE, &["push", "-q", ".", "work:main"]);
        f.refuses(RULE, &["fetch", "-q", ".", "+before-policy:main"]);
        f.commit("more", "of the work\n");
        f.git(["branch", "other", "work"]).ok();
        f.git(["branch", "-D", "other"]).ok();
        f.git(["reset", "-q", "--hard", "HEAD~1"]).ok();
    });
}

#[test]
fn what_git_has_changed_before_it_asks_is_put_back_by_what_is_printed() {
    each_git(|git| {
        for args in [
            &["merge", "-q", "work"][..],
            &["merge", "-q", "--no-ff", "work"],
            &["cherry-pick", "work"],
            &["reset", "-q", "--hard", "HEAD~1"],
            &["rebase", "-q", "work"],
        ] {
            let f = fixture(git, LANDING);
            let before = f.state();
            let ran = f.git(args);
            ran.refused(RULE);
            recover(&f, &ran);
            assert_eq!(f.state(), before, "{args:?}");
        }
    });
}

#[test]
fn what_is_printed_lands_the_work() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        f.write("direct", "direct\n");
        f.git(["add", "direct"]).ok();
        let ran = f.git(["commit", "-qm", "direct"]);
        ran.refused(RULE);
        let err = ran.err.replace(['\n', '│'], " ");
        let commands: Vec<_> = err
            .split('`')
            .filter(|text| text.starts_with("git "))
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        f.shell(&commands[0]).ok();
        baton(&f, commands[1].strip_prefix("git baton ").unwrap()).ok();
        assert_eq!(f.git(["show", "main:direct"]).ok(), "direct");
    });
}

#[test]
fn the_orchestrator_lands_and_tidies_up() {
    each_git(|git| {
        for strategy in ["merge", "rebase", "squash"] {
            let policy =
                format!("{LANDING}[[branch]]\nnames = [\"auto/**\"]\ndelete = \"landing\"\n");
            let f = Fixture::with_policy(git, &policy);
            f.git(["switch", "-qc", "auto/x"]).ok();
            f.commit("x", "x\n");
            f.git(["branch", "auto/y"]).ok();
            f.git(["switch", "-q", "main"]).ok();
            f.refuses(RULE, &["branch", "-D", "auto/x"]);
            baton(
                &f,
                &format!("orchestrator merge --strategy {strategy} auto/x"),
            )
            .ok();
            assert_eq!(f.git(["show", "main:x"]).ok(), "x");
            assert_ne!(f.git(["rev-parse", "--verify", "-q", "auto/x"]).code, 0);
            f.refuses(RULE, &["reset", "-q", "--soft", "HEAD~1"]);
            if strategy == "merge" {
                f.git(["branch", "-D", "auto/y"]).ok();
                f.git(["branch", "release/1"]).ok();
            }
        }
    });
}

#[test]
fn the_orchestrator_aggregates() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        f.git(["switch", "-qc", "auto/x"]).ok();
        f.commit(".agents/sessions/2025-12-18-session-7.md", "log\n");
        f.git(["switch", "-q", "main"]).ok();
        baton(&f, "orchestrator merge auto/x").ok();
        let before = f.rev("main");
        f.write(".agents/temp/handoff-session-7-summary.md", "What 7 did.\n");
        baton(&f, "orchestrator aggregate").ok();
        assert_eq!(f.rev("main~1"), before);
    });
}

#[test]
fn a_clone_follows_its_remote() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        let bare = f.add_remote("origin");
        f.git(["branch", "-q", "-u", "origin/main", "main"]).ok();
        let published = f.object(&["main"], "theirs", "theirs\n", "theirs");
        f.publish(&bare, &published, "main");
        f.git(["pull", "-q", "--ff-only"]).ok();
        assert_eq!(f.rev("main"), published);
        let again = f.object(&["main"], "more", "more\n", "more");
        f.publish(&bare, &again, "main");
        f.git(["fetch", "-q"]).ok();
        f.git(["merge", "-q", "--ff-only", "origin/main"]).ok();
        f.publish(&bare, &published, "main");
        f.git(["fetch", "-q"]).ok();
        f.git(["reset", "-q", "--hard", "origin/main"]).ok();
        assert_eq!(f.rev("main"), published);
        f.refuses(RULE, &["reset", "-q", "--soft", "HEAD~1"]);
        f.git(["update-ref", "refs/remotes/origin/main", "work"])
            .ok();
        f.refuses(RULE, &["update-ref", "refs/heads/main", "work"]);
        f.publish(&bare, "work", "other");
        f.git(["fetch", "-q"]).ok();
        f.refuses(RULE, &["update-ref", "refs/heads/main", "work"]);
    });
}

#[test]
fn a_refused_rename_loses_nothing() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        let log = f.git(["reflog", "main"]).ok();
        let ran = f.git(["branch", "-m", "main", "trunk"]);
        ran.refused(RULE);
        recover(&f, &ran);
        assert_eq!(f.git(["reflog", "main"]).ok(), log);
        let work = f.rev("work");
        let ran = f.git(["branch", "-M", "work", "release/1"]);
        assert_eq!(ran.code, 0, "git calls no hook for the new name: {ran:#?}");
        f.git(["branch", "-m", "release/1", "work"]).refused(RULE);
        let work = f.object(&[&work], "more", "more\n", "more");
        f.git(["branch", "work", &work]).ok();
        f.git(["switch", "-q", "--detach"]).ok();
        let ran = f.git(["branch", "-M", "work", "main"]);
        ran.refused(RULE);
        recover(&f, &ran);
        let branches = f
            .git(["for-each-ref", "--format=%(objectname)", "refs/heads"])
            .ok();
        assert!(branches.contains(&work), "{branches}");
    });
}

#[test]
fn packing_deletes_nothing() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        let before = f.git(["for-each-ref"]).ok();
        f.git(["pack-refs", "--all", "--prune"]).ok();
        f.git(["gc", "-q"]).ok();
        assert_eq!(f.git(["for-each-ref"]).ok(), before);
        f.git(["switch", "-q", "work"]).ok();
        f.refuses(RULE, &["branch", "-D", "main"]);
        let main = f.rev("main");
        f.refuses(RULE, &["update-ref", "-d", "refs/heads/main", &main]);
        f.git(["switch", "-qc", "side"]).ok();
        f.commit("side", "side\n");
        f.git(["switch", "-q", "work"]).ok();
        f.git(["branch", "-D", "side"]).ok();
    });
}

#[test]
fn another_worktree_is_no_way_round() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        let linked = f.linked("linked");
        for line in [
            "git update-ref refs/heads/main work",
            "git push -q . work:main",
            "git checkout -q --detach before-policy && git update-ref refs/heads/main work",
            "git update-ref refs/heads/release/2 work",
        ] {
            shell(&f, &linked, line).refused(RULE);
        }
    });
}
