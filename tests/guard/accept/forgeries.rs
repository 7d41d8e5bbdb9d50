//! What looks like an acceptance and is none.

use crate::accept::world::{SIGNERS, World};

fn message(commit: &str, rule: &str) -> String {
    format!("Accept\n\nnobody was hurt\n\nBaton-Accept: {commit} {rule}\n")
}

/// Commits this on `HEAD` with this message and a signature by this person.
#[track_caller]
fn empty(w: &World, name: &str, message: &str) -> String {
    w.signed(name, &["--allow-empty", "-m", message])
}

#[test]
fn only_a_maintainers_signature_counts() {
    let w = World::new();
    let bad = w.land_bad();
    let text = message(&bad, "protected-path");
    w.unguarded(["commit", "-q", "--allow-empty", "-m", &text])
        .ok();
    w.breaks("protected-path", "policy..");
    empty(&w, "mallory", &text);
    w.breaks("protected-path", "policy..");
    w.breaks("protected-path", "--all");
    empty(&w, "ann", &text);
    w.verifies("policy..");
}

#[test]
fn it_names_one_commit_and_one_rule() {
    let w = World::new();
    let bad = w.land_bad();
    let other = w.rev("HEAD~1");
    for text in [
        message(&bad[..12], "protected-path"),
        message(&other, "protected-path"),
        message(&bad, "bundled-sessions"),
        message(&bad, "*"),
        format!("Accept\n\nBaton-Accept: {bad} protected-path\n\nand more\n"),
    ] {
        empty(&w, "ann", &text);
        w.breaks("protected-path", "policy..");
        w.breaks("protected-path", "--all");
    }
}

#[test]
fn it_loses_its_signature_when_it_is_made_again() {
    let w = World::new();
    let bad = w.land_bad();
    let good = w.accept("ann", &bad);
    let plain = ["-c", "commit.gpgsign=false"];
    let again = |args: &[&str]| {
        w.unguarded(["reset", "-q", "--hard", &good]).ok();
        w.unguarded([&plain[..], args].concat()).ok();
    };
    again(&[
        "commit",
        "-q",
        "--amend",
        "--no-gpg-sign",
        "--allow-empty",
        "-m",
        &message(&bad, "protected-path"),
    ]);
    w.breaks("protected-path", "policy..");
    w.unguarded(["reset", "-q", "--hard", &bad]).ok();
    w.unguarded(["cherry-pick", "--allow-empty", &good]).ok();
    w.breaks("protected-path", "policy..");
    // A maintainer who makes it again signs it again.
    w.unguarded([
        "commit",
        "-q",
        "-S",
        "--amend",
        "--no-edit",
        "--allow-empty",
    ])
    .ok();
    w.verifies("policy..");
}

#[test]
fn it_changes_nothing_and_has_one_parent() {
    let w = World::new();
    let bad = w.land_bad();
    let text = message(&bad, "protected-path");
    w.write("README", "changed\n");
    w.signed("ann", &["-am", &format!("Squash\n\n{text}")]);
    w.breaks("protected-path", "policy..");
    w.signed("ann", &["--allow-empty", "-m", "one"]);
    w.unguarded(["switch", "-qc", "side", "HEAD~1"]).ok();
    w.signed("ann", &["--allow-empty", "-m", "two"]);
    w.unguarded(["merge", "-q", "--no-ff", "-S", "-m", &text, "main"])
        .ok();
    w.breaks("protected-path", "policy..");
}

#[test]
fn an_agent_does_not_bring_its_own_key() {
    let w = World::new();
    w.write(SIGNERS, &w.signers(&["ann", "mallory"]));
    w.unguarded(["add", "."]).ok();
    let added = w.signed("mallory", &["-m", "let me in"]);
    let bad = w.land_bad();
    empty(&w, "mallory", &message(&bad, "protected-path"));
    empty(&w, "mallory", &message(&added, "policy-change"));
    for range in ["policy..", "--all"] {
        let ran = w.breaks("protected-path", range);
        assert!(ran.out.contains("policy-change"), "{ran:#?}");
    }
}

#[test]
fn a_maintainer_who_has_left_accepts_nothing_more() {
    let w = World::new();
    let first = w.land_bad();
    w.accept("ann", &first);
    w.write(SIGNERS, &w.signers(&["bob"]));
    w.unguarded(["add", "."]).ok();
    w.signed("ann", &["-m", "ann leaves, bob comes"]);
    w.git(["tag", "left"]).ok();
    let second = w.object(&["HEAD"], ".agents/HANDOFF.md", "again\n", "bad");
    w.unguarded(["reset", "-q", "--hard", &second]).ok();
    empty(&w, "ann", &message(&second, "protected-path"));
    w.breaks("protected-path", "left..");
    w.breaks("protected-path", "policy..");
    w.breaks("protected-path", "--all");
    // Nor on a branch that stands where ann's key still counted.
    w.unguarded(["switch", "-qc", "back", &first]).ok();
    empty(&w, "ann", &message(&second, "protected-path"));
    w.unguarded(["switch", "-q", "main"]).ok();
    w.unguarded(["merge", "-q", "--no-ff", "-m", "merge", "back"])
        .ok();
    w.breaks("protected-path", "left..");
    w.breaks("protected-path", "--all");
    // What ann accepted in time stays accepted, and bob accepts the rest.
    w.accept("bob", &second);
    w.verifies("left..");
    w.verifies("--all");
}
