use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::*;
use crate::model::{
    Entry, MergeChoice, PathChange, PolicyEdit, RuleId, TipEntry, TipFault, TipMove,
};
use crate::model::{RefName, Signature};

const HANDOFF: &str = ".agents/HANDOFF.md";

fn oid(digit: &str) -> Oid {
    digit.repeat(40).parse().unwrap()
}

fn entry(mode: u32, digit: &str) -> Option<Entry> {
    let oid = oid(digit);
    Some(Entry { mode, oid })
}

fn file(digit: &str) -> Option<Entry> {
    entry(0o100_644, digit)
}

fn path(path: &str, before: Vec<Option<Entry>>, after: Option<Entry>) -> PathChange {
    let path = path.into();
    PathChange {
        path,
        before,
        after,
    }
}

/// A commit object with this message and these changes.
fn commit(message: &str, paths: Vec<PathChange>) -> CommitChange {
    CommitChange {
        subject: CommitRef::Commit(oid("c")),
        parents: vec![oid("a")],
        message: Some(message.into()),
        paths,
        malformed: Vec::new(),
        aggregate: None,
        signature: None,
        signs_as_maintainer: false,
        records: Vec::new(),
        policy: None,
    }
}

/// A commit that changes the text of the policy in each parent into another one.
fn edits_policy(before: &[&str], after: &str) -> CommitChange {
    let before = before.iter().map(|text| (*text).into());
    let entries = before.clone().map(|_: bstr::BString| file("1")).collect();
    CommitChange {
        policy: Some(PolicyEdit {
            before: before.collect(),
            after: after.into(),
        }),
        ..commit("", vec![path("baton.toml", entries, file("2"))])
    }
}

/// The same before it is made.
fn staged(paths: Vec<PathChange>) -> CommitChange {
    CommitChange {
        subject: CommitRef::Pending,
        message: None,
        ..commit("", paths)
    }
}

fn policy(text: &str) -> Policy {
    Policy::parse("baton.toml", text.as_bytes()).unwrap()
}

fn verdict(policy: &Policy, commit: CommitChange) -> Verdict {
    check(policy, &Change::Commit(commit))
}

fn broken(policy: &Policy, commit: CommitChange) -> Vec<RuleId> {
    let violations = verdict(policy, commit).violations;
    violations.into_iter().map(|one| one.rule).collect()
}

fn log(session: &str) -> PathChange {
    let name = format!(".agents/sessions/2025-12-18-session-{session}.md");
    path(&name, vec![None], file("1"))
}

#[test]
fn a_protected_path_may_not_be_written_deleted_retyped_or_aliased() {
    let policy = Policy::default();
    for change in [
        path(HANDOFF, vec![file("1")], file("2")),
        path(HANDOFF, vec![file("1")], None),
        path(HANDOFF, vec![None], file("1")),
        path(HANDOFF, vec![file("1")], entry(0o100_755, "1")),
        path(HANDOFF, vec![file("1")], entry(0o120_000, "2")),
        path(HANDOFF, vec![file("1")], entry(0o160_000, "2")),
        path(".agents/handoff.MD", vec![None], file("1")),
        path(".agents", vec![None], entry(0o120_000, "1")),
        path(HANDOFF, vec![file("1"), file("2")], file("3")),
    ] {
        for commit in [commit("x", vec![change.clone()]), staged(vec![change])] {
            assert_eq!(broken(&policy, commit), [RuleId::ProtectedPath]);
        }
    }
    let free = path("src/lib.rs", vec![file("1")], file("2"));
    assert!(broken(&policy, commit("x", vec![free])).is_empty());
}

#[test]
fn the_remedy_names_the_file_the_session_and_how_to_take_it_out() {
    let policy = Policy::default();
    let help = |commit| verdict(&policy, commit).violations.remove(0).help;
    let written = || path(HANDOFF, vec![file("1")], file("2"));
    let made = "make the commit again without the change to the file (`git restore \
        --source=aaaaaaaaaa --staged --worktree -- :/.agents/HANDOFF.md` puts it back)";
    let said = help(commit("x\n\nBaton-Session: 19\n", vec![written()]));
    assert!(said.starts_with(made), "{said}");
    assert!(
        said.contains(" .agents/temp/handoff-session-19-summary.md;"),
        "{said}"
    );
    let to_make = "restore the file (`git restore --source=HEAD --staged --worktree -- \
        :/.agents/HANDOFF.md`)";
    let said = help(staged(vec![written()]));
    assert!(said.starts_with(to_make), "{said}");
    assert!(
        said.contains(" .agents/temp/handoff-session-<number>-summary.md;"),
        "{said}"
    );
    let said = help(staged(vec![path(HANDOFF, vec![None], file("1"))]));
    assert!(
        said.contains("`git rm --cached -- :/.agents/HANDOFF.md`"),
        "{said}"
    );
}

