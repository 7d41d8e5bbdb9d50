//! What is seen of a worktree without git, beside what git sees.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use baton_git::{slot, status};
use proptest::prelude::*;
use proptest::sample::select;

use crate::pool_work::support::Pool;

/// What an agent can do to a worktree.
type Deed = (&'static str, fn(&Pool));

const DEEDS: [Deed; 30] = [
    ("edit", |pool| pool.write("a", "work\n")),
    ("edit, as long as before", |pool| rewrite(pool, "c\n")),
    ("write the same again", |pool| rewrite(pool, "b\n")),
    ("commit", |pool| {
        // Git takes no repository in that has no commit.
        pool.try_git(["add", "-A"]);
        pool.try_git(["commit", "-qm", "Work"]);
    }),
    ("commit in a directory", |pool| {
        pool.write("tracked/x", "x");
        pool.try_git(["add", "-f", "tracked/x"]);
        pool.try_git(["commit", "-qm", "Work"]);
    }),
    ("rules in that directory", |pool| {
        pool.write("tracked/.gitignore", "*\n");
        pool.write("tracked/y", "y");
    }),
    ("no case", |pool| {
        pool.git(["config", "core.ignoreCase", "true"]);
        pool.write("IGNORED", "x");
    }),
    ("stage", |pool| drop(pool.try_git(["add", "-A"]))),
    ("unstage", |pool| drop(pool.git(["reset", "-q"]))),
    ("may be run", |pool| {
        let path = pool.slot_path().join("b");
        if path.is_file() {
            fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        }
    }),
    ("remove", |pool| {
        drop(fs::remove_file(pool.slot_path().join("b")))
    }),
    ("a link in place of a file", |pool| {
        drop(fs::remove_file(pool.slot_path().join("b")));
        drop(symlink("a", pool.slot_path().join("b")));
    }),
    ("a directory in place of a file", |pool| {
        drop(fs::remove_file(pool.slot_path().join("b")));
        drop(fs::create_dir(pool.slot_path().join("b")));
    }),
    ("new", |pool| pool.write("new", "x")),
    ("new in a new directory", |pool| pool.write("x/y/new", "x")),
    ("odd names", |pool| {
        for name in [":(top)x", "*", "two\nlines", " ", "-n", "é\"\\"] {
            pool.write(name, "x");
        }
    }),
    ("an ignored file", |pool| pool.write("ignored", "x")),
    ("ignored files below", |pool| {
        pool.write("build/x.o", "x");
        pool.write("build/deep/y.o", "x");
    }),
    ("one among them that is not", |pool| {
        pool.write("build/z.c", "x")
    }),
    ("rules that hide themselves", |pool| {
        pool.write("cache/.gitignore", "*\n")
    }),
    ("a file they hide", |pool| pool.write("cache/x", "x")),
    ("rules that take back", |pool| {
        pool.write("build/.gitignore", "!y.o\n")
    }),
    ("other rules", |pool| pool.write(".gitignore", "*\n")),
    ("no rules", |pool| {
        drop(fs::remove_file(pool.slot_path().join(".gitignore")))
    }),
    ("rules of the clone", |pool| {
        let path = pool.sandbox.repo().join(".git/info/exclude");
        fs::write(path, "new\nx\n").unwrap();
    }),
    ("rules by configuration", |pool| {
        pool.sandbox.write("../rules", "new\n");
        let rules = pool.sandbox.root.path().join("rules");
        pool.git(["config", "core.excludesFile", rules.to_str().unwrap()]);
    }),
    ("an empty directory", |pool| {
        fs::create_dir_all(pool.slot_path().join("empty/deep")).unwrap();
    }),
    ("a repository of its own", |pool| {
        drop(pool.git(["init", "-q", "inner"]));
        pool.write("inner/file", "x");
    }),
    ("hide", |pool| {
        drop(pool.try_git(["update-index", "--assume-unchanged", "a"]))
    }),
    ("announce", |pool| {
        pool.write("later", "x");
        pool.try_git(["add", "-N", "later"]);
    }),
];

/// Writes `b`, unless something else has taken its place.
fn rewrite(pool: &Pool, text: &str) {
    let path = pool.slot_path().join("b");
    if path.is_file() {
        fs::write(path, text).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_seen_at_a_look_is_what_git_sees(
        deeds in proptest::collection::vec(select(&DEEDS[..]), 0..5),
        version in select(vec!["2", "4"]),
    ) {
        let pool = Pool::new();
        pool.git(["update-index", "--index-version", version]);
        for (_, act) in &deeds {
            act(&pool);
        }
        let slot = pool.slot();
        prop_assert_eq!(status::of(&slot).unwrap(), status::from_git(&slot).unwrap());
    }
}

#[test]
fn a_pipe_is_no_work() {
    let pool = Pool::new();
    let pipe = pool.slot_path().join("pipe");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    assert!(status::of(&pool.slot()).unwrap().untracked.is_empty());
}

/// Trees that differ in each way that trees can, by the shell commands that make them.
const TREES: [&str; 7] = [
    "true",
    "rm -r d; echo now a file > d",
    "rm a; mkdir -p a/b; echo deep > a/b/c",
    "chmod +x b; ln -sf b d/link; echo x > 'odd\n*'",
    "printf '*.txt eol=crlf\\n' > .gitattributes; echo line > new.txt; echo changed > d/old.txt",
    "git rm -qrf .; echo all new > only",
    "for i in $(seq 200); do mkdir -p many/$((i % 7)); echo $i > many/$((i % 7))/$i; done",
];

#[test]
fn a_slot_goes_from_any_tree_to_any_other() {
    for version in ["2", "4"] {
        let pool = Pool::new();
        pool.write("d/old.txt", "old\n");
        pool.write("d/e/f", "f\n");
        let start = pool.commit("Grow");
        pool.git(["update-index", "--index-version", version]);
        let tips = TREES.map(|script| {
            pool.git(["checkout", "-q", "--detach", &start.to_string()]);
            let mut command = pool.sandbox.command("sh");
            let done = command.current_dir(pool.slot_path()).args(["-c", script]);
            assert!(done.status().unwrap().success());
            pool.commit("Change")
        });
        let all = tips.iter().enumerate();
        let pairs = all.flat_map(|(at, from)| {
            // Each way in one of the two formats.
            let others = tips.iter().enumerate();
            let others = others.filter(move |(to, _)| ((at + to) % 3 == 0) == (version == "4"));
            others.map(|(_, to)| (*from, *to))
        });
        for (from, to) in pairs {
            pool.git(["checkout", "-q", "--detach", &from.to_string()]);
            assert!(slot::advance(&pool.slot(), from, to, "go").unwrap());
            assert_eq!(pool.rev("HEAD"), to);
            assert_eq!(pool.git(["status", "--porcelain", "--ignored"]), "");
            let found = pool.git(["ls-files", "-s"]);
            pool.git(["reset", "-q", "--hard"]);
            assert_eq!(found, pool.git(["ls-files", "-s"]));
        }
    }
}
