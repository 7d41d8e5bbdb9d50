//! A repository with a policy, branches of agents, and the program.

use std::ops::Deref;
use std::process::{Output, Stdio};

use serde_json::Value;

pub use baton_testkit::{BATON, write};
use baton_testkit::{TestClone, text};

/// A repository with `main` checked out, and branches that are to land there.
pub struct World {
    clone: TestClone,
}

/// What a run of the program gave.
pub struct Ran {
    pub code: i32,
    pub said: String,
    /// The report, where it wrote one.
    pub report: Value,
}

impl World {
    /// With this policy and no hooks.
    pub fn new(policy: &str) -> Self {
        let clone = TestClone::new(&[
            ("baton.toml", policy),
            ("base.txt", "one\ntwo\nthree\nfour\nfive\n"),
            (".gitignore", "/ignored\n"),
        ]);
        Self { clone }
    }

    /// With every client hook besides, each a link to the program.
    pub fn with_hooks(policy: &str) -> Self {
        let world = Self::new(policy);
        world.install_hooks();
        world
    }

    pub fn tip(&self, name: &str) -> String {
        self.git(&["rev-parse", "--verify", "-q", name])
    }

    pub fn has(&self, name: &str) -> bool {
        let name = format!("refs/heads/{name}");
        self.try_git(self.main(), &["rev-parse", "--verify", "-q", &name])
            .status
            .success()
    }

    /// A branch from `from` with one commit for each of these files.
    pub fn branch_from(&self, from: &str, name: &str, files: &[(&str, &str)]) {
        let place = self.root().join("work");
        let target = place.to_str().unwrap();
        self.git(&["worktree", "add", "-q", "-b", name, target, from]);
        for (path, content) in files {
            write(&place.join(path), content);
            self.git_in(&place, &["add", "-A"]);
            let message = format!("Write {path} of {name}");
            self.git_in(&place, &["commit", "-q", "-m", &message]);
        }
        self.git(&["worktree", "remove", "--force", target]);
    }

    pub fn branch(&self, name: &str, files: &[(&str, &str)]) {
        self.branch_from("main", name, files);
    }

    /// Runs the program with these words, and has it write JSON.
    pub fn merge(&self, args: &[&str]) -> Ran {
        let out = self.start(args).wait_with_output().unwrap();
        ran(&out)
    }

    /// Like [`World::merge`], and expects every branch to land.
    pub fn merged(&self, args: &[&str]) -> Value {
        let ran = self.merge(args);
        assert_eq!(ran.code, 0, "{}", ran.said);
        ran.report
    }

    pub fn start(&self, args: &[&str]) -> std::process::Child {
        self.command(BATON, self.main())
            .args(["orchestrator", "merge", "--format", "json"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The program's words for people, and its exit code.
    pub fn said(&self, args: &[&str]) -> (i32, String) {
        let out = self
            .command(BATON, self.main())
            .args(["orchestrator", "merge"])
            .args(args)
            .output()
            .unwrap();
        (out.status.code().unwrap(), text(&out))
    }

    /// The checkout shows `main` and nothing else.
    pub fn assert_clean(&self) {
        assert_eq!(self.git(&["status", "--porcelain"]), "");
        self.git(&["fsck", "--no-dangling"]);
    }

    /// A script for tests, below the root.
    pub fn script(&self, name: &str, content: &str) -> String {
        let path = self.root().join(name);
        write(&path, &format!("set -e\n{content}\n"));
        format!("sh {}", path.display())
    }
}

impl Deref for World {
    type Target = TestClone;

    fn deref(&self) -> &TestClone {
        &self.clone
    }
}

impl Ran {
    /// The report on this branch.
    pub fn branch(&self, name: &str) -> &Value {
        branch(&self.report, name)
    }

    pub fn outcome(&self, name: &str) -> &str {
        self.branch(name)["outcome"].as_str().unwrap()
    }
}

pub fn branch<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut all = report["branches"].as_array().unwrap().iter();
    all.find(|one| one["branch"] == name)
        .unwrap_or_else(|| panic!("nothing is said of {name}: {report:#}"))
}

/// The names of the branches, in the order of the report.
pub fn names(report: &Value) -> Vec<&str> {
    let all = report["branches"].as_array().unwrap().iter();
    all.map(|one| one["branch"].as_str().unwrap()).collect()
}

pub fn ran(out: &Output) -> Ran {
    Ran {
        code: out.status.code().unwrap_or(-1),
        said: text(out),
        report: serde_json::from_slice(&out.stdout).unwrap_or_default(),
    }
}
