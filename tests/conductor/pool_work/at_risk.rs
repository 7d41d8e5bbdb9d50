use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use baton_conductor::pool::at_risk::{AtRisk, at_risk};
use baton_git::operation::Operation;
use baton_git::slot::{self, Difference};

use crate::pool_work::support::Pool;

fn found(pool: &Pool) -> AtRisk {
    at_risk(&pool.slot(), pool.rev("main")).unwrap()
}

#[test]
fn a_fresh_slot_holds_nothing() {
    let pool = Pool::new();
    assert!(found(&pool).is_empty());
    pool.write("ignored", "x");
    pool.write("deep/x.o", "x");
    assert!(found(&pool).is_empty(), "{:?}", found(&pool));
}

#[test]
fn every_kind_of_change_is_seen() {
    let pool = Pool::new();
    pool.write("staged only", "x");
    pool.git(["add", "staged only"]);
    fs::remove_file(pool.slot_path().join("staged only")).unwrap();
    pool.write("announced", "x");
    pool.git(["add", "-N", "announced"]);
    fs::set_permissions(pool.slot_path().join("a"), PermissionsExt::from_mode(0o755)).unwrap();
    fs::remove_file(pool.slot_path().join("b")).unwrap();
    symlink("nowhere", pool.slot_path().join("link")).unwrap();
    pool.write("new\nline/\"odd\"", "x");
    let risk = found(&pool);
    assert_eq!(risk.uncommitted, ["a", "announced", "b", "staged only"]);
    assert_eq!(risk.untracked, ["link", "new\nline/\"odd\""]);
}

#[test]
fn what_the_index_hides_is_seen_where_it_differs() {
    let pool = Pool::new();
    pool.git(["update-index", "--assume-unchanged", "a"]);
    pool.git(["update-index", "--skip-worktree", "b"]);
    assert!(found(&pool).is_empty());
    pool.write("a", "work");
    pool.write("b", "work");
    assert_eq!(pool.git(["status", "--porcelain"]), "");
    assert_eq!(found(&pool).uncommitted, ["a", "b"]);
    assert_eq!(
        pool.git(["ls-files", "-v", "a", "b"]),
        "h a\nS b",
        "the slot's own index was changed"
    );
    fs::remove_file(pool.slot_path().join("b")).unwrap();
    assert_eq!(found(&pool).uncommitted, ["a", "b"], "it was taken away");
    let patterns = pool.git(["rev-parse", "--git-path", "info/sparse-checkout"]);
    let patterns = pool.slot_path().join(patterns);
    fs::create_dir_all(patterns.parent().unwrap()).unwrap();
    fs::write(patterns, "/*\n!/b\n").unwrap();
    assert_eq!(found(&pool).uncommitted, ["a"], "a sparse file is work");
}

#[test]
fn what_an_index_of_any_shape_hides_is_seen() {
    for shape in ["--no-split-index", "--split-index", "--index-version=4"] {
        let pool = Pool::new();
        let shape: Vec<&str> = shape.split('=').collect();
        pool.git([&["update-index"], &shape[..]].concat());
        pool.git(["update-index", "--assume-unchanged", "a"]);
        pool.git(["update-index", "--skip-worktree", "b"]);
        pool.write("a", "work");
        pool.write("b", "work");
        assert_eq!(found(&pool).uncommitted, ["a", "b"], "{shape:?}");
    }
}

#[test]
fn a_slot_that_was_reset_hides_nothing_from_the_next() {
    let pool = Pool::new();
    pool.git(["update-index", "--assume-unchanged", "a"]);
    pool.git(["update-index", "--skip-worktree", "b"]);
    pool.write("a", "work");
    pool.write("b", "work");
    let base = pool.rev("main");
    slot::restore(&pool.slot(), base, &[], "reset").unwrap();
    assert_eq!(fs::read(pool.slot_path().join("b")).unwrap(), b"b\n");
    assert_eq!(pool.git(["ls-files", "-v", "a", "b"]), "H a\nH b");
    assert!(found(&pool).is_empty());
}

#[test]
fn excludes_that_are_not_the_repositorys_hide_nothing() {
    let pool = Pool::new();
    let exclude = pool.sandbox.repo().join(".git/info/exclude");
    fs::create_dir_all(exclude.parent().unwrap()).unwrap();
    fs::write(exclude, "one\n").unwrap();
    pool.write("../excludes", "two\n");
    let excludes = pool.sandbox.root.path().join("excludes");
    pool.git(["config", "core.excludesFile", excludes.to_str().unwrap()]);
    pool.git(["config", "status.showUntrackedFiles", "no"]);
    pool.write("one", "x");
    pool.write("two", "x");
    assert_eq!(pool.git(["status", "--porcelain", "-unormal"]), "");
    assert_eq!(found(&pool).untracked, ["one", "two"]);
}

#[test]
fn a_gitignore_at_the_root_counts_only_once_it_is_tracked() {
    let pool = Pool::new();
    pool.git(["rm", "-q", ".gitignore"]);
    pool.git(["commit", "-qm", "Ignore nothing"]);
    pool.write(".gitignore", "*\n");
    pool.write("work", "x");
    let risk = at_risk(&pool.slot(), pool.rev("HEAD")).unwrap();
    assert_eq!(risk.untracked, [".gitignore", "work"]);
}

