//! What a confined thread and its children can do, asked of the kernel of this machine.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::*;

/// A room in which this directory is writable; tells and gives `None` where the kernel has none.
fn room(writable: &Path, hidden: &[&Path]) -> Option<Room> {
    if let Some(reason) = obstacle() {
        eprintln!("not tested, this kernel confines nothing: {reason}");
        return None;
    }
    let confinement = Confinement {
        writable: vec![writable.to_owned()],
        hidden: hidden.iter().map(|path| (*path).to_owned()).collect(),
    };
    Some(Room::new(&confinement).unwrap())
}

fn shell(room: &Room, line: &str) -> bool {
    let run = || Command::new("sh").args(["-c", line]).status().unwrap();
    room.within(run).unwrap().success()
}

#[test]
fn only_the_writable_directory_is_written_and_only_by_the_confined() {
    let place = tempfile::tempdir().unwrap();
    let (inside, outside) = (place.path().join("in"), place.path().join("out"));
    fs::create_dir(&inside).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "kept").unwrap();
    let Some(room) = room(&inside, &[]) else {
        return;
    };
    let at = |line: &str| format!("cd {} && {line}", place.path().display());
    assert!(shell(
        &room,
        &at("echo a > in/a && mv in/a in/b && cat out/file > in/c")
    ));
    for line in [
        "echo > out/new",
        "echo >> out/file",
        "truncate -s 0 out/file",
        "rm out/file",
        "mv out/file in/file",
        "mv in/b out/file",
        "ln out/file in/link",
        "ln in/b out/link",
        "mkdir out/d",
        "mknod in/disk b 8 0",
    ] {
        assert!(!shell(&room, &at(line)), "{line}");
    }
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"kept");
    fs::write(outside.join("new"), "").unwrap();
}

#[test]
fn what_is_hidden_is_not_read() {
    let place = tempfile::tempdir().unwrap();
    let (work, secret) = (place.path().join("work"), place.path().join("secret"));
    fs::create_dir(&work).unwrap();
    fs::write(&secret, "key").unwrap();
    fs::write(place.path().join("other"), "").unwrap();
    std::os::unix::fs::symlink(&secret, place.path().join("link")).unwrap();
    let Some(room) = room(&work, &[&secret]) else {
        return;
    };
    let at = |line: &str| format!("cd {} && {line}", place.path().display());
    assert!(shell(
        &room,
        &at("cat other && echo new > work/new && cat work/new")
    ));
    assert!(!shell(&room, &at("cat secret")));
    assert!(!shell(&room, &at("cat link")));
    assert!(!shell(&room, &at("cat /proc/self/root/$PWD/secret")));
    let confinement = Confinement {
        writable: vec![place.path().to_owned()],
        hidden: vec![secret],
    };
    assert!(matches!(
        Room::new(&confinement),
        Err(ConfineError::HiddenInside { .. })
    ));
}

#[test]
fn no_signal_leaves_the_room() {
    let place = tempfile::tempdir().unwrap();
    let Some(room) = room(place.path(), &[]) else {
        return;
    };
    if !keeps_signals() {
        return eprintln!("not tested, this kernel keeps no signals: Linux 6.12 does");
    }
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    assert!(!shell(&room, &format!("kill {}", other.id())));
    assert!(shell(&room, "sleep 1000 & kill $!"));
    other.kill().unwrap();
    other.wait().unwrap();
}
