use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use baton_conductor::pool::at_risk::at_risk;
use baton_conductor::pool::include::{self, Included};

use crate::pool_work::support::{Pool, open};

fn copy_with(pool: &Pool, patterns: &[&str]) -> Included {
    let patterns: Vec<_> = patterns.iter().map(|&one| one.to_owned()).collect();
    include::copy(&open(pool.sandbox.repo()), &pool.slot(), &patterns).unwrap()
}

fn copy(pool: &Pool) -> Included {
    copy_with(pool, &[])
}

/// A main worktree with ignored files of several kinds.
fn with_ignored() -> Pool {
    let pool = Pool::new();
    let main = &pool.sandbox;
    main.write(
        ".gitignore",
        "ignored\n*.o\n.env\n/target/\nnode_modules/\n",
    );
    main.commit("Ignore more");
    pool.git(["merge", "-q", "--ff-only", "main"]);
    main.write(".env", "SECRET=1\n");
    main.write("deep/.env", "SECRET=2\n");
    main.write("target/debug/program", "#!/bin/sh\n");
    let program = main.repo().join("target/debug/program");
    fs::set_permissions(program, PermissionsExt::from_mode(0o755)).unwrap();
    symlink("debug", main.repo().join("target/link")).unwrap();
    main.write("not ignored", "x");
    main.write(".worktreeinclude", ".env\n/target/\nnot ignored\na\n");
    pool
}

fn read(pool: &Pool, path: &str) -> String {
    fs::read_to_string(pool.slot_path().join(path)).unwrap_or_default()
}

#[test]
fn what_is_ignored_and_named_is_copied_as_it_is() {
    let pool = with_ignored();
    pool.sandbox.write("x.o", "not named");
    let included = copy(&pool);
    assert_eq!(
        (included.copied, included.left.len()),
        (4, 0),
        "{included:?}"
    );
    assert_eq!(read(&pool, ".env"), "SECRET=1\n");
    assert_eq!(read(&pool, "deep/.env"), "SECRET=2\n");
    let [from, to] = [pool.sandbox.repo().to_owned(), pool.slot_path()];
    let program = |root: &std::path::Path| fs::metadata(root.join("target/debug/program")).unwrap();
    assert_eq!(program(&to).mode() & 0o777, 0o755);
    assert_eq!(
        program(&to).modified().unwrap(),
        program(&from).modified().unwrap()
    );
    assert_eq!(program(&to).nlink(), 1, "a hard link");
    assert_eq!(
        fs::read_link(to.join("target/link")).unwrap().to_str(),
        Some("debug")
    );
    for absent in ["not ignored", "x.o", ".worktreeinclude"] {
        assert!(!to.join(absent).exists(), "{absent}");
    }
    assert!(at_risk(&pool.slot(), pool.rev("main")).unwrap().is_empty());
}

#[test]
fn patterns_are_those_of_gitignore() {
    let pool = with_ignored();
    pool.sandbox
        .write(".worktreeinclude", "# no comment\n**/.env\n!deep/.env\n");
    copy_with(&pool, &["target/debug/"]);
    assert_eq!(read(&pool, ".env"), "SECRET=1\n");
    assert_eq!(read(&pool, "target/debug/program"), "#!/bin/sh\n");
    assert!(!pool.slot_path().join("deep").exists());
    assert!(!pool.slot_path().join("target/link").is_symlink());
}

#[test]
fn without_patterns_and_without_files_nothing_happens() {
    let pool = Pool::new();
    assert_eq!(copy(&pool), Included::default());
    assert_eq!(copy_with(&pool, &[".env", "/target/"]), Included::default());
}

#[test]
fn what_the_slot_has_is_left_alone() {
    let pool = with_ignored();
    let elsewhere = tempfile::tempdir().unwrap();
    pool.write(".env", "mine\n");
    symlink(elsewhere.path(), pool.slot_path().join("target")).unwrap();
    let included = copy(&pool);
    assert_eq!(read(&pool, ".env"), "mine\n");
    assert!(fs::read_dir(elsewhere.path()).unwrap().next().is_none());
    assert_eq!(
        included.left,
        [".env", "target/debug/program", "target/link"]
    );
    assert_eq!(included.copied, 1);
}

#[test]
fn a_copy_is_renewed_until_somebody_changes_it() {
    let pool = with_ignored();
    copy(&pool);
    let again = copy(&pool);
    assert_eq!((again.copied, again.up_to_date), (0, 4));
    pool.sandbox.write(".env", "SECRET=changed\n");
    assert_eq!(copy(&pool).copied, 1);
    assert_eq!(read(&pool, ".env"), "SECRET=changed\n");
    pool.write(".env", "mine");
    pool.sandbox.write(".env", "SECRET=changed again\n");
    assert_eq!(copy(&pool).left, [".env"]);
    assert_eq!(read(&pool, ".env"), "mine");
    fs::remove_file(pool.slot_path().join("deep/.env")).unwrap();
    assert_eq!(copy(&pool).copied, 1);
}

#[test]
fn a_copying_that_was_killed_is_finished() {
    let pool = with_ignored();
    copy(&pool);
    let slot = pool.slot();
    let manifest = slot.git_dir().join("baton-included");
    let done = fs::read(&manifest).unwrap();
    let mut torn = b"copying".to_vec();
    torn.extend(done.strip_prefix(b"done").unwrap());
    fs::write(&manifest, torn).unwrap();
    pool.write("target/debug/program", "#!/b");
    assert_eq!(copy(&pool).copied, 1);
    assert_eq!(read(&pool, "target/debug/program"), "#!/bin/sh\n");
}

#[test]
fn copies_that_only_a_private_exclude_names_are_no_work() {
    let pool = Pool::new();
    let exclude = pool.sandbox.repo().join(".git/info/exclude");
    fs::create_dir_all(exclude.parent().unwrap()).unwrap();
    fs::write(exclude, "private\n").unwrap();
    pool.sandbox.write("private", "x");
    assert_eq!(copy_with(&pool, &["private"]).copied, 1);
    let risk = || at_risk(&pool.slot(), pool.rev("main")).unwrap().untracked;
    assert!(risk().is_empty());
    pool.write("private", "work");
    assert_eq!(risk(), ["private"]);
}

#[test]
fn neither_git_directories_nor_other_worktrees_are_copied() {
    let pool = with_ignored();
    let main = &pool.sandbox;
    main.git(["worktree", "add", "-q", "--detach", "target/slots/wt-1"]);
    main.git(["init", "-q", "target/clone"]);
    main.write("target/clone/file", "x");
    copy(&pool);
    let slot = pool.slot_path();
    assert!(!slot.join("target/slots/wt-1").exists());
    assert!(slot.join("target/clone/file").exists());
    assert!(!slot.join("target/clone/.git").exists());
}
