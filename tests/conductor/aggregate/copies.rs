//! Copies of a genuine aggregate that plain git makes, on the same parent too.

use crate::aggregate::forgeries::genuine;
use crate::aggregate::signing::signed_world;
use crate::aggregate::support::World;

const LATER: &str = "1766000777 +0000";

/// Runs git with these variables besides.
fn git_with(world: &World, variables: &[(&str, &str)], args: &[&str]) {
    let mut git = world.command("git", world.main());
    let out = git
        .envs(variables.iter().copied())
        .args(args)
        .output()
        .unwrap();
    assert!(out.status.success(), "{args:?}: {out:?}");
}

#[track_caller]
fn assert_unsealed(world: &World, what: &str) {
    let (code, said) = world.verify_clone();
    assert_eq!(code, 1, "{what}: {said}");
    assert!(said.contains("its seal does not fit it"), "{what}: {said}");
    assert_eq!(said.matches("aggregate, but").count(), 1, "{what}: {said}");
}

#[test]
fn an_amended_copy_on_the_same_parent_is_refused() {
    let other = [("GIT_COMMITTER_NAME", "b")];
    let later = [("GIT_COMMITTER_DATE", LATER)];
    let both = [("GIT_COMMITTER_DATE", LATER), ("GIT_AUTHOR_DATE", LATER)];
    let zone = [
        ("GIT_COMMITTER_DATE", "1766000000 +0100"),
        ("GIT_AUTHOR_DATE", "1766000000 +0100"),
    ];
    let amend = ["commit", "-q", "--amend", "--no-edit"];
    let reset = [&amend[..], &["--reset-author"]].concat();
    let author = [&amend[..], &["--author", "b <b@c>"]].concat();
    let nothing: [(&str, &str); 0] = [];
    for (what, variables, args) in [
        ("another second", &later[..], &amend[..]),
        ("author and committer of another second", &both, &reset),
        ("another zone", &zone, &reset),
        ("another committer", &other, &amend),
        ("another author", &nothing, &author),
    ] {
        let world = genuine();
        git_with(&world, variables, args);
        assert_unsealed(&world, what);
    }
}

#[test]
fn other_words_are_refused_in_the_same_second() {
    let world = genuine();
    let message = world.git(&["log", "-1", "--format=%B"]);
    let words = message.replacen("Aggregate sessions", "Collect sessions", 1);
    world.git(&["commit", "-q", "--amend", "-m", words.as_str()]);
    assert_unsealed(&world, "another subject");
}

#[test]
fn a_picked_or_rebased_copy_on_the_same_parent_is_refused() {
    let later = [("GIT_COMMITTER_DATE", LATER)];
    for (pick, copies) in [(&["--ff"][..], false), (&[], true), (&["-x"], true)] {
        let world = genuine();
        let tip = world.tip();
        git_with(&world, &later, &["checkout", "-q", "-b", "side", "main^"]);
        git_with(&world, &later, &[&["cherry-pick", "main"], pick].concat());
        world.git(&["branch", "-q", "-f", "main", "side"]);
        world.git(&["checkout", "-q", "main"]);
        assert_eq!(world.tip() != tip, copies, "{pick:?}");
        match copies {
            true => assert_unsealed(&world, "picked"),
            false => world.assert_verified(),
        }
    }
    for rebase in [
        &["rebase", "-q", "--force-rebase", "main^"][..],
        &["rebase", "-q", "--reset-author-date", "main^"],
    ] {
        let world = genuine();
        let tip = world.tip();
        git_with(&world, &later, rebase);
        assert_ne!(world.tip(), tip);
        assert_unsealed(&world, "rebased");
    }
}

#[test]
fn nothing_else_than_the_commit_itself_is_no_copy() {
    let world = genuine();
    let tip = world.tip();
    world.git(&["commit", "-q", "--amend", "--no-edit", "--allow-empty"]);
    assert_eq!(world.tip(), tip);
    world.assert_verified();
}

#[test]
fn a_new_seal_makes_another_aggregate_that_only_a_signature_tells_apart() {
    let both = [("GIT_COMMITTER_DATE", LATER), ("GIT_AUTHOR_DATE", LATER)];
    let amend = ["commit", "-q", "--amend", "--no-edit", "--reset-author"];
    let world = genuine();
    git_with(&world, &both, &amend);
    world.reseal();
    world.assert_verified();

    let world = signed_world();
    world.aggregated(&["--signing-key", "../baton"]);
    git_with(&world, &both, &amend);
    world.reseal();
    let (code, said) = world.verify_clone();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("it is not signed"), "{said}");
}
