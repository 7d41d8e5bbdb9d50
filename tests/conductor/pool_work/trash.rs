use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use baton_conductor::pool::WorkError;
use baton_conductor::pool::trash::{self, Parcel, Saved};
use baton_git::slot;

use baton_conductor::pool::at_risk::at_risk;

use crate::pool_work::support::{Pool, open};
use baton_testkit::gits::gits;

const PARCEL: Parcel<'static> = Parcel {
    slot: "wt-1",
    reason: "released by force",
    with_ignored: false,
};

fn save(pool: &Pool) -> Option<Saved> {
    trash::save(&pool.slot(), pool.rev("main"), &PARCEL).unwrap()
}

/// Restores into a new worktree and gives its path.
fn restore(pool: &Pool, saved: &Saved) -> PathBuf {
    let directory = pool.sandbox.root.path().join("restored");
    let main = open(pool.sandbox.repo());
    trash::restore_worktree(&main, saved, &directory, None).unwrap();
    directory
}

/// What git says of a worktree's index and files.
fn state(pool: &Pool, directory: &Path) -> String {
    let directory = directory.to_str().unwrap();
    let status = ["status", "--porcelain=v2", "-z", "-uall"];
    let staged = ["ls-files", "--stage", "-z"];
    let ask = |args: &[&str]| {
        let mut command = pool.sandbox.command("git");
        let out = command.args(["-C", directory]).args(args).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    format!("{}\n{}", ask(&status), ask(&staged))
}

/// Every file below a directory, but for `.git` at its root: bytes and mode.
fn files(directory: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32)> {
    let mut all = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(at) = pending.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let bytes = match metadata.file_type() {
                _ if path == directory.join(".git") => continue,
                kind if kind.is_dir() => {
                    pending.push(path);
                    continue;
                }
                kind if kind.is_symlink() => {
                    fs::read_link(&path).unwrap().as_os_str().as_bytes().into()
                }
                _ => fs::read(&path).unwrap(),
            };
            let name = path.strip_prefix(directory).unwrap().to_owned();
            all.insert(name, (bytes, metadata.permissions().mode()));
        }
    }
    all
}

#[track_caller]
fn round_trip(pool: &Pool) -> Saved {
    let before = (state(pool, &pool.slot_path()), files(&pool.slot_path()));
    let saved = save(pool).expect("there is something to save");
    assert_eq!(
        state(pool, &pool.slot_path()),
        before.0,
        "saving changed the slot"
    );
    let slot = pool.slot_path();
    pool.sandbox
        .git(["worktree", "remove", "-f", "-f", slot.to_str().unwrap()]);
    pool.sandbox.git(["branch", "-q", "-D", "auto/task"]);
    pool.sandbox
        .git(["reflog", "expire", "--expire=now", "--all"]);
    pool.sandbox.git(["gc", "-q", "--prune=now"]);
    let restored = restore(pool, &saved);
    assert_eq!(files(&restored), before.1);

    assert_eq!(state(pool, &restored), before.0);
    saved
}

#[test]
fn a_slot_with_nothing_to_lose_leaves_nothing() {
    let pool = Pool::new();
    pool.write("ignored", "x");
    assert_eq!(save(&pool), None);
    assert_eq!(trash::list(&pool.slot()).unwrap(), []);
}

