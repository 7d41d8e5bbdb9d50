//! Repositories in a temporary directory, and the program run on them with nothing of the
//! caller's environment but `PATH`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BATON, Ran, finish, seal};

/// The oid that stands for "none" in events.
pub const ZEROS: &str = "0000000000000000000000000000000000000000";

/// A temporary directory with a repository in it.
pub struct Sandbox {
    /// The directory of all.
    pub root: tempfile::TempDir,
    repo: PathBuf,
    /// Where programs are looked for before `PATH`.
    programs: Option<PathBuf>,
}

impl Sandbox {
    /// A repository on `main` without a commit.
    pub fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        let repo = root.path().join("repo");
        let sandbox = Self {
            root,
            repo,
            programs: None,
        };
        fs::create_dir(&sandbox.repo).unwrap();
        sandbox.git(["init", "-q", "-b", "main"]);
        sandbox
    }

    /// A repository whose one commit carries a policy and a handoff document.
    pub fn with_policy(policy: &str) -> Self {
        let sandbox = Self::empty();
        sandbox.write("baton.toml", policy);
        sandbox.write(".agents/HANDOFF.md", "# Handoff\n\n## Recent Work\n");
        sandbox.commit("Set the rules");
        sandbox
    }

    /// The same sandbox, with another of its directories as the repository to work in.
    pub fn enter(&mut self, directory: &str) {
        self.repo = self.root.path().join(directory);
    }

    /// The same sandbox, with the git of this directory.
    pub fn use_git_in(&mut self, directory: &Path) {
        self.programs = Some(directory.to_owned());
    }

    /// The repository.
    pub fn repo(&self) -> &Path {
        &self.repo
    }

    /// Writes a file of the repository.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.repo.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Reads a file of the repository.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.repo.join(path)).unwrap()
    }

    /// Runs git, which must succeed, and returns what it prints.
    pub fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        let mut command = self.command("git");
        let run = finish(command.args(args));
        assert_eq!(run.code, 0, "{command:?}: {}", run.err);
        run.out.trim().to_owned()
    }

    /// Commits all of the worktree and returns the commit's id.
    pub fn commit(&self, message: &str) -> String {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self.git(["rev-parse", "HEAD"])
    }

    /// Commits one file.
    pub fn commit_file(&self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.commit(&format!("Write {path}"))
    }

    /// Commits the logs of two sessions at once, which breaks `bundled-sessions`.
    pub fn commit_bundle(&self) -> String {
        for session in [19, 20] {
            self.write(&log(session), "done\n");
        }
        self.commit("Finish two sessions")
    }

    /// The program, ready for arguments.
    pub fn baton(&self) -> Command {
        self.command(BATON)
    }

    /// Runs the program with these arguments.
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        finish(self.baton().args(args))
    }

    /// A program, ready for arguments.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let path = std::env::var_os("PATH").unwrap();
        let path = self
            .programs
            .iter()
            .cloned()
            .chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        seal(&mut command, self.root.path())
            .env("PATH", std::env::join_paths(path).unwrap())
            .current_dir(&self.repo);
        command
    }
}

/// The path of a session's log.
pub fn log(session: usize) -> String {
    format!(".agents/sessions/2025-12-18-session-{session}-work.md")
}
