//! What is foreseen is what `git merge` does, by every git on `PATH`, kind by kind.

mod content;
mod histories;
mod paths;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use baton_core::model::Oid;
use baton_git::Repo;
use baton_git::merge::Merger;
use baton_sys::GitEnv;
use serde_json::Value;

use baton_testkit::gits::{Git, gits};
use baton_testkit::{BATON, Ran, Sandbox, finish};

/// What becomes of a merge.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    Conflicts(BTreeSet<String>),
}

/// A repository on `ours`, where `theirs` begins at the same commit, with these files.
fn begun(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::empty();
    begin(&sandbox, files);
    sandbox
}

fn begin(sandbox: &Sandbox, files: &[(&str, &str)]) {
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox.commit("Begin");
    sandbox.git(["branch", "theirs"]);
    sandbox.git(["checkout", "-q", "-b", "ours"]);
}

/// Commits what `change` does on the branch.
fn on(sandbox: &Sandbox, branch: &str, change: impl FnOnce(&Path)) {
    sandbox.git(["checkout", "-q", branch]);
    change(sandbox.repo());
    sandbox.commit(branch);
}

fn write(root: &Path, path: impl AsRef<Path>, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn rename(root: &Path, from: &str, to: &str) {
    std::fs::create_dir_all(root.join(to).parent().unwrap()).unwrap();
    std::fs::rename(root.join(from), root.join(to)).unwrap();
}

fn remove(root: &Path, path: &str) {
    std::fs::remove_file(root.join(path)).unwrap();
}

/// Twenty lines, of which one is said otherwise.
fn lines(changed: usize) -> String {
    let line = |at| match at == changed {
        true => "changed\n".to_owned(),
        false => format!("line {at}\n"),
    };
    (1..=20).map(line).collect()
}

/// A command that finds this git first.
fn with(sandbox: &Sandbox, git: &Git, program: &str) -> Command {
    let mut command = sandbox.command(program);
    command.env(
        "PATH",
        format!("{}:/usr/bin:/bin", git.directory().display()),
    );
    command
}

fn by_git(sandbox: &Sandbox, git: &Git) -> (Verdict, String) {
    let program = &git.program;
    let run =
        |args: &[&str]| -> Ran { finish(with(sandbox, git, program.to_str().unwrap()).args(args)) };
    assert_eq!(run(&["checkout", "-q", "-f", "ours"]).code, 0);
    let merge = run(&["merge", "-q", "--no-commit", "--no-ff", "theirs"]);
    let unmerged = run(&["diff", "--name-only", "--diff-filter=U", "-z"]).out;
    let tree = run(&["write-tree"]).out.trim().to_owned();
    run(&["merge", "--abort"]);
    run(&["reset", "-q", "--hard"]);
    run(&["clean", "-fdxq"]);
    let paths = unmerged.split('\0').filter(|path| !path.is_empty());
    let paths: BTreeSet<_> = paths.map(unnamed).collect();
    match merge.code {
        0 => (Verdict::Clean, tree),
        _ => (Verdict::Conflicts(paths), tree),
    }
}

/// A path without the name of a side, which git puts behind a `~`.
fn unnamed(path: &str) -> String {
    path.split('~').next().unwrap_or_default().to_owned()
}

fn foreseen(sandbox: &Sandbox, git: &Git) -> Verdict {
    let mut command = with(sandbox, git, BATON.as_str());
    let args = [
        "orchestrator",
        "conflicts",
        "theirs",
        "--into",
        "ours",
        "--format",
        "json",
    ];
    let run = finish(command.args(args));
    let json: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:#?}"));
    assert_eq!(run.code, i32::from(json["clean"] == false), "{run:#?}");
    if json["clean"] == true {
        return Verdict::Clean;
    }
    let files = json["collisions"][0]["files"].as_array().unwrap().iter();
    Verdict::Conflicts(
        files
            .map(|file| unnamed(file["path"].as_str().unwrap()))
            .collect(),
    )
}

fn open(sandbox: &Sandbox) -> Repo {
    let env = GitEnv {
        current_dir: sandbox.repo().to_owned(),
        ..GitEnv::default()
    };
    Repo::open(&env).unwrap()
}

fn id(sandbox: &Sandbox, name: &str) -> Oid {
    sandbox
        .git(["rev-parse", "--verify", name])
        .parse()
        .unwrap()
}

/// Fails unless every git's merge of `theirs` into `ours` comes to this, as foreseen, and with
/// the tree that was foreseen.
#[track_caller]
fn compare(sandbox: &Sandbox, conflicts: &[&str]) {
    let expected = match conflicts {
        [] => Verdict::Clean,
        paths => Verdict::Conflicts(paths.iter().map(|path| (*path).to_owned()).collect()),
    };
    for git in gits() {
        // What one git found must not answer for the other, though the digest would not let it.
        let _ = std::fs::remove_file(sandbox.repo().join(".git/baton/merge-cache"));
        // Where something else is checked out, the answer is the same.
        for branch in ["ours", "main"] {
            sandbox.git(["checkout", "-q", "-f", branch]);
            let objects = sandbox.git(["count-objects", "-v"]);
            assert_eq!(
                foreseen(sandbox, &git),
                expected,
                "{} on {branch}",
                git.directory().display()
            );
            assert_eq!(
                sandbox.git(["count-objects", "-v"]),
                objects,
                "objects were left behind"
            );
            let _ = std::fs::remove_file(sandbox.repo().join(".git/baton/merge-cache"));
        }
        let (verdict, tree) = by_git(sandbox, &git);
        assert_eq!(verdict, expected, "{}", git.directory().display());
        if verdict == Verdict::Clean {
            let repo = open(sandbox);
            let merger = Merger::new(&repo).unwrap();
            let merged = merger
                .merge(id(sandbox, "ours"), id(sandbox, "theirs"))
                .unwrap();
            assert_eq!(
                merged.tree.to_string(),
                tree,
                "{}",
                git.directory().display()
            );
            sandbox.git(["fsck", "--strict", "--no-dangling"]);
        }
    }
}
