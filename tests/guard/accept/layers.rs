//! Each layer honours an acceptance, and says so.

use crate::accept::world::World;
use baton_hooks::Hook;
use baton_testkit::{HANDOFF, Ran};

/// The command that a refusal prints, as a maintainer types it.
#[track_caller]
fn printed(ran: &Ran) -> Vec<String> {
    let text = format!("{}{}", ran.out, ran.err);
    let line = text
        .lines()
        .map(|line| line.trim_start_matches("remote: ").trim())
        .find(|line| line.starts_with("git baton accept "));
    let line = line.unwrap_or_else(|| panic!("no way out: {ran:#?}"));
    let words = line.strip_prefix("git baton ").unwrap();
    words
        .replace("'…'", "known")
        .split(' ')
        .map(str::to_owned)
        .collect()
}

/// Does what the refusal prints, as ann.
#[track_caller]
fn follow(w: &World, ran: &Ran) {
    w.sign_as("ann");
    let command = printed(ran);
    let command: Vec<_> = command.iter().map(String::as_str).collect();
    w.baton(&command).ok();
}

#[test]
fn what_landed_is_red_until_it_is_accepted() {
    let w = World::new();
    w.land_bad();
    let red = w.breaks("protected-path", "policy..");
    follow(&w, &red);
    let green = w.verifies("policy..");
    assert!(green.out.contains("accepted protected-path"), "{green:#?}");
    assert!(green.out.contains("ann@example.org"), "{green:#?}");
    w.verifies("--all");
}

#[test]
fn every_report_shows_what_was_accepted() {
    let w = World::new();
    let bad = w.land_bad();
    w.accept("ann", &bad);
    for (format, texts) in [
        ("human", ["nobody was hurt", "ann@example.org"]),
        ("json", ["nobody was hurt", "\"accepted\""]),
        ("sarif", ["nobody was hurt", "\"suppressions\""]),
        ("github", ["nobody was hurt", "::notice"]),
    ] {
        let ran = w.baton(["verify", "--format", format, "policy.."]);
        assert_eq!(ran.code, 0, "{ran:#?}");
        for text in texts {
            assert!(ran.out.contains(text), "{format}: {ran:#?}");
        }
    }
}

#[test]
fn a_push_of_the_acceptance_passes() {
    let w = World::new();
    let bare = w.origin();
    let bad = w.land_bad();
    w.publish(&bare, &bad, "main");
    w.install_at(&bare, &Hook::SERVER);
    w.git(["fetch", "-q", "origin"]).ok();
    w.accept("ann", &bad);
    w.git(["push", "-q", "origin", "main"]).ok();
}

#[test]
fn what_has_not_landed_is_accepted_first_and_merged_then() {
    let w = World::new();
    let bare = w.origin();
    w.install_at(&bare, &Hook::SERVER);
    let bad = w.bad_object();
    let merge = ["merge", "-q", "--no-ff", "-m", "merge", &bad];
    w.git(merge).refused("protected-path");
    w.git(["merge", "--abort"]);
    w.accept("ann", &bad);
    w.git(merge).ok();
    w.git(["push", "-q", "origin", "main"]).ok();
    w.verifies("policy..");
    w.verifies("--all");
}

#[test]
fn a_pull_request_is_green_when_its_target_accepts_it() {
    let w = World::new();
    let bad = w.bad_object();
    w.breaks("protected-path", &format!("main..{bad}"));
    w.accept("ann", &bad);
    w.verifies(&format!("main..{bad}"));
}

#[test]
fn an_abandoned_branch_with_an_aggregate_can_go() {
    let w = World::new();
    let bare = w.origin();
    w.git(["switch", "-qc", "abandoned"]).ok();
    let old = w.aggregate("19");
    w.git(["push", "-q", "origin", "abandoned"]).ok();
    w.git(["switch", "-q", "main"]).ok();
    w.install_at(&bare, &Hook::SERVER);
    let refused = w.unguarded(["push", "-q", "origin", ":abandoned"]);
    refused.refused("handoff-rollback").by("pre-receive");
    let command = printed(&refused);
    assert_eq!(command[..4], ["accept", &old, "--rule", "handoff-rollback"]);
    follow(&w, &refused);
    w.git(["push", "-q", "origin", "main"]).ok();
    w.git(["push", "-q", "origin", ":abandoned"]).ok();
}

