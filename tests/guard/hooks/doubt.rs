//! What cannot be decided is refused, with a reason.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use baton_hooks::Hook;

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, Make};

const SHA1_ZEROS: &str = "0000000000000000000000000000000000000000";

#[test]
fn a_missing_object_is_a_refusal() {
    each_git(|git| {
        let f = Fixture::new(git);
        let parent = f.object(&["HEAD"], "fine", "1", "parent");
        let child = f.object(&[&parent], "fine", "2", "child");
        fs::remove_file(
            f.git_dir()
                .join("objects")
                .join(&parent[..2])
                .join(&parent[2..]),
        )
        .unwrap();
        let before = f.state();
        f.git(["update-ref", "refs/heads/main", &child])
            .undecided("missing");
        assert_eq!(f.state(), before);
        f.git(["update-ref", "refs/heads/new", &child])
            .undecided("missing");
    });
}

#[test]
fn a_corrupt_index_is_a_refusal() {
    each_git(|git| {
        let f = Fixture::new(git);
        fs::write(
            f.git_dir().join("index"),
            b"DIRC\0\0\0\x02\xff\xff\xff\xffrubbish",
        )
        .unwrap();
        let ran = f.hook(Hook::PreCommit, &[], b"");
        assert_eq!(ran.code, 2, "{ran:#?}");
        ran.undecided("index");
    });
}

#[test]
fn a_policy_that_cannot_be_read_is_a_refusal() {
    each_git(|git| {
        let huge = format!("# {}\n", "x".repeat(10 * 1024 * 1024));
        for policy in [huge.as_str(), "no toml at all [", "[unknown]\n"] {
            let f = Fixture::with_policy(git, policy);
            f.write("fine", "1");
            f.git(["add", "fine"]).ok();
            let before = f.state();
            f.git(["commit", "-qm", "x"]).undecided("baton.toml");
            f.git(["commit", "-nqm", "x"]).undecided("baton.toml");
            assert_eq!(f.state(), before);
        }
        let f = Fixture::empty(git, Make::default());
        f.write("elsewhere", "version = 1\n");
        symlink("elsewhere", f.repo().join("baton.toml")).unwrap();
        f.git(["add", "."]).ok();
        f.git(["commit", "-qm", "a policy that is a link"]).ok();
        f.install();
        f.write("fine", "1");
        f.git(["add", "fine"]).ok();
        f.git(["commit", "-qm", "x"]).undecided("not a regular");
        f.git(["commit", "-nqm", "x"]).undecided("not a regular");
    });
}

/// A way to break the journal in Baton's directory.
type Damage = fn(&Path);

/// Ways to make the journal unreadable or read-only, for a superuser too.
const DAMAGES: [(&str, Damage); 5] = [
    ("gone", |baton| fs::remove_dir_all(baton).unwrap()),
    ("no directory", |baton| {
        fs::remove_dir_all(baton).unwrap();
        fs::write(baton, "").unwrap();
    }),
    ("no baseline", |baton| {
        fs::remove_file(baton.join("baseline")).unwrap();
        fs::create_dir(baton.join("baseline")).unwrap();
    }),
    ("no marks", |baton| {
        fs::remove_dir_all(baton.join("journal")).ok();
        fs::write(baton.join("journal"), "").unwrap();
    }),
    ("rubbish", |baton| {
        fs::write(baton.join("baseline"), [0xff; 400]).unwrap();
        for shard in 0..=255u8 {
            fs::create_dir_all(baton.join(format!("journal/{shard:02x}/x"))).ok();
        }
    }),
];

#[test]
fn without_a_journal_the_verdict_is_the_same() {
    each_git(|git| {
        for (name, damage) in DAMAGES {
            eprintln!("{name}");
            let f = Fixture::new(git);
            f.git(["branch", "side"]).ok();
            damage(&f.git_dir().join("baton"));
            f.commit("fine", "1");
            f.git(["commit", "-q", "--allow-empty", "-m", "x"]).ok();
            f.git(["checkout", "-q", "side"]).ok();
            f.commit("other", "1");
            f.git(["merge", "-q", "--no-edit", "main"]).ok();
            f.git(["branch", "fresh"]).ok();
            let bad = f.bad_object();
            f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);
            f.refuses("protected-path", &["branch", "new", &bad]);
        }
    });
}

#[test]
fn input_that_git_would_not_write_is_a_refusal_and_unknown_states_pass() {
    each_git(|git| {
        let f = Fixture::new(git);
        let head = f.rev("HEAD");
        let bad = f.bad_object();
        let hook = Hook::ReferenceTransaction;
        let lines: [&[u8]; 7] = [
            b"x",
            b"\n",
            b"\0\0\0",
            &[0xff; 4000],
            format!("{head} {head}").as_bytes().to_vec().leak(),
            format!("{head} {} refs/heads/x\n", &head[1..])
                .into_bytes()
                .leak(),
            format!("{SHA1_ZEROS} {head} refs/heads/x\nrubbish")
                .into_bytes()
                .leak(),
        ];
        for line in lines {
            let ran = f.hook(hook, &["prepared"], line);
            assert_eq!(ran.code, 2, "{ran:#?}");
            ran.undecided("not what git writes");
        }
        let line = format!("{SHA1_ZEROS} {bad} refs/heads/x\n");
        for state in ["preparing", "committed", "aborted", "something new", ""] {
            assert_eq!(f.hook(hook, &[state], line.as_bytes()).code, 0, "{state}");
        }
        assert_eq!(f.hook(hook, &["prepared"], line.as_bytes()).code, 1);
        assert_eq!(f.hook(hook, &["prepared"], b"").code, 0);
        let odd = format!("{SHA1_ZEROS} {bad} refs/heads/\u{1b}[2J..\n");
        assert_ne!(f.hook(hook, &["prepared"], odd.as_bytes()).code, 0);
        assert_eq!(f.hook(Hook::PrePush, &[], b"").code, 2);
        assert_eq!(f.hook(Hook::PrePush, &["origin", "url"], b"x y z").code, 2);
        assert_eq!(f.hook(Hook::CommitMsg, &[], b"").code, 2);
        assert_eq!(f.hook(Hook::CommitMsg, &["/nonexistent"], b"").code, 2);
    });
}