#[test]
fn a_maintainer_is_told_how_to_give_a_reason() {
    let policy = Policy::default();
    let written = || path(HANDOFF, vec![file("1")], file("2"));
    let mut by_maintainer = staged(vec![written()]);
    by_maintainer.signs_as_maintainer = true;
    by_maintainer.message = Some("no reason".into());
    let said = verdict(&policy, by_maintainer).violations.remove(0).help;
    assert!(said.contains("`Baton-Override: <reason>`"), "{said}");
    assert!(said.contains("`git baton orchestrator edit "), "{said}");
    let said = verdict(&policy, staged(vec![written()]))
        .violations
        .remove(0)
        .help;
    assert!(
        !said.contains("Override") && !said.contains(" edit "),
        "{said}"
    );
}

#[test]
fn nobody_is_sent_for_a_maintainer_that_no_list_names() {
    let policy = Policy::default();
    let changed = path("baton.toml", vec![file("1")], file("2"));
    let said = verdict(&policy, commit("x", vec![changed.clone()]))
        .violations
        .remove(0)
        .help;
    assert!(
        said.contains(
            "without a maintainer, so that nobody can ever change it; settings need no signature"
        ),
        "{said}"
    );
    let list = include_bytes!("../../../../tests/fixtures/signed/allowed_signers");
    let policy = policy.with_signers("signers", list).unwrap();
    let said = verdict(&policy, commit("x", vec![changed]))
        .violations
        .remove(0)
        .help;
    assert!(
        said.contains("and ask a maintainer for the change, who signs it with `git commit -S`"),
        "{said}"
    );
}

#[test]
fn the_writer_decides_who_may_write() {
    let policy = policy(
        "[[protected]]\npaths = [\"law\"]\nwriter = \"maintainers\"\n\
         [[protected]]\npaths = [\"stone\"]\nwriter = \"nobody\"\n",
    );
    let law = || vec![path("law", vec![file("1")], file("2"))];
    let stone = || vec![path("stone", vec![file("1")], file("2"))];
    assert_eq!(broken(&policy, commit("x", law())), [RuleId::ProtectedPath]);
    let waiting = verdict(&policy, staged(law()));
    assert!(waiting.is_clean() && waiting.deferred.contains(&RuleId::ProtectedPath));
    for subject in [commit("x", stone()), staged(stone())] {
        assert_eq!(broken(&policy, subject), [RuleId::ProtectedPath]);
    }
}

/// A policy whose maintainer is the one with this key, of whom the list says this name.
fn of_maintainer(text: &str, key: &PrivateKey) -> Policy {
    let text = format!("[signing]\nmaintainers = [\"ann@x\"]\n{text}");
    let list = format!("ann@x {}", key.public_key().to_openssh().unwrap());
    policy(&text)
        .with_signers("signers", list.as_bytes())
        .unwrap()
}

fn signed(key: &PrivateKey, change: CommitChange) -> CommitChange {
    let payload = "commit";
    let signature = key
        .sign("git", HashAlg::Sha512, payload.as_bytes())
        .unwrap();
    let signature = Signature {
        armoured: signature.to_pem(LineEnding::LF).unwrap().into(),
        payload: payload.into(),
        committed_at: 0,
    };
    CommitChange {
        signature: Some(signature),
        ..change
    }
}

