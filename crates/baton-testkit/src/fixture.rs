//! Real repositories with the hooks installed, for the tests that ask real git.
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_core::handoff::{Entry, SessionSection, digest, insert, render_entry};
use baton_core::model::Oid;
use baton_core::model::Wording;
use baton_core::rules::aggregate;
use baton_git::{Recorded, Remote, Repo};
use baton_guard::journal::Journal;
use baton_hooks::install::{self, Layout, Manifest};
use baton_hooks::{Hook, SERVER_MARK};
use baton_sys::GitEnv;
use tempfile::TempDir;

use crate::{BATON, Git, Ran, environment, like, run, seal, write_programs};

/// The handoff document of the default policy.
pub const HANDOFF: &str = ".agents/HANDOFF.md";

/// The state that a refusal must leave as it is.
#[derive(Debug, PartialEq, Eq)]
pub struct State {
    /// The reference that `HEAD` names, and its commit.
    pub head: String,
    /// All references.
    pub refs: String,
    /// The entries of the index.
    pub index: String,
    /// The bytes of each file, by its path.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

/// The form of a new repository.
#[derive(Debug, Clone, Copy, Default)]
pub struct Make {
    /// True if its ids are SHA-256.
    pub sha256: bool,
    /// True if its references are in reftables.
    pub reftable: bool,
}

/// A repository `repo` in a directory of its own, with a sealed environment.
pub struct Fixture {
    dir: TempDir,
    git: Git,
    clock: AtomicU64,
}

impl Fixture {
    /// A repository on branch `main` without commits or hooks.
    pub fn empty(git: &Git, make: Make) -> Self {
        let fixture = Self::at(git, tempfile::tempdir().unwrap());
        fs::create_dir(fixture.path("home")).unwrap();
        let mut args = vec!["init", "--quiet", "--initial-branch=main"];
        if make.sha256 {
            args.push("--object-format=sha256");
        }
        if make.reftable {
            args.push("--ref-format=reftable");
        }
        args.push("repo");
        fixture.git_at(fixture.dir.path(), args).ok();
        fixture
    }

    /// The sandbox that lies in this directory already.
    pub fn at(git: &Git, dir: TempDir) -> Self {
        Self {
            dir,
            git: git.clone(),
            clock: AtomicU64::new(1_766_000_000),
        }
    }

    /// A repository with a handoff document, then the default policy, then the hooks.
    pub fn new(git: &Git) -> Self {
        Self::made(git, Make::default())
    }

    /// The same of a repository that is made so.
    pub fn made(git: &Git, make: Make) -> Self {
        Self::with_policy_made(git, make, "version = 1\n")
    }

    /// The same with this policy.
    pub fn with_policy(git: &Git, policy: &str) -> Self {
        Self::with_policy_made(git, Make::default(), policy)
    }

    fn with_policy_made(git: &Git, make: Make, policy: &str) -> Self {
        let fixture = Self::empty(git, make);
        fixture.write("README", "read me\n");
        fixture.write(HANDOFF, "# Handoff\n\n## Recent Work\n");
        fixture.git(["add", "."]).ok();
        fixture.git(["commit", "-qm", "before the policy"]).ok();
        fixture.git(["tag", "before-policy"]).ok();
        fixture.commit("baton.toml", policy);
        fixture.install();
        fixture
    }

    /// The directory, with all that lies in it.
    pub fn into_dir(self) -> TempDir {
        self.dir
    }

    /// The directory that holds the repository and all beside it.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The path of this name below that directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The repository's main worktree.
    pub fn repo(&self) -> PathBuf {
        self.path("repo")
    }

    /// The main worktree's git directory.
    pub fn git_dir(&self) -> PathBuf {
        self.repo().join(".git")
    }

    /// The version of its git.
    pub fn version(&self) -> (u32, u32) {
        self.git.version
    }

