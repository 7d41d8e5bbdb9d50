//! A repository with a policy, branches of agents, and the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use git_baton::git::Repo;
use git_baton::guard::journal::Journal;
use git_baton::hooks::Hook;
use git_baton::sys::GitEnv;
use serde_json::Value;
use tempfile::TempDir;

pub const BATON: &str = env!("CARGO_BIN_EXE_git-baton");

/// A repository below a temporary directory, with `main` checked out.
pub struct World {
    directory: TempDir,
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
        let world = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        world.git_in(world.root(), &["init", "-q", "-b", "main", "main"]);
        world.write("baton.toml", policy);
        world.write("base.txt", "one\ntwo\nthree\nfour\nfive\n");
        world.write(".gitignore", "/ignored\n");
        world.commit_all("first");
        world
    }

    /// With every client hook besides, each a link to the program.
    pub fn with_hooks(policy: &str) -> Self {
        let world = Self::new(policy);
        let repo = world.repo();
        Journal::begin(&repo.baton_dir(), repo.head().unwrap()).unwrap();
        for hook in Hook::CLIENT {
            let path = world.main().join(".git/hooks").join(hook.name());
            std::os::unix::fs::symlink(BATON, path).unwrap();
        }
        world
    }

    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    pub fn main(&self) -> PathBuf {
        self.root().join("main")
    }

    pub fn repo(&self) -> Repo {
        Repo::open(&GitEnv {
            current_dir: self.main(),
            ..GitEnv::default()
        })
        .unwrap()
    }

    pub fn command(&self, program: &str, directory: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@b")
            .env("GIT_COMMITTER_NAME", "c")
            .env("GIT_COMMITTER_EMAIL", "c@d")
            .env("GIT_AUTHOR_DATE", "1766000000 +0100")
            .env("GIT_COMMITTER_DATE", "1766000000 +0000")
            .stdin(Stdio::null());
        command
    }

    pub fn try_git(&self, directory: impl AsRef<Path>, args: &[&str]) -> Output {
        self.command("git", directory).args(args).output().unwrap()
    }

    pub fn git_in(&self, directory: impl AsRef<Path>, args: &[&str]) -> String {
        let out = self.try_git(directory, args);
        assert!(out.status.success(), "git {args:?}: {}", text(&out));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(self.main(), args)
    }

    pub fn write(&self, path: &str, content: &str) {
        write(&self.main().join(path), content);
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.main().join(path)).unwrap()
    }

    pub fn commit_all(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
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

pub fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn text(out: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}
