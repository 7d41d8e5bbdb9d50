//! Repositories in a temporary directory, and the program run on them with nothing of the
//! caller's environment but `PATH`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The oid that stands for "none" in events.
pub const ZEROS: &str = "0000000000000000000000000000000000000000";

/// A temporary directory with a repository in it.
pub struct Sandbox {
    pub root: tempfile::TempDir,
    repo: PathBuf,
    /// Where programs are looked for before `PATH`.
    programs: Option<PathBuf>,
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
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

    pub fn repo(&self) -> &Path {
        &self.repo
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.repo.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

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
        self.command(env!("CARGO_BIN_EXE_git-baton"))
    }

    /// Runs the program with these arguments.
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        finish(self.baton().args(args))
    }

    /// A program, ready for arguments.
    pub fn command(&self, program: &str) -> Command {
        let path = std::env::var_os("PATH").unwrap();
        let path = self
            .programs
            .iter()
            .cloned()
            .chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            // Not a device: a `git config --global` of a superuser would put a file in its place.
            .env("GIT_CONFIG_GLOBAL", self.root.path().join("gitconfig"))
            .env("LC_ALL", "C")
            .env("NO_COLOR", "1")
            .current_dir(&self.repo);
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Tester")
                .env(format!("GIT_{role}_EMAIL"), "tester@example.com")
                .env(format!("GIT_{role}_DATE"), "2025-12-18T12:00:00Z");
        }
        command
    }
}

/// Runs the command to its end.
pub fn finish(command: &mut Command) -> Run {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Run {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// The path of a session's log.
pub fn log(session: usize) -> String {
    format!(".agents/sessions/2025-12-18-session-{session}-work.md")
}
