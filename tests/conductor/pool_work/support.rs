//! A repository with one linked worktree that stands for a slot.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use baton_core::model::Oid;
use baton_git::Repo;
use baton_sys::GitEnv;

use baton_testkit::{Ran, Sandbox, finish};

pub struct Pool {
    pub sandbox: Sandbox,
}

impl Pool {
    /// A repository with two files, and a slot on the branch `auto/task`.
    pub fn new() -> Self {
        Self::made(&[])
    }

    /// The same, `git init` being given these options.
    pub fn made(options: &[&str]) -> Self {
        let sandbox = Sandbox::empty();
        fs::remove_dir_all(sandbox.repo().join(".git")).unwrap();
        sandbox.git(["init", "-q", "-b", "main"].iter().chain(options));
        sandbox.write("a", lines(20));
        sandbox.write("b", "b\n");
        sandbox.write(".gitignore", "ignored\n*.o\n");
        sandbox.commit("Begin");
        sandbox.git(["worktree", "add", "-q", "-b", "auto/task", "../slot"]);
        Self { sandbox }
    }

    /// Adds a submodule at `sub` to the slot, without a commit.
    pub fn add_submodule(&self) {
        let upstream = self.sandbox.root.path().join("upstream");
        let upstream = upstream.to_str().unwrap();
        self.git(["init", "-q", upstream]);
        self.git(["-C", upstream, "commit", "-q", "--allow-empty", "-m", "x"]);
        let allow = ["-c", "protocol.file.allow=always"];
        let add = ["submodule", "--quiet", "add", upstream, "sub"];
        self.git(allow.iter().chain(&add));
    }

    pub fn slot_path(&self) -> PathBuf {
        self.sandbox.root.path().join("slot")
    }

    /// The slot, opened afresh.
    pub fn slot(&self) -> Repo {
        open(&self.slot_path())
    }

    /// Runs git in the slot, which must succeed.
    pub fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        let run = self.try_git(args);
        assert_eq!(run.code, 0, "{}", run.err);
        run.out.trim_end().to_owned()
    }

    pub fn try_git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let mut command = self.sandbox.command("git");
        finish(command.current_dir(self.slot_path()).args(args))
    }

    pub fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.slot_path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits all of the slot.
    pub fn commit(&self, message: &str) -> Oid {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self.rev("HEAD")
    }

    /// The commit that a name means in the slot.
    pub fn rev(&self, name: &str) -> Oid {
        self.git(["rev-parse", "--verify", name]).parse().unwrap()
    }
}

pub fn open(path: &Path) -> Repo {
    Repo::open(&GitEnv {
        current_dir: path.to_owned(),
        ..GitEnv::default()
    })
    .unwrap()
}

/// Lines that differ, `1` to the given number.
pub fn lines(count: usize) -> String {
    (1..=count).map(|line| format!("{line}\n")).collect()
}
