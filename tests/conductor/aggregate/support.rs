//! A repository with a policy, worktrees of agents, and the program.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use baton_core::rules::aggregate::seal;

pub use baton_testkit::{BATON, write};
use baton_testkit::{TestClone, text};

pub const HANDOFF: &str = ".agents/HANDOFF.md";
pub const BEFORE: &str = "# Handoff\n\nintro\n\n## Recent Work\n\n### By hand\n\n#### Session 7: Old\nwork\n\n## Next\n\nend";

/// A clone with a handoff document, and agents beside it.
pub struct World {
    clone: TestClone,
}

impl World {
    /// With this policy, on `main`, without hooks.
    pub fn new(policy: &str) -> Self {
        let clone = TestClone::new(&[
            ("baton.toml", policy),
            (HANDOFF, BEFORE),
            (".gitignore", ".agents/temp/\n"),
        ]);
        Self { clone }
    }

    /// With every client hook, each a link to the program.
    pub fn with_hooks(policy: &str) -> Self {
        let world = Self::new(policy);
        world.install_hooks();
        world
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

    pub fn tip(&self) -> String {
        self.git(&["rev-parse", "main"])
    }

    /// One agent's whole session in a worktree of its own: work, log, summary.
    pub fn agent(&self, number: u32) {
        let place = self.root().join(format!("agent-{number}"));
        let branch = format!("agent-{number}");
        let target = place.to_str().unwrap();
        self.git(&["worktree", "add", "-q", "-b", &branch, target]);
        self.work(&place, number);
    }

    /// What an agent does in its worktree.
    pub fn work(&self, place: &Path, number: u32) {
        write(&place.join(format!("src/{number}.rs")), "work\n");
        self.git_in(place, &["add", "src"]);
        self.git_in(place, &["commit", "-q", "-m", &format!("Work of {number}")]);
        let log = format!(".agents/sessions/2025-12-18-session-{number}-work.md");
        write(
            &place.join(&log),
            &format!("# Session {number}: Part {number}\n\nlog\n"),
        );
        self.git_in(place, &["add", ".agents"]);
        let message = format!("Log\n\nBaton-Session: {number}");
        self.git_in(place, &["commit", "-q", "-m", &message]);
        let summary = format!(".agents/temp/handoff-session-{number}-summary.md");
        write(
            &place.join(summary),
            &format!("# Summary\n\n- Did part {number}\n"),
        );
    }

    pub fn merge(&self, number: u32) {
        let message = format!("Merge {number}");
        self.git(&[
            "merge",
            "-q",
            "--no-ff",
            "-m",
            &message,
            &format!("agent-{number}"),
        ]);
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
        self.git_in(
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
        let commit = self.git(&args);
        self.git(&["reset", "-q", "--soft", &commit]);
    }

    /// The tip, an aggregate, again with what is in the files, this message, and the seal that fits.
    pub fn remake(&self, message: &str) {
        self.git(&["add", "-A"]);
        let tree = self.git(&["write-tree"]);
        let args = ["commit-tree", &tree, "-p", "HEAD^", "-m", message];
        let commit = self.git(&args);
        self.git(&["reset", "-q", "--hard", &commit]);
        self.reseal();
    }

    /// How many aggregates the branch has.
    pub fn aggregates(&self) -> usize {
        self.git(&[
            "log",
            "--format=%(trailers:key=Baton-Aggregate,valueonly)",
            "main",
        ])
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

impl Deref for World {
    type Target = TestClone;

    fn deref(&self) -> &TestClone {
        &self.clone
    }
}
