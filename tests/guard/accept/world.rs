//! A repository whose policy lists a maintainer.

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::Command;

use baton_testkit::{Fixture, HANDOFF, Make, Ran, gits};

pub const SIGNERS: &str = ".baton/allowed_signers";

/// The repository: `ann` is a maintainer, `mallory` has a key as well.
pub struct World {
    f: Fixture,
}

impl Deref for World {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.f
    }
}

impl World {
    pub fn new() -> Self {
        Self::with("version = 1\n")
    }

    pub fn with(policy: &str) -> Self {
        let git = gits::gits().remove(0);
        let world = Self {
            f: Fixture::empty(&git, Make::default()),
        };
        for name in ["ann", "bob", "mallory"] {
            world.make_key(name);
        }
        world.write("README", "read me\n");
        world.write(HANDOFF, "# Handoff\n\n## Recent Work\n");
        world.git(["add", "."]).ok();
        world.git(["commit", "-qm", "before the policy"]).ok();
        world.git(["tag", "before-policy"]).ok();
        world.write("baton.toml", policy);
        world.write(SIGNERS, &world.signers(&["ann"]));
        world.git(["add", "."]).ok();
        world.git(["commit", "-qm", "the policy"]).ok();
        world.git(["tag", "policy"]).ok();
        world.install();
        world
    }

    fn make_key(&self, name: &str) {
        let path = self.path(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
    }

    /// A list of signers with these.
    pub fn signers(&self, names: &[&str]) -> String {
        let line = |name: &&str| {
            let public = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
            format!("{name}@example.org namespaces=\"git\" {public}")
        };
        names.iter().map(line).collect()
    }

    /// Signs with this key from now on.
    pub fn sign_as(&self, name: &str) {
        let key = self.path(&format!("{name}.pub"));
        self.git(["config", "gpg.format", "ssh"]).ok();
        self.git(["config", "user.signingkey", key.to_str().unwrap()])
            .ok();
    }

    /// Accepts as this person, and returns the acceptance.
    #[track_caller]
    pub fn accept(&self, name: &str, commit: &str) -> String {
        self.sign_as(name);
        let ran = self.baton(["accept", commit, "--reason", "nobody was hurt"]);
        ran.ok();
        self.rev("HEAD")
    }

    /// Commits on `HEAD`, signed by this person, past the hooks.
    #[track_caller]
    pub fn signed(&self, name: &str, args: &[&str]) -> String {
        self.sign_as(name);
        let args = [&["commit", "-q", "-S"], args].concat();
        self.unguarded(args).ok();
        self.rev("HEAD")
    }

    /// Puts a commit that writes the handoff document on `HEAD`, past the hooks.
    #[track_caller]
    pub fn land_bad(&self) -> String {
        let bad = self.bad_object();
        self.unguarded(["reset", "-q", "--hard", &bad]).ok();
        bad
    }

    /// A bare repository that asks nobody, as a remote `origin`.
    pub fn origin(&self) -> PathBuf {
        self.add_remote("origin")
    }

    #[track_caller]
    pub fn verifies(&self, range: &str) -> Ran {
        let ran = self.baton(["verify", range]);
        assert_eq!(ran.code, 0, "{ran:#?}");
        ran
    }

    #[track_caller]
    pub fn breaks(&self, rule: &str, range: &str) -> Ran {
        let ran = self.baton(["verify", range]);
        assert_eq!(ran.code, 1, "{ran:#?}");
        assert!(ran.out.contains(rule), "{ran:#?}");
        ran
    }
}
