//! A run that the policy wants told in files of the main worktree.

use crate::run::small::{conduct, repository};

const PROGRESS: &str = ".claude/auto-progress.yaml";
const SUMMARY: &str = ".claude/auto-memory/parallel-group-1-summary.md";

#[test]
fn a_run_is_told_where_the_policy_asks_and_git_overlooks_it() {
    let sandbox = repository("mirror = true\n");
    conduct(&sandbox, &["run", "../tasks.toml", "--one-group"]);
    let progress = sandbox.read(PROGRESS);
    assert!(progress.contains("\nstate: PAUSED\n"), "{progress}");
    let b = "  \"b\":\n    status: done\n    branch: \"auto/b\"\n    iterations: 2\n    \
             qa_verified: true\n    qa_timestamp: \"";
    assert!(progress.contains(b), "{progress}");
    assert!(progress.contains("  \"c\":\n    status: pending\n"));
    let summary = sandbox.read(SUMMARY);
    assert!(summary.contains("\nstatus: complete\n"), "{summary}");
    assert!(summary.contains("\nremaining_groups: [2]\n"), "{summary}");
    conduct(&sandbox, &["checkpoint", "write", "halfway"]);
    assert!(sandbox.read(&SUMMARY.replace('1', "2")).contains("halfway"));
    conduct(&sandbox, &["resume", "--all"]);
    assert!(sandbox.read(PROGRESS).contains("\nstate: DONE\n"));
    assert_eq!(sandbox.git(["status", "--porcelain"]), "");
}

#[test]
fn without_being_asked_nothing_is_written() {
    let sandbox = repository("");
    conduct(&sandbox, &["run", "../tasks.toml", "--one-group"]);
    assert!(!sandbox.repo().join(".claude").exists());
}

#[test]
fn no_link_is_followed_and_nothing_that_git_tracks_is_changed() {
    let sandbox = repository("mirror = true\n");
    sandbox.commit_file(PROGRESS, "mine\n");
    let run = conduct(&sandbox, &["run", "../tasks.toml", "--one-group"]);
    assert!(
        run.err.contains("git tracks .claude/auto-progress.yaml"),
        "{}",
        run.err
    );
    assert_eq!(run.err.matches("not mirrored").count(), 1, "{}", run.err);
    assert_eq!(sandbox.read(PROGRESS), "mine\n");

    let sandbox = repository("mirror = true\n");
    let outside = sandbox.root.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.repo().join(".claude")).unwrap();
    std::fs::write(sandbox.repo().join(".git/info/exclude"), ".claude\n").unwrap();
    let run = conduct(&sandbox, &["run", "../tasks.toml", "--one-group"]);
    assert!(run.err.contains("is a symbolic link"), "{}", run.err);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}