#[test]
fn a_maintainer_overrides_what_is_for_aggregates_and_nothing_else() {
    let [ann, eve] = [1, 2].map(|seed| PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32])));
    let policy = of_maintainer(
        "[[protected]]\npaths = [\"law\"]\nwriter = \"maintainers\"\n\
         [[protected]]\npaths = [\"stone\"]\nwriter = \"nobody\"\n\
         [[protected]]\npaths = [\"sum\"]\nwriter = \"aggregate\"\n",
        &ann,
    );
    let message = "x\n\nBaton-Override: a slip\n";
    let edit =
        |name: &str, message: &str| commit(message, vec![path(name, vec![file("1")], file("2"))]);
    for (subject, overrides, violations) in [
        (signed(&ann, edit("sum", message)), 1, 0),
        (signed(&ann, edit("sum", "x")), 0, 1),
        (signed(&eve, edit("sum", message)), 0, 1),
        (edit("sum", message), 0, 1),
        (signed(&ann, edit("law", message)), 0, 0),
        (signed(&eve, edit("law", message)), 0, 1),
        (signed(&ann, edit("stone", message)), 0, 1),
    ] {
        let verdict = verdict(&policy, subject.clone());
        let seen = (verdict.overrides.len(), verdict.violations.len());
        assert_eq!(seen, (overrides, violations), "{subject:?}");
    }
}

#[test]
fn one_commit_carries_one_session() {
    let policy = Policy::default();
    let is_bundle = |commit| broken(&policy, commit) == [RuleId::BundledSessions];
    assert!(is_bundle(commit("x", vec![log("1"), log("2")])));
    assert!(is_bundle(staged(vec![log("1"), log("2")])));
    assert!(is_bundle(commit(
        "x\n\nBaton-Session: 1\nBaton-Session: 2\n",
        vec![]
    )));
    assert!(is_bundle(commit("x\n\nBaton-Session: 2\n", vec![log("1")])));
    assert!(is_bundle(commit(
        "x\n\nBaton-Session: 2025-12-19/1\n",
        vec![log("1")]
    )));
    let mut deleted = log("2");
    (deleted.before, deleted.after) = (vec![file("1")], None);
    for fine in [
        commit("x\n\nBaton-Session: 1\n", vec![log("01")]),
        commit("x", vec![log("1"), deleted]),
        commit("x", vec![log("1"), path("src/a", vec![None], file("1"))]),
    ] {
        assert!(broken(&policy, fine).is_empty());
    }
    let two = self::policy("[sessions]\nmax_per_commit = 2\n");
    assert!(broken(&two, commit("x", vec![log("1"), log("2")])).is_empty());
    let deferred = verdict(&policy, staged(vec![log("1")])).deferred;
    assert_eq!(deferred, [RuleId::BundledSessions]);
}

#[test]
fn the_policys_files_change_only_by_a_maintainer_but_for_the_first() {
    let policy = Policy::default();
    for file_path in [
        "baton.toml",
        "BATON.toml",
        ".baton/allowed_signers",
        ".baton",
    ] {
        let change = || vec![path(file_path, vec![file("1")], file("2"))];
        assert_eq!(
            broken(&policy, commit("x", change())),
            [RuleId::PolicyChange]
        );
        let waiting = verdict(&policy, staged(change()));
        assert!(waiting.is_clean() && waiting.deferred.contains(&RuleId::PolicyChange));
    }
    let first = path("baton.toml", vec![None, None], file("1"));
    assert!(broken(&policy, commit("x", vec![first])).is_empty());
    let one_parent_has_it = path("baton.toml", vec![None, file("1")], file("2"));
    assert_eq!(
        broken(&policy, commit("x", vec![one_parent_has_it])),
        [RuleId::PolicyChange]
    );
    let gone = path("baton.toml", vec![file("1")], None);
    assert_eq!(
        broken(&policy, commit("x", vec![gone])),
        [RuleId::PolicyChange]
    );
}

#[test]
fn a_claim_to_be_an_aggregate_must_be_proven() {
    let policy = Policy::default();
    let claim = "x\n\nBaton-Aggregate: 1\nBaton-Session: 1\nBaton-Session: 2\n";
    let change = || vec![path(HANDOFF, vec![file("1")], file("2"))];
    let rules = broken(&policy, commit(claim, change()));
    assert!(!rules.is_empty() && rules.iter().all(|rule| *rule == RuleId::AggregateCommit));
    let mut waiting = staged(change());
    waiting.message = Some(claim.into());
    let verdict = verdict(&policy, waiting);
    assert!(verdict.deferred.contains(&RuleId::AggregateCommit));
    assert!(
        !verdict.is_clean(),
        "a claim opens nothing before the commit exists"
    );
}

