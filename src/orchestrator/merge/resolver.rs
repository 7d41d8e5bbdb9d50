//! Commands that resolve conflicts, in a worktree of their own.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};

use super::apply::Stuck;
use super::ground::Ground;
use super::{MergeError, markers, place};
use crate::git::Repo;
use crate::git::own_worktree::OwnWorktree;
use crate::model::{Entry, Oid};
use crate::sys::supervise::{self, End, Job, Words};

/// What is asked of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The command, for a shell.
    pub command: &'a str,
    /// The branch that is merged, in short.
    pub branch: &'a str,
    /// The target, in short.
    pub into: &'a str,
    /// How long it may take.
    pub limit: Duration,
    /// The files that it is to resolve.
    pub paths: Vec<BString>,
    /// Whether it begins from the target's files, without markers.
    pub from_ours: bool,
}

/// What a command made of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// All files.
    pub tree: Oid,
    /// The files that it resolved.
    pub paths: Vec<BString>,
}

/// Asks commands, each once about one conflict.
pub struct Resolver<'a> {
    repo: &'a Repo,
    path: PathBuf,
    stop: &'a dyn Fn() -> bool,
    failed: RefCell<Vec<(Oid, Oid, String)>>,
    is_mute: Cell<bool>,
}

impl<'a> Resolver<'a> {
    /// For this repository; `stop` says whether to stop.
    pub fn new(repo: &'a Repo, ground: &Ground, stop: &'a dyn Fn() -> bool) -> Self {
        Self {
            repo,
            path: place::resolver(&ground.worktrees),
            stop,
            failed: RefCell::default(),
            is_mute: Cell::new(false),
        }
    }

    /// From now on nobody is asked.
    pub fn mute(&self) {
        self.is_mute.set(true);
    }

    /// Asks a command; `None` where it has no answer.
    pub fn ask(&self, asked: &Asked<'_>, stuck: &Stuck) -> Result<Option<Answer>, MergeError> {
        let key = (stuck.of, stuck.tree, asked.command.to_owned());
        if self.is_mute.get() || self.failed.borrow().contains(&key) {
            return Ok(None);
        }
        let answer = self.ask_once(asked, stuck)?;
        if answer.is_none() {
            self.failed.borrow_mut().push(key);
        }
        Ok(answer)
    }

    fn ask_once(&self, asked: &Asked<'_>, stuck: &Stuck) -> Result<Option<Answer>, MergeError> {
        let worktree = OwnWorktree::at(self.repo, &self.path, stuck.onto)?;
        let about = |path: &BStr| asked.paths.iter().any(|one| one == path);
        let conflicts: Vec<(&BStr, [Option<Entry>; 3])> = stuck
            .conflicts
            .iter()
            .map(|one| (one.path.as_bstr(), one.stages))
            .collect();
        worktree.show(stuck.onto, stuck.tree, &conflicts)?;
        if asked.from_ours {
            for conflict in stuck
                .conflicts
                .iter()
                .filter(|one| about(one.path.as_bstr()))
            {
                worktree.take_ours(conflict.path.as_bstr(), conflict.stages[1].is_some())?;
            }
        }
        if !self.run(asked, self.path.clone())? {
            return Ok(None);
        }
        // The files of other conflicts keep their markers, and are asked about later.
        let tree = worktree.take_all()?;
        let all: Vec<_> = stuck.conflicts.iter().map(|one| one.path.clone()).collect();
        let sides = [stuck.onto, stuck.of];
        let is_resolved = tree != stuck.tree
            && !markers::any(self.repo, tree, &asked.paths)?
            && !markers::is_undone(self.repo, tree, stuck.tree, sides, &all)?;
        Ok(is_resolved.then(|| Answer {
            tree,
            paths: asked.paths.clone(),
        }))
    }

    fn run(&self, asked: &Asked<'_>, directory: PathBuf) -> Result<bool, MergeError> {
        let words = Words::Shell(asked.command.into());
        let mut job = Job::new(words, directory.clone());
        job.id = place::job_id(&directory);
        job.limit = Some(asked.limit);
        job.log = Some(place::log(self.repo, "resolve", asked.branch));
        let files = bstr::join("\n", &asked.paths).to_str_lossy().into_owned();
        for (name, value) in [
            ("BATON_MERGE_BRANCH", asked.branch),
            ("BATON_MERGE_INTO", asked.into),
            ("BATON_MERGE_FILES", &files),
        ] {
            job.env.push((name.into(), value.into()));
        }
        let finished = supervise::end_leftovers(&job.id, job.grace)
            .and_then(|_| supervise::run(&job, self.stop, &mut |_| {}));
        let finished = finished.map_err(|source| MergeError::Command {
            command: asked.command.to_owned(),
            path: directory,
            source,
        })?;
        match finished.end {
            End::Stopped => Err(MergeError::Interrupted),
            End::Exited(0) => Ok(true),
            End::Exited(_) | End::Signalled(_) | End::TimedOut => Ok(false),
        }
    }
}
