//! `git baton install` and `uninstall`, with real git.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use baton_testkit::write_program;

use crate::install::place::{Place, Said, set_mode};

pub fn installed(said: &Said) {
    assert_eq!(said.code, Some(0), "{said:?}");
}

/// What a directory holds, by name: link targets, modes and contents.
pub fn listing(path: &std::path::Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let found = path.symlink_metadata().unwrap();
            let content = match found.is_symlink() {
                true => path
                    .read_link()
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes(),
                false if found.is_dir() => Vec::new(),
                false => fs::read(&path).unwrap(),
            };
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, found.mode(), content)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn every_hook_is_a_text_of_its_own_and_installing_again_changes_nothing() {
    let place = Place::new();
    place.repository("r");
    installed(&place.baton("r", &["install"]));
    let path = place.at("r/.git/baton/bin/git-baton");
    let program = path.metadata().unwrap();
    assert_eq!((program.nlink(), program.mode() & 0o777), (1, 0o555));
    for hook in baton_hooks::Hook::CLIENT {
        let file = place.at(&format!("r/.git/hooks/{}", hook.name()));
        let found = file.metadata().unwrap();
        assert_eq!((found.nlink(), found.mode() & 0o777), (1, 0o755));
        let text = fs::read_to_string(&file).unwrap();
        let first = format!("#!{} --hook={}", path.display(), hook.name());
        assert_eq!(text.lines().next(), Some(&first[..]));
        let mut others: Vec<_> = text.lines().skip(1).collect();
        let last = format!(
            "'{}' --hook={} \"$0\" \"$@\" || exit",
            path.display(),
            hook.name()
        );
        assert_eq!(others.pop(), Some(&last[..]));
        assert!(others.iter().all(|line| line.starts_with("# ")), "{text}");
    }
    let baseline = fs::read(place.at("r/.git/baton/baseline")).unwrap();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    let again = place.baton("r", &["install"]);
    assert!(
        again.out.contains("there already") && !again.out.contains("journal"),
        "{again:?}"
    );
    assert_eq!(
        fs::read(place.at("r/.git/baton/baseline")).unwrap(),
        baseline
    );
    assert_eq!(place.break_a_rule("r").code, Some(128));
}

#[test]
fn earlier_hooks_run_first_and_come_back_as_they_were() {
    let place = Place::new();
    place.repository("r");
    place.write_hook("r/.git/hooks/pre-commit", "kept");
    set_mode(&place.at("r/.git/hooks/pre-commit"), 0o700);
    place.write_hook("real", "linked");
    symlink(place.at("real"), place.at("r/.git/hooks/commit-msg")).unwrap();
    place.write("r/.git/hooks/pre-push", "#!/bin/sh\nexit 1\n");
    set_mode(&place.at("r/.git/hooks/pre-push"), 0o644);
    let before = listing(&place.at("r/.git/hooks"));
    installed(&place.baton("r", &["install"]));
    installed(&place.baton("r", &["install"]));
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(place.log(), ["kept", "linked"]);
    installed(&place.baton("r", &["uninstall"]));
    assert_eq!(listing(&place.at("r/.git/hooks")), before);
    assert!(!place.at("r/.git/baton").exists());
    installed(&place.baton("r", &["uninstall"]));
}

#[test]
fn an_earlier_hook_that_refuses_is_heeded() {
    let place = Place::new();
    place.repository("r");
    write_program(&place.at("r/.git/hooks/pre-commit"), "#!/bin/sh\nexit 7\n");
    installed(&place.baton("r", &["install"]));
    assert_ne!(
        place
            .try_git("r", &["commit", "--allow-empty", "-m", "x"])
            .code,
        Some(0)
    );
}

#[test]
fn a_hooks_path_of_the_repository_gives_way_and_its_hooks_run_on() {
    let place = Place::new();
    place.repository("r");
    for hook in ["pre-commit", "post-commit", "post-index-change"] {
        place.write_hook(&format!("r/.husky/{hook}"), hook);
    }
    place.git("r", &["add", "."]);
    place.git("r", &["commit", "-q", "-m", "hooks"]);
    place.git("r", &["config", "core.hooksPath", ".husky"]);
    let said = place.baton("r", &["install"]);
    assert!(
        said.out.contains("set aside: core.hooksPath = .husky"),
        "{said:?}"
    );
    place.git("r", &["worktree", "add", "-q", "-b", "other", "../w"]);
    place.log();
    for worktree in ["r", "w"] {
        place.write(&format!("{worktree}/new"), worktree);
        place.git(worktree, &["add", "new"]);
        place.git(worktree, &["commit", "-q", "-m", "x"]);
        let log = place.log();
        for hook in ["pre-commit", "post-commit", "post-index-change"] {
            assert!(log.contains(&hook.to_owned()), "{worktree}: {log:?}");
        }
        assert_eq!(place.break_a_rule(worktree).code, Some(128));
        place.log();
    }
    installed(&place.baton("w", &["uninstall"]));
    assert_eq!(place.git("r", &["config", "core.hooksPath"]), ".husky\n");
}

