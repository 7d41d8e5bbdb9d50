//! What becomes of histories.

use std::collections::BTreeSet;

use baton_git::merge::Merger;

use super::{Verdict, begin, begun, compare, foreseen, id, lines, on, open, rename, with, write};
use baton_testkit::Sandbox;
use baton_testkit::gits::gits;

#[test]
fn a_criss_cross_history() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| write(root, "f", &lines(2)));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(15)));
    sandbox.git(["branch", "before", "theirs"]);
    sandbox.git(["merge", "-q", "--no-edit", "ours"]);
    sandbox.git(["checkout", "-q", "ours"]);
    sandbox.git(["merge", "-q", "--no-edit", "before"]);
    on(&sandbox, "ours", |root| write(root, "g", "ours\n"));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(0)));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| write(root, "g", "theirs\n"));
    compare(&sandbox, &["g"]);
}

#[test]
fn a_repository_with_long_ids() {
    let sandbox = Sandbox::empty();
    std::fs::remove_dir_all(sandbox.repo().join(".git")).unwrap();
    sandbox.git(["init", "-q", "-b", "main", "--object-format=sha256"]);
    begin(&sandbox, &[("a/f", &lines(0)), ("b/g", "g\n")]);
    on(&sandbox, "ours", |root| write(root, "a/f", &lines(3)));
    on(&sandbox, "theirs", |root| write(root, "b/g", "x\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| write(root, "a/f", &lines(15)));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| {
        write(root, "a/f", &lines(3).replace("changed", "other"))
    });
    compare(&sandbox, &["a/f"]);
}

#[test]
fn histories_that_have_nothing_in_common() {
    let sandbox = begun(&[("f", "f\n")]);
    sandbox.git(["checkout", "-q", "--orphan", "elsewhere"]);
    sandbox.commit_file("g", "g\n");
    sandbox.git(["branch", "-f", "theirs"]);
    for git in gits() {
        let merge = with(&sandbox, &git, "git")
            .args(["merge", "ours"])
            .output()
            .unwrap();
        assert!(!merge.status.success());
        let Verdict::Conflicts(paths) = foreseen(&sandbox, &git) else {
            panic!("git refuses to merge them");
        };
        assert_eq!(paths, BTreeSet::from([String::new()]));
    }
}

#[test]
fn an_octopus_is_one_merge_after_the_other() {
    let sandbox = begun(&[("a", "a\n"), ("b", "b\n"), ("c", &lines(0))]);
    on(&sandbox, "ours", |root| write(root, "a", "ours\n"));
    on(&sandbox, "theirs", |root| write(root, "b", "theirs\n"));
    sandbox.git(["checkout", "-q", "-b", "third", "main"]);
    on(&sandbox, "third", |root| rename(root, "c", "d"));
    sandbox.git(["checkout", "-q", "ours"]);
    let repo = open(&sandbox);
    let merger = Merger::new(&repo).unwrap();
    let (ours, theirs, third) = (
        id(&sandbox, "ours"),
        id(&sandbox, "theirs"),
        id(&sandbox, "third"),
    );
    let two = merger.merge(ours, theirs).unwrap();
    let base = id(&sandbox, "main");
    let three = merger
        .merge_trees([base, two.tree, third], ["ours", "third"])
        .unwrap();
    assert_eq!((two.conflicts, &three.conflicts), (Vec::new(), &Vec::new()));
    sandbox.git(["merge", "-q", "--no-edit", "theirs", "third"]);
    assert_eq!(three.tree, id(&sandbox, "HEAD^{tree}"));
}

#[test]
fn a_change_is_picked_as_git_picks_it() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "theirs", |root| write(root, "g", "not picked\n"));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(15)));
    on(&sandbox, "ours", |root| write(root, "f", &lines(2)));
    let repo = open(&sandbox);
    let merger = Merger::new(&repo).unwrap();
    let [base, ours, theirs] = ["theirs~1", "ours", "theirs"].map(|name| id(&sandbox, name));
    let picked = merger
        .merge_trees([base, ours, theirs], ["ours", "theirs"])
        .unwrap();
    sandbox.git(["cherry-pick", "theirs"]);
    assert_eq!(picked.tree, id(&sandbox, "HEAD^{tree}"));
    assert!(picked.conflicts.is_empty());
}
