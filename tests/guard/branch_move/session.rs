//! A worktree with a session.

use std::path::PathBuf;

use crate::branch_move::{LANDING, RULE, fixture, recover, shell};
use baton_testkit::gits::each_git;
use baton_testkit::{BATON, Fixture, Git};

const POLICY: &str = "[sessions]\nbranches = \"own\"\nstash = \"refused\"\n";

/// A worktree of that name on a branch of that name, with a session.
fn worktree(f: &Fixture, name: &str, id: u32) -> PathBuf {
    let path = f.linked(name);
    shell(
        f,
        &path,
        &format!("{BATON} session start --id {id} --title work"),
    )
    .ok();
    path
}

fn with_session(git: &Git, policy: &str) -> (Fixture, PathBuf) {
    let f = fixture(git, policy);
    let path = worktree(&f, "own", 1);
    (f, path)
}

#[test]
fn a_session_moves_its_own_branch_alone() {
    each_git(|git| {
        let (f, own) = with_session(git, POLICY);
        worktree(&f, "own-2", 2);
        let run = |line: &str| shell(&f, &own, line);
        for line in [
            "git branch -f work HEAD~1",
            "git update-ref refs/heads/main work",
            "git branch new",
            "git switch -qc new",
            "git push -q . +HEAD:work",
            "git branch -D work",
            "git update-ref refs/heads/own-2 work",
            "git checkout -q --detach before-policy && git branch new",
        ] {
            let before = f.git(["for-each-ref", "refs/heads"]).ok();
            run(line).refused(RULE);
            assert_eq!(f.git(["for-each-ref", "refs/heads"]).ok(), before, "{line}");
        }
        for line in [
            "git switch -q own",
            "git add --all && git commit -qm 'the log'",
            "git commit -q --amend -m again",
            "git switch -qc own-part && git commit -qm part --allow-empty",
            "git switch -q own && git merge -q --no-edit own-part",
            "git rebase -q work",
            "git branch -D own-part",
            "git checkout -q --detach work && git commit -qm x --allow-empty",
        ] {
            run(line).ok();
        }
        f.git(["branch", "anything"]).ok();
    });
}

#[test]
fn a_switch_does_not_change_whose_branch_it_is() {
    each_git(|git| {
        let (f, own) = with_session(git, POLICY);
        shell(&f, &own, "git switch -q work").ok();
        shell(&f, &own, "git commit -qm x --allow-empty").refused(RULE);
    });
}

#[test]
fn the_orchestrator_lands_from_a_worktree_with_a_session() {
    each_git(|git| {
        let policy = format!("{POLICY}{LANDING}");
        let (f, own) = with_session(git, &policy);
        f.git(["branch", "auto/x", "work"]).ok();
        shell(&f, &own, &format!("{BATON} orchestrator merge auto/x")).ok();
        assert_eq!(f.git(["show", "main:work"]).ok(), "work");
        assert_ne!(f.git(["rev-parse", "--verify", "-q", "auto/x"]).code, 0);
    });
}

#[test]
fn nothing_is_stashed_from_a_worktree_with_a_session() {
    each_git(|git| {
        let (f, own) = with_session(git, POLICY);
        f.git(["config", "user.name", "A"]).ok();
        std::fs::write(own.join("README"), "changed\n").unwrap();
        std::fs::write(own.join("new"), "new\n").unwrap();
        let before = f.state_at(&own);
        for line in [
            "git stash",
            "git stash push -q -u",
            "git stash push -q --keep-index",
            "git stash store -m x $(git stash create)",
            "git update-ref refs/stash HEAD",
        ] {
            shell(&f, &own, line).refused(RULE);
            assert_eq!(f.state_at(&own), before, "{line}");
        }
        shell(
            &f,
            &own,
            "git add --all && git commit -qm 'work in progress'",
        )
        .ok();
    });
}

#[test]
fn the_stash_of_others_stays() {
    each_git(|git| {
        let (f, own) = with_session(git, POLICY);
        f.write("README", "changed\n");
        f.git(["stash"]).ok();
        let entry = f.rev("refs/stash");
        shell(&f, &own, "git stash clear").refused(RULE);
        shell(&f, &own, "git update-ref -d refs/stash").refused(RULE);
        shell(&f, &own, "git stash list | grep -q WIP").ok();
        shell(&f, &own, "git pack-refs --all && git gc -q").ok();
        let ran = shell(&f, &own, "git stash drop");
        ran.refused(RULE);
        assert_eq!(f.rev("refs/stash"), entry);
        recover(&f, &ran);
        assert_eq!(f.rev("stash@{0}"), entry);
        f.git(["stash", "pop"]).ok();
        assert_eq!(f.read("README"), "changed\n");
    });
}

#[test]
fn nothing_is_asked_until_the_policy_asks() {
    each_git(|git| {
        let (f, own) = with_session(git, "version = 1\n");
        std::fs::write(own.join("README"), "changed\n").unwrap();
        shell(&f, &own, "git stash && git stash pop").ok();
        shell(&f, &own, "git branch -f work HEAD && git branch -D work").ok();
        shell(&f, &own, "git switch -qc new && git commit -qam x").ok();
    });
}