#[test]
fn each_worktree_keeps_its_own_earlier_hooks() {
    let place = Place::new();
    place.repository("r");
    place.git("r", &["config", "extensions.worktreeConfig", "true"]);
    for name in ["a", "b"] {
        place.git(
            "r",
            &["worktree", "add", "-q", "-b", name, &format!("../{name}")],
        );
    }
    place.write_hook("hooks-r/pre-commit", "r");
    place.write_hook("hooks-a/pre-commit", "a");
    let (of_all, of_a) = (place.at("hooks-r"), place.at("hooks-a"));
    let (of_all, of_a) = (of_all.to_str().unwrap(), of_a.to_str().unwrap());
    place.git("r", &["config", "core.hooksPath", of_all]);
    place.git("a", &["config", "--worktree", "core.hooksPath", of_a]);
    place.git("b", &["config", "--worktree", "core.hooksPath", ""]);
    installed(&place.baton("b", &["install"]));
    for (worktree, words) in [("r", vec!["r"]), ("a", vec!["a"]), ("b", vec![])] {
        place.git(worktree, &["commit", "-q", "--allow-empty", "-m", "x"]);
        assert_eq!(place.log(), words, "{worktree}");
        assert_eq!(place.break_a_rule(worktree).code, Some(128), "{worktree}");
        place.log();
    }
    installed(&place.baton("r", &["uninstall"]));
    for (worktree, value) in [("r", of_all), ("a", of_a), ("b", "")] {
        let got = place.git(worktree, &["config", "core.hooksPath"]);
        assert_eq!(got.trim_end(), value, "{worktree}");
    }
    assert!(!place.at("r/.git/worktrees/a/baton").exists());
}

#[test]
fn a_hooks_path_that_is_not_the_repositorys_is_refused() {
    let place = Place::new();
    place.repository("r");
    place.write("included", "[core]\n\thooksPath = /elsewhere\n");
    let refused = |said: Said, word: &str| {
        assert_eq!(said.code, Some(2), "{said:?}");
        let text = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(word), "{said:?}");
        assert!(!place.at("r/.git/baton").exists());
    };
    place.git("r", &["config", "--global", "core.hooksPath", "~/hooks"]);
    refused(place.baton("r", &["install"]), "--unset-all core.hooksPath");
    let home = place.at("r/.git/hooks");
    place.git("r", &["config", "core.hooksPath", home.to_str().unwrap()]);
    installed(&place.baton("r", &["install"]));
    assert_eq!(place.break_a_rule("r").code, Some(128));
    installed(&place.baton("r", &["uninstall"]));
    assert_eq!(
        place.git("r", &["config", "core.hooksPath"]).trim_end(),
        home.to_str().unwrap()
    );

    place.git("r", &["config", "--unset", "core.hooksPath"]);
    place.git("r", &["config", "--global", "--unset", "core.hooksPath"]);
    place.git("r", &["config", "include.path", "../../included"]);
    refused(place.baton("r", &["install"]), "included");
    place.git("r", &["config", "--unset", "include.path"]);
    let mut command = place.command(crate::install::place::program(), "r");
    let command = command.arg("install").envs([
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.hooksPath"),
        ("GIT_CONFIG_VALUE_0", "/elsewhere"),
    ]);
    refused(
        crate::install::place::said(command.output().unwrap()),
        "GIT_CONFIG_COUNT",
    );
}

#[test]
fn a_run_that_was_cut_off_can_be_done_again() {
    let place = Place::new();
    place.repository("r");
    place.write_hook("r/.git/hooks/pre-commit", "kept");
    place.write_hook("r/.githooks/commit-msg", "elsewhere");
    place.git("r", &["config", "core.hooksPath", ".githooks"]);
    let before = listing(&place.at("r/.git/hooks"));
    installed(&place.baton("r", &["install"]));
    let hook = place.at("r/.git/hooks/pre-commit");
    // Moved aside, and not replaced yet; the setting not taken out yet.
    fs::remove_file(&hook).unwrap();
    place.git("r", &["config", "core.hooksPath", ".githooks"]);
    installed(&place.baton("r", &["install"]));
    // The record written, nothing else.
    fs::rename(place.at("r/.git/hooks.before-baton/pre-commit"), &hook).unwrap();
    fs::remove_file(place.at("r/.git/baton/bin/git-baton")).unwrap();
    place.git("r", &["config", "core.hooksPath", ".githooks"]);
    installed(&place.baton("r", &["install"]));
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    // What core.hooksPath had switched off stays off.
    assert_eq!(place.log(), ["elsewhere"]);
    // Taken out half.
    fs::rename(place.at("r/.git/hooks.before-baton/pre-commit"), &hook).unwrap();
    place.git("r", &["config", "core.hooksPath", ".githooks"]);
    installed(&place.baton("r", &["uninstall"]));
    assert_eq!(listing(&place.at("r/.git/hooks")), before);
    assert_eq!(
        place.git("r", &["config", "--get-all", "core.hooksPath"]),
        ".githooks\n"
    );
}

