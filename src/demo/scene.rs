use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::DemoError;
use super::shell::{Ran, Shell};
use super::snapshot::Snapshot;
use baton_hooks::Hook;

/// Where a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The repository's main worktree, on `main`.
    Project,
    /// The pool's worktree of the first agent, on `agent-a`.
    AgentA,
    /// The pool's worktree of the second agent, on `agent-b`.
    AgentB,
    /// The pool's worktree of the third agent, on `agent-c`.
    AgentC,
    /// A clone in which no guard is installed.
    Outside,
    /// The bare remote.
    Forge,
}

impl Place {
    /// The places that share the guarded repository, and the branch that each is on.
    const WORKTREES: [(Self, &'static str); 4] = [
        (Self::Project, "refs/heads/main"),
        (Self::AgentA, "refs/heads/agent-a"),
        (Self::AgentB, "refs/heads/agent-b"),
        (Self::AgentC, "refs/heads/agent-c"),
    ];

    /// All of them.
    const ALL: [Self; 6] = [
        Self::Project,
        Self::AgentA,
        Self::AgentB,
        Self::AgentC,
        Self::Outside,
        Self::Forge,
    ];

    /// Its name, for an agent's worktree also that of its task and of its branch.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::AgentA => "agent-a",
            Self::AgentB => "agent-b",
            Self::AgentC => "agent-c",
            Self::Outside => "outside",
            Self::Forge => "forge.git",
        }
    }

    /// The worktree of the pool that an agent gets: the first that is free.
    fn slot(self) -> Option<&'static str> {
        match self {
            Self::AgentA => Some("wt-1"),
            Self::AgentB => Some("wt-2"),
            Self::AgentC => Some("wt-3"),
            Self::Project | Self::Outside | Self::Forge => None,
        }
    }

    /// Its directory.
    fn directory(self) -> PathBuf {
        match self.slot() {
            Some(slot) => Path::new(POOL).join(slot),
            None => PathBuf::from(self.name()),
        }
    }
}

/// The directory of the pool of worktrees.
pub(super) const POOL: &str = "agents";

/// The git that puts the scene back: without any hook.
const QUIET_GIT: &str = "git -c core.hooksPath=/dev/null";

/// The prefix of the names of the remote's own references.
pub(super) const FORGE_MARK: &str = "forge ";

/// The files by which git remembers an operation that is not finished.
const UNFINISHED: [&str; 6] = [
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "sequencer",
    "rebase-merge",
    "rebase-apply",
];

/// The repositories, and the state to which they return after each attempt.
pub struct Scene<'s> {
    shell: &'s Shell,
    root: PathBuf,
    words: BTreeMap<String, String>,
    /// The references when the attempts began, named as in [`Snapshot::refs`].
    known: BTreeMap<String, String>,
    /// The guarded repository's configuration then.
    config: String,
    /// The sessions to which worktrees were bound then: the files, and what they held.
    bindings: Vec<(PathBuf, Option<String>)>,
}

impl<'s> Scene<'s> {
    /// A scene below this directory with nothing on it.
    pub(super) fn empty(shell: &'s Shell, root: &Path) -> Self {
        let places = Place::ALL.iter();
        let words = places.map(|place| {
            let path = root.join(place.directory());
            let name = place.name().to_owned();
            (name, path.to_string_lossy().into_owned())
        });
        Self {
            shell,
            root: root.to_owned(),
            words: words.collect(),
            known: BTreeMap::new(),
            config: String::new(),
            bindings: Vec::new(),
        }
    }

    /// Makes this the state to which [`Scene::reset`] returns.
    pub(super) fn remember(&mut self) -> Result<(), DemoError> {
        self.known = self.refs()?;
        self.config = self.read(Place::Project, ".git/config")?;
        let bindings = Place::WORKTREES.iter().map(|(place, _)| {
            let path = self.git_dir(*place).join("baton").join("session");
            Ok((path.clone(), read_if_exists(&path)?))
        });
        self.bindings = bindings.collect::<Result<_, DemoError>>()?;
        Ok(())
    }

    /// The directory of a place.
    pub(super) fn path(&self, place: Place) -> PathBuf {
        self.root.join(place.directory())
    }

    /// The values of the words in braces in every line.
    pub(super) fn words(&self) -> &BTreeMap<String, String> {
        &self.words
    }

    /// Runs a line that must succeed, and gives what it printed.
    pub(super) fn line(
        &self,
        place: Place,
        line: &str,
        words: &BTreeMap<String, String>,
    ) -> Result<String, DemoError> {
        let ran = self.run(place, line, words)?;
        match ran.succeeded {
            true => Ok(ran.out.trim().to_owned()),
            false => Err(DemoError::Preparation {
                command: line.to_owned(),
                said: ran.said(),
            }),
        }
    }

    /// Runs a line, whatever comes of it.
    pub(super) fn run(
        &self,
        place: Place,
        line: &str,
        words: &BTreeMap<String, String>,
    ) -> Result<Ran, DemoError> {
        self.shell.run(&self.path(place), line, words)
    }

    /// Runs lines that must succeed.
    pub(super) fn lines(&self, place: Place, lines: &[&str]) -> Result<(), DemoError> {
        for line in lines {
            self.line(place, line, &self.words)?;
        }
        Ok(())
    }

    /// The output of `git baton verify --all` on the state as it is now.
    pub fn verify(&self) -> Result<Ran, DemoError> {
        self.run(Place::Project, "git-baton verify --all", &self.words)
    }

    /// Writes a file of a worktree, and its directory where there is none.
    pub(super) fn write(&self, place: Place, path: &str, text: &str) -> Result<(), DemoError> {
        let path = self.path(place).join(path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(DemoError::io(directory))?;
        }
        fs::write(&path, text).map_err(DemoError::io(path))
    }

