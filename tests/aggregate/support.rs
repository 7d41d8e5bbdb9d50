//! A repository with a policy, worktrees of agents, and the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use git_baton::git::Repo;
use git_baton::guard::journal::Journal;
use git_baton::hooks::Hook;
use git_baton::rules::aggregate::seal;
use git_baton::sys::GitEnv;
use tempfile::TempDir;

pub const BATON: &str = env!("CARGO_BIN_EXE_git-baton");
pub const HANDOFF: &str = ".agents/HANDOFF.md";
pub const BEFORE: &str = "# Handoff\n\nintro\n\n## Recent Work\n\n### By hand\n\n#### Session 7: Old\nwork\n\n## Next\n\nend";

/// A repository below a temporary directory: `main` is the clone, agents are beside it.
pub struct World {
    directory: TempDir,
}

impl World {
    /// With this policy, on `main`, without hooks.
    pub fn new(policy: &str) -> Self {
        let world = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        world.git(world.root(), &["init", "-q", "-b", "main", "main"]);
        world.write("baton.toml", policy);
        world.write(HANDOFF, BEFORE);
        world.write(".gitignore", ".agents/temp/\n");
        world.commit_all("first");
        world
    }

    /// With every client hook, each a link to the program.
    pub fn with_hooks(policy: &str) -> Self {
        let world = Self::new(policy);
        world.begin_journal();
        for hook in Hook::CLIENT {
            let path = world.main().join(".git/hooks").join(hook.name());
            std::os::unix::fs::symlink(BATON, path).unwrap();
        }
        world
    }

    fn begin_journal(&self) {
        let repo = self.repo();
        let tip = repo.head().unwrap();
        Journal::begin(&repo.baton_dir(), tip).unwrap();
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
            .env("GIT_COMMITTER_NAME", "a")
            .env("GIT_COMMITTER_EMAIL", "a@b")
            .env("GIT_AUTHOR_DATE", "1766000000 +0000")
            .env("GIT_COMMITTER_DATE", "1766000000 +0000");
        command
    }

    pub fn try_git(&self, directory: impl AsRef<Path>, args: &[&str]) -> Output {
        self.command("git", directory).args(args).output().unwrap()
    }

    pub fn git(&self, directory: impl AsRef<Path>, args: &[&str]) -> String {
        let out = self.try_git(directory, args);
        assert!(out.status.success(), "git {args:?}: {}", text(&out));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    /// What the program says, and its exit code.
    pub fn baton(&self, args: &[&str]) -> (i32, String) {
        self.baton_in(self.main(), args)
    }

    pub fn baton_in(&self, directory: impl AsRef<Path>, args: &[&str]) -> (i32, String) {
        let out = self.command(BATON, directory).args(args).output().unwrap();
        (out.status.code().unwrap_or(-1), text(&out))
    }

    pub fn aggregate(&self, args: &[&str]) -> (i32, String) {
        let all = [&["orchestrator", "aggregate"], args].concat();
        self.baton(&all)
    }

    /// Aggregates and expects it to work.
    pub fn aggregated(&self, args: &[&str]) -> String {
        let (code, said) = self.aggregate(args);
        assert_eq!(code, 0, "{said}");
        said
    }

    pub fn write(&self, path: &str, content: &str) {
        write(&self.main().join(path), content);
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.main().join(path)).unwrap()
    }

    pub fn commit_all(&self, message: &str) {
        self.git(self.main(), &["add", "-A"]);
        self.git(self.main(), &["commit", "-q", "-m", message]);
    }

    pub fn tip(&self) -> String {
        self.git(self.main(), &["rev-parse", "main"])
    }

    /// One agent's whole session in a worktree of its own: work, log, summary.
    pub fn agent(&self, number: u32) {
        let place = self.root().join(format!("agent-{number}"));
        let branch = format!("agent-{number}");
        let target = place.to_str().unwrap();
        self.git(
            self.main(),
            &["worktree", "add", "-q", "-b", &branch, target],
        );
        self.work(&place, number);
    }