#[test]
fn commits_are_at_risk_on_a_branch_and_on_none() {
    let pool = Pool::new();
    pool.write("c", "c");
    let on_branch = pool.commit("On the branch");
    assert_eq!(found(&pool).unmerged, [on_branch]);
    pool.git(["checkout", "-q", "--detach", "main"]);
    pool.write("d", "d");
    let detached = pool.commit("On no branch");
    assert_eq!(found(&pool).unmerged, [detached]);
    pool.git(["checkout", "-q", "--detach", "main"]);
    assert!(found(&pool).is_empty());
}

#[test]
fn a_rebase_under_way_does_not_hide_its_branch() {
    let pool = Pool::new();
    pool.write("a", "branch\n");
    let work = pool.commit("Work");
    pool.sandbox.write("a", "main\n");
    pool.sandbox.commit("Meanwhile");
    assert_ne!(pool.try_git(["rebase", "-q", "main"]).code, 0);
    pool.git(["checkout", "-q", "-f", "HEAD"]);
    let risk = found(&pool);
    assert_eq!(risk.operation, Some(Operation::Rebase));
    assert_eq!(risk.unmerged, [work]);
}

#[test]
fn operations_under_way_are_named() {
    let pool = Pool::new();
    pool.sandbox.write("c", "main\n");
    pool.sandbox.commit("Meanwhile");
    pool.git(["merge", "-q", "--no-ff", "--no-commit", "main"]);
    let risk = found(&pool);
    assert_eq!(risk.operation, Some(Operation::Merge));
    assert!(!risk.is_empty());
    pool.git(["merge", "--abort"]);
    pool.git(["bisect", "start", "HEAD"]);
    assert_eq!(found(&pool).operation, Some(Operation::Bisect));
}

#[test]
fn a_revert_of_several_commits_is_one_between_its_steps() {
    let pool = Pool::new();
    for (name, content) in [("one", "1\n"), ("two", "2\n"), ("two", "3\n")] {
        pool.write(name, content);
        pool.git(["add", "."]);
        pool.git(["commit", "-q", "-m", name]);
    }
    let stopped = pool.try_git(["revert", "--no-edit", "HEAD~1", "HEAD~2"]);
    assert_ne!(stopped.code, 0, "{stopped:?}");
    assert_eq!(found(&pool).operation, Some(Operation::Revert));
    pool.write("two", "3\n");
    pool.git(["add", "."]);
    pool.git(["commit", "-q", "--allow-empty", "-m", "Resolved"]);
    assert_eq!(found(&pool).operation, Some(Operation::Revert));
}

#[test]
fn a_repository_inside_is_seen_born_or_not() {
    let pool = Pool::new();
    pool.git(["init", "-q", "unborn"]);
    pool.write("unborn/x", "x");
    pool.git(["init", "-q", "born"]);
    pool.git(["-C", "born", "commit", "-q", "--allow-empty", "-m", "x"]);
    let risk = found(&pool);
    let named = |name: &str| {
        risk.untracked
            .iter()
            .any(|path| path.starts_with(name.as_bytes()))
    };
    assert!(named("unborn/") && named("born/"), "{risk:?}");
}

#[test]
fn work_in_a_submodule_is_seen() {
    let pool = Pool::new();
    pool.add_submodule();
    pool.git(["config", "-f", ".gitmodules", "submodule.sub.ignore", "all"]);
    let base = pool.commit("Add a submodule");
    let found = || at_risk(&pool.slot(), base).unwrap().uncommitted;
    assert!(found().is_empty());
    pool.write("sub/new", "x");
    assert_eq!(found(), ["sub"]);
    pool.git(["-C", "sub", "add", "new"]);
    pool.git(["-C", "sub", "commit", "-qm", "work"]);
    assert_eq!(found(), ["sub"], "its commit is not the recorded one");
    pool.git(["-C", "sub", "checkout", "-q", "-b", "kept"]);
    pool.git(["-C", "sub", "checkout", "-q", "HEAD~"]);
    assert_eq!(found(), ["sub"], "a branch of it is nowhere else");
    pool.git(["-C", "sub", "branch", "-qD", "kept", "--"]);
}

#[test]
fn the_stash_outlives_the_slot() {
    let pool = Pool::new();
    pool.write("a", "work");
    pool.git(["stash", "-q"]);
    assert!(found(&pool).is_empty());
}

