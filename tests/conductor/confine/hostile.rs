//! None of these attempts lands.

use std::fs;

use super::scene::{Scene, each_git};

/// Lines of shell by which a confined command tries to change what is not its own: `GIT` is the repository's git directory,
/// `MAIN` its main worktree, `OTHER` another agent's worktree, `PLACE` the directory around all.
const ATTEMPTS: [&str; 41] = [
    "echo > $GIT/hooks/pre-commit",
    "rm -f $GIT/hooks/reference-transaction",
    "mv $GIT/hooks $GIT/hooks2",
    "mv $GIT/hooks stolen",
    "echo '[core]hooksPath=/dev/null' >> $GIT/config",
    "git config core.hooksPath /dev/null",
    "git config --file $GIT/config core.hooksPath /dev/null",
    "git -C $MAIN config core.hooksPath /dev/null",
    "git config --global core.hooksPath /dev/null",
    "echo x >> $GIT/info/exclude",
    "git rev-parse HEAD > $GIT/refs/heads/main",
    "git -C $MAIN update-ref refs/heads/main HEAD",
    "git -C $MAIN branch -f other HEAD",
    "git -C $MAIN branch -c main copied",
    "git -C $MAIN tag -d before-policy",
    "git -C $MAIN pack-refs --all",
    "git -C $MAIN gc --prune=now",
    "echo x >> $GIT/packed-refs",
    "echo x >> $GIT/logs/HEAD",
    "echo 'ref: refs/heads/other' > $GIT/HEAD",
    "GIT_DIR=$GIT git commit -q --no-verify --allow-empty -m x",
    "GIT_DIR=$GIT/worktrees/agent git commit -q --no-verify --allow-empty -m x",
    "echo x > $MAIN/README",
    "git -C $MAIN checkout -q before-policy",
    "echo x > $OTHER/README",
    "git -C $OTHER commit -q --allow-empty -m x",
    "echo x > $PLACE/outside/file",
    "ln $GIT/config linked && echo x >> linked",
    "ln -s $GIT/config link && echo x >> link",
    "echo x > y && ln y $GIT/hooks/pre-push",
    "exec 9< $GIT/config && echo x > /proc/self/fd/9",
    "exec 9< $GIT && echo x > /proc/self/fd/9/hooks/pre-commit",
    "echo x > /proc/self/cwd/../outside/file",
    "rm -rf $GIT/objects $GIT/refs",
    "truncate -s 0 $GIT/index",
    "rm -rf $GIT/baton/journal $GIT/baton/install.json",
    "echo '{}' > $GIT/baton/confined/agent/record.json",
    "mv $GIT/baton/confined/agent/git $GIT/baton/confined/agent/elsewhere",
    "git worktree add -q --detach $PLACE/elsewhere",
    "git -C $MAIN worktree remove --force $OTHER",
    "mount -t tmpfs none $GIT/hooks; unshare -m mount -t tmpfs none $GIT/hooks; chroot / sh -c 'echo > $GIT/hooks/pre-commit'",
];

#[test]
fn nothing_outside_of_the_worktree_changes() {
    each_git(|scene| {
        for line in ATTEMPTS {
            let before = scene.rest();
            scene.shell(line);
            let after = scene.rest();
            let changed: Vec<_> = after
                .iter()
                .filter(|(path, value)| before.get(*path) != Some(value))
                .map(|(path, _)| path)
                .chain(before.keys().filter(|path| !after.contains_key(*path)))
                .collect();
            assert!(changed.is_empty(), "{line}: {changed:?}");
            scene.is_linked();
        }
        assert_eq!(scene.rev("agent"), scene.rev("main"));
    });
}

#[test]
fn no_signal_reaches_a_process_outside() {
    if !baton_sys::confine::keeps_signals() {
        return eprintln!("not tested, this kernel keeps no signals: Linux 6.12 does");
    }
    each_git(|scene| {
        let mut outside = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .unwrap();
        let line = format!(
            "kill -9 $PPID; kill -9 {0}; kill -STOP {0}; dd if=/dev/zero of=/proc/$PPID/mem count=1; \
             readlink /proc/$PPID/root && exit 1; git commit -q --allow-empty -m alive",
            outside.id()
        );
        scene.shell(&line).ok();
        assert!(outside.try_wait().unwrap().is_none());
        outside.kill().unwrap();
        outside.wait().unwrap();
        assert_eq!(scene.git(&["log", "-1", "--format=%s"]), "alive");
    });
}

#[test]
fn what_it_starts_ends_with_it() {
    each_git(|scene| {
        for start in ["setsid sh", "env -i setsid setsid -f sh"] {
            let line = format!(
                "{start} -c 'echo $$ > pid; BATON_JOB=$1 exec sleep 1000' sh $BATON_JOB >/dev/null 2>&1 & until test -s pid; do :; done",
            );
            scene.shell(&line).ok();
            let path = scene.agent.join("pid");
            let pid = fs::read_to_string(&path).unwrap();
            let is_there = baton_sys::process::is_running(pid.trim().parse().unwrap());
            assert!(!is_there, "{pid}");
            fs::remove_file(path).unwrap();
        }
    });
}

