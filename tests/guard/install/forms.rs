//! The form of an installed hook: of earlier versions, where the path is an odd one, and after the repository has moved.

use std::fs;
use std::path::Path;

use crate::install::place::{Place, said, set_mode};
use crate::install::put::{installed, listing};

#[test]
fn a_baton_of_another_version_is_no_earlier_hook() {
    let place = Place::new();
    place.repository("r");
    let mut older = fs::read(crate::install::place::program()).unwrap();
    older.extend(b"older");
    let hook = place.at("r/.git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, older).unwrap();
    set_mode(&hook, 0o755);
    installed(&place.baton("r", &["install"]));
    assert!(!place.at("r/.git/hooks.before-baton/pre-commit").exists());
    let text = fs::read_to_string(place.at("r/.git/hooks/pre-commit")).unwrap();
    assert!(text.starts_with("#!"), "{text}");
}

/// Puts the hooks as an earlier version did: names of the program, and what was there before under another.
fn as_an_earlier_version(place: &Place) {
    let program = place.at("r/.git/baton/bin/git-baton");
    for hook in baton_hooks::Hook::CLIENT {
        let file = place.at(&format!("r/.git/hooks/{}", hook.name()));
        fs::remove_file(&file).unwrap();
        fs::hard_link(&program, file).unwrap();
    }
    let kept = place.at("r/.git/hooks.before-baton/pre-commit");
    fs::rename(kept, place.at("r/.git/hooks/pre-commit.before-baton")).unwrap();
    fs::remove_dir(place.at("r/.git/hooks.before-baton")).unwrap();
}

#[test]
fn what_an_earlier_version_installed_is_brought_up_to_date() {
    for verb in ["install", "uninstall"] {
        let place = Place::new();
        place.repository("r");
        place.write_hook("r/.git/hooks/pre-commit", "kept");
        let before = listing(&place.at("r/.git/hooks"));
        installed(&place.baton("r", &["install"]));
        as_an_earlier_version(&place);
        assert_eq!(place.break_a_rule("r").code, Some(128));
        let told = place.baton("r", &["doctor"]);
        assert_eq!(told.code, Some(0), "{told:?}");
        assert_eq!(
            told.out.matches("warning[program-older]").count(),
            1,
            "{told:?}"
        );
        if verb == "install" {
            installed(&place.baton("r", &["install"]));
            assert!(!place.at("r/.git/hooks/pre-commit.before-baton").exists());
            assert!(place.baton("r", &["doctor"]).out.starts_with("healthy"));
            place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
            assert_eq!(place.log(), ["kept"]);
            assert_eq!(place.break_a_rule("r").code, Some(128));
        }
        installed(&place.baton("r", &["uninstall"]));
        assert_eq!(listing(&place.at("r/.git/hooks")), before, "{verb}");
    }
}

#[test]
fn a_path_that_the_system_does_not_read_whole_is_started_by_a_shell() {
    let long = "long/".repeat(25);
    for folder in [
        "with space",
        "it's $HOME `id` \"x\"",
        long.trim_end_matches('/'),
    ] {
        let place = Place::new();
        fs::create_dir_all(place.at(folder)).unwrap();
        let repository = format!("{folder}/r");
        place.repository(&repository);
        place.write_hook(
            &format!("{repository}/.git/hooks/commit-msg"),
            "kept \"$1\"",
        );
        installed(&place.baton(&repository, &["install"]));
        let hook = place.at(&format!("{repository}/.git/hooks/pre-commit"));
        assert!(fs::read_to_string(hook).unwrap().starts_with("#!/bin/sh\n"));
        place.git(&repository, &["commit", "-q", "--allow-empty", "-m", "x"]);
        assert_eq!(place.log(), ["kept .git/COMMIT_EDITMSG"], "{folder}");
        assert_eq!(place.break_a_rule(&repository).code, Some(128), "{folder}");
        let told = place.baton(&repository, &["doctor"]);
        assert!(told.out.starts_with("healthy"), "{told:?}");
        installed(&place.baton(&repository, &["uninstall"]));
    }
}

#[test]
fn a_hook_that_a_shell_reads_judges_too() {
    for line in [
        "sh .git/hooks/pre-commit",
        ". .git/hooks/pre-commit",
        "cp .git/hooks/pre-commit copy && bash ./copy",
    ] {
        let place = Place::new();
        place.repository("r");
        installed(&place.baton("r", &["install"]));
        let run = |line: &str| {
            let mut shell = place.command(Path::new("sh"), "r");
            said(shell.args(["-c", line]).output().unwrap())
        };
        // What is behind it runs where it lets the index pass.
        let passed = run(&format!("{line} && echo passed"));
        assert_eq!(passed.out, "passed\n", "{line}: {passed:?}");
        place.write("r/.agents/HANDOFF.md", "# Handoff\nmine\n");
        place.git("r", &["add", "."]);
        let refused = run(line);
        assert_eq!(refused.code, Some(1), "{line}: {refused:?}");
        assert!(refused.err.contains("refused (pre-commit)"), "{refused:?}");
    }
}

#[test]
fn a_moved_repository_refuses_until_it_is_installed_again() {
    let place = Place::new();
    place.repository("r");
    place.write_hook("r/.githooks/pre-commit", "elsewhere");
    place.git("r", &["config", "core.hooksPath", ".githooks"]);
    installed(&place.baton("r", &["install"]));
    fs::rename(place.at("r"), place.at("moved")).unwrap();
    let commit = ["commit", "-q", "--allow-empty", "-m", "x"];
    let refused = place.try_git("moved", &commit);
    assert_ne!(refused.code, Some(0));
    assert!(refused.err.contains("cannot "), "{refused:?}");
    let told = place.baton("moved", &["doctor"]);
    assert_eq!(told.out.matches("error[hook-moved]").count(), 1, "{told:?}");
    assert!(told.out.contains("do: run `git baton install`"), "{told:?}");
    installed(&place.baton("moved", &["install"]));
    place.git("moved", &commit);
    assert_eq!(place.log(), ["elsewhere"]);
    assert_eq!(place.break_a_rule("moved").code, Some(128));
    assert!(place.baton("moved", &["doctor"]).out.starts_with("healthy"));
}