    /// Adds to the end of a file of a worktree.
    pub(super) fn append(&self, place: Place, path: &str, text: &str) -> Result<(), DemoError> {
        let mut whole = self.read(place, path)?;
        whole.push_str(text);
        self.write(place, path, &whole)
    }

    /// The text of a file of a worktree.
    pub(super) fn read(&self, place: Place, path: &str) -> Result<String, DemoError> {
        let path = self.path(place).join(path);
        fs::read_to_string(&path).map_err(DemoError::io(path))
    }

    fn refs(&self) -> Result<BTreeMap<String, String>, DemoError> {
        let mut refs = BTreeMap::new();
        for (place, mark) in [(Place::Project, ""), (Place::Forge, FORGE_MARK)] {
            let line = "git for-each-ref '--format=%(objectname) %(refname)'";
            for line in self.line(place, line, &self.words)?.lines() {
                let (oid, name) = line.split_once(' ').unwrap_or_default();
                refs.insert(format!("{mark}{name}"), oid.to_owned());
            }
        }
        Ok(refs)
    }

    /// The state as it is now, seen from this place.
    pub(super) fn snapshot(&self, place: Place) -> Result<Snapshot, DemoError> {
        let line = "git status --porcelain=v2 --branch --no-ahead-behind";
        let status = self.line(place, line, &self.words)?;
        let status = status
            .lines()
            .filter(|line| !line.starts_with("# branch.ab"));
        Ok(Snapshot {
            refs: self.refs()?,
            status: status.map(|line| format!("{line}\n")).collect(),
            unfinished: self.unfinished(place),
        })
    }

    fn unfinished(&self, place: Place) -> Vec<&'static str> {
        let git_dir = self.git_dir(place);
        let names = UNFINISHED.into_iter();
        names.filter(|name| git_dir.join(name).exists()).collect()
    }

    /// Puts everything back as it was before something was tried in this place, which has left
    /// this there.
    pub(super) fn reset(&self, tried: Place, left: &Snapshot) -> Result<(), DemoError> {
        self.write(Place::Project, ".git/config", &self.config)?;
        self.put_hooks_back()?;
        self.put_bindings_back()?;
        self.remove_worktrees()?;
        let now = &left.refs;
        let mut names: Vec<_> = now.keys().chain(self.known.keys()).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| now.get(*name) != self.known.get(*name));
        for name in &names {
            let (place, name_there) = match name.strip_prefix(FORGE_MARK) {
                Some(name_there) => (Place::Forge, name_there),
                None => (Place::Project, name.as_str()),
            };
            let update = match self.known.get(*name) {
                Some(oid) => format!("{QUIET_GIT} update-ref {name_there} {oid}"),
                None => format!("{QUIET_GIT} update-ref -d {name_there}"),
            };
            self.line(place, &update, &self.words)?;
        }
        for (place, branch) in Place::WORKTREES {
            if place == tried || names.iter().any(|name| *name == branch) {
                self.reset_worktree(place, branch)?;
            }
        }
        Ok(())
    }

    /// Worktrees that an attempt has added stand beside the known ones.
    fn remove_worktrees(&self) -> Result<(), DemoError> {
        for entry in fs::read_dir(&self.root).map_err(DemoError::io(&self.root))? {
            let path = entry.map_err(DemoError::io(&self.root))?.path();
            if !path.join(".git").is_file() || Place::ALL.iter().any(|p| self.path(*p) == path) {
                continue;
            }
            let words = BTreeMap::from([("path".to_owned(), path.to_string_lossy().into_owned())]);
            self.line(Place::Project, "git worktree remove --force {path}", &words)?;
        }
        Ok(())
    }

    fn put_hooks_back(&self) -> Result<(), DemoError> {
        let hooks = self.path(Place::Project).join(".git/hooks");
        match Hook::CLIENT
            .iter()
            .all(|hook| hooks.join(hook.name()).exists())
        {
            true => Ok(()),
            false => self.lines(Place::Project, &["git-baton install"]),
        }
    }

    fn reset_worktree(&self, place: Place, branch: &str) -> Result<(), DemoError> {
        let line = |line: &str| self.line(place, &format!("{QUIET_GIT} {line}"), &self.words);
        for name in self.unfinished(place) {
            match name {
                "rebase-merge" => line("rebase --quit")?,
                "rebase-apply" => line("am --quit")?,
                "sequencer" => line("cherry-pick --quit")?,
                _ => continue,
            };
        }
        let head = self.git_dir(place).join("HEAD");
        if fs::read_to_string(&head).map_err(DemoError::io(head))? != format!("ref: {branch}\n") {
            line(&format!("symbolic-ref HEAD {branch}"))?;
        }
        line("reset -q --hard")?;
        line("clean -ffdxq")?;
        Ok(())
    }

    fn put_bindings_back(&self) -> Result<(), DemoError> {
        for (path, known) in &self.bindings {
            match (read_if_exists(path)?, known) {
                (now, known) if now == *known => {}
                (_, Some(session)) => fs::write(path, session).map_err(DemoError::io(path))?,
                (_, None) => fs::remove_file(path).map_err(DemoError::io(path))?,
            }
        }
        Ok(())
    }

    /// The git directory of one worktree of the guarded repository.
    pub(super) fn git_dir(&self, place: Place) -> PathBuf {
        let shared = self.path(Place::Project).join(".git");
        match place.slot() {
            None => shared,
            Some(slot) => shared.join("worktrees").join(slot),
        }
    }
}

fn read_if_exists(path: &Path) -> Result<Option<String>, DemoError> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(DemoError::io(path)),
    }
}