#[test]
fn a_replaced_git_file_leads_back_and_its_settings_run_nothing() {
    each_git(|scene| {
        for line in [
            "rm .git && git init -q . && git config core.fsmonitor \"touch $PLACE/outside/ran\"",
            "git config core.fsmonitor \"touch $PLACE/outside/ran; false\" && git status",
            "rm .git && ln -s $GIT .git",
            "rm .git",
            "rm .git && mkdir .git && chmod 0 .git",
            "echo 'gitdir: /nowhere' > .git",
            "echo ../.. > $(git rev-parse --absolute-git-dir)/commondir",
        ] {
            let ran = scene.shell(line);
            scene.is_linked();
            scene.git(&["status"]);
            assert!(
                !scene.fixture.path("outside/ran").exists(),
                "{line}: {ran:?}"
            );
        }
    });
}

#[test]
fn the_file_git_of_the_repository_is_out_of_reach() {
    each_git(|scene| {
        let link = scene.agent.join(".git");
        let before = baton_sys::file::FileStat::of(&link).unwrap().unwrap().mode;
        for line in [
            "chmod 777 .git",
            "ln .git linked && chmod 0 .git",
            "echo 'gitdir: /nowhere' > linked; ln $GIT/baton/confined/agent/link own; echo x > own",
            "echo x >> .git",
            "git status",
        ] {
            scene.shell(line);
            scene.is_linked();
            let after = baton_sys::file::FileStat::of(&link).unwrap().unwrap().mode;
            assert_eq!(after, before, "{line}");
        }
        scene.shell("git status").ok();
    });
}

#[test]
fn hooks_that_lost_their_permissions_get_them_back_before_the_branch_moves() {
    each_git(|scene| {
        let before = scene.rest();
        let ran = scene.shell(
            "chmod a-x $GIT/hooks/*; chmod 0 $GIT/config; git -c core.hooksPath=/dev/null rm -q baton.toml && git -c core.hooksPath=/dev/null commit -qm policy",
        );
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.err.contains("changed the permissions of"), "{ran:?}");
        assert!(ran.err.contains("policy-change"), "{ran:?}");
        assert_eq!(scene.rev("agent"), scene.rev("main"));
        let mut after = scene.rest();
        after.retain(|path, _| before.contains_key(path));
        assert_eq!(after, before);
    });
}

#[test]
fn objects_that_are_broken_do_not_come_back() {
    each_git(|scene| {
        let line = "echo x > x && git add x && git commit -qm x && \
            d=$(git rev-parse --absolute-git-dir) && b=$(git rev-parse HEAD:x) && \
            rm -f $d/objects/$(echo $b | cut -c1-2)/$(echo $b | cut -c3-)";
        let ran = scene.shell(line);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.err.contains("is not back"), "{ran:?}");
        assert!(scene.confined().join("set-aside-1/HEAD").exists());
        assert_eq!(scene.rev("agent"), scene.rev("main"));
        scene.shell("git commit -q --allow-empty -m fine").ok();
        scene.is_settled();
    });
}

/// What is judged is what the hooks of the repository see, whatever the command did to its own.
#[test]
fn what_breaks_a_rule_does_not_come_back() {
    each_git(|scene| {
        bypassed(scene, "git -c core.hooksPath=/dev/null commit -qam x");
        bypassed(
            scene,
            "git config core.hooksPath /dev/null; git commit -qam x",
        );
        bypassed(
            scene,
            "git commit -qn -am x; git update-ref refs/heads/agent $(git commit-tree -m x -p HEAD $(git write-tree))",
        );
        bypassed(
            scene,
            "rm $(git rev-parse --absolute-git-dir)/hooks; git commit -qam x",
        );
        scene.git(&["reset", "-q", "--hard"]);
        scene
            .shell("git reset -q --hard main; echo fine > fine; git add fine; git commit -qm fine")
            .ok();
        assert_eq!(scene.git(&["log", "-1", "--format=%s"]), "fine");
        scene.is_settled();
        let kept = "refs/baton/confined/agent/heads/agent";
        let refs = scene.git(&["for-each-ref", kept]);
        assert_eq!(refs, "", "what was mended needs no name");
    });
}

#[track_caller]
fn bypassed(scene: &Scene, line: &str) {
    let ran = scene.shell(&format!("echo x >> {}; {line}", baton_testkit::HANDOFF));
    assert_eq!(ran.code, 1, "{line}: {ran:?}");
    assert!(ran.err.contains("protected-path"), "{line}: {ran:?}");
    assert_eq!(scene.rev("agent"), scene.rev("main"), "{line}");
    scene.rev("refs/baton/confined/agent/heads/agent");
    scene.is_linked();
}
