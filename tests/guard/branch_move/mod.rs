//! The rule `branch-move`, by every git on `PATH`: who may move which branch in a clone, on a
//! remote, on a server and in CI, and what a worktree with a session may do.

mod clone;
mod maintainers;
mod push;
mod session;

use std::path::Path;

use baton_testkit::{BATON, Fixture, Git, Ran, run};

/// The rule's id.
const RULE: &str = "branch-move";

/// A policy under which only landings move `main` and releases.
const LANDING: &str = "[[branch]]\nnames = [\"main\", \"release/**\"]\nmove = \"landing\"\n";

/// A repository with this policy and a branch `work` with a commit on top of `main`.
fn fixture(git: &Git, policy: &str) -> Fixture {
    let f = Fixture::with_policy(git, policy);
    f.git(["switch", "-qc", "work"]).ok();
    f.commit("work", "work\n");
    f.git(["switch", "-q", "main"]).ok();
    f
}

/// Runs a line of shell in this directory, as somebody who follows printed advice would.
fn shell(f: &Fixture, directory: &Path, line: &str) -> Ran {
    let mut git = f.command(directory);
    git.args(["-c", &format!("alias.sh=!{line}"), "sh"]);
    run(&mut git, b"")
}

/// Runs Baton in the main worktree.
fn baton(f: &Fixture, args: &str) -> Ran {
    f.shell(&format!("{BATON} {args}"))
}

/// Runs the commands that the refusal prints to put right what git has changed already.
#[track_caller]
fn recover(f: &Fixture, ran: &Ran) {
    let lines = ran
        .err
        .lines()
        .skip_while(|line| !line.starts_with("git has"));
    let commands: Vec<_> = lines.filter_map(|line| line.strip_prefix("    ")).collect();
    assert!(!commands.is_empty(), "{ran:#?}");
    for command in commands {
        f.shell(command).ok();
    }
}
