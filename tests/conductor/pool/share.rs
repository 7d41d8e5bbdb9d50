//! Slots that share the blocks of their files.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use crate::pool::world::World;
use baton_testkit::finish;

/// A file of which few copies fit into a small file system.
const LARGE: usize = 20 << 20;

fn world() -> World {
    let world = World::without_pool();
    let bytes: Vec<u8> = (0..LARGE).map(|at| ((at * at) >> 7) as u8).collect();
    world.sandbox.write("large", bytes);
    world.sandbox.write("bin/run", "#!/bin/sh\n");
    let run = world.sandbox.repo().join("bin/run");
    fs::set_permissions(run, fs::Permissions::from_mode(0o755)).unwrap();
    symlink("large", world.sandbox.repo().join("link")).unwrap();
    world
        .sandbox
        .write(".gitattributes", "*.txt text eol=crlf\n");
    world.sandbox.write("lines.txt", "one\ntwo\n");
    world.sandbox.commit("Fill");
    world
}

fn assert_alike(world: &World, slots: usize) {
    for slot in 1..=slots {
        let path = world.slot(&format!("wt-{slot}"));
        assert_eq!(fs::read(path.join("lines.txt")).unwrap(), b"one\r\ntwo\r\n");
        let mode = fs::metadata(path.join("bin/run")).unwrap().mode();
        assert_eq!(mode & 0o111, 0o111);
        assert_eq!(fs::metadata(path.join("large")).unwrap().nlink(), 1);
        // Files that git had to read again would be told here.
        assert_eq!(world.git_at(&path, &["diff-files", "--name-only"]), "");
    }
    world.assert_sound();
}

#[test]
fn slots_are_alike_whatever_the_file_system() {
    let world = world();
    world.ok(&["init", "3"]);
    assert_alike(&world, 3);
    // The one from which the next is filled is not as it should be.
    fs::write(world.slot("wt-1").join("lines.txt"), "odd\n").unwrap();
    world.ok(&["init", "4"]);
    let fourth = fs::read(world.slot("wt-4").join("lines.txt")).unwrap();
    assert_eq!(fourth, b"one\r\ntwo\r\n");
    fs::write(world.slot("wt-1").join("lines.txt"), "one\r\ntwo\r\n").unwrap();
    world.git_at(&world.slot("wt-1"), &["update-index", "--refresh"]);
    assert_alike(&world, 4);
}

/// `TMPDIR=/on/xfs/or/btrfs cargo test --test conductor -- --ignored share`.
#[test]
#[ignore = "needs a temporary directory on a file system that shares blocks"]
fn slots_share_their_blocks() {
    let world = world();
    let used = || {
        let mut df = world.sandbox.command("df");
        let said = finish(df.args(["--sync", "--output=used", "-B1", "."])).out;
        said.lines()
            .last()
            .unwrap()
            .trim()
            .parse::<usize>()
            .unwrap()
    };
    world.ok(&["init", "1"]);
    let one = used();
    world.ok(&["init", "6"]);
    let more = used() - one;
    assert!(more < LARGE, "five more slots took {more} bytes");
    assert_alike(&world, 6);
}
