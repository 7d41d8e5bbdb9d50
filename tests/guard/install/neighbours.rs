//! Baton among other tools that put hooks in a repository: each goes on, whoever came first and whoever goes first.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use baton_hooks::Hook;
use baton_testkit::write_program;

use crate::install::managers::Manager;
use crate::install::place::{Place, Said};

const CHECKED: &str = "checked by the manager";

/// A repository, and an empty one to push to.
pub fn repository() -> Place {
    let place = Place::new();
    place.repository("r");
    place.git(".", &["init", "-q", "--bare", "s.git"]);
    place.git("r", &["remote", "add", "origin", "../s.git"]);
    place
}

#[track_caller]
pub fn install(place: &Place) -> Said {
    let said = place.baton("r", &["install"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    said
}

/// The files in the directory of hooks, and below it, with their bytes.
fn hooks(place: &Place) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for directory in ["r/.git/hooks", "r/.git/hooks.before-baton"] {
        for entry in fs::read_dir(place.at(directory)).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() && path.extension().is_none_or(|end| end != "sample") {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    found
}

/// Commits and pushes what breaks no rule; says how often the manager checked.
#[track_caller]
fn work(place: &Place) -> usize {
    place.log();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    place.git("r", &["push", "-q", "origin", "main"]);
    place.log().iter().filter(|line| *line == CHECKED).count()
}

/// Whether commits that break a rule are refused, with all hooks and with `--no-verify`.
fn is_guarded(place: &Place) -> [bool; 2] {
    [&[][..], &["--no-verify"]].map(|past| {
        place.write("r/.agents/HANDOFF.md", "# Handoff\nmine\n");
        let said = place.try_git("r", &[&["commit", "-q", "-a", "-m", "x"], past].concat());
        let refused = said.code != Some(0) && said.err.contains("baton: refused");
        if said.code == Some(0) {
            place.git("r", &["reset", "-q", "--hard", "HEAD~1"]);
        }
        place.git("r", &["checkout", "-q", "-f", "HEAD", "--", "."]);
        refused
    })
}

#[track_caller]
fn all_is_well(place: &Place, when: &str) {
    assert!(work(place) > 0, "{when}: the manager's check does not run");
    assert_eq!(is_guarded(place), [true, true], "{when}");
    let told = place.baton("r", &["doctor"]);
    assert_eq!(told.code, Some(0), "{when}: {told:?}");
}

#[test]
fn what_is_written_to_one_hook_stays_in_it() {
    for hook in Hook::CLIENT.map(Hook::name) {
        let place = repository();
        install(&place);
        let program = fs::read(place.at("r/.git/baton/bin/git-baton")).unwrap();
        let path = place.at(&format!("r/.git/hooks/{hook}"));
        let before = hooks(&place);
        fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        let by_reference = hook != "reference-transaction";
        assert_eq!(is_guarded(&place), [true, by_reference], "{hook}");
        let mut after = hooks(&place);
        after.insert(path.clone(), before[&path].clone());
        assert_eq!(after, before);
        assert_eq!(
            fs::read(place.at("r/.git/baton/bin/git-baton")).unwrap(),
            program
        );
        let told = place.baton("r", &["doctor"]);
        assert_eq!(told.out.matches("error[").count(), 1, "{told:?}");
        assert!(
            told.out.contains(&format!("hook {hook} is not Baton's")),
            "{told:?}"
        );

        for _ in 0..2 {
            install(&place);
            assert_eq!(is_guarded(&place), [true, true], "{hook}");
            let kept = fs::read_dir(place.at("r/.git/hooks.before-baton")).unwrap();
            let kept = kept.filter(|entry| entry.as_ref().unwrap().path().is_file());
            let own = kept.filter(|entry| !entry.as_ref().unwrap().path().is_symlink());
            assert_eq!(own.count(), 1, "{hook}");
        }
        assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
        let left = hooks(&place);
        assert_eq!(left.keys().collect::<Vec<_>>(), [&path]);
        assert_eq!(is_guarded(&place), [false, false], "{hook}");
    }
}

#[test]
fn a_manager_and_baton_go_on_in_either_order_and_are_taken_out_in_either_order() {
    for manager in Manager::ALL {
        for (comes_first, goes_first) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            let when = format!("{manager:?}, first to come: {comes_first}, to go: {goes_first}");
            let place = repository();
            place.write_hook("r/.git/hooks/pre-rebase", "of the team");
            let before = hooks(&place);
            if !comes_first {
                install(&place);
            }
            let said = manager.run(&place, &["install", "-f"]);
            assert_eq!(said.code, Some(0), "{when}: {said:?}");
            install(&place);
            all_is_well(&place, &when);

            install(&place);
            let again = manager.run(&place, &["install"]);
            // It does not write over a hook that is not its own.
            let refuses = manager == Manager::GitLfs;
            assert_eq!(again.code == Some(0), !refuses, "{when}: {again:?}");
            install(&place);
            all_is_well(&place, &format!("{when}, again"));

            let uninstall = || assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
            if goes_first {
                manager.run(&place, &["uninstall"]);
                uninstall();
                // What it did not find, because Baton kept it, it finds now.
                manager.run(&place, &["uninstall"]);
            } else {
                uninstall();
                assert!(work(&place) > 0, "{when}: the manager goes on");
                manager.run(&place, &["uninstall"]);
            }
            let mut expected = before;
            if manager == Manager::SimpleGitHooks {
                expected.retain(|path, _| path.ends_with("pre-rebase"));
            }
            assert_eq!(hooks(&place), expected, "{when}");
            assert!(!place.at("r/.git/hooks.before-baton").exists(), "{when}");
            uninstall();
        }
    }
}

#[test]
fn a_manager_that_runs_what_it_renamed_runs_baton_without_more_ado() {
    let place = repository();
    place.write_hook("r/.git/hooks/pre-commit", "of the team");
    let before = hooks(&place);
    install(&place);
    Manager::PreCommit.run(&place, &["install"]);
    all_is_well(&place, "renamed");
    place.log();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(place.log(), ["of the team", CHECKED]);
    let said = install(&place);
    assert!(said.out.contains("there already: "), "{said:?}");
    // It is told to run nothing else.
    Manager::PreCommit.run(&place, &["install", "-f"]);
    assert!(is_guarded(&place)[1]);
    let told = place.baton("r", &["doctor"]);
    assert!(told.out.contains("pre-commit.legacy is gone"), "{told:?}");
    install(&place);
    all_is_well(&place, "forced");
    // What was there before Baton is there again, where the manager finds it.
    place.baton("r", &["uninstall"]);
    Manager::PreCommit.run(&place, &["uninstall"]);
    assert_eq!(hooks(&place), before);
}

#[test]
fn a_hook_that_was_renamed_and_does_not_run_is_told_of() {
    let place = repository();
    install(&place);
    Manager::Lefthook.run(&place, &["install"]);
    assert_eq!(is_guarded(&place), [true, true], "by the other hooks");
    let told = place.baton("r", &["doctor"]);
    let words =
        "the hook pre-commit is not Baton's, which was renamed to pre-commit.old and does not run";
    assert!(told.out.contains(words), "{told:?}");
    assert!(told.out.contains("do: run `git baton install`"), "{told:?}");
}

/// A hook that looks for others beside itself, as dispatchers do, and one each for it to find.
const DISPATCHER: &str = r#"#!/bin/sh
here=$(dirname "$0")
[ "$(basename "$0")" = pre-commit ] || exit 0
[ "$(cd "$here/../.." && pwd -P)" = "$(pwd -P)" ] || exit 0
for each in "$0.d"/* "$here/_/helper" "$here/$(basename "$0").local"; do
    [ ! -x "$each" ] || "$each" || exit
done
"#;

#[test]
fn an_earlier_hook_has_its_own_name_and_finds_what_is_beside_it() {
    let place = repository();
    write_program(&place.at("r/.git/hooks/pre-commit"), DISPATCHER);
    install(&place);
    let words = ["pre-commit.d/10-lint", "_/helper", "pre-commit.local"];
    for found in 0..words.len() {
        place.write_hook(&format!("r/.git/hooks/{}", words[found]), words[found]);
        place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
        assert_eq!(place.log(), words[..=found]);
        // That it runs a directory is nothing that Baton relies on.
        install(&place);
        assert!(!place.at("r/.git/hooks/pre-commit.d/50-baton").exists());
    }
    assert_eq!(is_guarded(&place), [true, true]);
    place.baton("r", &["uninstall"]);
    assert!(!place.at("r/.git/hooks.before-baton").exists());
    place.log();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(place.log(), words);
}

#[test]
fn no_hook_is_believed_to_run_a_directory_for_naming_it() {
    for text in [
        "for s in \"$0\".d/*.sh; do [ -x \"$s\" ] || continue; \"$s\" \"$@\" || exit 1; done",
        "for s in \"$0.d\"/*; do \"$s\" \"$@\"; done; exit 0",
        "run-parts --regex x \"$0.d\"",
    ] {
        let place = repository();
        for hook in Hook::CLIENT.map(Hook::name) {
            let path = format!("r/.git/hooks/{hook}");
            write_program(&place.at(&path), &format!("#!/bin/sh\n{text}\n"));
            fs::create_dir_all(place.at(&format!("{path}.d"))).unwrap();
        }
        place.write_hook("r/.git/hooks/pre-commit.d/lint.sh", CHECKED);
        install(&place);
        let is_run = !text.starts_with("run-parts");
        assert_eq!(work(&place) == 1, is_run, "{text}");
        assert_eq!(is_guarded(&place), [true, true], "{text}");
        assert_eq!(place.baton("r", &["doctor"]).code, Some(0), "{text}");
    }
}

#[test]
fn hooks_that_call_each_other_come_to_an_end() {
    let place = repository();
    let log = place.at("log");
    // As a directory of hooks for all repositories: each runs the repository's own.
    let dispatcher = format!(
        "#!/bin/sh\necho \"$(basename \"$0\")\" >>'{0}'\n[ $(wc -l <'{0}') -lt 9 ] || exit 1\n\
         own=$(git rev-parse --git-common-dir)/hooks/$(basename \"$0\")\n[ ! -x \"$own\" ] || exec \"$own\" \"$@\"\n",
        log.display()
    );
    for hook in ["pre-commit", "commit-msg"] {
        write_program(&place.at(&format!("everywhere/{hook}")), &dispatcher);
    }
    let path = place.at("everywhere");
    place.git("r", &["config", "core.hooksPath", path.to_str().unwrap()]);
    install(&place);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(place.log(), ["pre-commit", "commit-msg"]);
}

#[test]
fn an_earlier_hook_is_told_of_what_it_does_itself() {
    let place = repository();
    let log = place.at("log");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = committed ] || exit 0\nwhile read -r old new name; do echo $name >>'{}'\n\
         case $name in refs/heads/main) git update-ref refs/copies/main $new;; esac; done\n",
        log.display()
    );
    write_program(&place.at("r/.git/hooks/reference-transaction"), &text);
    install(&place);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    let told = place.log();
    assert!(told.contains(&"refs/copies/main".to_owned()), "{told:?}");
}

#[test]
fn lines_that_were_added_to_a_hook_of_batons_are_kept_and_told_of() {
    let place = repository();
    install(&place);
    let hook = place.at("r/.git/hooks/pre-commit");
    let text = fs::read_to_string(&hook).unwrap();
    fs::write(&hook, format!("{text}npx lint-staged\n")).unwrap();
    let told = place.baton("r", &["doctor"]);
    assert!(told.out.contains("lines that are not Baton's"), "{told:?}");
    let said = install(&place);
    let kept = place.at("r/.git/hooks.before-baton/pre-commit.replaced-1");
    assert!(said.out.contains(kept.to_str().unwrap()), "{said:?}");
    assert!(
        fs::read_to_string(kept)
            .unwrap()
            .ends_with("npx lint-staged\n")
    );
    assert_eq!(fs::read_to_string(&hook).unwrap(), text);
    assert_eq!(place.baton("r", &["doctor"]).code, Some(0));
}

#[test]
fn a_manager_that_is_told_to_run_baton_is_left_alone() {
    let place = repository();
    Manager::Lefthook.run(&place, &["install"]);
    let hook = place.at("r/.git/hooks/pre-commit");
    let config = "pre-commit:\n  jobs:\n    - run: git baton hook pre-commit\n";
    place.write("r/lefthook.yml", config);
    let text = fs::read_to_string(&hook).unwrap();
    let said = install(&place);
    assert!(
        said.out.contains("left to the manager of hooks"),
        "{said:?}"
    );
    assert_eq!(fs::read_to_string(&hook).unwrap(), text);
    let told = place.baton("r", &["doctor"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    // It is not told so any more.
    place.write("r/lefthook.yml", "# - run: git baton hook pre-commit\n");
    let told = place.baton("r", &["doctor"]);
    assert!(
        told.out.contains("hook pre-commit is not Baton's"),
        "{told:?}"
    );
    place.baton("r", &["uninstall"]);
    assert_eq!(fs::read_to_string(Path::new(&hook)).unwrap(), text);
}

#[test]
fn no_hook_is_believed_to_run_baton_for_naming_it() {
    for text in [
        "echo 'this repository uses: git baton hook pre-commit'",
        "exit 0\ngit baton hook pre-commit",
        "git baton hook pre-commit || true",
        "[ ! -f .git/hooks/pre-commit.legacy ] || echo old",
        "# lefthook\ntrue",
    ] {
        let place = repository();
        write_program(
            &place.at("r/.git/hooks/pre-commit"),
            &format!("#!/bin/sh\n{text}\n"),
        );
        place.write(
            "r/lefthook.yml",
            "pre-commit:\n  jobs:\n    - run: git baton hook pre-commit\n",
        );
        let said = install(&place);
        assert!(
            said.out
                .contains("the hook that was there runs first: pre-commit"),
            "{said:?}"
        );
        assert!(!said.out.contains("left to"), "{said:?}");
        assert_eq!(is_guarded(&place), [true, true], "{text}");
    }
}

/// A hook that begins so and adds a line with its own name to the file that this returns.
fn writes(place: &Place, hook: &str, beginning: &str) -> PathBuf {
    let ran = place.at("ran");
    let name = hook.rsplit_once('/').unwrap().0;
    fs::create_dir_all(place.at(name)).unwrap();
    let text = format!("{beginning}echo '{hook}' >>'{}'\n", ran.display());
    write_program(&place.at(hook), &text);
    ran
}

#[test]
fn a_hook_that_names_no_interpreter_goes_on_as_gits_shell_runs_it() {
    let place = repository();
    let ran = writes(&place, "r/.git/hooks/pre-commit", "");
    write_program(&place.at("r/.git/hooks/reference-transaction"), "");
    install(&place);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(
        fs::read_to_string(ran).unwrap(),
        "r/.git/hooks/pre-commit\n"
    );
    assert_eq!(is_guarded(&place), [true, true]);
}

#[test]
fn a_program_that_may_not_be_run_is_told_and_put_right() {
    let place = repository();
    install(&place);
    let program = place.at("r/.git/baton/bin/git-baton");
    fs::set_permissions(&program, Permissions::from_mode(0o444)).unwrap();
    let doctor = place.baton("r", &["doctor"]);
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    assert!(doctor.out.contains("may not be run"), "{doctor:?}");
    install(&place);
    assert_eq!(place.baton("r", &["doctor"]).code, Some(0));
    assert_eq!(is_guarded(&place), [true, true]);
}

#[test]
fn the_last_hook_keeps_its_place_whatever_the_hook_there_says() {
    for said in [
        "\"$0.legacy\" \"$@\" || true; exit 0",
        "exit 0\ngit baton hook reference-transaction \"$@\"",
    ] {
        let place = repository();
        let path = place.at("r/.git/hooks/reference-transaction");
        write_program(&path, &format!("#!/bin/sh\n{said}\n"));
        install(&place);
        assert_eq!(is_guarded(&place), [true, true], "{said}");
        place.baton("r", &["uninstall"]);
        let there = fs::read_to_string(path).unwrap();
        assert!(there.ends_with(&format!("{said}\n")), "{there}");
    }
}

#[test]
fn hooks_go_on_where_a_relative_setting_names_their_own_directory() {
    let place = repository();
    let ran = writes(&place, "r/.git/hooks/pre-commit", "#!/bin/sh\n");
    place.git("r", &["config", "core.hooksPath", ".git/hooks"]);
    install(&place);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(
        fs::read_to_string(ran).unwrap(),
        "r/.git/hooks/pre-commit\n"
    );
    assert_eq!(is_guarded(&place), [true, true]);
}

#[test]
fn a_hook_that_comes_after_a_setting_was_set_aside_runs_beside_those_it_named() {
    let place = repository();
    writes(&place, "r/team/pre-commit", "#!/bin/sh\n");
    // Switched off by the setting, it stays off.
    let ran = writes(&place, "r/.git/hooks/commit-msg", "#!/bin/sh\n");
    place.git("r", &["config", "core.hooksPath", "team"]);
    let said = install(&place);
    assert!(!said.out.contains("runs first: commit-msg"), "{said:?}");
    for hook in ["r/.git/hooks/pre-commit", "r/.git/hooks/post-commit"] {
        writes(&place, hook, "#!/bin/sh\n");
    }
    install(&place);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    let expected = "r/team/pre-commit\nr/.git/hooks/pre-commit\nr/.git/hooks/post-commit\n";
    assert_eq!(fs::read_to_string(&ran).unwrap(), expected);
    fs::remove_file(&ran).unwrap();
    // Where the setting comes again, git runs what it names alone, and so it is afterwards.
    place.git("r", &["config", "core.hooksPath", "team"]);
    writes(&place, "r/.git/hooks/pre-commit", "#!/bin/sh\n:\n");
    install(&place);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    let expected = "r/team/pre-commit\nr/.git/hooks/post-commit\n";
    assert_eq!(fs::read_to_string(&ran).unwrap(), expected);
    assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
    assert!(!place.at("r/.git/baton").exists());
}

#[test]
fn a_directory_in_the_place_of_a_hook_comes_back() {
    let place = repository();
    fs::create_dir(place.at("r/.git/hooks/pre-commit")).unwrap();
    install(&place);
    assert_eq!(is_guarded(&place), [true, true]);
    let said = place.baton("r", &["uninstall"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(place.at("r/.git/hooks/pre-commit").is_dir());
}
