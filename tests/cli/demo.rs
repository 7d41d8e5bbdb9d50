//! The demonstration as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

use baton_testkit::BATON;

/// What somebody's own environment may hold, none of which may matter: a hook's variables, a
/// configuration that switches hooks off and signs commits, and a temporary directory with a
/// blank in its name.
fn demo(temporary: &Path, args: &[&str]) -> Output {
    let config = temporary.join("their config");
    std::fs::write(
        &config,
        "[core]\n\thooksPath = /dev/null\n[commit]\n\tgpgSign = true\n[merge]\n\tff = false\n",
    )
    .unwrap();
    let around = temporary.join("a repository around it");
    std::fs::create_dir_all(&around).unwrap();
    let init = Command::new("git")
        .args(["init", "-q"])
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .current_dir(&around)
        .status();
    assert!(init.unwrap().success());
    Command::new(BATON)
        .arg("demo")
        .args(args)
        .current_dir(&around)
        .env("TMPDIR", &around)
        .env("GIT_CONFIG_GLOBAL", &config)
        .env("GIT_DIR", around.join(".git"))
        .env("GIT_INDEX_FILE", "/nonexistent/index")
        .env("GIT_AUTHOR_DATE", "yesterday")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_attempt_ends_as_the_table_says() {
    let temporary = tempfile::tempdir().unwrap();
    let out = demo(temporary.path(), &[]);
    let (table, error) = (text(&out.stdout), text(&out.stderr));
    assert_eq!(out.status.code(), Some(0), "{table}\n{error}");
    let good = table.lines().filter(|line| line.starts_with('✓')).count();
    assert_eq!(good, 65, "{table}");
    for layer in [
        "aggregate",
        "session start",
        "pre-commit",
        "commit-msg",
        "pre-merge-commit",
        "reference-transaction",
        "post-merge",
        "pre-push",
        "pre-receive",
        "doctor",
        "doctor and verify",
    ] {
        assert!(table.contains(&format!(" {layer} ")), "{layer}: {table}");
    }
    for told in [
        "$ git baton orchestrator merge agent-a agent-b agent-c\n",
        "3 branches landed on main, which names ",
        "3 sessions aggregated into refs/heads/main by ",
        "\n### Parallel Sessions 5, 6, 7 (2026-01-05)\n",
        "names: to be tried again: it changed files that are not its own: src/lexer.txt",
        "help: to be tried again: it said that the task is done, but it has not committed src/help.txt",
        "landed on main: lexer, names, help\n",
        "landed on main: manual\n",
        "4 done, 0 failed, 0 skipped",
        "\n### Parallel Sessions 8, ",
        "judged: none breaks a rule",
    ] {
        assert!(table.contains(told), "{told}: {table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 100));
    assert!(!table.contains('\u{1b}'));
    let left = std::fs::read_dir(temporary.path().join("a repository around it")).unwrap();
    assert_eq!(left.count(), 1, "only .git stays");
}

#[test]
fn without_git_it_says_what_to_do() {
    let temporary = tempfile::tempdir().unwrap();
    let out = Command::new(BATON)
        .arg("demo")
        .env("PATH", temporary.path())
        .output()
        .unwrap();
    let error = text(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{error}");
    assert!(error.contains("install git 2.39"), "{error}");
}

#[test]
fn a_directory_in_use_is_left_alone() {
    let temporary = tempfile::tempdir().unwrap();
    std::fs::write(temporary.path().join("thesis"), "chapter one\n").unwrap();
    let out = demo(
        temporary.path(),
        &["--keep", &temporary.path().to_string_lossy()],
    );
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("not empty"));
}