#[test]
fn odd_files_come_back_as_they_were() {
    let formats = [
        &[][..],
        &["--object-format=sha256"],
        &["--ref-format=reftable"],
    ];
    let known = if gits()[0].knows_reftable() { 3 } else { 2 };
    for options in &formats[..known] {
        let pool = Pool::made(options);
        pool.write("staged", "staged\n");
        pool.git(["add", "staged"]);
        pool.write("staged", "and changed again\n");
        pool.write("a", "changed\n");
        fs::remove_file(pool.slot_path().join("b")).unwrap();
        pool.write("new\nline/\"quoted\" \\ back", "x");
        pool.write("-dash", "x");
        pool.write(OsStr::from_bytes(b"latin-\xe9"), "x");
        pool.write("run", "#!/bin/sh\n");
        fs::set_permissions(
            pool.slot_path().join("run"),
            PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        symlink("no/where", pool.slot_path().join("link")).unwrap();
        let noise: Vec<u8> = (0..3_000_000u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        pool.write("large", noise);
        pool.write("empty", "");
        round_trip(&pool);
    }
}

#[test]
fn files_that_took_the_place_of_directories_come_back() {
    let pool = Pool::new();
    pool.write("was a directory/x", "x");
    pool.write("was a file", "x");
    pool.write("to a link/x", "x");
    pool.commit("Both");
    for name in ["was a directory", "to a link"] {
        fs::remove_dir_all(pool.slot_path().join(name)).unwrap();
    }
    fs::remove_file(pool.slot_path().join("was a file")).unwrap();
    pool.write("was a directory", "x");
    pool.write("was a file/x", "x");
    symlink("was a file", pool.slot_path().join("to a link")).unwrap();
    round_trip(&pool);
}

#[test]
fn what_the_index_hides_is_saved() {
    let pool = Pool::new();
    pool.git(["update-index", "--assume-unchanged", "a"]);
    pool.git(["update-index", "--skip-worktree", "b"]);
    pool.write("a", "work");
    pool.write("b", "work");
    let saved = save(&pool).unwrap();
    let restored = restore(&pool, &saved);
    assert_eq!(fs::read(restored.join("a")).unwrap(), b"work");
    assert_eq!(fs::read(restored.join("b")).unwrap(), b"work");
}

#[test]
fn files_on_a_branch_without_a_commit_come_back() {
    let pool = Pool::new();
    pool.git(["checkout", "-q", "--orphan", "alone"]);
    pool.git(["rm", "-q", "-r", "-f", "."]);
    pool.write("staged", "x");
    pool.git(["add", "staged"]);
    pool.write("work", "x");
    let before = files(&pool.slot_path());
    let saved = save(&pool).unwrap();
    let branch = saved.record.branch.as_ref().unwrap();
    assert_eq!(*branch, "refs/heads/alone");
    assert_eq!(files(&restore(&pool, &saved)), before);
}

#[test]
fn commits_alone_are_saved() {
    let pool = Pool::new();
    pool.write("c", "x");
    let work = pool.commit("Work");
    let saved = round_trip(&pool);
    assert_eq!(saved.record.head, work);
    let branch = saved.record.branch.as_ref().unwrap();
    assert_eq!(*branch, "refs/heads/auto/task");
}

#[test]
fn ignored_files_are_saved_on_request() {
    let pool = Pool::new();
    pool.write("ignored", "x");
    let parcel = Parcel {
        with_ignored: true,
        ..PARCEL
    };
    let saved = trash::save(&pool.slot(), pool.rev("main"), &parcel)
        .unwrap()
        .unwrap();
    assert_eq!(
        fs::read(restore(&pool, &saved).join("ignored")).unwrap(),
        b"x"
    );
}

#[test]
fn a_merge_in_conflict_comes_back_in_conflict() {
    let pool = Pool::new();
    pool.write("a", "branch\n");
    pool.commit("Branch");
    pool.sandbox.commit_file("a", "main\n");
    assert_ne!(pool.try_git(["merge", "-q", "main"]).code, 0);
    let saved = round_trip(&pool);
    let restored = pool.sandbox.root.path().join("restored");
    let restored = restored.to_str().unwrap();
    let merging = pool
        .sandbox
        .git(["-C", restored, "rev-parse", "MERGE_HEAD"]);
    assert_eq!(merging, pool.sandbox.git(["rev-parse", "main"]));
    assert!(saved.record.rest.is_some());
}

#[test]
fn a_rebase_keeps_the_commits_it_would_have_moved() {
    let pool = Pool::new();
    pool.write("a", "branch\n");
    let work = pool.commit("Branch");
    pool.sandbox.commit_file("a", "main\n");
    assert_ne!(pool.try_git(["rebase", "-q", "main"]).code, 0);
    let saved = save(&pool).unwrap();
    let kept = pool.git(["rev-list", &saved.reference().to_string()]);
    assert!(kept.contains(&work.to_string()));
    let main = open(pool.sandbox.repo());
    let directory = pool.sandbox.root.path().join("restored");
    let restored = trash::restore_worktree(&main, &saved, &directory, None).unwrap();
    let head_name = restored
        .left_out
        .iter()
        .find(|path| path.contains("rebase-merge"));
    assert!(head_name.is_some(), "{restored:?}");
}

#[test]
fn what_a_rebase_has_put_by_is_saved() {
    for backend in ["merge", "apply"] {
        let pool = Pool::new();
        pool.write("a", "branch\n");
        pool.commit("Branch");
        pool.sandbox.commit_file("a", "main\n");
        pool.write("b", "not committed\n");
        let rebase = [
            "rebase",
            "-q",
            "--autostash",
            &format!("--{backend}"),
            "main",
        ];
        assert_ne!(pool.try_git(rebase).code, 0);
        assert_eq!(fs::read(pool.slot_path().join("b")).unwrap(), b"b\n");
        let put_by = pool
            .slot()
            .git_dir()
            .join(format!("rebase-{backend}/autostash"));
        let put_by = fs::read_to_string(put_by).unwrap();
        let saved = save(&pool).unwrap();
        let kept = pool.git(["rev-list", &saved.reference().to_string()]);
        assert!(kept.contains(put_by.trim()), "{backend}");
    }
}

#[test]
fn a_repository_inside_comes_back_with_its_history() {
    let pool = Pool::new();
    pool.git(["init", "-q", "inner"]);
    pool.write("inner/x", "x");
    pool.git(["-C", "inner", "add", "x"]);
    pool.git(["-C", "inner", "commit", "-qm", "inner"]);
    pool.write("inner/y", "y");
    let inner = pool.git(["-C", "inner", "rev-parse", "HEAD"]);
    let saved = save(&pool).unwrap();
    let restored = restore(&pool, &saved).join("inner");
    let restored = restored.to_str().unwrap();
    assert_eq!(pool.git(["-C", restored, "rev-parse", "HEAD"]), inner);
    assert_eq!(pool.git(["-C", restored, "status", "--porcelain"]), "?? y");
}

#[test]
fn work_in_a_submodule_comes_back() {
    let pool = Pool::new();
    pool.add_submodule();
    let base = pool.commit("Add a submodule");
    pool.write("sub/committed", "x");
    pool.git(["-C", "sub", "add", "."]);
    pool.git(["-C", "sub", "commit", "-qm", "work"]);
    pool.write("sub/not committed", "x");
    let inner = pool.git(["-C", "sub", "rev-parse", "HEAD"]);
    let saved = save(&pool).unwrap();
    slot::restore(&pool.slot(), base, &[], "reset").unwrap();
    assert!(at_risk(&pool.slot(), base).unwrap().is_empty());
    let restored = restore(&pool, &saved).join("sub");
    let restored = restored.to_str().unwrap();
    assert_eq!(pool.git(["-C", restored, "rev-parse", "HEAD"]), inner);
    assert_eq!(
        pool.git(["-C", restored, "status", "--porcelain"]),
        "?? \"not committed\""
    );
}

#[test]
fn somebodys_worktree_inside_is_not_saved_but_refused() {
    for path in ["inner", "ignored/inner"] {
        let pool = Pool::new();
        pool.git(["worktree", "add", "-q", "--detach", path]);
        let refused = trash::save(&pool.slot(), pool.rev("main"), &PARCEL);
        assert!(
            matches!(refused, Err(WorkError::ForeignWorktree(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn a_reset_spares_a_repository_that_only_looks_like_a_submodule() {
    let pool = Pool::new();
    pool.git(["worktree", "add", "-q", "--detach", "inner"]);
    pool.git(["add", "inner"]);
    pool.write(".gitmodules", "");
    let base = pool.commit("Take a worktree for a submodule");
    pool.write("inner/a", "work");
    slot::restore(&pool.slot(), base, &[], "reset").unwrap();
    assert!(pool.sandbox.repo().join(".git/HEAD").exists());
    assert_eq!(fs::read(pool.slot_path().join("inner/a")).unwrap(), b"work");
}

#[test]
fn restoring_overwrites_nothing() {
    let pool = Pool::new();
    pool.write("a", "work");
    let saved = save(&pool).unwrap();
    let main = open(pool.sandbox.repo());
    let taken = |refused| assert!(matches!(refused, Err(WorkError::Taken(_))), "{refused:?}");
    taken(trash::restore_worktree(
        &main,
        &saved,
        &pool.slot_path(),
        None,
    ));
    taken(trash::restore_branch(&main, &saved, "auto/task"));
    let elsewhere = pool.sandbox.root.path().join("elsewhere");
    taken(trash::restore_worktree(
        &main,
        &saved,
        &elsewhere,
        Some("main"),
    ));
    assert!(!elsewhere.exists());
    let restored = trash::restore_branch(&main, &saved, "again").unwrap();
    assert_eq!(pool.git(["show", "again:a"]), "work");
    assert_eq!(pool.rev("again"), restored.commit);
    let refused = trash::restore_branch(&main, &saved, "no branch");
    assert!(
        matches!(refused, Err(WorkError::NoBranchName(_))),
        "{refused:?}"
    );
}

#[test]
fn names_count_up_and_old_ones_can_be_dropped() {
    let pool = Pool::new();
    pool.write("a", "work");
    let names: Vec<_> = (0..3).map(|_| save(&pool).unwrap().name).collect();
    let numbers: Vec<_> = names
        .iter()
        .map(|name| name.split('-').nth(3).unwrap())
        .collect();
    assert_eq!(numbers, ["1", "2", "3"]);
    let main = open(pool.sandbox.repo());
    let listed = trash::list(&main).unwrap();
    assert_eq!(
        listed.iter().map(|one| &one.name).collect::<Vec<_>>(),
        names.iter().collect::<Vec<_>>()
    );
    assert_eq!(trash::find(&main, &names[1]).unwrap(), listed[1]);
    assert!(matches!(
        trash::find(&main, "nothing"),
        Err(WorkError::NotKept(_))
    ));
    let now = listed[2].saved_at;
    assert_eq!(trash::drop_before(&main, now - 1000).unwrap(), []);
    assert_eq!(trash::drop_before(&main, now + 1).unwrap().len(), 3);
    assert_eq!(trash::list(&main).unwrap(), []);
}
