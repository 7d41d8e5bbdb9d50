use std::fs;
use std::os::unix::fs::PermissionsExt;

use baton_git::integration::{MergeState, merge_state};

use crate::pool_work::support::{Pool, lines};

fn containment(pool: &Pool) -> MergeState {
    merge_state(&pool.slot(), pool.rev("auto/task"), pool.rev("main")).unwrap()
}

/// Two commits in the slot, and one in the main worktree.
fn diverged() -> Pool {
    let pool = Pool::new();
    pool.write("c", "one\n");
    pool.commit("One");
    pool.write("c", "one\ntwo\n");
    pool.commit("Two");
    pool.sandbox.commit_file("elsewhere", "x\n");
    pool
}

#[test]
fn history_is_looked_at_first() {
    let pool = Pool::new();
    assert_eq!(containment(&pool), MergeState::Ancestor);
    pool.write("c", "x\n");
    let work = pool.commit("Work");
    assert_eq!(containment(&pool), MergeState::Missing(vec![work]));
    pool.sandbox
        .git(["merge", "-q", "--no-ff", "-m", "Land", "auto/task"]);
    assert_eq!(containment(&pool), MergeState::Ancestor);
    pool.sandbox.git(["revert", "--no-edit", "-m1", "HEAD"]);
    assert_eq!(containment(&pool), MergeState::Ancestor, "taken back");
}

#[test]
fn picked_commits_are_recognised_one_by_one() {
    let pool = diverged();
    let two = pool.rev("auto/task");
    pool.sandbox.git(["cherry-pick", "auto/task~"]);
    assert_eq!(containment(&pool), MergeState::Missing(vec![two]));
    pool.sandbox.git(["cherry-pick", "auto/task"]);
    assert_eq!(containment(&pool), MergeState::Patches);
    pool.sandbox.git(["revert", "--no-edit", "HEAD"]);
    pool.sandbox.git(["revert", "--no-edit", "HEAD~2"]);
    assert_eq!(containment(&pool), MergeState::Patches, "taken back");
}

#[test]
fn a_squash_is_recognised_after_the_target_has_moved_on() {
    let pool = diverged();
    pool.sandbox.git(["merge", "-q", "--squash", "auto/task"]);
    pool.sandbox.git(["commit", "-qm", "Squashed"]);
    assert_eq!(containment(&pool), MergeState::Squashed);
    pool.sandbox.commit_file("c", "something else\n");
    assert_eq!(containment(&pool), MergeState::Squashed);
    pool.write("c", "one\ntwo\nthree\n");
    pool.commit("Three");
    assert!(!containment(&pool).is_integrated());
}

#[test]
fn a_squash_of_a_branch_that_merged_its_target_is_recognised() {
    let pool = diverged();
    pool.git(["merge", "-q", "--no-edit", "main"]);
    pool.write("d", "more\n");
    pool.commit("More");
    pool.sandbox.git(["merge", "-q", "--squash", "auto/task"]);
    pool.sandbox.git(["commit", "-qm", "Squashed"]);
    assert_eq!(containment(&pool), MergeState::Squashed);
}

#[test]
fn a_merge_that_brings_something_of_its_own_is_not_passed_over() {
    let pool = diverged();
    pool.git(["merge", "-q", "--no-commit", "--no-ff", "main"]);
    pool.write("of the merge", "x\n");
    let merge = pool.commit("Merge and more");
    pool.sandbox.git(["cherry-pick", "auto/task~2"]);
    pool.sandbox.git(["cherry-pick", "auto/task~"]);
    match containment(&pool) {
        MergeState::Missing(commits) => assert!(commits.contains(&merge)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn content_that_arrived_in_other_pieces_is_recognised() {
    let pool = diverged();
    pool.sandbox.write("c", "one\ntwo\n");
    pool.sandbox.write("b", "changed at once\n");
    pool.sandbox.commit("Both");
    assert_eq!(containment(&pool), MergeState::Content);
}

#[test]
fn white_space_and_modes_are_changes() {
    let pool = Pool::new();
    pool.write("b", "    b\n");
    pool.commit("Indent by four");
    pool.sandbox.commit_file("b", "  b\n");
    assert!(!containment(&pool).is_integrated());

    let pool = Pool::new();
    fs::set_permissions(pool.slot_path().join("b"), PermissionsExt::from_mode(0o755)).unwrap();
    pool.commit("May run");
    assert!(!containment(&pool).is_integrated());
    pool.sandbox.git(["update-index", "--chmod=+x", "b"]);
    pool.sandbox.git(["commit", "-qm", "May run too"]);
    assert!(containment(&pool).is_integrated());
}

#[test]
fn bytes_that_are_no_text_are_compared() {
    let pool = Pool::new();
    pool.write("image", b"\0one");
    pool.commit("One");
    pool.sandbox.write("image", b"\0other");
    pool.sandbox.commit("Other");
    assert!(!containment(&pool).is_integrated());
    pool.sandbox.write("image", b"\0one");
    pool.sandbox.commit("The same");
    assert!(containment(&pool).is_integrated());
}

#[test]
fn a_merge_driver_cannot_make_work_disappear() {
    let pool = Pool::new();
    pool.sandbox.git(["config", "merge.ours.driver", "true"]);
    for directory in [pool.sandbox.repo().to_owned(), pool.slot_path()] {
        fs::write(directory.join(".gitattributes"), "a merge=ours\n").unwrap();
    }
    pool.write("a", lines(20) + "branch\n");
    pool.commit("Work");
    pool.sandbox.write("a", "main\n".to_owned() + &lines(20));
    pool.sandbox.commit("Meanwhile");
    assert!(!containment(&pool).is_integrated());
}

#[test]
fn a_commit_without_changes_is_no_work() {
    let pool = Pool::new();
    pool.git(["commit", "-q", "--allow-empty", "-m", "Nothing"]);
    pool.sandbox.commit_file("elsewhere", "x\n");
    assert_eq!(containment(&pool), MergeState::Patches);
}

#[test]
fn an_unrelated_history_is_all_missing() {
    let pool = Pool::new();
    pool.git(["checkout", "-q", "--orphan", "alone"]);
    let alone = pool.commit("The same tree, another history");
    let found = merge_state(&pool.slot(), alone, pool.rev("main")).unwrap();
    assert_eq!(found, MergeState::Missing(vec![alone]));
}

#[test]
fn both_hashes_are_understood() {
    let pool = Pool::made(&["--object-format=sha256"]);
    pool.write("c", "x\n");
    let work = pool.commit("Work");
    pool.sandbox.commit_file("elsewhere", "x\n");
    assert_eq!(containment(&pool), MergeState::Missing(vec![work]));
    pool.sandbox.git(["cherry-pick", "auto/task"]);
    assert!(containment(&pool).is_integrated());
}

#[test]
fn work_beside_a_target_that_goes_on_elsewhere_is_missing_but_for_its_empty_commits() {
    let pool = diverged();
    let two = pool.rev("auto/task");
    let one = pool.rev("auto/task~");
    pool.git(["commit", "-q", "--allow-empty", "-m", "Nothing"]);
    assert_eq!(containment(&pool), MergeState::Missing(vec![two, one]));
}

#[test]
fn what_a_branch_undid_again_is_no_work_where_the_target_stood_still() {
    let pool = Pool::new();
    pool.write("c", "x\n");
    pool.commit("Work");
    pool.git(["revert", "--no-edit", "HEAD"]);
    assert_eq!(containment(&pool), MergeState::Content);
}
