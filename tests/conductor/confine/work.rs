//! Ordinary work goes on.

use std::fs;

use baton_testkit::write_below;

use super::scene::each_git;

#[test]
fn commits_come_back_to_the_branch() {
    each_git(|scene| {
        let before = scene.rest();
        let line = "echo a > a && git add a && git commit -qm one && echo b >> a && echo b >> README && git commit -qam two";
        scene.shell(line).ok();
        assert_eq!(scene.git(&["log", "--format=%s", "-2"]), "two\none");
        assert_eq!(scene.git(&["status", "--short"]), "");
        assert_eq!(scene.git(&["rev-parse", "--abbrev-ref", "HEAD"]), "agent");
        scene.is_settled();
        assert_eq!(scene.rest(), before);
        scene.fixture.git(["fsck", "--strict"]).ok();
    });
}

#[test]
fn a_command_that_does_nothing_leaves_nothing() {
    each_git(|scene| {
        let before = scene.rest();
        let ran = scene.shell("exit 7");
        assert_eq!((ran.code, ran.err.as_str()), (7, ""));
        let ran = scene.shell("kill -TERM $$");
        assert_eq!(ran.code, 128 + 15);
        scene.is_settled();
        assert_eq!(scene.rest(), before);
    });
}

/// What a command that changes nothing begins with is there for the next one, and shows it the repository as it is then.
#[test]
fn a_git_directory_that_was_not_used_is_taken_again() {
    each_git(|scene| {
        scene.shell("true").ok();
        let spare = scene.confined().join("spare");
        assert!(spare.join("HEAD").exists());
        scene.git(&["branch", "later"]);
        fs::write(scene.agent.join("staged"), "staged\n").unwrap();
        scene.git(&["add", "staged"]);
        write_below(&scene.fixture.git_dir(), "info/exclude", "ignored\n");
        let line = "git rev-parse -q --verify later && git diff --cached --name-only && echo x > ignored && git status --short";
        let out = scene.shell(line).ok();
        assert!(out.ends_with("\nstaged\nA  staged"), "{out}");
        scene.git(&["branch", "-D", "later"]);
        let out = scene
            .shell("git branch --list later && git log -1 --format=%s")
            .ok();
        assert_eq!(out, scene.git(&["log", "-1", "--format=%s"]));
        scene.git(&["switch", "-q", "-c", "another"]);
        let out = scene
            .shell("git symbolic-ref --short HEAD && git commit -qm staged")
            .ok();
        assert_eq!(out, "another");
        assert_eq!(
            scene.git(&["log", "-1", "--format=%s", "another"]),
            "staged"
        );
        scene.is_settled();
    });
}

#[test]
fn a_git_directory_that_was_used_is_not() {
    each_git(|scene| {
        for line in [
            "git commit -q --allow-empty -m x",
            "touch $(git rev-parse --absolute-git-dir)/config",
            "chmod 700 $(git rev-parse --absolute-git-dir)/info",
            "echo x > $(git rev-parse --absolute-git-dir)/hooks2",
            "mkdir $(git rev-parse --absolute-git-dir)/objects/ab",
            "ln -sf /nowhere $(git rev-parse --absolute-git-dir)/baton/bin",
        ] {
            scene.shell("true").ok();
            scene.shell(line).ok();
            assert!(!scene.confined().join("spare").exists(), "{line}");
            scene.is_settled();
        }
    });
}

#[test]
fn amend_rebase_merge_pick_and_bisect_work() {
    each_git(|scene| {
        let line = "set -e
            for n in 1 2 3; do echo $n > $n; git add $n; git commit -qm $n; done
            git commit -q --amend -m three
            GIT_SEQUENCE_EDITOR='sed -i 2d' git rebase -q -i HEAD~2
            git switch -qc side HEAD~1 && echo s > s && git add s && git commit -qm side && git switch -q agent
            git merge -q -m merged side
            git branch -qD side
            git cherry-pick HEAD^2 --allow-empty --keep-redundant-commits >/dev/null 2>&1 || git cherry-pick --skip
            git revert --no-edit HEAD~1 -m 1 >/dev/null 2>&1 || git revert --abort
            git bisect start HEAD HEAD~1 >/dev/null; git bisect reset >/dev/null 2>&1
            git gc -q
            git tag -f t && git tag -d t >/dev/null
            git log --oneline main > /dev/null";
        let ran = scene.shell(line);
        ran.clone().ok();
        let subjects = scene.git(&["log", "--format=%s"]);
        assert!(
            subjects.contains("merged") && subjects.contains("side"),
            "{subjects} {ran:?}"
        );
        assert!(!subjects.contains("three"), "{subjects}");
        assert_eq!(scene.git(&["status", "--short"]), "");
        scene.is_settled();
    });
}

