//! Repositories and inputs of unusual kinds. Always a clear answer, and never a pass by accident.

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use git_baton::hooks::Hook;
use support::{Fixture, HANDOFF, Make, each_git, run};

const SHA1_ZEROS: &str = "0000000000000000000000000000000000000000";

/// What has to hold in every kind of repository.
fn guards(f: &Fixture) {
    f.commit("fine", "1");
    f.write(HANDOFF, "forged\n");
    f.refuses("protected-path", &["commit", "-aqm", "x"])
        .by("pre-commit");
    f.refuses("protected-path", &["commit", "-anqm", "x"])
        .by("reference-transaction");
    f.git(["checkout", "-q", "HEAD", "--", HANDOFF]).ok();
    let bad = f.bad_object();
    f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);
    f.refuses("protected-path", &["branch", "new", &bad]);
    f.git(["checkout", "-q", "-b", "side"]).ok();
    f.commit("side", "1");
    f.git(["checkout", "-q", "main"]).ok();
    f.commit("main", "1");
    f.git(["rebase", "-q", "main", "side"]).ok();
    f.git(["checkout", "-q", "main"]).ok();
    f.git(["merge", "-q", "--no-ff", "--no-edit", "side"]).ok();
    f.aggregate("19");
    f.git(["reset", "-q", "--hard", "HEAD~1"])
        .refused("handoff-rollback");
}

#[test]
fn a_sha256_repository_is_guarded() {
    each_git(|git| {
        guards(&Fixture::made(
            git,
            Make {
                sha256: true,
                ..Make::default()
            },
        ))
    });
}

#[test]
fn a_reftable_repository_is_guarded() {
    each_git(|git| {
        if git.version < (2, 45) {
            return;
        }
        guards(&Fixture::made(
            git,
            Make {
                reftable: true,
                ..Make::default()
            },
        ));
        let f = Fixture::made(
            git,
            Make {
                reftable: true,
                sha256: true,
            },
        );
        let lines: String = (0..5000)
            .map(|n| format!("create refs/heads/b{n} HEAD\n"))
            .collect();
        f.git_with_input(["update-ref", "--stdin"], lines.as_bytes())
            .ok();
    });
}

#[test]
fn a_symlinked_or_separate_git_directory_is_guarded() {
    each_git(|git| {
        let f = Fixture::new(git);
        fs::rename(f.git_dir(), f.path("real.git")).unwrap();
        symlink(f.path("real.git"), f.git_dir()).unwrap();
        guards(&f);
        let f = Fixture::new(git);
        let elsewhere = f.path("elsewhere.git");
        f.git([
            "init",
            "-q",
            "--separate-git-dir",
            elsewhere.to_str().unwrap(),
        ])
        .ok();
        guards(&f);
    });
}

#[test]
fn a_submodule_is_guarded_and_can_be_updated() {
    each_git(|git| {
        let f = Fixture::new(git);
        let outer = f.path("outer");
        f.git_at(f.dir(), ["init", "-q", "outer"]).ok();
        f.git_at(&outer, ["submodule", "add", "-q", "../repo", "sub"])
            .ok();
        f.git_at(&outer, ["commit", "-qm", "x"]).ok();
        let sub = outer.join("sub");
        f.install_at(&outer.join(".git/modules/sub"), &Hook::CLIENT);
        support::write_below(&sub, HANDOFF, "forged\n");
        let before = f.state_at(&sub);
        f.git_at(&sub, ["commit", "-aqm", "x"])
            .refused("protected-path");
        f.git_at(&sub, ["commit", "-naqm", "x"])
            .refused("protected-path");
        assert_eq!(f.state_at(&sub), before);
        f.git_at(&sub, ["checkout", "-q", "HEAD", "--", "."]).ok();
        f.commit("newer", "1");
        f.git_at(&outer, ["submodule", "update", "--remote", "-q"])
            .ok();
        f.git_at(&outer, ["submodule", "update", "-q"]).ok();
    });
}

