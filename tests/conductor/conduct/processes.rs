//! The processes of a scene: those whose environment names its temporary directory.
//!
//! A number that was noted may be another program's by now. So nothing is ended by its number alone: a process is held
//! by a handle first (pidfd_open(2)), and looked at after; the handle of one that has ended reaches nobody.

use std::fs;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::conduct::scene::{Scene, is_alive};

/// A process of a scene.
pub struct OwnProcess {
    /// Its number, to be told.
    pub id: i32,
    handle: OwnedFd,
}

impl OwnProcess {
    /// The process of this number, if it is at work and the scene's.
    pub fn find(scene: &Scene, id: i32) -> Option<Self> {
        let handle = pidfd_open(Pid::from_raw(id)?, PidfdFlags::empty()).ok()?;
        let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
        let root = scene.sandbox.root.path().as_os_str().as_encoded_bytes();
        let is_own = environment.windows(root.len()).any(|part| part == root);
        (is_own && is_alive(id)).then_some(Self { id, handle })
    }

    /// All processes of the scene.
    pub fn all(scene: &Scene) -> Vec<Self> {
        let names = fs::read_dir("/proc").unwrap().flatten();
        let ids = names.filter_map(|name| name.file_name().to_str()?.parse().ok());
        ids.filter_map(|id| Self::find(scene, id)).collect()
    }

    /// Kills it, unless it has ended.
    pub fn kill(&self) {
        // One that has ended meanwhile is no loss.
        pidfd_send_signal(&self.handle, Signal::KILL).ok();
    }
}

/// The scene's processes that have noted their numbers in signals of this kind, and are at work.
pub fn noted(scene: &Scene, prefix: &str) -> Vec<OwnProcess> {
    let texts = scene.signals(prefix).into_iter();
    let texts = texts.filter_map(|path| fs::read_to_string(path).ok());
    let ids = texts.filter_map(|text| text.trim().parse().ok());
    ids.filter_map(|id| OwnProcess::find(scene, id)).collect()
}

#[test]
fn processes_of_others_are_not_found() {
    let (scene, other) = (Scene::new(), Scene::new());
    let mut child = scene.sandbox.command("sleep").arg("600").spawn().unwrap();
    let id = child.id().try_into().unwrap();
    let own = std::process::id().try_into().unwrap();
    assert!(OwnProcess::find(&scene, own).is_none());
    assert!(OwnProcess::find(&other, id).is_none());
    assert!(OwnProcess::all(&other).is_empty());
    let all = OwnProcess::all(&scene);
    assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [id]);
    all[0].kill();
    child.wait().unwrap();
    assert!(OwnProcess::find(&scene, id).is_none());
}
