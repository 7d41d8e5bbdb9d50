//! A policy that cannot be read: the newest readable one judges until it is repaired.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use baton_hooks::Hook;

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, Git, HANDOFF, Make, Ran};

const SIGNERS: &str = ".baton/allowed_signers";
const POLICY: &str = "version = 1\n";

/// What a policy that cannot be read looks like, and what a refusal says of it.
const BROKEN: [(&str, &str); 6] = [
    ("version = \"1\n", "TOML"),
    ("[sessions]\nmax_per_comit = 2\n", "max_per_comit"),
    ("version = 2\n", "version 2"),
    ("[[branch]]\nmay_moove = \"anyone\"\n", "baton.toml"),
    (
        "[a_section_of_the_future]\nx = 1\n",
        "a_section_of_the_future",
    ),
    ("[handoff]\npath = \"../x\"\n", "../x"),
];

/// A repository with a policy, a maintainer's key, and hooks.
fn signed(git: &Git) -> Fixture {
    let f = Fixture::empty(git, Make::default());
    let key = f.path("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "m@example.org", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    f.write(HANDOFF, "# Handoff\n\n## Recent Work\n");
    f.write(SIGNERS, &format!("m@example.org {public}"));
    f.write("baton.toml", POLICY);
    f.git(["add", "."]).ok();
    f.git(["commit", "-qm", "policy"]).ok();
    for (key_name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", key.to_str().unwrap()),
    ] {
        f.git(["config", key_name, value]).ok();
    }
    f
}

/// Commits what is written, without hooks.
fn force(f: &Fixture, message: &str) {
    f.git(["add", "-A"]).ok();
    f.unguarded(["commit", "-qm", message]).ok();
}

fn commit(f: &Fixture, path: &str, text: &str, flags: &[&str]) -> Ran {
    f.write(path, text);
    f.git(["add", "-A"]).ok();
    f.git([&["commit", "-qm", "x"], flags].concat())
}

fn baton(f: &Fixture, args: &[&str]) -> Ran {
    f.baton(args)
}

fn undo(f: &Fixture) {
    f.unguarded(["reset", "-q", "--hard"]).ok();
}

#[test]
fn the_newest_readable_policy_judges_and_a_signed_repair_passes() {
    each_git(|git| {
        for (broken, named) in BROKEN {
            let f = signed(git);
            f.write("baton.toml", broken);
            force(&f, "a typo");
            let typo = f.rev("HEAD");
            f.install();

            let ran = commit(&f, "fine", "1", &[]);
            assert_eq!(ran.code, 0, "{ran:#?}");
            assert!(
                ran.err.contains("warning") && ran.err.contains(named),
                "{ran:#?}"
            );
            assert_eq!(ran.err.matches("warning").count(), 1, "{ran:#?}");
            commit(&f, HANDOFF, "mine\n", &[]).refused("protected-path");
            undo(&f);
            commit(&f, "baton.toml", POLICY, &[]).refused("policy-change");
            undo(&f);
            commit(&f, "baton.toml", POLICY, &["-S"]).ok();

            let ran = baton(&f, &["verify", &format!("{typo}..")]);
            assert_eq!(ran.code, 0, "{ran:#?}");
            let ran = baton(&f, &["verify", &format!("{typo}~1..")]);
            assert_eq!(ran.code, 1, "the typo is no maintainer's: {ran:#?}");
            assert!(ran.out.contains("policy-change"), "{ran:#?}");
        }
    });
}

#[test]
fn a_list_of_signers_that_cannot_be_read_is_a_policy_that_cannot_be_read() {
    each_git(|git| {
        for broken in [
            "m@example.org\n",
            "m@example.org ssh-ed25519 AAAA\n",
            "\u{0}\n",
        ] {
            let f = signed(git);
            let list = f.read(SIGNERS);
            f.write(SIGNERS, broken);
            force(&f, "a typo");
            f.install();
            let ran = commit(&f, "fine", "1", &[]);
            assert_eq!(ran.code, 0, "{ran:#?}");
            assert!(ran.err.contains(SIGNERS), "{ran:#?}");
            commit(&f, SIGNERS, &list, &[]).refused("policy-change");
            undo(&f);
            commit(&f, SIGNERS, &list, &["-S"]).ok();
        }
    });
}

#[test]
fn what_brings_an_unreadable_policy_is_refused_though_a_maintainer_signed_it() {
    each_git(|git| {
        for (broken, named) in &BROKEN[..3] {
            let f = signed(git);
            f.install();
            let before = f.rev("HEAD");
            commit(&f, "baton.toml", broken, &["-S"]).undecided(named);
            assert_eq!(f.rev("HEAD"), before);
            // The typo and its repair together are what the maintainer signed.
            f.unguarded(["commit", "-S", "-qm", "typo"]).ok();
            f.write("baton.toml", POLICY);
            f.git(["add", "-A"]).ok();
            f.git(["commit", "-S", "-qm", "repair"]).ok();
        }
    });
}

#[test]
fn a_typo_that_skips_the_first_hooks_is_refused_where_the_branch_moves() {
    each_git(|git| {
        for (broken, named) in &BROKEN[..3] {
            let f = signed(git);
            f.install();
            let before = f.rev("HEAD");
            f.write("baton.toml", broken);
            f.git(["add", "-A"]).ok();
            f.git(["commit", "-nS", "-qm", "typo"]).undecided(named);
            assert_eq!(f.rev("HEAD"), before);
        }
    });
}

#[test]
fn another_typo_does_not_follow_the_first() {
    each_git(|git| {
        let f = signed(git);
        f.write("baton.toml", BROKEN[0].0);
        force(&f, "a typo");
        f.install();
        for (broken, _) in &BROKEN[1..4] {
            commit(&f, "baton.toml", broken, &["-S"]).undecided("baton.toml");
            undo(&f);
        }
    });
}

#[test]
fn a_first_policy_that_cannot_be_read_is_not_adopted_until_it_is_repaired() {
    each_git(|git| {
        for (broken, named) in &BROKEN[..4] {
            let f = Fixture::with_policy(git, broken);
            let before = f.state();
            commit(&f, "fine", "1", &[]).undecided(named);
            f.git(["reset", "-q"]).ok();
            f.git(["add", "fine"]).ok();
            f.git(["commit", "-nqm", "x"]).undecided(named);
            fs::remove_file(f.repo().join("fine")).unwrap();
            f.git(["reset", "-q"]).ok();
            assert_eq!(f.state(), before);
            commit(&f, "baton.toml", POLICY, &[]).ok();
            commit(&f, HANDOFF, "mine\n", &[]).refused("protected-path");
        }
        let f = Fixture::with_policy(git, "no toml [");
        fs::remove_file(f.repo().join("baton.toml")).unwrap();
        f.write("elsewhere", POLICY);
        symlink("elsewhere", f.repo().join("baton.toml")).unwrap();
        f.git(["add", "-A"]).ok();
        f.git(["commit", "-qm", "a link"]).undecided("TOML");
    });
}

#[test]
fn a_server_takes_the_repair_and_no_typo() {
    each_git(|git| {
        for (broken, named) in &BROKEN[..3] {
            let f = signed(git);
            let bare = f.add_remote("origin");
            f.install_at(&bare, &Hook::SERVER);
            let push = |what: &str| f.unguarded(["push", "-q", "origin", what]);
            f.write("baton.toml", broken);
            f.git(["add", "-A"]).ok();
            f.unguarded(["commit", "-S", "-qm", "typo"]).ok();
            push("HEAD:main").undecided(named);
            push("HEAD:other").undecided(named);
            // The typo came when there was no guard.
            fs::remove_dir_all(bare.join("hooks")).unwrap();
            fs::remove_dir_all(bare.join("baton")).unwrap();
            push("HEAD:main").ok();
            f.install_at(&bare, &Hook::SERVER);
            f.write("fine", "1");
            force(&f, "fine");
            push("HEAD:main").ok();
            f.write("baton.toml", POLICY);
            f.git(["add", "-A"]).ok();
            let tree = f.git(["write-tree"]).ok();
            let unsigned = f.object_of_tree(&tree, &["HEAD"], "unsigned");
            push(&format!("{unsigned}:main")).refused("policy-change");
            f.unguarded(["commit", "-S", "-qm", "repair"]).ok();
            push("HEAD:main").ok();
        }
    });
}

#[test]
fn a_typo_that_is_published_comes_in_and_is_repaired_on_top() {
    each_git(|git| {
        for (broken, _) in &BROKEN[..3] {
            let f = signed(git);
            f.install();
            let bare = f.add_remote("origin");
            let good = f.rev("HEAD");
            f.publish(&bare, &good, "main");
            f.write("baton.toml", broken);
            f.git(["add", "-A"]).ok();
            f.unguarded(["commit", "-S", "-qm", "typo"]).ok();
            let typo = f.rev("HEAD");
            f.publish(&bare, &typo, "main");
            f.unguarded(["reset", "-q", "--hard", &good]).ok();
            f.git(["pull", "-q", "--ff-only", "origin", "main"]);
            assert_eq!(f.rev("HEAD"), typo);
            commit(&f, "baton.toml", POLICY, &["-S"]).ok();
            f.git(["push", "-q", "origin", "HEAD:main"]).ok();
        }
    });
}

#[test]
fn a_key_of_a_newer_version_is_a_warning_where_nothing_is_guarded_by_it() {
    each_git(|git| {
        for newer in [
            "[pool]\nshards = 3\n",
            "[merge]\nmerge_on_tuesdays = true\n",
            "[conductor]\nmood = \"calm\"\n[conductor.weather]\nx = [1, {y = 2}]\n",
            "pool.shards = 3\npool.size = 2\n",
        ] {
            let f = signed(git);
            f.install();
            let ran = commit(&f, "baton.toml", newer, &["-S"]);
            assert_eq!(ran.code, 0, "{ran:#?}");
            let ran = commit(&f, "fine", "1", &[]);
            assert_eq!(ran.code, 0, "{ran:#?}");
            assert!(ran.err.contains("passes over"), "{ran:#?}");
            commit(&f, HANDOFF, "mine\n", &[]).refused("protected-path");
            undo(&f);
            let ran = baton(&f, &["verify", "HEAD~1.."]);
            assert_eq!(ran.code, 0, "{ran:#?}");
            assert!(ran.err.contains("passes over"), "{ran:#?}");
            for check in [
                &["policy", "check"][..],
                &["policy", "check", "--at", "HEAD"],
            ] {
                assert_eq!(baton(&f, check).code, 2, "{newer}");
            }
        }
    });
}

#[test]
fn no_invalid_policy_is_armed() {
    each_git(|git| {
        for (broken, named) in &BROKEN[..3] {
            // Only written, committed as the first, and committed after a good one.
            for committed in [0, 1, 2] {
                let f = match committed {
                    2 => signed(git),
                    _ => Fixture::empty(git, Make::default()),
                };
                f.commit("README", "x\n");
                f.write("baton.toml", broken);
                if committed > 0 {
                    force(&f, "typo");
                }
                let ran = baton(&f, &["install"]);
                assert_eq!(ran.code, 2, "{ran:#?}");
                assert!(ran.err.contains(named), "{ran:#?}");
                assert!(!f.git_dir().join("hooks/pre-commit").exists());
                f.write("baton.toml", POLICY);
                if committed > 0 {
                    force(&f, "repair");
                }
                baton(&f, &["install"]).ok();
            }
        }
    });
}
