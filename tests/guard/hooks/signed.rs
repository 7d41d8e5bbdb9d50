//! A repository whose policy names a maintainer, with the maintainer's key.

use std::ops::Deref;
use std::process::Command;

use baton_hooks::Hook;

use baton_testkit::{Fixture, Git, HANDOFF, Make, Ran};

pub const SIGNERS: &str = ".baton/allowed_signers";

pub struct Signed {
    f: Fixture,
    signer: String,
}

impl Deref for Signed {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.f
    }
}

impl Signed {
    /// A handoff document, then the policy with its signers, then the hooks.
    pub fn new(git: &Git) -> Self {
        let f = Fixture::empty(git, Make::default());
        let key = f.path("key");
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "m", "-f"]);
        baton_testkit::run(keygen.arg(&key), b"").ok();
        let public = std::fs::read_to_string(f.path("key.pub")).unwrap();
        let signer = format!("m@example.org namespaces=\"git\" {public}");
        f.write("README", "read me\n");
        f.write(HANDOFF, "# Handoff\n\n## Recent Work\n");
        f.git(["add", "."]).ok();
        f.git(["commit", "-qm", "before the policy"]).ok();
        f.git(["tag", "before-policy"]).ok();
        f.write("baton.toml", "version = 1\n");
        f.write(SIGNERS, &signer);
        f.git(["add", "."]).ok();
        f.git(["commit", "-qm", "policy"]).ok();
        f.install();
        Self { f, signer }
    }

    /// What stands at a path, and the same with a little more: two versions of one file.
    pub fn versions(&self, path: &str) -> [String; 2] {
        let lax = match path {
            "baton.toml" => "version = 1\n".to_owned(),
            SIGNERS => self.signer.clone(),
            HANDOFF => "# Handoff\n\n## Recent Work\n".to_owned(),
            other => panic!("{other} is not protected"),
        };
        [lax.clone(), lax + "\n# more\n"]
    }

    /// A commit object that a maintainer signs, with one file changed and a reason to.
    #[track_caller]
    pub fn signed(&self, parents: &[&str], path: &str, text: &str) -> String {
        let unsigned = self.f.object(parents, path, text, "x");
        let tree = self.f.rev(&format!("{unsigned}^{{tree}}"));
        self.signed_tree(&tree, parents)
    }

    /// A signed commit object of this tree.
    #[track_caller]
    pub fn signed_tree(&self, tree: &str, parents: &[&str]) -> String {
        let key = format!("user.signingkey={}", self.f.path("key").display());
        let message = "By a maintainer\n\nBaton-Override: it has to be";
        let mut args = vec!["-c", "gpg.format=ssh", "-c", &key];
        args.extend(["commit-tree", "-S", tree, "-m", message]);
        for parent in parents {
            args.extend(["-p", parent]);
        }
        self.f.git(args).ok()
    }

    /// A commit object of the first commit's tree on top of these.
    #[track_caller]
    pub fn merge(&self, like: &str, parents: &[&str]) -> String {
        let tree = self.f.rev(&format!("{like}^{{tree}}"));
        self.f.object_of_tree(&tree, parents, "merge")
    }

    /// Moves the branch that is checked out, files and all.
    pub fn put(&self, commit: &str) {
        self.f.git(["reset", "-q", "--hard", commit]).ok();
    }

    /// Judges a range of revisions as CI does.
    pub fn verify(&self, range: &str) -> Ran {
        self.f
            .shell(&format!("{} verify {range}", baton_testkit::BATON))
    }

    /// A remote whose server has the hook.
    pub fn guarded_remote(&self) -> std::path::PathBuf {
        let bare = self.f.add_remote("origin");
        self.f.install_at(&bare, &Hook::SERVER);
        bare
    }

    /// Pushes without the hooks of the clone.
    pub fn push(&self, refspecs: &[&str]) -> Ran {
        let mut args = vec!["push", "-q", "origin"];
        args.extend(refspecs);
        self.f.unguarded(args)
    }
}