    /// What an agent does in its worktree.
    pub fn work(&self, place: &Path, number: u32) {
        write(&place.join(format!("src/{number}.rs")), "work\n");
        self.git(place, &["add", "src"]);
        self.git(place, &["commit", "-q", "-m", &format!("Work of {number}")]);
        let log = format!(".agents/sessions/2025-12-18-session-{number}-work.md");
        write(
            &place.join(&log),
            &format!("# Session {number}: Part {number}\n\nlog\n"),
        );
        self.git(place, &["add", ".agents"]);
        let message = format!("Log\n\nBaton-Session: {number}");
        self.git(place, &["commit", "-q", "-m", &message]);
        let summary = format!(".agents/temp/handoff-session-{number}-summary.md");
        write(
            &place.join(summary),
            &format!("# Summary\n\n- Did part {number}\n"),
        );
    }

    pub fn merge(&self, number: u32) {
        let message = format!("Merge {number}");
        self.git(
            self.main(),
            &[
                "merge",
                "-q",
                "--no-ff",
                "-m",
                &message,
                &format!("agent-{number}"),
            ],
        );
    }

    /// Agents that are done and merged.
    pub fn agents(&self, numbers: &[u32]) {
        for number in numbers {
            self.agent(*number);
        }
        for number in numbers {
            self.merge(*number);
        }
    }

    /// What `verify` says of everything, on a clone that has nothing but the objects.
    pub fn verify_clone(&self) -> (i32, String) {
        let clone = tempfile::tempdir_in(self.root()).unwrap();
        let main = self.main();
        self.git(
            clone.path(),
            &["clone", "-q", "--no-local", main.to_str().unwrap(), "clone"],
        );
        self.baton_in(clone.path().join("clone"), &["verify", "--all"])
    }

    pub fn assert_verified(&self) {
        let (code, said) = self.verify_clone();
        assert_eq!(code, 0, "{said}");
    }

    /// Gives the tip, an aggregate, the seal that its content asks for, as a forger would who knows
    /// how. What is staged and in the files stays.
    pub fn reseal(&self) {
        let object = self.try_git(self.main(), &["cat-file", "commit", "HEAD"]);
        let object = String::from_utf8(object.stdout).unwrap();
        let lines = object.split_inclusive('\n');
        let unsealed: String = lines
            .filter(|line| !line.starts_with("Baton-Seal: "))
            .collect();
        let sealed = unsealed.clone() + &seal("Baton-Seal", unsealed.as_str().into());
        let path = self.root().join("sealed");
        std::fs::write(&path, sealed).unwrap();
        let args = ["hash-object", "-w", "-t", "commit", path.to_str().unwrap()];
        let commit = self.git(self.main(), &args);
        self.git(self.main(), &["reset", "-q", "--soft", &commit]);
    }

    /// The tip, an aggregate, again with what is in the files, this message, and the seal that fits.
    pub fn remake(&self, message: &str) {
        self.git(self.main(), &["add", "-A"]);
        let tree = self.git(self.main(), &["write-tree"]);
        let args = ["commit-tree", &tree, "-p", "HEAD^", "-m", message];
        let commit = self.git(self.main(), &args);
        self.git(self.main(), &["reset", "-q", "--hard", &commit]);
        self.reseal();
    }

    /// How many aggregates the branch has.
    pub fn aggregates(&self) -> usize {
        self.git(
            self.main(),
            &[
                "log",
                "--format=%(trailers:key=Baton-Aggregate,valueonly)",
                "main",
            ],
        )
        .lines()
        .filter(|line| !line.is_empty())
        .count()
    }

    pub fn key(&self, name: &str) -> PathBuf {
        let path = self.root().join(name);
        let args = [
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            name,
            "-f",
            path.to_str().unwrap(),
        ];
        let out = self
            .command("ssh-keygen", self.root())
            .args(args)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", text(&out));
        path
    }

    /// The policy's signers: these keys under these names.
    pub fn signers(&self, keys: &[(&str, &Path)]) -> String {
        let line = |(name, key): &(&str, &Path)| {
            let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
            format!("{name} namespaces=\"git\" {public}")
        };
        keys.iter().map(line).collect()
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
