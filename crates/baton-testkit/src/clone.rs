//! A clone in a temporary directory, out of reach of the settings of whoever runs the tests, for
//! tests that put agents' worktrees beside it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use baton_git::Repo;
use baton_guard::journal::Journal;
use baton_hooks::{Hook, install};
use baton_sys::GitEnv;
use tempfile::TempDir;

use crate::{BATON, seal, write_programs};

/// A temporary directory: `main` is the clone, with the branch `main` checked out.
pub struct TestClone {
    directory: TempDir,
}

impl TestClone {
    /// A clone with these files in its first commit, and without hooks.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let clone = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        clone.git_in(clone.root(), &["init", "-q", "-b", "main", "main"]);
        for (path, content) in files {
            clone.write(path, content);
        }
        clone.commit_all("first");
        clone
    }

    /// Gives the clone every client hook, each as `git baton install` writes it.
    pub fn install_hooks(&self) {
        let repo = self.repo();
        Journal::begin(&repo.baton_dir(), repo.head().unwrap()).unwrap();
        let texts = Hook::CLIENT.iter().map(|hook| {
            let path = self.main().join(".git/hooks").join(hook.name());
            (
                path,
                install::hook_file::text(Path::new(&BATON), hook.name()),
            )
        });
        write_programs(&texts.collect::<Vec<_>>());
    }

    /// The directory that holds the clone and all beside it.
    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    /// The worktree of the clone.
    pub fn main(&self) -> PathBuf {
        self.root().join("main")
    }

    /// The clone, opened by Baton.
    pub fn repo(&self) -> Repo {
        Repo::open(&GitEnv {
            current_dir: self.main(),
            ..GitEnv::default()
        })
        .unwrap()
    }

    /// A program in this directory, ready for arguments.
    pub fn command(&self, program: impl AsRef<OsStr>, directory: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program);
        seal(&mut command, self.root())
            .current_dir(directory)
            .stdin(Stdio::null());
        command
    }

    /// Runs git, whatever comes of it.
    pub fn try_git(&self, directory: impl AsRef<Path>, args: &[&str]) -> Output {
        self.command("git", directory).args(args).output().unwrap()
    }

    /// Runs git, which must succeed, and returns what it prints.
    #[track_caller]
    pub fn git_in(&self, directory: impl AsRef<Path>, args: &[&str]) -> String {
        let out = self.try_git(directory, args);
        assert!(out.status.success(), "git {args:?}: {}", text(&out));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    /// The same in the clone.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(self.main(), args)
    }

    /// Writes a file of the clone.
    pub fn write(&self, path: &str, content: &str) {
        write(&self.main().join(path), content);
    }

    /// Reads a file of the clone.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.main().join(path)).unwrap()
    }

    /// Commits all of the clone.
    pub fn commit_all(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }
}

/// Writes a file, and the directories above it.
pub fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// All that a command said.
pub fn text(out: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}
