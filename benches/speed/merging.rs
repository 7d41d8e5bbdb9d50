//! Branches that land, beside `git merge`.

use std::io::{Result, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Row;
use crate::benches::{compared, made};
use crate::history;
use crate::run::{self, Contestant, git, medians, seal};

/// How many branches land.
const BRANCHES: u64 = 50;

/// The files of the checkout.
const FILES: u64 = 10_000;

/// The branches, each with a file of its own, landed at once or merged one after the other; the
/// checkout is up to date afterwards.
pub fn rows(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    let repository = |name: &str| {
        made(directory.join(name), |path| {
            history::disjoint(path, FILES, BRANCHES)
        })
    };
    let (ours, peers) = (repository("merge-baton")?, repository("merge-git")?);
    let times = medians(
        3,
        &[
            Contestant::new(|| {
                let mut command = Command::new(baton);
                command.current_dir(&ours).args(["orchestrator", "merge"]);
                seal(&mut command);
                command
            })
            .prepared(|| put_back(&ours)),
            Contestant::new(|| {
                let mut command = Command::new("sh");
                let merge = "git merge --quiet --no-ff -m \"Merge $name\" \"$name\"";
                let all = "git for-each-ref --format='%(refname:short)' refs/heads/auto";
                let script = format!("for name in $({all}); do {merge} || exit; done");
                command.current_dir(&peers).args(["-c", &script]);
                seal(&mut command);
                command
            })
            .prepared(|| put_back(&peers)),
        ],
    )?;
    for repository in [&ours, &peers] {
        check(repository)?;
    }
    Ok(vec![compared(
        "50 branches landed / 50 × git merge",
        times[0],
        times[1],
        0.1,
    )])
}

/// Puts `main`, its checkout and the branches back to where they were.
fn put_back(repository: &Path) -> Result<()> {
    run::succeed(git(repository).args(["reset", "--quiet", "--hard", "start"]))?;
    let mut child = git(repository)
        .args(["update-ref", "--stdin"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().expect("the pipe was asked for");
    for number in 0..BRANCHES {
        writeln!(
            input,
            "update refs/heads/auto/{number} refs/tags/branch-{number}"
        )?;
    }
    drop(input);
    match child.wait()?.success() {
        true => Ok(()),
        false => Err(std::io::Error::other("git update-ref failed")),
    }
}

/// What was timed must have been the whole work.
fn check(repository: &Path) -> Result<()> {
    let count = ["rev-list", "--count", "--merges", "start..main"];
    let merges = git(repository).args(count).output()?.stdout;
    let status = git(repository)
        .args(["status", "--porcelain"])
        .output()?
        .stdout;
    let merges = String::from_utf8_lossy(&merges).trim().to_owned();
    match merges == BRANCHES.to_string() && status.is_empty() {
        true => Ok(()),
        false => Err(std::io::Error::other(format!(
            "{} has {merges} merges: {}",
            repository.display(),
            String::from_utf8_lossy(&status)
        ))),
    }
}