fn entry_at(old: Option<Entry>, new: Option<Entry>, fault: TipFault) -> TipEntry {
    TipEntry {
        path: HANDOFF.into(),
        old,
        new,
        fault,
    }
}

#[test]
fn a_branch_keeps_every_writer() {
    let moved = |old, new| {
        let tip = TipMove {
            reference: RefName::new("refs/heads/main"),
            old: oid("a"),
            new: Some(oid("b")),
            entries: vec![entry_at(old, new, TipFault::Lost(oid("c")))],
        };
        check(&Policy::default(), &Change::Tip(tip)).violations
    };
    for violations in [
        moved(file("2"), file("1")),
        moved(file("2"), None),
        moved(file("1"), file("1")),
        moved(None, file("2")),
    ] {
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].rule, RuleId::HandoffRollback);
        assert_eq!(violations[0].path.as_ref().unwrap(), HANDOFF);
        assert!(violations[0].reference.is_some());
    }
}

#[test]
fn a_merge_does_not_settle_what_a_maintainer_has_to() {
    let choice = |fault, path: &str| {
        let mut entry = entry_at(file("2"), file("1"), fault);
        entry.path = path.into();
        let merge = MergeChoice {
            commit: commit("merge\n", Vec::new()),
            entries: vec![entry],
        };
        let violations = check(&Policy::default(), &Change::Choice(merge)).violations;
        let rules = violations
            .iter()
            .map(|one| (one.rule, one.reference.is_none()));
        rules.collect::<Vec<_>>()
    };
    let (lost, foreign) = (TipFault::Lost(oid("c")), TipFault::Foreign(oid("c")));
    assert_eq!(choice(lost, HANDOFF), [(RuleId::HandoffRollback, true)]);
    assert_eq!(
        choice(foreign, "baton.toml"),
        [(RuleId::PolicyChange, true)]
    );
    assert_eq!(choice(foreign, HANDOFF), []);
}

#[test]
fn a_deleted_branch_is_told_to_stay_and_another_where_it_may_begin() {
    let help = |new| {
        let tip = TipMove {
            reference: RefName::new("refs/heads/main"),
            old: oid("a"),
            new,
            entries: vec![entry_at(file("2"), None, TipFault::Lost(oid("c")))],
        };
        let mut violations = check(&Policy::default(), &Change::Tip(tip)).violations;
        violations.remove(0).help
    };
    assert!(help(None).starts_with("keep the branch"));
    assert!(help(Some(oid("b"))).contains("`git switch -c <name> bbbbbbbbbb`"));
}

#[test]
fn a_commit_may_change_the_settings_in_the_policy_and_nothing_else_of_it() {
    let rules = "# ours\n[sessions]\nmax_per_commit = 2\n";
    let with = |settings: &str| format!("{rules}{settings}");
    let judge = |before: &[&str], after: &str| {
        let change = edits_policy(before, after);
        check(&policy(rules), &Change::Commit(change)).is_clean()
    };
    let eight = with("[pool]\nsize = 8\n");
    let three = with("# Few.\n[pool]\nsize = 3\n");
    assert!(judge(&[&eight], &three));
    assert!(judge(&[&eight], rules) && judge(&[rules], &eight));
    assert!(judge(&[&eight, rules], &three));

    let other = eight.replace("= 2", "= 3");
    for (before, after) in [
        (&*eight, &*other),
        (&*eight, &*with("[pool]\nsize = 0\n")),
        (&*eight, &*with("[pool]\nsise = 3\n")),
        (&*with("[pool]\nsise = 3\n"), &*eight),
        (&*eight, &*with("[merge]\nresolver = 'x'\n")),
        (&*eight, &*with("# a comment\n")),
        (&*eight, "[sessions]\nmax_per_commit = 2\n"),
        (&*eight, &*eight.replace("= 2", "= 0x2")),
    ] {
        assert!(!judge(&[before], after), "{before:?} to {after:?}");
    }
    assert!(!judge(&[&eight, &other], &three));
}

#[test]
fn settings_in_the_policy_wait_for_no_signature() {
    let change = CommitChange {
        subject: CommitRef::Pending,
        ..edits_policy(&["[pool]\nsize = 8\n"], "[pool]\nsize = 3\n")
    };
    let verdict = check(&policy(""), &Change::Commit(change));
    assert!(verdict.is_clean() && verdict.deferred.is_empty());
}
