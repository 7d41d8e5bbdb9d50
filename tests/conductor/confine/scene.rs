//! A repository with hooks, a worktree `agent` for confined commands, and one that is none of theirs.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_sys::confine;
use baton_testkit::gits::{self, Git};
use baton_testkit::{BATON, Fixture, Make, Ran, run, write_below};

pub struct Scene {
    pub fixture: Fixture,
    /// The worktree to which commands are confined.
    pub agent: PathBuf,
    /// Another agent's.
    pub other: PathBuf,
}

/// Runs the body with each git, unless this kernel confines nothing.
pub fn each_git(body: impl Fn(&Scene)) {
    each_kind(&[Make::default()], body);
}

/// The same with repositories made so.
pub fn each_kind(kinds: &[Make], body: impl Fn(&Scene)) {
    if let Some(reason) = confine::obstacle() {
        return eprintln!("not tested, this kernel confines nothing: {reason}");
    }
    gits::each_git(|git| {
        for make in kinds {
            if !make.reftable || git.knows_reftable() {
                body(&Scene::new(git, *make));
            }
        }
    });
}

impl Scene {
    fn new(git: &Git, make: Make) -> Self {
        let fixture = Fixture::made(git, make);
        let (agent, other) = (fixture.linked("agent"), fixture.linked("other"));
        for directory in ["outside", "temporary"] {
            fs::create_dir(fixture.path(directory)).unwrap();
        }
        // Made where there are none, for agents.
        for cache in [".cache", ".npm"] {
            fs::create_dir_all(fixture.path("home").join(cache)).unwrap();
        }
        write_below(&fixture.path("outside"), "file", "outside\n");
        Self {
            fixture,
            agent,
            other,
        }
    }

    /// `git baton exec` with these arguments, in the agent's worktree.
    pub fn exec(&self, args: &[&str]) -> Command {
        let mut command = self.fixture.program(BATON, &self.agent);
        command.arg("exec").args(args);
        command.env("TMPDIR", self.temporary());
        let path = |path: PathBuf| path.to_str().unwrap().to_owned();
        command
            .env("MAIN", path(self.fixture.repo()))
            .env("GIT", path(self.fixture.git_dir()))
            .env("OTHER", path(self.other.clone()))
            .env("PLACE", path(self.fixture.dir().to_owned()));
        command
    }

    /// Runs a line of shell confined.
    pub fn shell(&self, line: &str) -> Ran {
        run(&mut self.exec(&["--", "sh", "-c", line]), b"")
    }

    /// Where commands have their directories for temporary files.
    pub fn temporary(&self) -> PathBuf {
        self.fixture.path("temporary")
    }

    /// Runs git in the agent's worktree, outside of the confinement.
    pub fn git(&self, args: &[&str]) -> String {
        self.fixture.git_at(&self.agent, args).ok()
    }

    pub fn rev(&self, name: &str) -> String {
        self.git(&["rev-parse", name])
    }

    /// Everything that a confined command must leave as it is, with permissions: all but its worktree, objects, whose
    /// names are their content's, and what Baton notes itself.
    pub fn rest(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let git = self.fixture.git_dir();
        let apart = [
            self.agent.clone(),
            self.temporary(),
            git.join("objects"),
            git.join("baton/confined"),
            git.join("baton/journal"),
            git.join("worktrees/agent"),
            git.join("refs/heads/agent"),
            git.join("logs/refs/heads/agent"),
        ];
        let mut all = BTreeMap::new();
        let mut open = vec![self.fixture.dir().to_owned()];
        while let Some(path) = open.pop() {
            if apart.contains(&path) {
                continue;
            }
            let found = path.symlink_metadata().unwrap();
            let mut bytes = Vec::new();
            if found.is_dir() {
                let entries = fs::read_dir(&path).unwrap();
                open.extend(entries.map(|entry| entry.unwrap().path()));
            } else if found.is_file() {
                bytes = fs::read(&path).unwrap();
            }
            all.insert(path, (found.permissions().mode(), bytes));
        }
        all
    }

    /// The directory of the agent's confined commands.
    pub fn confined(&self) -> PathBuf {
        self.fixture.git_dir().join("baton/confined/agent")
    }

    /// Fails unless the worktree belongs to the repository again, and nothing waits.
    #[track_caller]
    pub fn is_settled(&self) {
        self.is_linked();
        assert!(!self.confined().join("git").exists());
        assert!(!self.confined().join("record.json").exists());
    }

    /// Fails unless the file `.git` leads to the repository.
    #[track_caller]
    pub fn is_linked(&self) {
        let link = fs::read_to_string(self.agent.join(".git")).unwrap();
        let git_dir = self.fixture.git_dir().join("worktrees/agent");
        let leads = Path::new(link.trim_end().strip_prefix("gitdir: ").unwrap());
        assert_eq!(
            leads.canonicalize().unwrap(),
            git_dir.canonicalize().unwrap()
        );
    }
}