#[test]
fn a_minimal_path_is_enough() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.write(HANDOFF, "forged\n");
        let path = [("PATH", "/usr/bin"), ("HOME", "/nonexistent")];
        let before = f.state();
        f.git_with_env(&path, ["commit", "-aqm", "x"])
            .refused("protected-path");
        f.git_with_env(&path, ["commit", "-naqm", "x"])
            .refused("protected-path");
        assert_eq!(f.state(), before);
        f.git(["checkout", "-q", "HEAD", "--", HANDOFF]).ok();
        f.git_with_env(&path, ["commit", "-q", "--allow-empty", "-m", "x"])
            .ok();
    });
}

#[test]
fn another_object_directory_hides_nothing() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.write(HANDOFF, "forged\n");
        let own = f.git_dir().join("objects");
        let other = f.path("objects");
        fs::create_dir(&other).unwrap();
        let env = [
            ("GIT_OBJECT_DIRECTORY", other.to_str().unwrap()),
            ("GIT_ALTERNATE_OBJECT_DIRECTORIES", own.to_str().unwrap()),
        ];
        let before = f.state();
        f.git_with_env(&env, ["commit", "-aqm", "x"])
            .refused("protected-path");
        f.git_with_env(&env, ["commit", "-naqm", "x"])
            .refused("protected-path");
        assert_eq!(f.state(), before);

        // The object of another commit under the bad one's name.
        let bad = f.bad_object();
        let innocent = f.object(&["HEAD"], "fine", "1", "innocent");
        let loose = |root: &std::path::Path, oid: &str| root.join(&oid[..2]).join(&oid[2..]);
        fs::create_dir_all(loose(&other, &bad).parent().unwrap()).unwrap();
        fs::copy(loose(&own, &innocent), loose(&other, &bad)).unwrap();
        let hidden = f.path("hidden");
        fs::rename(loose(&own, &bad), &hidden).unwrap();
        let ran = f.git_with_env(&env, ["update-ref", "refs/heads/main", &bad]);
        assert_ne!(ran.code, 0, "{ran:#?}");
        assert_eq!(f.state(), before);
    });
}

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

#[test]
fn a_journal_that_is_gone_is_a_refusal() {
    each_git(|git| {
        let f = Fixture::new(git);
        fs::remove_dir_all(f.git_dir().join("baton")).unwrap();
        f.git(["commit", "-q", "--allow-empty", "-m", "x"])
            .undecided("journal");
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

#[test]
fn transactions_of_remotes_and_tags_do_not_open_the_repository() {
    each_git(|git| {
        let f = Fixture::new(git);
        let oid = f.rev("HEAD");
        let input = format!(
            "{SHA1_ZEROS} {oid} refs/remotes/o/x\n{SHA1_ZEROS} {oid} refs/tags/x\n\
             {oid} {SHA1_ZEROS} refs/heads/x\n{SHA1_ZEROS} {oid} ORIG_HEAD\n\
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
    let f = Fixture::new(&support::gits()[0]);
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
                        support::write_below(worktree, "fine", &format!("{n} {round}"));
                        f.git_at(worktree, ["add", "fine"]).ok();
                        f.git_at(worktree, ["commit", "-qm", "x"]).ok();
                        support::write_below(worktree, HANDOFF, "forged\n");
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

#[test]
fn a_clone_takes_what_is_there() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        f.unguarded(["update-ref", "refs/heads/main", &bad]).ok();
        let template = f.path("template");
        fs::create_dir_all(template.join("hooks")).unwrap();
        fs::create_dir_all(template.join("baton")).unwrap();
        fs::write(template.join("baton/baseline"), "").unwrap();
        for hook in Hook::CLIENT {
            fs::copy(support::BATON, template.join("hooks").join(hook.name())).unwrap();
        }
        let template = format!("--template={}", template.display());
        f.git_at(f.dir(), ["clone", "-q", &template, "repo", "clone"])
            .ok();
        let clone = f.path("clone");
        f.git_at(&clone, ["commit", "-q", "--allow-empty", "-m", "x"])
            .ok();
        support::write_below(&clone, HANDOFF, "again\n");
        f.git_at(&clone, ["commit", "-naqm", "x"])
            .refused("protected-path");
    });
}
