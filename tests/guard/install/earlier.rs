//! What `git baton doctor` tells of the hooks that were there before, and of their directory.

use std::fs;
use std::os::unix::fs::symlink;

use baton_testkit::write_program;

use crate::install::place::{Place, set_mode};
use crate::install::put::installed;

#[test]
fn a_kept_hook_that_lost_its_permission_is_told_of() {
    let place = Place::new();
    place.repository("r");
    place.write_hook("team/pre-commit", "team");
    symlink(
        place.at("team/pre-commit"),
        place.at("r/.git/hooks/pre-commit"),
    )
    .unwrap();
    place.write_hook("r/.git/hooks/commit-msg", "team");
    installed(&place.baton("r", &["install"]));
    for path in ["team/pre-commit", "r/.git/hooks.before-baton/commit-msg"] {
        set_mode(&place.at(path), 0o644);
    }
    let told = place.baton("r", &["doctor"]);
    assert_eq!(
        told.out.matches("it is not executable").count(),
        2,
        "{told:?}"
    );
    assert!(
        told.out.contains("warning[earlier-hook-silent]"),
        "{told:?}"
    );
    let said = place.baton("r", &["install"]);
    assert_eq!(
        said.out.matches("it is not executable").count(),
        2,
        "{said:?}"
    );
}

#[test]
fn a_link_in_place_of_the_directory_of_hooks_is_told_of() {
    let place = Place::new();
    place.repository("r");
    installed(&place.baton("r", &["install"]));
    fs::rename(place.at("r/.git/hooks"), place.at("r/hooks")).unwrap();
    symlink("../hooks", place.at("r/.git/hooks")).unwrap();
    let told = place.baton("r", &["doctor"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.contains("is a link to ../hooks"), "{told:?}");
    fs::remove_file(place.at("r/.git/hooks")).unwrap();
    fs::create_dir(place.at("r/.git/hooks")).unwrap();
    installed(&place.baton("r", &["install"]));
    assert_eq!(place.baton("r", &["doctor"]).code, Some(0));
}

#[test]
fn a_hook_that_runs_baton_so_that_it_refuses_all_is_told_of() {
    let place = Place::new();
    place.repository("r");
    let hooks = [
        ("commit-msg", "", "without what git gives"),
        ("pre-commit", "\r", "with carriage returns"),
    ];
    for (hook, end, _) in hooks {
        let text = format!("#!/bin/sh\ngit baton hook {hook}{end}\n");
        write_program(&place.at("r/.git/hooks").join(hook), &text);
    }
    let said = place.baton("r", &["install"]);
    assert!(!said.out.contains("left to the manager"), "{said:?}");
    let told = place.baton("r", &["doctor"]);
    for (_, _, words) in hooks {
        assert!(told.out.contains(words), "{words}: {told:?}");
    }
}
