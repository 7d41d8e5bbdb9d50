//! What agents do in the worktrees of a repository with hooks.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use baton_testkit::gits::gits;
use baton_testkit::{BATON, Fixture, Ran, run};

pub const DAY: &str = "2025-12-18";

pub fn fixture() -> Fixture {
    Fixture::new(&gits()[0])
}

/// `git baton session` in this worktree.
pub fn command(fixture: &Fixture, worktree: &Path, args: &[&str]) -> Command {
    let mut command = program(fixture, worktree);
    command.arg("session").args(args);
    command
}

/// The program in this worktree.
pub fn program(fixture: &Fixture, worktree: &Path) -> Command {
    fixture.program(BATON, worktree)
}

pub fn session(fixture: &Fixture, worktree: &Path, args: &[&str]) -> Ran {
    run(&mut command(fixture, worktree, args), b"")
}

/// Starts a session and returns its number and its log.
#[track_caller]
pub fn start(fixture: &Fixture, worktree: &Path, args: &[&str]) -> (String, String) {
    let all = [&["start", "--date", DAY, "--format", "json"], args].concat();
    let json: Value = serde_json::from_str(&session(fixture, worktree, &all).ok()).unwrap();
    let text = |key: &str| json["sessions"][0][key].as_str().unwrap().to_owned();
    (text("number"), text("log_path"))
}

/// Ticks every row of a log.
pub fn tick(worktree: &Path, log: &str) {
    let text = fs::read_to_string(worktree.join(log)).unwrap();
    fs::write(
        worktree.join(log),
        text.replace("| [ ] | |", "| [x] | seen |"),
    )
    .unwrap();
}

#[track_caller]
pub fn commit_all(fixture: &Fixture, worktree: &Path, message: &str) {
    fixture.git_at(worktree, ["add", "-A"]).ok();
    fixture.git_at(worktree, ["commit", "-qm", message]).ok();
}

/// The findings' codes when the session cannot end.
#[track_caller]
pub fn refusals(fixture: &Fixture, worktree: &Path) -> Vec<(String, Value)> {
    let ran = session(fixture, worktree, &["end", "--format", "json"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["session"]["state"], "active");
    let findings = json["findings"].as_array().unwrap();
    let errors = findings.iter().filter(|one| one["severity"] == "error");
    errors
        .map(|one| {
            (
                one["code"].as_str().unwrap().to_owned(),
                one["line"].clone(),
            )
        })
        .collect()
}

pub fn codes(found: &[(String, Value)]) -> Vec<&str> {
    found.iter().map(|(code, _)| code.as_str()).collect()
}
