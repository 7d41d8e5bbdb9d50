//! Inputs of unusual kinds and sizes. Always a clear answer, and never a pass by accident.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use baton_hooks::Hook;

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, HANDOFF, run};

const SHA1_ZEROS: &str = "0000000000000000000000000000000000000000";

#[test]
fn transactions_of_remotes_and_tags_do_not_open_the_repository() {
    each_git(|git| {
        let f = Fixture::new(git);
        let oid = f.rev("HEAD");
        let input = format!(
            "{SHA1_ZEROS} {oid} refs/remotes/o/x\n{SHA1_ZEROS} {oid} refs/tags/x\n\
             {oid} {SHA1_ZEROS} refs/tags/y\n{SHA1_ZEROS} {oid} ORIG_HEAD\n\
             ref:refs/heads/x ref:refs/heads/y HEAD\n"
        );
        let mut command = f.command(f.dir());
        command.args(["--version"]);
        let hook = f.git_dir().join("hooks/reference-transaction");
        let mut outside = std::process::Command::new(hook);
        outside.env_clear().current_dir(f.dir()).arg("prepared");
        assert_eq!(run(&mut outside, input.as_bytes()).code, 0);
    });
}

/// Git itself takes half a minute to lock this many references, so the hook is called as git
/// calls it.
#[test]
fn a_hundred_thousand_branches_in_one_transaction_are_judged() {
    let f = Fixture::new(&baton_testkit::gits::gits()[0]);
    let head = f.rev("HEAD");
    let numbers = || 100_000..200_000;
    let packed: String = numbers()
        .map(|n| format!("{head} refs/heads/b{n}\n"))
        .collect();
    let header = "# pack-refs with: peeled fully-peeled sorted \n";
    fs::write(f.git_dir().join("packed-refs"), header.to_owned() + &packed).unwrap();
    let good = f.object(&["HEAD"], "fine", "1", "good");
    let bad = f.object(&[&good], HANDOFF, "forged\n", "bad");
    for (tip, names, code) in [(&good, "b", 0), (&bad, "new", 1)] {
        let lines: String = numbers()
            .map(|n| format!("{SHA1_ZEROS} {tip} refs/heads/{names}{n}\n"))
            .collect();
        let ran = f.hook(Hook::ReferenceTransaction, &["prepared"], lines.as_bytes());
        assert_eq!(ran.code, code, "{ran:#?}");
    }
}

#[test]
fn huge_and_binary_messages_are_read() {
    each_git(|git| {
        let f = Fixture::new(git);
        let huge = "x".repeat(20 * 1024 * 1024) + "\n\nBaton-Session: 1\nBaton-Session: 2\n";
        let commit = |text: &[u8]| {
            let tree = f.rev("HEAD^{tree}");
            let head = f.rev("HEAD");
            let mut object = format!(
                "tree {tree}\nparent {head}\nauthor A <a@b> 1766000000 +0000\ncommitter A <a@b> 1766000000 +0000\n\n"
            )
            .into_bytes();
            object.extend_from_slice(text);
            f.git_with_input(
                [
                    "hash-object",
                    "-w",
                    "--literally",
                    "-t",
                    "commit",
                    "--stdin",
                ],
                &object,
            )
            .ok()
        };
        let two = commit(huge.as_bytes());
        f.refuses("bundled-sessions", &["update-ref", "refs/heads/main", &two]);
        let two = commit(b"x\0\xff\xfe\n\nBaton-Session: 1\nBaton-Session: 2\n");
        f.refuses("bundled-sessions", &["update-ref", "refs/heads/main", &two]);
        let one = commit(b"\x80\0\n\0\xff");
        f.git(["update-ref", "refs/heads/main", &one]).ok();
        f.write("fine", "1");
        f.git(["add", "fine"]).ok();
        f.git_with_input(
            ["commit", "-q", "-F", "-"],
            huge.replace("Session: 2", "Session: 1").as_bytes(),
        )
        .ok();
    });
}

#[test]
fn paths_of_any_bytes_are_judged() {
    each_git(|git| {
        let f = Fixture::with_policy(
            git,
            "[[protected]]\npaths = [\"secret/**\"]\nwriter = \"nobody\"\n",
        );
        for name in [&b"a\nb"[..], b"\xff\xfe", b"\x1b[2J", "é".as_bytes()] {
            let path = f.repo().join(OsStr::from_bytes(name));
            fs::write(&path, "1").unwrap();
            f.git(["add", "-A"]).ok();
            f.git(["commit", "-qm", "free"]).ok();
            fs::create_dir_all(f.repo().join("secret")).unwrap();
            fs::write(f.repo().join("secret").join(OsStr::from_bytes(name)), "1").unwrap();
            f.git(["add", "-A"]).ok();
            let ran = f.refuses("protected-path", &["commit", "-qm", "x"]);
            assert!(!ran.err.contains('\u{1b}'), "{ran:#?}");
            f.refuses("protected-path", &["commit", "-nqm", "x"]);
            f.git(["reset", "-q", "--hard"]).ok();
        }
    });
}

#[test]
fn aliases_links_and_submodules_in_the_place_of_the_handoff_file_are_refused() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["config", "core.protectHFS", "false"]).ok();
        let blob = f
            .git_with_input(["hash-object", "-w", "--stdin"], b"x")
            .ok();
        let head = f.rev("HEAD");
        for (mode, oid, path) in [
            ("100644", &blob, ".agents/handoff.md"),
            ("100755", &f.rev(&format!("HEAD:{HANDOFF}")), HANDOFF),
            ("120000", &blob, HANDOFF),
            ("160000", &head, HANDOFF),
            ("120000", &blob, ".Agents"),
        ] {
            let info = format!("{mode},{oid},{path}");
            f.git(["update-index", "--add", "--cacheinfo", &info]).ok();
            f.refuses("protected-path", &["commit", "-qm", "x"])
                .by("pre-commit");
            f.refuses("protected-path", &["commit", "-nqm", "x"]);
            f.git(["reset", "-q", "--hard"]).ok();
        }
        f.git(["rm", "-q", "--cached", HANDOFF]).ok();
        let info = format!("100644,{blob},{HANDOFF}/below");
        f.git(["update-index", "--add", "--cacheinfo", &info]).ok();
        f.refuses("protected-path", &["commit", "-nqm", "x"]);
    });
}

#[test]
fn twenty_worktrees_commit_at_once_and_nothing_is_lost() {
    each_git(|git| {
        let f = Fixture::new(git);
        let worktrees: Vec<_> = (0..20).map(|n| f.linked(&format!("b{n}"))).collect();
        std::thread::scope(|scope| {
            for (n, worktree) in worktrees.iter().enumerate() {
                let f = &f;
                scope.spawn(move || {
                    for round in 0..3 {
                        baton_testkit::write_below(worktree, "fine", &format!("{n} {round}"));
                        f.git_at(worktree, ["add", "fine"]).ok();
                        f.git_at(worktree, ["commit", "-qm", "x"]).ok();
                        baton_testkit::write_below(worktree, HANDOFF, "forged\n");
                        f.git_at(worktree, ["commit", "-naqm", "x"])
                            .refused("protected-path");
                        f.git_at(worktree, ["reset", "-q", "--hard"]).ok();
                    }
                });
            }
        });
        for n in 0..20 {
            let count = f.git(["rev-list", "--count", &format!("main..b{n}")]).ok();
            assert_eq!(count, "3");
            f.git(["branch", &format!("again{n}"), &format!("b{n}")])
                .ok();
        }
    });
}
