//! What becomes of paths: names, modes and kinds.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::{begun, compare, lines, on, remove, rename, write};
use baton_testkit::Sandbox;

#[test]
fn a_rename_that_meets_a_change() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| rename(root, "f", "moved/f"));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(4)));
    compare(&sandbox, &[]);
}

#[test]
fn renames_on_both_sides() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| rename(root, "f", "one"));
    on(&sandbox, "theirs", |root| rename(root, "f", "two"));
    compare(&sandbox, &["f", "one", "two"]);
    let sandbox = begun(&[("f", &lines(0)), ("g", &lines(3)), ("h", "h\n")]);
    on(&sandbox, "ours", |root| rename(root, "f", "same"));
    on(&sandbox, "theirs", |root| rename(root, "f", "same"));
    compare(&sandbox, &[]);
}

#[test]
fn a_mode_and_content() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| {
        std::fs::set_permissions(root.join("f"), PermissionsExt::from_mode(0o755)).unwrap();
    });
    on(&sandbox, "theirs", |root| write(root, "g", "more\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| write(root, "f", &lines(4)));
    compare(&sandbox, &[]);
}

#[test]
fn a_directory_renamed_and_added_to() {
    let sandbox = begun(&[("d/f", &lines(0)), ("d/g", &lines(3)), ("h", "h\n")]);
    on(&sandbox, "ours", |root| rename(root, "d", "e"));
    on(&sandbox, "theirs", |root| write(root, "d/new", "new\n"));
    // Git's default asks: merge.directoryRenames=conflict.
    compare(&sandbox, &["e/new"]);
    sandbox.git(["config", "merge.directoryRenames", "true"]);
    compare(&sandbox, &[]);
    sandbox.git(["config", "merge.directoryRenames", "false"]);
    compare(&sandbox, &[]);
}

#[test]
fn a_file_where_the_other_has_a_directory() {
    let sandbox = begun(&[("g", "g\n")]);
    on(&sandbox, "ours", |root| write(root, "d", "file\n"));
    on(&sandbox, "theirs", |root| write(root, "d/f", "below\n"));
    compare(&sandbox, &["d"]);
}

#[test]
fn added_on_both_sides() {
    let sandbox = begun(&[("g", "g\n")]);
    for side in ["ours", "theirs"] {
        on(&sandbox, side, |root| {
            write(root, "same", "same\n");
            write(root, side, side);
        });
    }
    compare(&sandbox, &[]);
    for side in ["ours", "theirs"] {
        on(&sandbox, side, |root| write(root, "new", side));
    }
    compare(&sandbox, &["new"]);
}

#[test]
fn submodules() {
    let sandbox = Sandbox::empty();
    let link = |commit: &str| {
        let info = format!("160000,{},sub", commit.repeat(40));
        sandbox.git(["update-index", "--add", "--cacheinfo", &info]);
        sandbox.git(["commit", "-q", "-m", "Move the submodule"]);
    };
    sandbox.write("g", "g\n");
    sandbox.commit("Begin");
    link("1");
    sandbox.git(["branch", "theirs"]);
    sandbox.git(["checkout", "-q", "-b", "ours"]);
    link("2");
    sandbox.git(["checkout", "-q", "theirs"]);
    sandbox.git(["commit", "-q", "--allow-empty", "-m", "nothing"]);
    compare(&sandbox, &[]);
    sandbox.git(["checkout", "-q", "theirs"]);
    link("3");
    compare(&sandbox, &["sub"]);
}

#[test]
fn symbolic_links() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    let link = |to: &'static str| {
        move |root: &Path| {
            let _ = std::fs::remove_file(root.join("link"));
            symlink(to, root.join("link")).unwrap();
        }
    };
    on(&sandbox, "ours", link("f"));
    on(&sandbox, "theirs", |root| write(root, "g", "theirs\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", link("g"));
    compare(&sandbox, &["link"]);
    on(&sandbox, "theirs", |root| {
        remove(root, "link");
        write(root, "link", "a file\n");
    });
    compare(&sandbox, &["link"]);
}

#[test]
fn odd_names() {
    let names = [
        "with space",
        "tab\there",
        "new\nline",
        "quote\"'\\",
        "ünï",
        "-dash",
        "~tilde",
    ];
    let files: Vec<_> = names.iter().map(|name| (*name, "a\n")).collect();
    let sandbox = begun(&files);
    on(&sandbox, "ours", |root| {
        names.iter().for_each(|name| write(root, name, "ours\n"));
        write(root, OsStr::from_bytes(b"no \xff utf-8"), "x");
    });
    on(&sandbox, "theirs", |root| write(root, "other", "x\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| {
        write(root, "new\nline", "theirs\n")
    });
    compare(&sandbox, &["new\nline"]);
}