#[test]
fn many_at_once_install_once() {
    let place = Place::new();
    place.repository("r");
    place.write_hook("r/.git/hooks/pre-commit", "kept");
    let before = fs::read(place.at("r/.git/hooks/pre-commit")).unwrap();
    std::thread::scope(|scope| {
        for at in 0..8 {
            let place = &place;
            scope.spawn(move || {
                let verb = ["install", "uninstall"][at % 2];
                installed(&place.baton("r", &[verb]));
            });
        }
    });
    installed(&place.baton("r", &["install"]));
    let kept = place.at("r/.git/hooks.before-baton/pre-commit");
    assert_eq!(fs::read(kept).unwrap(), before);
}

#[test]
fn a_hook_put_in_batons_place_is_never_lost() {
    let place = Place::new();
    place.repository("r");
    let hook = "r/.git/hooks/pre-commit";
    let commit = ["commit", "-q", "--allow-empty", "-m", "x"];
    place.write_hook(hook, "first");
    installed(&place.baton("r", &["install"]));
    place.write_hook(hook, "second");
    let said = place.baton("r", &["doctor"]);
    let remedy = "leaves the one that was there before Baton beside";
    assert!(said.out.contains(remedy), "{said:?}");
    let said = place.baton("r", &["install"]);
    let aside = place.at("r/.git/hooks.before-baton/pre-commit.replaced-1");
    assert!(said.out.contains(aside.to_str().unwrap()), "{said:?}");
    place.git("r", &commit);
    assert_eq!(place.log(), ["second"]);
    // The same file once more is the one that is kept.
    place.write_hook(hook, "second");
    let said = place.baton("r", &["install"]);
    assert!(!said.out.contains("replaced"), "{said:?}");
    place.git("r", &commit);
    assert_eq!(place.log(), ["second"]);

    place.write_hook(hook, "third");
    let said = place.baton("r", &["uninstall"]);
    assert!(said.out.contains("left alone"), "{said:?}");
    for (name, word) in [
        ("hooks/pre-commit", "third"),
        ("hooks.before-baton/pre-commit", "second"),
        ("hooks.before-baton/pre-commit.replaced-1", "first"),
    ] {
        let text = fs::read_to_string(place.at(&format!("r/.git/{name}"))).unwrap();
        assert!(text.contains(word), "{name}: {text}");
    }
}

#[test]
fn every_kind_of_git_directory_is_guarded() {
    let place = Place::new();
    place.repository("plain");
    place.git(
        ".",
        &[
            "clone",
            "-q",
            "--separate-git-dir",
            "elsewhere.git",
            "plain",
            "separate",
        ],
    );
    place.git(".", &["clone", "-q", "plain", "linked"]);
    fs::rename(place.at("linked/.git"), place.at("moved.git")).unwrap();
    symlink("../moved.git", place.at("linked/.git")).unwrap();
    place.git(".", &["clone", "-q", "plain", "outer"]);
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "../plain",
        "inner",
    ];
    place.git("outer", &add);
    place.git(".", &["clone", "-q", "--bare", "plain", "bare.git"]);
    place.git("bare.git", &["worktree", "add", "-q", "../of-bare", "main"]);
    for at in ["separate", "linked", "outer/inner", "of-bare"] {
        installed(&place.baton(at, &["install"]));
        assert_eq!(place.break_a_rule(at).code, Some(128), "{at}");
        installed(&place.baton(at, &["uninstall"]));
        assert_eq!(place.break_a_rule(at).code, Some(0), "{at}");
    }
}

#[test]
fn a_server_refuses_what_a_clone_let_out() {
    let place = Place::new();
    place.repository("r");
    place.git(".", &["clone", "-q", "--bare", "r", "server.git"]);
    place.git("r", &["remote", "add", "origin", "../server.git"]);
    assert_eq!(place.baton("r", &["install", "--server"]).code, Some(2));
    installed(&place.baton("server.git", &["install", "--server"]));
    assert!(place.at("server.git/hooks/reference-transaction").exists());
    assert!(!place.at("server.git/hooks/pre-commit").exists());
    assert_eq!(place.break_a_rule("r").code, Some(0));
    assert_ne!(
        place.try_git("r", &["push", "-q", "origin", "main"]).code,
        Some(0)
    );
    installed(&place.baton("server.git", &["uninstall"]));
    place.git("r", &["push", "-q", "origin", "main"]);
}

