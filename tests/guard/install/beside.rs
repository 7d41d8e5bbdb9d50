//! What lies beside the hooks, and the copies of Baton's that others make: no tool takes the only copy of a team's check, and
//! nothing breaks when Baton goes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use baton_testkit::write_program;

use crate::install::managers::Manager;
use crate::install::neighbours::{install, repository};
use crate::install::place::Place;

/// The team's own check: it notes that it runs, and refuses while the file `STOP` is there.
const CHECK: &str = "echo team >>\"$(git rev-parse --show-toplevel)/../log\"\n[ ! -e STOP ]\n";

fn checked_at(path: &str) -> Place {
    let place = repository();
    fs::create_dir_all(place.at(path).parent().unwrap()).unwrap();
    write_program(&place.at(path), &format!("#!/bin/sh\n{CHECK}"));
    place
}

#[track_caller]
fn is_checked(place: &Place, when: &str) {
    place.write("r/STOP", "");
    let refused = place.try_git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_ne!(refused.code, Some(0), "{when}");
    fs::remove_file(place.at("r/STOP")).unwrap();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
}

/// A tool that renames the hook that it finds, whatever has that name, and runs it: an earlier version of one, which nobody knows
/// by its text.
fn old_tool(place: &Place) {
    let hooks = place.at("r/.git/hooks");
    let (hook, legacy) = (hooks.join("pre-commit"), hooks.join("pre-commit.legacy"));
    let text = "#!/bin/sh\n# old tool\nexec \"$(dirname \"$0\")/pre-commit.legacy\" \"$@\"\n";
    if fs::read_to_string(&hook).is_ok_and(|there| there != text) {
        fs::rename(&hook, legacy).unwrap();
    }
    write_program(&hook, text);
}

#[test]
fn a_tool_that_comes_twice_takes_no_check() {
    for order in [
        &["tool", "install", "tool"][..],
        &["tool", "install", "tool", "install", "tool"],
        &["install", "tool", "install", "tool"],
        &["install", "tool", "install", "tool", "install"],
    ] {
        let place = checked_at("r/.git/hooks/pre-commit");
        for (at, step) in order.iter().enumerate() {
            match *step {
                "tool" => old_tool(&place),
                _ => drop(install(&place)),
            }
            is_checked(&place, &format!("{order:?} {at}"));
        }
        assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
        is_checked(&place, &format!("{order:?} and uninstall"));
        assert!(!place.at("r/.git/hooks.before-baton").exists(), "{order:?}");
    }
}

#[test]
fn lefthook_comes_again_and_gives_the_check_back() {
    let place = checked_at("r/.git/hooks/pre-commit");
    for _ in 0..2 {
        let came = Manager::Lefthook.run(&place, &["install"]);
        assert_eq!(came.code, Some(0), "{came:?}");
        install(&place);
    }
    assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
    Manager::Lefthook.run(&place, &["uninstall"]);
    is_checked(&place, "both are gone");
}

#[test]
fn what_a_tool_threw_away_runs_no_more_and_is_told() {
    let place = checked_at("r/.git/hooks/pre-commit");
    old_tool(&place);
    install(&place);
    let hooks = place.at("r/.git/hooks");
    fs::remove_file(hooks.join("pre-commit.legacy")).unwrap();
    write_program(&hooks.join("pre-commit"), "#!/bin/sh\n# the new tool\n");
    let said = install(&place);
    assert!(said.out.contains("pre-commit.replaced-"), "{said:?}");
    place.write("r/STOP", "");
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
}

#[test]
fn a_hook_that_names_no_other_is_not_said_to_call_one() {
    let place = checked_at("r/.git/hooks/pre-commit");
    install(&place);
    let hook = place.at("r/.git/hooks/pre-commit");
    fs::rename(&hook, place.at("r/.git/hooks/pre-commit.bak")).unwrap();
    write_program(&hook, "#!/bin/sh\necho mine\n");
    let said = install(&place);
    assert!(said.out.contains("only it knows"), "{said:?}");
}

/// Copies every file of the hooks there.
fn copy_hooks(place: &Place, to: &str) {
    fs::create_dir_all(place.at(to)).unwrap();
    for entry in fs::read_dir(place.at("r/.git/hooks")).unwrap() {
        let from = entry.unwrap().path();
        fs::copy(&from, place.at(to).join(from.file_name().unwrap())).unwrap();
    }
}