    /// A linked worktree on a new branch, both of this name.
    pub fn linked(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let text = path.to_str().unwrap();
        self.git(["worktree", "add", "-q", "--no-track", "-b", name, text])
            .ok();
        path
    }

    /// Installs the hooks of a clone.
    pub fn install(&self) {
        self.install_at(&self.git_dir(), &Hook::CLIENT);
    }

    /// Installs these hooks into a git directory and begins its journal.
    pub fn install_at(&self, git_dir: &Path, hooks: &[Hook]) {
        let out = self.git_at(git_dir, ["for-each-ref", "--format=%(objectname)"]);
        let tips = out.ok();
        let tips = tips.lines().map(|hex| hex.parse::<Oid>().unwrap());
        Journal::begin(&git_dir.join("baton"), tips).unwrap();
        self.record_at(git_dir);
        fs::create_dir_all(git_dir.join("hooks")).unwrap();
        if hooks == Hook::SERVER {
            fs::write(git_dir.join("baton").join(SERVER_MARK), "").unwrap();
        }
        // Outside the git directory, which tests move, and whose directory of Baton's they damage.
        let program = self.path("installed/baton/bin/git-baton");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        if !program.exists() && fs::hard_link(BATON, &program).is_err() {
            fs::copy(BATON, &program).unwrap();
        }
        let program = program.canonicalize().unwrap();
        let texts = hooks.iter().map(|hook| {
            let path = git_dir.join("hooks").join(hook.name());
            (path, install::hook_file::text(&program, hook.name()))
        });
        write_programs(&texts.collect::<Vec<_>>());
    }

    /// Records the git program and the remotes of a git directory, as installing does.
    pub fn record_at(&self, git_dir: &Path) {
        let git = self.git.program.to_str().unwrap();
        let names = self.git_at(git_dir, ["remote"]).ok();
        let remotes = names.lines().map(|name| Remote {
            name: name.to_owned(),
            url: self.git_at(git_dir, ["remote", "get-url", name]).ok(),
        });
        let mut manifest = Manifest::new(install::manifest::Program {
            version: String::new(),
            sha256: String::new(),
        });
        manifest.recorded = Recorded {
            git: Some(git.to_owned()),
            remotes: Some(remotes.collect()),
            ..Recorded::default()
        };
        let repo = Repo::open(&GitEnv {
            git_dir: Some(git_dir.to_owned()),
            ..GitEnv::default()
        });
        manifest.write(&Layout::of(&repo.unwrap())).unwrap();
    }

    /// A git command with the fixture's environment, in this directory.
    pub fn command(&self, directory: &Path) -> Command {
        self.command_of(&self.git, directory)
    }

    /// The same with another git program.
    pub fn command_of(&self, git: &Git, directory: &Path) -> Command {
        let now = self.clock.fetch_add(60, Ordering::Relaxed);
        let own = git.program.parent().unwrap().display();
        let mut command = Command::new(&git.program);
        seal(&mut command, &self.path("home"))
            .current_dir(directory)
            .env("PATH", format!("{own}:/usr/bin:/bin"));
        environment::date(&mut command, &format!("{now} +0000")).args([
            "-c",
            "protocol.file.allow=always",
            "-c",
            "advice.detachedHead=false",
        ]);
        command
    }

    /// Runs git in the main worktree.
    pub fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        self.git_at(&self.repo(), args)
    }

    /// Runs git in this directory.
    pub fn git_at<A: AsRef<OsStr>>(
        &self,
        directory: &Path,
        args: impl IntoIterator<Item = A>,
    ) -> Ran {
        let mut command = self.command(directory);
        command.args(args);
        run(&mut command, b"")
    }

    /// Runs git in the main worktree with this input.
    pub fn git_with_input<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> Ran {
        let mut command = self.command(&self.repo());
        command.args(args);
        run(&mut command, input)
    }