#[test]
fn a_bare_repository_that_no_worktree_uses_is_a_server() {
    let place = Place::new();
    place.repository("r");
    place.git(".", &["clone", "-q", "--bare", "r", "s.git"]);
    place.git("r", &["remote", "add", "origin", "../s.git"]);
    installed(&place.baton("s.git", &["install", "--server"]));
    let mark = place.at("s.git/baton/server");
    let refused = place.baton("s.git", &["install"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("`git baton install --server`"));
    assert!(mark.exists() && !place.at("s.git/hooks/pre-commit").exists());

    // What an earlier Baton left: the hooks of a clone beside those of a server.
    place.git("s.git", &["worktree", "add", "-q", "../w", "-b", "w"]);
    let both = place.baton("s.git", &["install"]);
    installed(&both);
    assert!(
        both.out.contains("worktrees use this repository"),
        "{both:?}"
    );
    assert!(!mark.exists());
    installed(&place.baton("s.git", &["install", "--server"]));
    assert!(!mark.exists(), "commits are made here");
    assert_eq!(place.break_a_rule("w").code, Some(128));
    place.git("s.git", &["worktree", "remove", "--force", "../w"]);
    let told = place.baton("s.git", &["doctor"]);
    assert!(told.out.contains("warning[guarded-as-clone]"), "{told:?}");
    assert!(told.out.contains("run `git baton install --server`"));

    place.write("r/.agents/HANDOFF.md", "evil\n");
    place.git("r", &["commit", "-q", "-a", "-m", "evil"]);
    let push = ["push", "-q", "origin", "HEAD:refs/tags/evil"];
    place.git("r", &push);
    let unguarded = ["-c", "core.hooksPath=/dev/null", "update-ref"];
    let by_hand = [&unguarded[..], &["refs/heads/main", "evil^{}"]].concat();
    place.git("s.git", &by_hand);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "honest"]);
    let push = ["push", "-q", "origin", "main"];
    assert_ne!(place.try_git("r", &push).code, Some(0));
    installed(&place.baton("s.git", &["install", "--server"]));
    assert!(mark.exists());
    place.git("r", &push);
    let told = place.baton("s.git", &["doctor"]);
    assert!(!told.out.contains("guarded-as-clone"), "{told:?}");
}

#[test]
fn what_cannot_be_installed_is_left_alone() {
    let place = Place::new();
    assert_eq!(place.baton(".", &["install"]).code, Some(2));
    place.repository("r");
    place.write_hook("shared/pre-commit", "shared");
    let _ = fs::remove_dir_all(place.at("r/.git/hooks"));
    symlink(place.at("shared"), place.at("r/.git/hooks")).unwrap();
    let said = place.baton("r", &["install"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert_eq!(listing(&place.at("shared")).len(), 1);
}

#[test]
fn a_git_that_does_not_call_every_hook_is_told_of() {
    let place = Place::new();
    place.repository("r");
    let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|dir| dir.join("git"))
        .find(|path| path.is_file())
        .unwrap();
    let fake = format!(
        "#!/bin/sh\ntest \"$1\" = version && echo git version 2.27.1 || exec '{}' \"$@\"\n",
        real.display()
    );
    write_program(&place.at("old/git"), &fake);
    for (verb, code, word) in [
        ("install", 0, "warning: git 2.27"),
        ("doctor", 1, "git-too-old"),
    ] {
        let mut command = place.command(crate::install::place::program(), "r");
        let command = command.env("PATH", place.at("old")).arg(verb);
        let said = crate::install::place::said(command.output().unwrap());
        assert_eq!(said.code, Some(code), "{said:?}");
        assert!(said.out.contains(word), "{said:?}");
    }
}

#[test]
fn every_hook_has_its_row_in_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/hooks/README.md");
    let text = fs::read_to_string(path).unwrap();
    for hook in baton_hooks::Hook::all() {
        let row = format!("\n| `{}` | ", hook.name());
        assert_eq!(text.matches(&row).count(), 1, "{}", hook.name());
    }
}

/// What the program says, with the place's own path taken out.
fn transcript(place: &Place, args: &[&str]) -> String {
    let said = place.baton("r", args);
    let text = format!("$ git baton {}\n{}{}", args.join(" "), said.out, said.err);
    text.replace(place.at("r").to_str().unwrap(), "[r]")
}

#[test]
fn it_says_what_it_does() {
    let place = Place::new();
    place.repository("r");
    place.write_hook("r/.git/hooks/pre-commit", "kept");
    place.git("r", &["config", "core.hooksPath", ".husky"]);
    let verbs = [["install"], ["doctor"], ["uninstall"], ["doctor"]];
    let said = verbs.map(|verb| transcript(&place, &verb)).concat();
    snapbox::assert_data_eq!(said, snapbox::file!["transcript.txt"].raw());
}