#[test]
fn what_is_staged_changed_and_stashed_stays_so() {
    each_git(|scene| {
        let line = "set -e
            echo kept > stash-me && git add stash-me && git stash -q
            echo again > again && git add again && git stash -q && git stash pop -q
            echo staged > staged && git add staged && echo changed >> README && echo new > new";
        scene.shell(line).ok();
        let status = scene.git(&["status", "--short"]);
        assert_eq!(status, "M README\nA  again\nA  staged\n?? new");
        assert_eq!(scene.git(&["stash", "list"]).lines().count(), 1);
        scene.git(&["stash", "pop", "-q"]);
        assert_eq!(fs::read(scene.agent.join("stash-me")).unwrap(), b"kept\n");
        scene.is_settled();
    });
}

#[test]
fn an_unfinished_operation_waits_for_the_next_command() {
    each_git(|scene| {
        let line = "set -e
            echo a > f && git add f && git commit -qm a
            git switch -qc side HEAD~1 && echo b > f && git add f && git commit -qm b && git switch -q agent
            git rebase side >/dev/null 2>&1 || true";
        let ran = scene.shell(line);
        assert!(ran.err.contains("waits to be finished"), "{ran:?}");
        scene.is_linked();
        assert_eq!(scene.git(&["log", "-1", "--format=%s"]), "a");
        let line = "echo c > f && git add f && GIT_EDITOR=true git rebase --continue >/dev/null";
        scene.shell(line).ok();
        assert_eq!(scene.git(&["log", "-2", "--format=%s"]), "a\nb");
        assert_eq!(scene.git(&["status", "--short"]), "");
        scene.is_settled();
    });
}

#[test]
fn a_private_git_directory_that_the_branch_left_behind_is_set_aside() {
    each_git(|scene| {
        scene.shell("echo a > f; git add f; git commit -qm a; git switch -q --detach");
        scene.git(&["commit", "-q", "--allow-empty", "-m", "outside"]);
        scene.shell("git commit -q --allow-empty -m inside").ok();
        assert_eq!(scene.git(&["log", "-2", "--format=%s"]), "inside\noutside");
        assert!(scene.confined().join("set-aside-1/HEAD").exists());
        scene.is_settled();
    });
}

#[test]
fn other_branches_and_tags_are_kept_under_names_of_batons() {
    each_git(|scene| {
        let before = scene.rest();
        let ran = scene.shell("git branch mine && git tag seen && git branch -f main HEAD");
        assert!(
            ran.err
                .contains("kept as refs/baton/confined/agent/heads/mine"),
            "{ran:?}"
        );
        scene.rev("refs/baton/confined/agent/tags/seen");
        let mut after = scene.rest();
        after.retain(|path, _| before.contains_key(path));
        assert_eq!(after, before);
    });
}

#[test]
fn tools_find_a_place_for_their_temporary_files() {
    each_git(|scene| {
        scene.shell("test -w $TMPDIR && mktemp && git commit -q --allow-empty -F - < /dev/null || echo x | tee $TMPDIR/y").ok();
        let line = "for tool in python3 perl make cc; do command -v $tool >/dev/null || echo no $tool >&2; done
            ! command -v python3 >/dev/null || python3 -c 'import tempfile, subprocess, sqlite3
with tempfile.NamedTemporaryFile() as f: f.write(b\"a\")
subprocess.run([\"true\"], check=True)
sqlite3.connect(\"db\").execute(\"create table t(a)\")' || exit 1
            ! command -v perl >/dev/null || perl -e 'open F, \">perl\"; print F 1; close F; rename \"perl\", \"p\"' || exit 1
            if command -v make >/dev/null && command -v cc >/dev/null; then
                echo 'int main(void){return 0;}' > m.c && echo 'm: m.c; cc -o m m.c' > Makefile && make -s m && ./m || exit 1
            fi";
        scene.shell(line).ok();
        scene.is_settled();
    });
}

#[test]
fn it_works_in_a_directory_of_the_worktree() {
    each_git(|scene| {
        fs::create_dir(scene.agent.join("sub")).unwrap();
        let mut command = scene.exec(&["--", "sh", "-c", "pwd; git rev-parse --show-prefix"]);
        command.current_dir(scene.agent.join("sub"));
        let out = baton_testkit::run(&mut command, b"").ok();
        assert!(out.ends_with("agent/sub\nsub/"), "{out}");
    });
}

#[test]
fn what_no_pack_brings_over_is_kept() {
    each_git(|scene| {
        let ran = scene.shell("mkdir -p $(git rev-parse --absolute-git-dir)/lfs/objects/ab");
        assert!(ran.err.contains("git-lfs"), "{ran:?}");
        assert!(scene.confined().join("git/lfs/objects/ab").is_dir());
        scene.is_linked();
        scene.shell("git commit -q --allow-empty -m more").ok();
        assert_eq!(scene.git(&["log", "-1", "--format=%s"]), "more");
    });
}
