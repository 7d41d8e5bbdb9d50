use super::*;
use crate::model::{BranchMove, Change, Oid, SessionId};
use crate::rules::check as judge;

const POLICY: &str = "[[branch]]\nnames = [\"main\"]\nmove = \"landing\"\n\n\
                      [[branch]]\nnames = [\"release/**\"]\nrewrite = \"maintainers\"\n";

fn oid(digit: &str) -> Option<Oid> {
    Some(digit.repeat(40).parse().unwrap())
}

fn policy(text: &str) -> Policy {
    Policy::parse("baton.toml", text.as_bytes()).unwrap()
}

fn moved(name: &str, step: Step, landing: Landing) -> BranchMove {
    BranchMove {
        reference: RefName::new(format!("refs/heads/{name}")),
        old: oid("1"),
        new: oid("2").filter(|_| step != Step::Delete),
        step,
        landing,
        signature: None,
        session: None,
    }
}

fn verdict(policy: &Policy, moved: BranchMove) -> Verdict {
    judge(policy, &Change::Branch(moved))
}

fn refused(policy: &Policy, moved: BranchMove) -> bool {
    !verdict(policy, moved).is_clean()
}

#[test]
fn who_may_not_move_a_branch_may_neither_rewrite_nor_delete_it() {
    let policy = policy(POLICY);
    for step in [Step::Forward, Step::Rewrite, Step::Delete] {
        assert!(
            refused(&policy, moved("main", step, Landing::Refuted)),
            "{step:?}"
        );
        assert!(
            !refused(&policy, moved("main", step, Landing::Proven)),
            "{step:?}"
        );
        assert!(
            !refused(&policy, moved("main", step, Landing::Published)),
            "{step:?}"
        );
        assert!(
            !refused(&policy, moved("other", step, Landing::Refuted)),
            "{step:?}"
        );
    }
    let name = "release/1/x";
    assert!(!refused(
        &policy,
        moved(name, Step::Forward, Landing::Refuted)
    ));
    assert!(refused(
        &policy,
        moved(name, Step::Rewrite, Landing::Proven)
    ));
    assert!(refused(
        &policy,
        moved(name, Step::Delete, Landing::Refuted)
    ));
}

#[test]
fn the_first_entry_that_matches_decides() {
    let open = "[[branch]]\nnames = [\"release/scratch\"]\n";
    let policy = policy(&format!(
        "{open}{POLICY}[[branch]]\nnames = [\"**\"]\ndelete = \"landing\"\n"
    ));
    assert!(!refused(
        &policy,
        moved("release/scratch", Step::Rewrite, Landing::Refuted)
    ));
    assert!(refused(
        &policy,
        moved("release/x", Step::Rewrite, Landing::Refuted)
    ));
    assert!(refused(
        &policy,
        moved("else", Step::Delete, Landing::Refuted)
    ));
    assert!(!refused(
        &policy,
        moved("else", Step::Rewrite, Landing::Refuted)
    ));
}

#[test]
fn what_a_stage_cannot_know_is_deferred() {
    let policy = policy(POLICY);
    let verdict = verdict(&policy, moved("main", Step::Forward, Landing::Unknown));
    assert!(verdict.is_clean());
    assert_eq!(verdict.deferred, [RuleId::BranchMove]);
}

#[test]
fn a_name_that_a_file_system_takes_for_the_same_is_the_same() {
    let policy = policy(POLICY);
    assert!(refused(
        &policy,
        moved("MAIN", Step::Forward, Landing::Refuted)
    ));
}

#[test]
fn a_session_moves_its_own_branch_and_those_below_it() {
    let policy = policy("[sessions]\nbranches = \"own\"\n");
    let by = |name: &str, is_taken: bool| BranchMove {
        session: Some(SessionBranch {
            session: SessionId::parse("2025-12-18/19").unwrap(),
            branch: Some(RefName::new("refs/heads/auto/x")),
            is_taken,
        }),
        ..moved(name, Step::Forward, Landing::Refuted)
    };
    for own in ["auto/x", "auto/x/a", "auto/x-a"] {
        assert!(!refused(&policy, by(own, false)), "{own}");
    }
    for other in ["main", "auto/xa", "auto", "auto/y", "auto/x-", "AUTO/x"] {
        assert!(refused(&policy, by(other, false)), "{other}");
    }
    assert!(refused(&policy, by("auto/x-2", true)));
    assert!(!refused(&Policy::default(), by("main", false)));
    let landed = BranchMove {
        landing: Landing::Proven,
        ..by("main", false)
    };
    assert!(!refused(&policy, landed));
}

#[test]
fn a_session_leaves_the_stash_as_it_is_where_the_policy_asks() {
    let strict = policy("[sessions]\nstash = \"refused\"\n");
    let stash = |old, new| StashMove {
        session: SessionId::parse("2025-12-18/19").unwrap(),
        old,
        new,
    };
    for (old, new) in [(None, oid("1")), (oid("1"), oid("2")), (oid("1"), None)] {
        let moved = || Change::Stash(stash(old, new));
        assert!(!judge(&strict, &moved()).is_clean());
        assert!(judge(&Policy::default(), &moved()).is_clean());
    }
    assert!(judge(&strict, &Change::Stash(stash(oid("1"), oid("1")))).is_clean());
}
