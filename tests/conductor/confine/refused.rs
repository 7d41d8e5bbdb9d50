//! Where `exec` does not run a command, it says why.

use baton_testkit::{BATON, run};

use super::scene::each_git;

#[test]
fn only_in_a_linked_worktree_on_a_branch_with_nothing_to_finish() {
    each_git(|scene| {
        let ran = scene.fixture.baton(["exec", "--", "true"]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("is no linked worktree"), "{ran:?}");
        let ran = scene.shell(&format!("{BATON} exec -- true"));
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("confined already"), "{ran:?}");
        let ran = run(&mut scene.exec(&["--", "no-such-command"]), b"");
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("does not start"), "{ran:?}");
        scene.is_settled();
        scene.git(&["switch", "-q", "--detach"]);
        let ran = scene.shell("true");
        assert!(ran.err.contains("no branch is checked out"), "{ran:?}");
        scene.git(&["switch", "-q", "agent"]);
        std::fs::write(
            scene.fixture.git_dir().join("worktrees/agent/MERGE_HEAD"),
            scene.rev("HEAD") + "\n",
        )
        .unwrap();
        let ran = scene.shell("true");
        assert!(ran.err.contains("a merge waits to be finished"), "{ran:?}");
    });
}

#[test]
fn one_command_at_a_time_in_a_worktree() {
    each_git(|scene| {
        let line = format!(
            "until test -e go; do :; done; cd $OTHER; env -u BATON_CONFINED {BATON} exec -- true"
        );
        let mut first = scene.exec(&["--", "sh", "-c", &line]);
        let first = first.stderr(std::process::Stdio::piped()).spawn().unwrap();
        let running = scene.confined().join("record.json");
        while !running.exists() {}
        let ran = scene.shell("true");
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("another command runs confined"), "{ran:?}");
        std::fs::write(scene.agent.join("go"), "").unwrap();
        let out = first.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&out.stderr);
        assert_ne!(
            out.status.code(),
            Some(0),
            "a confined command confined another: {told}"
        );
        scene.is_settled();
    });
}

#[test]
fn hidden_paths_and_further_writable_ones() {
    each_git(|scene| {
        let secret = scene.fixture.path("outside/file");
        scene
            .fixture
            .git(["config", "baton.conductor.hide", secret.to_str().unwrap()])
            .ok();
        assert_ne!(scene.shell("cat $PLACE/outside/file").code, 0);
        scene.shell("cat $PLACE/repo/README && git log -1").ok();
        scene
            .fixture
            .git(["config", "--unset", "baton.conductor.hide"])
            .ok();
        let outside = scene.fixture.path("outside");
        scene
            .fixture
            .git([
                "config",
                "baton.conductor.writable",
                outside.to_str().unwrap(),
            ])
            .ok();
        scene.shell("echo new > $PLACE/outside/file").ok();
        scene
            .fixture
            .git(["config", "baton.conductor.writable", "/nowhere/at/all"])
            .ok();
        let ran = scene.shell("true");
        assert!(
            ran.err.contains("/nowhere/at/all cannot be made writable"),
            "{ran:?}"
        );
        scene.is_linked();
    });
}
