//! A repository with a pool, and what must be true of it at any time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use baton_testkit::{Ran, Sandbox, finish};

pub struct World {
    pub sandbox: Sandbox,
}

impl World {
    /// A repository with a few files, and a pool of this many slots.
    pub fn with_slots(slots: usize) -> Self {
        let world = Self::without_pool();
        world.ok(&["init", &slots.to_string()]);
        world
    }

    pub fn without_pool() -> Self {
        let sandbox = Sandbox::empty();
        sandbox.write("src/a", "a\n");
        sandbox.write("src/b", "b\n");
        sandbox.write(".gitignore", "target/\n");
        sandbox.commit("Begin");
        Self { sandbox }
    }

    pub fn pool(&self, args: &[&str]) -> Ran {
        finish(&mut self.command(args))
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.baton();
        command.args(["orchestrator", "pool"]).args(args);
        command
    }

    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let run = self.pool(args);
        assert_eq!(run.code, 0, "{args:?}: {run:#?}");
        run.out
    }

    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[args, &["--format", "json"]].concat())).unwrap()
    }

    /// Fails unless the pool refuses with these words.
    #[track_caller]
    pub fn refused(&self, args: &[&str], words: &str) {
        let run = self.pool(args);
        assert_eq!(run.code, 1, "{args:?}: {run:#?}");
        assert!(run.err.contains(words), "{args:?}: {}", run.err);
    }

    /// Acquires a slot; its directory and its lease.
    #[track_caller]
    pub fn acquire(&self, task: &str) -> (PathBuf, String) {
        self.acquire_at(task, "main")
    }

    #[track_caller]
    pub fn acquire_at(&self, task: &str, base: &str) -> (PathBuf, String) {
        let got = self.json(&["acquire", task, "--base", base]);
        let text = |key: &str| got[key].as_str().unwrap().to_owned();
        (text("path").into(), text("lease"))
    }

    pub fn git_at(&self, directory: &Path, args: &[&str]) -> String {
        let run = finish(
            self.sandbox
                .command("git")
                .current_dir(directory)
                .args(args),
        );
        assert_eq!(run.code, 0, "{args:?}: {run:#?}");
        run.out.trim().to_owned()
    }

    pub fn commit_at(&self, directory: &Path, file: &str) -> String {
        std::fs::write(directory.join(file), format!("{file}\n")).unwrap();
        self.git_at(directory, &["add", "-A"]);
        self.git_at(directory, &["commit", "-qm", &format!("Write {file}")]);
        self.git_at(directory, &["rev-parse", "HEAD"])
    }

    pub fn slot(&self, name: &str) -> PathBuf {
        self.sandbox
            .root
            .path()
            .canonicalize()
            .unwrap()
            .join("repo.worktrees")
            .join(name)
    }

    pub fn state_file(&self) -> PathBuf {
        self.sandbox.repo().join(".git/baton/pool/state.json")
    }

    /// The short names of the branches that tasks have.
    pub fn branches(&self) -> BTreeSet<String> {
        let said = self.sandbox.git([
            "for-each-ref",
            "--format=%(refname:short)",
            "refs/heads/auto",
        ]);
        said.lines().map(str::to_owned).collect()
    }

    /// The codes of what is wrong.
    pub fn findings(&self, args: &[&str]) -> Vec<(String, String)> {
        let run = self.pool(&[&["health", "--format", "json"], args].concat());
        let document: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:#?}"));
        let findings = document["findings"].as_array().unwrap();
        assert_eq!(run.code, i32::from(!findings.is_empty()), "{run:#?}");
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        findings
            .iter()
            .map(|one| (text(&one["slot"]), text(&one["code"])))
            .collect()
    }

    /// No orphan branch, no slot that is held twice, every ready slot clean and on no branch.
    #[track_caller]
    pub fn assert_sound(&self) {
        let status = self.json(&["status"]);
        let mut owned = BTreeSet::new();
        for slot in status["slots"].as_array().unwrap() {
            let path = PathBuf::from(slot["path"].as_str().unwrap());
            let head = finish(self.sandbox.command("git").current_dir(&path).args([
                "symbolic-ref",
                "-q",
                "--short",
                "HEAD",
            ]));
            let head = head.out.trim();
            match slot["state"].as_str().unwrap() {
                "ready" => {
                    assert_eq!(head, "", "{slot:#}");
                    assert_eq!(
                        self.git_at(&path, &["status", "--porcelain", "--ignored"]),
                        "",
                        "{slot:#}"
                    );
                    let base = self.git_at(&path, &["rev-parse", "HEAD"]);
                    assert_eq!(slot["base"].as_str().unwrap(), base);
                    let git_dir = self.git_at(&path, &["rev-parse", "--absolute-git-dir"]);
                    assert!(!Path::new(&git_dir).join("baton/session").exists());
                }
                "leased" => match slot["lease"]["branch"].as_str() {
                    Some(branch) => {
                        assert_eq!(head, branch, "{slot:#}");
                        assert!(owned.insert(branch.to_owned()), "held twice: {slot:#}");
                    }
                    None => assert!(slot["lease"]["owner"].is_null(), "{slot:#}"),
                },
                other => panic!("{other}: {slot:#}"),
            }
        }
        for one in status["finished"].as_array().unwrap() {
            owned.insert(one["branch"].as_str().unwrap().to_owned());
        }
        let orphans: Vec<_> = self.branches().difference(&owned).cloned().collect();
        assert_eq!(orphans, Vec::<String>::new());
    }
}