#[test]
fn copies_go_with_baton_wherever_git_looks_and_around() {
    for (setting, copied_to, installs_again) in [
        (".githooks", "r/.githooks", false),
        (".githooks", "r/.githooks", true),
        (".husky/_", "r/.husky", true),
        (".husky/_", "r/.husky", false),
        ("tools", "r/tools/hooks", true),
        ("tools", "r/tools/a/b", false),
    ] {
        let place = repository();
        install(&place);
        copy_hooks(&place, copied_to);
        let named = place.at("r").join(setting);
        fs::create_dir_all(&named).unwrap();
        if setting != ".githooks" {
            let calls = format!(
                "#!/bin/sh\nexec \"{}\" \"$@\"\n",
                place.at(copied_to).join("pre-commit").display()
            );
            write_program(&named.join("pre-commit"), &calls);
        }
        place.git("r", &["config", "core.hooksPath", setting]);
        if installs_again {
            install(&place);
            let told = place.baton("r", &["doctor"]);
            assert!(told.out.contains("hook-copied"), "{setting}: {told:?}");
        }
        assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
        let left = place.at(copied_to).join("pre-commit");
        assert!(!left.exists(), "{setting}: {left:?}");
        if setting == ".githooks" {
            place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
        }
    }
}

#[test]
fn another_clones_copies_break_no_commit() {
    let place = repository();
    install(&place);
    copy_hooks(&place, "r/.githooks");
    place.git("r", &["config", "core.hooksPath", ".githooks"]);
    install(&place);
    fs::rename(place.at("r"), place.at("elsewhere")).unwrap();
    fs::rename(place.at("elsewhere"), place.at("moved")).unwrap();
    assert_eq!(place.baton("moved", &["install"]).code, Some(0));
    let commit = ["commit", "-q", "--allow-empty", "-m", "x"];
    place.git("moved", &commit);
    let told = place.baton("moved", &["doctor"]);
    assert!(told.out.contains("hook-copied"), "{told:?}");
    assert_eq!(place.baton("moved", &["uninstall"]).code, Some(0));
    place.git("moved", &commit);
}

#[test]
fn a_check_finds_what_it_reads_when_copies_lead_to_it() {
    for is_link in [true, false] {
        let place = checked_at("r/scripts/check");
        let hook = place.at("r/.git/hooks/pre-commit");
        if is_link {
            symlink("../../scripts/check", &hook).unwrap();
        } else {
            write_program(
                &hook,
                "#!/bin/sh\n. \"$(dirname \"$0\")/../../scripts/check\"\n",
            );
        }
        install(&place);
        copy_hooks(&place, "r/.githooks");
        place.git("r", &["config", "core.hooksPath", ".githooks"]);
        is_checked(&place, "copied");
        install(&place);
        is_checked(&place, "installed");
        assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
        is_checked(&place, "uninstalled");
    }
}

#[test]
fn baton_goes_where_the_directory_of_hooks_is_gone() {
    let place = checked_at("r/.git/hooks/pre-commit");
    install(&place);
    fs::remove_dir_all(place.at("r/.git/hooks")).unwrap();
    let gone = place.baton("r", &["uninstall"]);
    assert_eq!(gone.code, Some(0), "{gone:?}");
    is_checked(&place, "uninstalled");
}

#[test]
fn lines_that_were_added_go_where_a_hook_runs_first() {
    for (setting, place_of_check) in [
        (None, ".git/hooks.before-baton/pre-commit"),
        (Some(".githooks"), ".githooks/pre-commit"),
    ] {
        let at = setting.map_or("r/.git/hooks/pre-commit", |_| "r/.githooks/pre-commit");
        let place = checked_at(at);
        if let Some(value) = setting {
            place.git("r", &["config", "core.hooksPath", value]);
        }
        install(&place);
        let hook = place.at("r/.git/hooks/pre-commit");
        let text = fs::read_to_string(&hook).unwrap();
        fs::write(&hook, format!("{text}npx lint-staged\n")).unwrap();
        let said = install(&place);
        let told = format!(
            "add them to the hook that runs first, {}",
            place.at("r").join(Path::new(place_of_check)).display()
        );
        assert!(said.out.contains(&told), "{said:?}");
        is_checked(&place, "after");
    }
}
