//! A repository that several users share: what Baton makes there has git's permissions.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::install::place::{Place, Said, said, set_mode};

/// The permissions of all that is below a directory, itself included, each with the name.
fn modes(path: &Path) -> Vec<(String, bool, u32)> {
    let found = path.symlink_metadata().unwrap();
    let mode = found.permissions().mode() & 0o7777;
    let mut all = vec![(path.display().to_string(), found.is_dir(), mode)];
    if found.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            all.extend(modes(&entry.unwrap().path()));
        }
    }
    all
}

/// Runs a line of shell as a user whose new files are nobody else's.
fn privately(place: &Place, cwd: &str, line: &str) -> Said {
    let program = crate::install::place::program().display();
    let line = format!("umask 077; baton='{program}'; {line}");
    let mut command = place.command(Path::new("/bin/sh"), cwd);
    said(command.args(["-c", &line]).output().unwrap())
}

#[track_caller]
fn assert_shared(place: &Place, directory: &str, files: u32, directories: u32) {
    for (path, is_directory, mode) in modes(&place.at(directory)) {
        let expected = match is_directory {
            true => directories | 0o2000,
            // The program, to which nobody writes.
            false if mode & 0o300 == 0o100 => directories & 0o555,
            false if mode & 0o100 != 0 => directories,
            false => files,
        };
        let (has, lacks) = (
            mode & expected == expected,
            !mode & !expected & 0o020 == !expected & 0o020,
        );
        assert!(has && lacks, "{path}: {mode:o}, not {expected:o}");
    }
}

#[test]
fn all_that_baton_makes_is_shared_as_git_shares() {
    for (setting, files, directories) in [
        ("group", 0o660, 0o770),
        ("all", 0o664, 0o775),
        ("0640", 0o640, 0o750),
    ] {
        let place = Place::new();
        let made = format!(
            "git init -q -b main --shared={setting} r && cd r && echo 'version = 1' >baton.toml &&
            git add . && git commit -qm base && \"$baton\" install >/dev/null &&
            git commit -q --allow-empty -m one && git worktree add -q -b w ../w && cd ../w &&
            git commit -q --allow-empty -m two && \"$baton\" session start --title x >/dev/null"
        );
        let made = privately(&place, ".", &made);
        assert_eq!(made.code, Some(0), "{made:?}");
        assert!(place.at("r/.git/baton/journal").is_dir());
        assert_shared(&place, "r/.git/baton", files, directories);
        let hook = place.at("r/.git/hooks/pre-commit").metadata().unwrap();
        assert_eq!(hook.mode() & 0o777, directories);
        let healthy = place.baton("r", &["doctor"]);
        assert!(!healthy.out.contains("not-shared"), "{healthy:?}");
    }
}

#[test]
fn a_server_is_shared_too() {
    let place = Place::new();
    place.repository("r");
    let pushed = "git init -q --bare --shared s.git && (cd s.git && \"$baton\" install --server >/dev/null) &&
        cd r && git push -q ../s.git main && git commit -q --allow-empty -m one && git push -q ../s.git main";
    let pushed = privately(&place, ".", pushed);
    assert_eq!(pushed.code, Some(0), "{pushed:?}");
    assert!(place.at("s.git/baton/journal").is_dir());
    assert_shared(&place, "s.git/baton", 0o660, 0o770);
}

#[test]
fn installing_again_shares_what_was_not() {
    let place = Place::new();
    place.repository("r");
    let alone = "\"$baton\" install >/dev/null && git commit -q --allow-empty -m one";
    assert_eq!(privately(&place, "r", alone).code, Some(0));
    assert_eq!(
        place.at("r/.git/baton").metadata().unwrap().mode() & 0o7777,
        0o700
    );
    place.git("r", &["config", "core.sharedRepository", "group"]);
    let told = place.baton("r", &["doctor"]);
    assert!(told.out.contains("not-shared"), "{told:?}");
    assert_eq!(privately(&place, "r", "\"$baton\" install").code, Some(0));
    assert_shared(&place, "r/.git/baton", 0o660, 0o770);
    assert!(!place.baton("r", &["doctor"]).out.contains("not-shared"));
    set_mode(&place.at("r/.git/baton/baseline"), 0o600);
    assert!(place.baton("r", &["doctor"]).out.contains("baton/baseline"));
}