    /// Runs git in the main worktree with these further variables.
    pub fn git_with_env<A: AsRef<OsStr>>(
        &self,
        env: &[(&str, &str)],
        args: impl IntoIterator<Item = A>,
    ) -> Ran {
        let mut command = self.command(&self.repo());
        command.args(args).envs(env.iter().copied());
        run(&mut command, b"")
    }

    /// Runs a line of shell in the main worktree, as somebody who follows printed advice would.
    pub fn shell(&self, line: &str) -> Ran {
        let mut git = self.command(&self.repo());
        git.args(["-c", &format!("alias.sh=!{line}"), "sh"]);
        run(&mut git, b"")
    }

    /// Git without any hook.
    pub fn unguarded<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let mut command = self.command(&self.repo());
        command.args(["-c", "core.hooksPath=/dev/null"]).args(args);
        run(&mut command, b"")
    }

    /// Calls the installed hook of this name as git would.
    pub fn hook(&self, hook: Hook, args: &[&str], input: &[u8]) -> Ran {
        let hook = self.git_dir().join("hooks").join(hook.name());
        run(self.program(hook, &self.repo()).args(args), input)
    }

    /// Runs the program under test in the main worktree.
    pub fn baton<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        run(self.program(BATON, &self.repo()).args(args), b"")
    }

    /// A program with the fixture's environment, in this directory.
    pub fn program(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        like(&self.command(directory), program)
    }

    /// Writes a file of the main worktree.
    pub fn write(&self, path: &str, text: &str) {
        write_below(&self.repo(), path, text);
    }

    /// Reads a file of the main worktree.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.repo().join(path)).unwrap()
    }

    /// Commits one file on what is checked out and returns the commit.
    #[track_caller]
    pub fn commit(&self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.git(["add", "--", path]).ok();
        self.git(["commit", "-qm", &format!("write {path}")]).ok();
        self.rev("HEAD")
    }

    /// A commit object on top of `parents` that holds `parents[0]`'s tree with one file changed.
    /// Nothing names it.
    #[track_caller]
    pub fn object(&self, parents: &[&str], path: &str, text: &str, message: &str) -> String {
        let blob = self.git_with_input(["hash-object", "-w", "--stdin"], text.as_bytes());
        let blob = blob.ok();
        let index = self.path("scratch-index");
        let _ = fs::remove_file(&index);
        let env = [("GIT_INDEX_FILE", index.to_str().unwrap())];
        if let Some(parent) = parents.first() {
            self.git_with_env(&env, ["read-tree", parent]).ok();
        }
        let info = format!("100644,{blob},{path}");
        self.git_with_env(&env, ["update-index", "--add", "--cacheinfo", &info])
            .ok();
        let tree = self.git_with_env(&env, ["write-tree"]).ok();
        self.object_of_tree(&tree, parents, message)
    }

    /// A commit object of this tree.
    #[track_caller]
    pub fn object_of_tree(&self, tree: &str, parents: &[&str], message: &str) -> String {
        let mut args = vec!["commit-tree", tree, "-m", message];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        self.git(args).ok()
    }

    /// A commit object on `HEAD` that edits the handoff document by hand.
    #[track_caller]
    pub fn bad_object(&self) -> String {
        self.object(&["HEAD"], HANDOFF, "forged\n", "bad")
    }

    /// Commits a session's log and then its aggregate, as the orchestrator would, and returns the
    /// aggregate.
    #[track_caller]
    pub fn aggregate(&self, number: &str) -> String {
        self.commit(
            &format!(".agents/sessions/2025-12-18-session-{number}.md"),
            "log\n",
        );
        let summary = format!("what {number} did\n");
        let entry = Entry {
            date: "2025-12-18".into(),
            orchestrator: None,
            sessions: vec![SessionSection {
                number: number.into(),
                title: "Work".into(),
                summary: summary.as_str().into(),
            }],
        };
        let text = render_entry(&entry, &Wording::default()).unwrap();
        let before = self.read(HANDOFF);
        let after = insert(
            Some(before.as_str().into()),
            "## Recent Work",
            text.as_ref(),
        );
        fs::write(self.repo().join(HANDOFF), &after[..]).unwrap();
        let message = format!(
            "Aggregate\n\nBaton-Aggregate: 1\nBaton-Base: {}\nBaton-Session: {number}\n\
             Baton-Summary: {number} {}\n",
            self.rev("HEAD"),
            digest(summary.as_str().into())
        );
        self.git(["add", HANDOFF]).ok();
        let tree = self.git(["write-tree"]).ok();
        let args = ["commit-tree", &tree, "-p", "HEAD", "-m", &message];
        let unsealed = self.git(args).ok();
        let unsealed = self.git(["cat-file", "commit", &unsealed]).out;
        let sealed = unsealed.clone() + &aggregate::seal("Baton-Seal", unsealed.as_str().into());
        write_below(self.dir(), "sealed", &sealed);
        let object = self.path("sealed");
        let args = [
            "hash-object",
            "-w",
            "-t",
            "commit",
            object.to_str().unwrap(),
        ];
        let commit = self.git(args).ok();
        self.git(["reset", "-q", "--soft", &commit]).ok();
        self.rev("HEAD")
    }

    /// The full id of a commit.
    #[track_caller]
    pub fn rev(&self, name: &str) -> String {
        self.git(["rev-parse", "--verify", name]).ok()
    }

    /// A bare repository `<name>.git` with this one's branches, and a remote of that name that was there
    /// when Baton was installed.
    pub fn add_remote(&self, name: &str) -> PathBuf {
        let bare = self.add_remote_later(name);
        self.record_at(&self.git_dir());
        bare
    }

    /// The same, but the remote was added afterwards.
    pub fn add_remote_later(&self, name: &str) -> PathBuf {
        let bare = self.path(&format!("{name}.git"));
        let bare_text = bare.to_str().unwrap();
        self.git_at(self.dir(), ["clone", "-q", "--bare", "repo", bare_text])
            .ok();
        self.git(["remote", "add", name, bare_text]).ok();
        self.git(["fetch", "-q", name]).ok();
        bare
    }

    /// Puts a commit, bad or not, on a branch of a bare repository without any hook.
    pub fn publish(&self, bare: &Path, commit: &str, branch: &str) {
        let to = format!("{commit}:refs/heads/{branch}");
        self.unguarded(["push", "-qf", bare.to_str().unwrap(), &to])
            .ok();
    }

    /// The state of `HEAD`, the references, the index and the files of the main worktree.
    pub fn state(&self) -> State {
        self.state_at(&self.repo())
    }

    /// The state of `HEAD`, the references, the index and the files.
    pub fn state_at(&self, worktree: &Path) -> State {
        let out = |args: &[&str]| self.git_at(worktree, args).out;
        let mut files = BTreeMap::new();
        collect(worktree, &mut files);
        State {
            head: out(&["rev-parse", "--symbolic-full-name", "HEAD"])
                + &out(&["rev-parse", "HEAD"]),
            refs: out(&["for-each-ref"]),
            index: out(&["ls-files", "-s"]),
            files,
        }
    }

    /// Runs this and fails unless it is refused for this rule with nothing changed.
    #[track_caller]
    pub fn refuses(&self, rule: &str, args: &[&str]) -> Ran {
        let before = self.state();
        let ran = self.git(args);
        ran.refused(rule);
        assert_eq!(self.state(), before, "{args:?} changed something");
        ran
    }
}

/// Writes a file below a worktree.
pub fn write_below(worktree: &Path, path: &str, text: &str) {
    let path = worktree.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn collect(directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name() == Some(OsStr::new(".git")) {
            continue;
        }
        match path.symlink_metadata().unwrap().file_type() {
            kind if kind.is_dir() => collect(&path, files),
            kind if kind.is_file() => {
                files.insert(path.clone(), fs::read(&path).unwrap());
            }
            _ => {
                files.insert(path.clone(), Vec::new());
            }
        }
    }
}