#[test]
fn files_that_an_advance_would_touch_are_known_by_what_git_noted_of_them() {
    let pool = Pool::new();
    let old = pool.rev("main");
    pool.sandbox.write("a", "moved on\n");
    fs::remove_file(pool.sandbox.repo().join("b")).unwrap();
    pool.sandbox.write("added", "new\n");
    pool.sandbox.commit("Move on");
    let new = pool.rev("main");
    // As if the index had been written later: a file changed in the same moment tells nothing.
    let index = pool.slot().git_dir().join("index");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
    let file = fs::File::options().write(true).open(index).unwrap();
    file.set_modified(later).unwrap();
    let is_pristine = || {
        let slot = pool.slot();
        let difference = Difference::between(slot.objects(), old, new).unwrap();
        difference.untouched(&slot, &[]).is_some()
    };
    assert!(is_pristine());
    pool.write("elsewhere", "x");
    assert!(is_pristine());
    pool.write("added", "in the way");
    assert!(!is_pristine());
    fs::remove_file(pool.slot_path().join("added")).unwrap();
    assert!(is_pristine());
    pool.git(["update-index", "--assume-unchanged", "b"]);
    file.set_modified(later).unwrap();
    assert!(!is_pristine(), "what the index hides");
    pool.git(["update-index", "--no-assume-unchanged", "b"]);
    let index = pool.slot().git_dir().join("index");
    let file = fs::File::options().write(true).open(index).unwrap();
    file.set_modified(later).unwrap();
    assert!(is_pristine());
    let modified = fs::metadata(pool.slot_path().join("a")).unwrap().modified();
    pool.write("a", "A\n");
    let changed = fs::File::options()
        .write(true)
        .open(pool.slot_path().join("a"));
    changed.unwrap().set_modified(modified.unwrap()).unwrap();
    assert!(!is_pristine(), "of the same size and age");
}

#[test]
fn rules_that_nobody_committed_hide_nothing_beside_tracked_files() {
    let pool = Pool::new();
    pool.write("src/tracked", "x");
    let base = pool.commit("Grow");
    let untracked = || at_risk(&pool.slot(), base).unwrap().untracked;
    // As tools leave them in a directory of their own.
    pool.write("cache/.gitignore", "*\n");
    pool.write("src/cache/.gitignore", "*\n");
    pool.write("src/cache/x", "x");
    assert!(untracked().is_empty());
    pool.write("src/.gitignore", "*\n");
    pool.write("src/new", "work");
    let found = untracked();
    assert!(found.contains(&"src/.gitignore".into()), "{found:?}");
    assert!(found.contains(&"src/new".into()), "{found:?}");
}

#[test]
fn an_ignored_repository_is_work_where_it_holds_what_is_nowhere_else() {
    let pool = Pool::new();
    pool.write(".gitignore", "build/\n");
    let base = pool.commit("Ignore");
    let untracked = || at_risk(&pool.slot(), base).unwrap().untracked;
    pool.write("build/broken/.git", "gitdir: nowhere\n");
    pool.git(["init", "-q", "../library"]);
    pool.git([
        "-C",
        "../library",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
    ]);
    pool.git(["clone", "-q", "../library", "build/library"]);
    assert!(untracked().is_empty());
    pool.write("build/library/patched", "x");
    assert_eq!(untracked(), ["build/library/"]);
    pool.git(["-C", "build/library", "add", "-A"]);
    pool.git(["-C", "build/library", "commit", "-qm", "Patch"]);
    assert_eq!(untracked(), ["build/library/"]);
    pool.git(["worktree", "add", "-q", "build/worktree", "-b", "elsewhere"]);
    pool.git(["init", "-q", "build/unborn"]);
    assert_eq!(untracked(), ["build/library/", "build/worktree/"]);
    pool.write("build/unborn/x", "x");
    assert!(untracked().contains(&"build/unborn/".into()));
}

#[test]
fn rules_of_the_clone_take_nothing_from_what_the_repository_ignores() {
    let pool = Pool::new();
    let path = pool.sandbox.repo().join(".git/info/exclude");
    fs::write(path, "build/\n").unwrap();
    pool.write("build/x.o", "x");
    assert!(found(&pool).untracked.is_empty());
    pool.write("build/y.c", "x");
    assert_eq!(found(&pool).untracked, ["build/y.c"]);
}

#[test]
fn settings_that_blind_git_hide_nothing() {
    let pool = Pool::new();
    pool.write(".gitignore", "*.o\n");
    pool.commit("Ignore");
    let untouched = fs::metadata(pool.slot_path().join("b")).unwrap();
    for setting in [
        "core.ignoreCase=true",
        "core.checkStat=minimal",
        "core.trustctime=false",
        "status.showUntrackedFiles=no",
    ] {
        let (key, value) = setting.split_once('=').unwrap();
        pool.git(["config", key, value]);
    }
    pool.write("WORK.O", "x");
    // So that it is not of the same moment as the index.
    let index = pool.slot().git_dir().join("index");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
    let index = fs::File::options().write(true).open(index).unwrap();
    index.set_modified(later).unwrap();
    // Another file in its place, as long and as old.
    let path = pool.slot_path().join("b");
    let other = pool.sandbox.root.path().join("other");
    fs::write(&other, "c\n").unwrap();
    let file = fs::File::options().write(true).open(&other).unwrap();
    file.set_modified(untouched.modified().unwrap()).unwrap();
    fs::rename(other, path).unwrap();
    let risk = found(&pool);
    assert_eq!(risk.untracked, ["WORK.O"]);
    assert_eq!(risk.uncommitted, ["b"]);
}
