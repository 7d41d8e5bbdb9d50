//! What comes after a `git baton exec` that was killed.

use std::fs;
use std::process::Stdio;

use super::scene::each_git;

#[test]
fn the_next_command_brings_its_work_back_first() {
    each_git(|scene| {
        let line =
            "echo a > a && git add a && git commit -qm first && echo > ready && exec sleep 1000";
        let mut command = scene.exec(&["--", "sh", "-c", line]);
        let mut killed = command.stdin(Stdio::null()).spawn().unwrap();
        while !scene.agent.join("ready").exists() {}
        killed.kill().unwrap();
        killed.wait().unwrap();
        let link = fs::read_to_string(scene.agent.join(".git")).unwrap();
        assert!(link.contains("baton/confined/agent/git"), "{link}");
        scene.shell("git commit -q --allow-empty -m second").ok();
        assert_eq!(scene.git(&["log", "-2", "--format=%s"]), "second\nfirst");
        scene.is_settled();
    });
}
