//! What becomes of a file's content.

use super::{begun, compare, lines, on, remove, write};

#[test]
fn different_files() {
    let sandbox = begun(&[("a/x", "x\n"), ("b/y", "y\n"), ("c", "c\n")]);
    on(&sandbox, "ours", |root| write(root, "a/x", "1\n"));
    on(&sandbox, "theirs", |root| {
        write(root, "b/new/z", "z\n");
        remove(root, "b/y");
        remove(root, "c");
    });
    compare(&sandbox, &[]);
}

#[test]
fn different_lines_and_the_same_lines() {
    for (line, conflicts) in [(15, [].as_slice()), (2, &["f"])] {
        let sandbox = begun(&[("f", &lines(0))]);
        on(&sandbox, "ours", |root| write(root, "f", &lines(2)));
        on(&sandbox, "theirs", |root| {
            write(root, "f", &lines(line).replace("changed", "other"))
        });
        compare(&sandbox, conflicts);
    }
}

#[test]
fn deleted_here_and_changed_there() {
    let sandbox = begun(&[("f", &lines(0)), ("g", "g\n")]);
    on(&sandbox, "ours", |root| remove(root, "f"));
    on(&sandbox, "theirs", |root| write(root, "f", &lines(4)));
    compare(&sandbox, &["f"]);
}

#[test]
fn binary_files() {
    let sandbox = begun(&[("f", "a\0b\n"), ("g", "g\n")]);
    on(&sandbox, "ours", |root| write(root, "f", "a\0c\n"));
    on(&sandbox, "theirs", |root| write(root, "g", "a\0d\n"));
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| write(root, "f", "a\0d\n"));
    compare(&sandbox, &["f"]);
}

#[test]
fn pointers_of_lfs() {
    let pointer = |digit: &str| {
        let digest = digit.repeat(64);
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 1{digit}\n")
    };
    let attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";
    let sandbox = begun(&[
        (".gitattributes", attributes),
        ("a.bin", &pointer("1")),
        ("b.bin", &pointer("2")),
    ]);
    on(&sandbox, "ours", |root| write(root, "a.bin", &pointer("3")));
    on(&sandbox, "theirs", |root| {
        write(root, "b.bin", &pointer("4"))
    });
    compare(&sandbox, &[]);
    on(&sandbox, "theirs", |root| {
        write(root, "a.bin", &pointer("5"))
    });
    compare(&sandbox, &["a.bin"]);
}

#[test]
fn line_ends_by_attribute() {
    let sandbox = begun(&[("f", &lines(0).replace('\n', "\r\n")), ("g", "g\n")]);
    on(&sandbox, "ours", |root| {
        write(root, ".gitattributes", "* text=auto\n");
        write(root, "f", &lines(0));
    });
    on(&sandbox, "theirs", |root| {
        write(root, "f", &lines(4).replace('\n', "\r\n"))
    });
    compare(&sandbox, &["f"]);
    sandbox.git(["config", "merge.renormalize", "true"]);
    compare(&sandbox, &[]);
}

#[test]
fn the_union_driver() {
    let sandbox = begun(&[("log/f", "a\n"), ("g", "g\n")]);
    on(&sandbox, "ours", |root| {
        write(root, "log/.gitattributes", "f merge=union\n");
        write(root, "log/f", "a\nours\n");
    });
    on(&sandbox, "theirs", |root| {
        write(root, "log/f", "a\ntheirs\n")
    });
    compare(&sandbox, &[]);
}

#[test]
fn a_driver_of_the_users_own() {
    let sandbox = begun(&[(".gitattributes", "f merge=mine\n"), ("f", "a\n")]);
    on(&sandbox, "ours", |root| write(root, "f", "ours\n"));
    on(&sandbox, "theirs", |root| write(root, "f", "theirs\n"));
    sandbox.git(["config", "merge.mine.driver", "cat %B >>%A"]);
    compare(&sandbox, &[]);
    sandbox.git(["config", "merge.mine.driver", "false"]);
    compare(&sandbox, &["f"]);
}

/// git merges by the attributes of the files that are checked out: those of the other side count for nothing, at the root
/// and below it.
#[test]
fn attributes_that_the_other_side_brings() {
    for path in [".gitattributes", "log/.gitattributes"] {
        let sandbox = begun(&[("log/f", "a\n"), ("g", "g\n")]);
        on(&sandbox, "ours", |root| write(root, "log/f", "a\nours\n"));
        on(&sandbox, "theirs", |root| {
            write(root, path, "f merge=union\n");
            write(root, "log/f", "a\ntheirs\n");
        });
        compare(&sandbox, &["log/f"]);
    }
}
