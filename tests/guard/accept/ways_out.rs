//! Honest work that the hooks let through, or tell how it gets through.

use crate::accept::world::World;
use baton_testkit::HANDOFF;

const OVERRIDE: &str = "Mend the title\n\nBaton-Override: the title was wrong";

/// A maintainer's edit of the handoff document, staged.
fn edited() -> World {
    let w = World::new();
    w.write(HANDOFF, "# The handoff\n\n## Recent Work\n");
    w.git(["add", "."]).ok();
    w
}

#[test]
fn a_maintainer_overrides_with_the_hooks_on() {
    let w = edited();
    w.sign_as("ann");
    w.git(["commit", "-q", "-S", "-m", OVERRIDE]).ok();
    let ran = w.verifies("policy..");
    assert!(ran.out.contains("override of protected-path"), "{ran:#?}");
}

#[test]
fn what_is_no_override_is_refused_as_early_as_it_is_known() {
    let w = edited();
    let refused = |args: &[&str], hook: &str| {
        let before = w.state();
        w.git(args).refused("protected-path").by(hook);
        assert_eq!(w.state(), before);
    };
    let signed = ["commit", "-q", "-S", "-m", OVERRIDE];
    refused(&["commit", "-q", "-m", OVERRIDE], "pre-commit");
    w.sign_as("mallory");
    refused(&signed, "pre-commit");
    w.sign_as("ann");
    refused(&["commit", "-q", "-S", "-m", "no reason"], "commit-msg");
    refused(&["commit", "-q", "-m", OVERRIDE], "reference-transaction");
    w.git(signed).ok();
}

#[test]
fn a_rebased_aggregate_is_made_again_elsewhere() {
    let w = World::new();
    let start = w.rev("HEAD");
    w.aggregate("19");
    w.git(["branch", "theirs"]).ok();
    w.unguarded(["reset", "-q", "--hard", &start]).ok();
    w.git(["switch", "-qc", "mine"]).ok();
    w.aggregate("20");
    let rebased = w.git(["rebase", "theirs"]);
    assert_ne!(rebased.code, 0);
    w.write(HANDOFF, "settled by hand\n");
    w.git(["add", "."]).ok();
    let refused = w.git(["rebase", "--continue"]);
    refused.refused("aggregate-commit");
    let command = "git baton orchestrator aggregate --onto ";
    assert!(refused.err.contains(command), "{refused:#?}");
    assert!(
        !refused.err.contains("your session's summary"),
        "{refused:#?}"
    );
    w.git(["rebase", "--abort"]).ok();
    let picked = w.git([
        "-c",
        "core.editor=true",
        "cherry-pick",
        "-X",
        "theirs",
        "mine",
        "--no-commit",
    ]);
    assert_eq!(picked.code, 0, "{picked:#?}");
}

/// The root commit of another project that uses Baton, as `git subtree add --squash` brings it.
fn foreign(w: &World) -> String {
    let root = w.object(&[], "baton.toml", "version = 1\n", "Squashed 'lib'");
    let tree = w.object(&[&root], HANDOFF, "# Theirs\n", "x");
    let tree = w.rev(&format!("{tree}^{{tree}}"));
    w.object_of_tree(&tree, &[], "Squashed 'lib' content")
}

#[test]
fn a_vendored_copy_of_a_project_with_rules_of_its_own_is_free() {
    let w = World::new();
    w.write("vendor/lib/baton.toml", "version = 1\n");
    w.write("vendor/lib/.agents/HANDOFF.md", "# Theirs\n");
    w.write(
        "vendor/lib/.agents/sessions/2025-12-18-session-1.md",
        "log\n",
    );
    w.write(
        "vendor/lib/.agents/sessions/2025-12-18-session-2.md",
        "log\n",
    );
    w.git(["add", "."]).ok();
    w.git(["commit", "-qm", "Vendor lib"]).ok();
    w.verifies("policy..");
}

#[test]
fn a_subtree_is_accepted_and_merged() {
    let w = World::new();
    let theirs = foreign(&w);
    let merge = |w: &World| {
        w.git([
            "merge",
            "-q",
            "-s",
            "ours",
            "--no-commit",
            "--allow-unrelated-histories",
            &theirs,
        ])
        .ok();
        w.git(["read-tree", "--prefix=vendor/lib/", "-u", &theirs])
            .ok();
        w.git(["commit", "-qm", "Add 'vendor/lib/'"])
    };
    let refused = merge(&w);
    refused.refused("protected-path");
    w.git(["merge", "--abort"]).ok();
    w.accept("ann", &theirs);
    merge(&w).ok();
    w.verifies("policy..");
    // Their document does not become ours by that.
    w.git(["merge", "-q", "-s", "ours", "--no-commit", &theirs]);
    let tree = w.rev(&format!("{theirs}^{{tree}}"));
    let taken = w.object_of_tree(&tree, &["HEAD", &theirs], "take theirs");
    w.git(["update-ref", "refs/heads/main", &taken])
        .refused("handoff-rollback");
}
