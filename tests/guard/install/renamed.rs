//! Tools that give Baton's hooks other names, and call them by words that nobody can foresee.

use std::fs;
use std::path::Path;

use baton_testkit::write_program;

use crate::install::managers::Manager;
use crate::install::neighbours::{install, repository};
use crate::install::place::{Place, said};

/// A hook that notes that it runs and goes on so, in place of Baton's, which has this name now.
fn take_place(place: &Place, hook: &str, name: &str, goes_on: &str) -> String {
    let own = place.at("r/.git/hooks").join(hook);
    let renamed = place.at("r/.git/hooks").join(name);
    fs::create_dir_all(renamed.parent().unwrap()).unwrap();
    fs::rename(&own, &renamed).unwrap();
    let text = format!(
        "#!/bin/sh\necho tool >>'{}'\n{goes_on}\n",
        place.at("log").display()
    );
    write_program(&own, &text);
    text
}

/// What runs in a commit.
#[track_caller]
fn commit(place: &Place) -> Vec<String> {
    place.log();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    let mut said = place.log();
    said.dedup();
    said
}

#[track_caller]
fn is_healthy(place: &Place) {
    let told = place.baton("r", &["doctor"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(!told.out.contains("warning["), "{told:?}");
}

/// The ways of a hook to one beside it.
const WAYS: [(&str, &str, &str); 8] = [
    (
        "pre-commit",
        "pre-commit.chained",
        "\"$(dirname \"$0\")/pre-commit.chained\" \"$@\"",
    ),
    (
        "pre-commit",
        "pre-commit.chained",
        "exec \"$0.chained\" \"$@\"",
    ),
    (
        "pre-commit",
        "pre-commit.chained",
        ".git/hooks/pre-commit.chained \"$@\"",
    ),
    (
        "pre-commit",
        "old/pre-commit",
        "\"$(dirname \"$0\")/old/$(basename \"$0\")\" \"$@\"",
    ),
    (
        "pre-commit",
        "pre-commit.chained",
        "S=chain; exec \"$0.${S}ed\" \"$@\"",
    ),
    (
        "pre-commit",
        "pre-commit.chained",
        "for s in \"$0\".*; do \"$s\" \"$@\" || exit; done",
    ),
    (
        "pre-commit",
        "pre-commit.old",
        "S=old; exec \"$0.$S\" \"$@\"",
    ),
    (
        "reference-transaction",
        "reference-transaction.orig",
        "exec \"$(dirname \"$0\")/_run\" \"${0##*/}\" \"$@\"",
    ),
];

fn repository_with_helper() -> Place {
    let place = repository();
    let helper = "#!/bin/sh\nn=$1; shift; exec \"$(dirname \"$0\")/$n.orig\" \"$@\"\n";
    write_program(&place.at("r/.git/hooks/_run"), helper);
    place
}

#[test]
fn a_tool_that_renamed_batons_hook_and_calls_it_goes_on() {
    for (hook, name, goes_on) in WAYS {
        let place = repository_with_helper();
        install(&place);
        let text = take_place(&place, hook, name, goes_on);
        let told = place.baton("r", &["doctor"]);
        let words = format!("renamed to {name}, and runs only where that hook runs it");
        assert!(told.out.contains(&words), "{told:?}");
        for _ in 0..2 {
            install(&place);
            assert_eq!(commit(&place), ["tool"], "{goes_on}");
            assert_eq!(place.break_a_rule("r").code, Some(128), "{goes_on}");
            is_healthy(&place);
        }
        let said = place.baton("r", &["uninstall"]);
        assert!(said.out.contains("a script that does nothing"), "{said:?}");
        let there = fs::read_to_string(place.at("r/.git/hooks").join(hook)).unwrap();
        assert_eq!(there, text);
        assert_eq!(commit(&place), ["tool"], "{goes_on}");
        assert_eq!(place.break_a_rule("r").code, Some(0));
    }
}

#[test]
fn a_tool_goes_on_where_baton_is_taken_out_at_once() {
    for (hook, name, goes_on) in WAYS {
        let place = repository_with_helper();
        install(&place);
        take_place(&place, hook, name, goes_on);
        let said = place.baton("r", &["uninstall"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(commit(&place), ["tool"], "{goes_on}");
    }
}

#[test]
fn tools_that_renamed_each_others_hooks_go_on() {
    let place = repository();
    install(&place);
    for name in ["pre-commit.a", "pre-commit.b"] {
        let goes_on = format!("exec \"$(dirname \"$0\")/{name}\" \"$@\"");
        take_place(&place, "pre-commit", name, &goes_on);
    }
    for step in ["install", "uninstall"] {
        assert_eq!(place.baton("r", &[step]).code, Some(0));
        place.log();
        place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
        assert_eq!(place.log(), ["tool", "tool"], "{step}");
    }
}

#[test]
fn a_server_that_renamed_batons_hook_goes_on() {
    let place = repository();
    let server = |step: &[&str]| assert_eq!(place.baton("s.git", step).code, Some(0));
    server(&["install", "--server"]);
    let hook = place.at("s.git/hooks/reference-transaction");
    fs::rename(&hook, place.at("s.git/hooks/reference-transaction.orig")).unwrap();
    write_program(&hook, "#!/bin/sh\nS=orig; exec \"$0.$S\" \"$@\"\n");
    for step in [&["install", "--server"][..], &["uninstall"]] {
        server(step);
        place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
        place.git("r", &["push", "-q", "origin", "main"]);
    }
}

#[test]
fn lefthook_finds_the_name_free_that_it_gave_to_batons_hook() {
    let place = repository();
    install(&place);
    Manager::Lefthook.run(&place, &["install"]);
    let renamed = place.at("r/.git/hooks/pre-commit.old");
    assert!(renamed.exists());
    install(&place);
    assert!(!renamed.exists());
    let again = Manager::Lefthook.run(&place, &["install"]);
    assert_eq!(again.code, Some(0), "{again:?}");
}

#[test]
fn a_tool_that_takes_its_chaining_back_breaks_nothing_for_long() {
    for is_moved in [true, false] {
        let place = repository();
        install(&place);
        let name = "pre-commit.chained";
        take_place(&place, "pre-commit", name, "exec \"$0.chained\" \"$@\"");
        install(&place);
        let chained = place.at("r/.git/hooks").join(name);
        let takes_back = || match is_moved {
            true => fs::rename(&chained, place.at("r/.git/hooks/pre-commit")).unwrap(),
            false => fs::remove_file(&chained).unwrap(),
        };
        takes_back();
        let told = place.baton("r", &["doctor"]);
        assert_eq!(told.code, Some(1), "{told:?}");
        assert!(told.out.contains("has gone from the name"), "{told:?}");
        install(&place);
        assert_eq!(commit(&place), ["tool"]);
        is_healthy(&place);
        takes_back();
        assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
        assert_eq!(commit(&place), ["tool"]);
        assert_eq!(place.break_a_rule("r").code, Some(0));
    }
}

#[test]
fn what_a_tool_renamed_goes_with_the_tools_hook() {
    let place = repository();
    install(&place);
    take_place(
        &place,
        "pre-commit",
        "pre-commit.chained",
        "exec \"$0.chained\" \"$@\"",
    );
    install(&place);
    for path in [
        "r/.git/hooks/pre-commit.chained",
        "r/.git/hooks.before-baton/pre-commit",
    ] {
        fs::remove_file(place.at(path)).unwrap();
    }
    for _ in 0..2 {
        install(&place);
        assert!(!place.at("r/.git/hooks/pre-commit.chained").exists());
    }
    is_healthy(&place);
    assert_eq!(commit(&place), [""; 0]);
}

#[test]
fn hooks_go_on_where_a_tool_moved_their_directory() {
    let place = repository();
    install(&place);
    let hooks = place.at("r/.git/hooks");
    fs::rename(&hooks, place.at("r/.git/hooks.orig")).unwrap();
    for entry in fs::read_dir(place.at("r/.git/hooks.orig")).unwrap() {
        let name = entry.unwrap().file_name();
        let name = Path::new(&name).display().to_string();
        let text = format!(
            "#!/bin/sh\necho tool >>'{}'\nexec \"$(dirname \"$0\")/../hooks.orig/{name}\" \"$@\"\n",
            place.at("log").display()
        );
        write_program(&hooks.join(name), &text);
    }
    install(&place);
    assert_eq!(commit(&place), ["tool"]);
    assert_eq!(place.break_a_rule("r").code, Some(128));
    is_healthy(&place);
    // The tool takes it back, and finds Baton's hooks in the place of its own.
    fs::remove_dir_all(&hooks).unwrap();
    fs::rename(place.at("r/.git/hooks.orig"), &hooks).unwrap();
    install(&place);
    assert_eq!(commit(&place), ["tool"]);
    let said = place.baton("r", &["uninstall"]);
    assert!(said.out.contains("hooks.orig/pre-commit"), "{said:?}");
    assert_eq!(commit(&place), ["tool"]);
    assert_eq!(place.break_a_rule("r").code, Some(0));
}

/// A hook of the team's that notes that it runs, and refuses where there is a file `STOP`.
fn write_team_hook(place: &Place, path: &Path) {
    let log = place.at("log");
    let text = format!(
        "#!/bin/sh\necho team >>'{}'\n[ ! -e STOP ]\n",
        log.display()
    );
    write_program(path, &text);
}

/// The hooks that run in a commit, and all of them have a say in it.
#[track_caller]
fn both_run(place: &Place, what: &str) {
    assert_eq!(commit(place), ["tool", "team"], "{what}");
    place.write("r/STOP", "");
    let refused = place.try_git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_ne!(refused.code, Some(0), "{what}");
    fs::remove_file(place.at("r/STOP")).unwrap();
}

#[test]
fn a_tool_goes_on_calling_the_hook_that_was_there_before_baton() {
    for (hook, name, goes_on) in WAYS.into_iter().filter(|way| way.0 == "pre-commit") {
        let place = repository_with_helper();
        write_team_hook(&place, &place.at("r/.git/hooks/pre-commit"));
        install(&place);
        take_place(&place, hook, name, &format!("{goes_on} || exit"));
        both_run(&place, goes_on);
        for _ in 0..2 {
            install(&place);
            both_run(&place, goes_on);
            assert_eq!(place.break_a_rule("r").code, Some(128), "{goes_on}");
            is_healthy(&place);
        }
        assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
        both_run(&place, goes_on);
    }
}

#[test]
fn tools_that_came_one_after_the_other_go_on() {
    let place = repository();
    write_team_hook(&place, &place.at("r/.git/hooks/pre-commit"));
    install(&place);
    for name in ["pre-commit.a", "pre-commit.b"] {
        take_place(
            &place,
            "pre-commit",
            name,
            &format!("\"$(dirname \"$0\")/{name}\" || exit"),
        );
        install(&place);
    }
    for step in ["install", "uninstall"] {
        assert_eq!(place.baton("r", &[step]).code, Some(0));
        place.log();
        place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
        assert_eq!(place.log(), ["tool", "tool", "team"], "{step}");
    }
}

#[test]
fn of_several_names_of_batons_hook_the_one_that_is_called_counts() {
    for steps in [&["uninstall"][..], &["install", "uninstall"]] {
        let place = repository();
        write_team_hook(&place, &place.at("r/.git/hooks/pre-commit"));
        install(&place);
        let at = |name: &str| place.at("r/.git/hooks").join(name);
        fs::copy(at("pre-commit"), at("pre-commit.bak")).unwrap();
        let goes_on = "\"$(dirname \"$0\")/pre-commit.orig\" || exit";
        take_place(&place, "pre-commit", "pre-commit.orig", goes_on);
        for step in steps {
            assert_eq!(place.baton("r", &[step]).code, Some(0));
            both_run(&place, step);
        }
    }
}

#[test]
fn a_hook_goes_on_behind_the_file_that_it_reads() {
    let place = repository();
    install(&place);
    let goes_on = ". \"$(dirname \"$0\")/pre-commit.orig\"; echo team >>\"$LOG\"; [ ! -e STOP ]";
    let goes_on = format!("LOG='{}'; {goes_on}", place.at("log").display());
    take_place(&place, "pre-commit", "pre-commit.orig", &goes_on);
    both_run(&place, "renamed");
    for step in ["install", "uninstall"] {
        assert_eq!(place.baton("r", &[step]).code, Some(0));
        both_run(&place, step);
    }
}

#[test]
fn copies_in_a_directory_that_core_hooks_path_names_go_with_baton() {
    for is_moved in [true, false] {
        let place = repository();
        let log = place.at("log");
        let tool = format!("#!/bin/sh\necho tool >>'{}'\n", log.display());
        write_program(&place.at("r/.git/hooks/pre-commit"), &tool);
        install(&place);
        let (hooks, other) = (place.at("r/.git/hooks"), place.at("r/tools/hooks"));
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        if is_moved {
            fs::rename(&hooks, &other).unwrap();
        } else {
            fs::create_dir(&other).unwrap();
            for entry in fs::read_dir(&hooks).unwrap() {
                let from = entry.unwrap().path();
                fs::copy(&from, other.join(from.file_name().unwrap())).unwrap();
            }
        }
        place.git("r", &["config", "core.hooksPath", "tools/hooks"]);
        install(&place);
        assert_eq!(commit(&place), ["tool"], "{is_moved}");
        assert_eq!(place.break_a_rule("r").code, Some(128));
        let said = place.baton("r", &["uninstall"]);
        assert!(said.out.contains("tools/hooks/pre-commit"), "{said:?}");
        assert_eq!(commit(&place), ["tool"], "{is_moved}");
        assert_eq!(place.break_a_rule("r").code, Some(0));
    }
}

#[test]
fn a_printed_command_holds_where_a_path_has_a_quotation_mark() {
    let place = repository();
    place.git(".", &["init", "-q", "it's"]);
    fs::create_dir(place.at("it's/.git/hooks")).ok();
    fs::rename(place.at("it's/.git/hooks"), place.at("it's/own")).unwrap();
    std::os::unix::fs::symlink("../own", place.at("it's/.git/hooks")).unwrap();
    let refused = place.baton("it's", &["install"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let words: Vec<_> = refused
        .err
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    let told = words.join(" ");
    let command = told
        .split('`')
        .find(|text| text.starts_with("rm "))
        .unwrap();
    let mut shell = place.command(Path::new("sh"), "it's");
    let run = said(shell.args(["-c", command]).output().unwrap());
    assert_eq!(run.code, Some(0), "{command}: {run:?}");
    let installed = place.baton("it's", &["install"]);
    assert_eq!(installed.code, Some(0), "{installed:?}");
}
