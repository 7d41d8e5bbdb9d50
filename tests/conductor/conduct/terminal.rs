//! A run on a terminal.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::thread;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::scene::{Scene, Task};

/// The two ends of a new terminal: the one that shows, and the one on which a program writes.
fn terminal() -> (File, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let shown = openpt(flags).unwrap();
    grantpt(&shown).unwrap();
    unlockpt(&shown).unwrap();
    let name = ptsname(&shown, Vec::new()).unwrap();
    let written = open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    (shown.into(), written)
}

#[test]
fn the_box_is_drawn_again_in_its_place() {
    let scene = Scene::new();
    let path = scene.tasks(
        "tasks.toml",
        &[Task::plain("a"), Task::plain("b"), Task::plain("c")],
    );
    let (mut shown, written) = terminal();
    let mut command = scene.command(&["run", path.to_str().unwrap()]);
    command.stdout(written);
    let mut child = command.spawn().unwrap();
    drop(command);
    let reader = thread::spawn(move || {
        let mut said = Vec::new();
        // The end of a terminal is an error.
        shown.read_to_end(&mut said).ok();
        String::from_utf8(said).unwrap()
    });
    assert!(child.wait().unwrap().success());
    let said = reader.join().unwrap();
    assert!(said.contains("\u{1b}[J"), "{said}");
    assert!(!said.contains("\\u{"), "{said}");
    // Each box but the last is taken off: what is left of it on the screen is the last one.
    let (_, last) = said.rsplit_once("\u{1b}[J").unwrap();
    assert!(last.contains("3/3"), "{last}");
}