#[test]
fn a_branch_goes_back_when_that_is_accepted() {
    let w = World::new();
    let old = w.aggregate("19");
    let args = ["update-ref", "refs/heads/main", "HEAD~1"];
    let refused = w.git(args);
    refused.refused("handoff-rollback");
    w.git(["switch", "-qc", "later", "HEAD~1"]).ok();
    let command = printed(&refused);
    assert_eq!(command[1], old);
    follow(&w, &refused);
    let accepted = w.rev("HEAD");
    w.git(["update-ref", "refs/heads/main", &accepted]).ok();
}

#[test]
fn a_branch_from_before_the_policy_is_adopted() {
    let w = World::new();
    let bare = w.origin();
    w.install_at(&bare, &Hook::SERVER);
    let old = w.object(
        &["before-policy"],
        HANDOFF,
        "# Handoff\n\nby hand\n\n## Recent Work\n",
        "by hand",
    );
    w.accept("ann", &old);
    w.git(["merge", "-q", "--no-ff", "-m", "merge", &old]).ok();
    w.git(["push", "-q", "origin", "main"]).ok();
}

#[test]
fn the_doctor_is_content_with_what_was_accepted() {
    let w = World::new();
    w.baton(["install"]).ok();
    let bad = w.land_bad();
    let told = |ran: Ran| format!("{}{}", ran.out, ran.err).contains(&bad[..10]);
    assert!(told(w.baton(["doctor"])));
    w.accept("ann", &bad);
    let ran = w.baton(["doctor"]);
    assert!(
        !format!("{}{}", ran.out, ran.err).contains("protected-path"),
        "{ran:#?}"
    );
}

#[test]
fn the_doctor_says_how_what_others_have_is_accepted() {
    let w = World::new();
    w.origin();
    let bad = w.land_bad();
    w.git([
        "-c",
        "core.hooksPath=/dev/null",
        "push",
        "-q",
        "origin",
        "main",
    ])
    .ok();
    w.baton(["install"]).ok();
    w.git(["fetch", "-q"]).ok();
    let ran = w.baton(["doctor"]);
    let told = format!("{}{}", ran.out, ran.err);
    let accept = format!("`git baton accept {bad} --reason '…'`");
    assert!(
        told.contains(&accept) && !told.contains("git restore"),
        "{ran:#?}"
    );
}

#[test]
fn the_program_says_what_it_needs() {
    let w = World::new();
    let bad = w.land_bad();
    let says = |args: &[&str], words: &str| {
        let before = w.rev("HEAD");
        let ran = w.baton(args);
        assert_eq!(ran.code, 2, "{ran:#?}");
        assert!(ran.err.contains(words), "{words}: {ran:#?}");
        assert_eq!(w.rev("HEAD"), before);
    };
    let accept = ["accept", &bad, "--reason", "why"];
    says(&accept, "git has no key");
    w.sign_as("mallory");
    says(&accept, "is not a maintainer's");
    w.sign_as("ann");
    says(&["accept", &bad, "--reason", " "], "the reason is empty");
    says(&["accept", "HEAD~1", "--reason", "why"], "breaks no rule");
    says(
        &["accept", &bad, "--reason", "why", "--rule", "x"],
        "no rule has this id",
    );
    w.git(["switch", "-q", "--detach"]).ok();
    says(&accept, "no branch here");
    w.git(["switch", "-q", "main"]).ok();
    w.write("README", "staged\n");
    w.git(["add", "README"]).ok();
    w.baton(accept).ok();
    assert_eq!(w.git(["diff", "--cached", "--name-only"]).ok(), "README");
}
