//! Commands that resolve conflicts, in a worktree of their own.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};

use super::context::MergeContext;
use super::stuck::Stuck;
use super::{MergeError, markers, place};
use baton_core::model::{Entry, Oid};
use baton_git::scratch_worktree::ScratchWorktree;
use baton_git::{Repo, diff};
use baton_sys::supervise::{self, End, Job, Words};

/// The request to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The command, for a shell.
    pub command: &'a str,
    /// The branch that is merged, in short.
    pub branch: &'a str,
    /// The target, in short.
    pub into: &'a str,
    /// The time limit.
    pub limit: Duration,
    /// The files that it is to resolve.
    pub paths: Vec<BString>,
    /// True if it begins from the target's files, without markers.
    pub from_ours: bool,
}

/// The result of a command on a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// All files.
    pub tree: Oid,
    /// The files that it resolved.
    pub paths: Vec<BString>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// The command failed, or left the conflict as it was; or no command was asked.
    Unresolved,
    /// It changed these files, about which it was not asked.
    Strayed(Vec<BString>),
}

/// What was asked about which conflict.
type Key = (Oid, Oid, String);

/// Asks commands, each once about one conflict.
pub struct Resolver<'a> {
    repo: &'a Repo,
    path: PathBuf,
    stop: &'a dyn Fn() -> bool,
    failed: RefCell<Vec<(Key, NoAnswer)>>,
    is_mute: Cell<bool>,
}

impl<'a> Resolver<'a> {
    /// For this repository; `stop` says whether to stop.
    pub fn new(repo: &'a Repo, context: &MergeContext, stop: &'a dyn Fn() -> bool) -> Self {
        Self {
            repo,
            path: place::resolver(&context.worktrees),
            stop,
            failed: RefCell::default(),
            is_mute: Cell::new(false),
        }
    }

    /// From now on no command is asked.
    pub fn mute(&self) {
        self.is_mute.set(true);
    }

    /// Asks a command.
    pub fn ask(
        &self,
        asked: &Asked<'_>,
        stuck: &Stuck,
    ) -> Result<Result<Answer, NoAnswer>, MergeError> {
        let key = (stuck.of, stuck.tree, asked.command.to_owned());
        let failed = self.failed.borrow();
        if let Some((_, why)) = failed.iter().find(|(known, _)| *known == key) {
            return Ok(Err(why.clone()));
        }
        drop(failed);
        if self.is_mute.get() {
            return Ok(Err(NoAnswer::Unresolved));
        }
        let answer = self.ask_once(asked, stuck)?;
        if let Err(why) = &answer {
            self.failed.borrow_mut().push((key, why.clone()));
        }
        Ok(answer)
    }

    fn ask_once(
        &self,
        asked: &Asked<'_>,
        stuck: &Stuck,
    ) -> Result<Result<Answer, NoAnswer>, MergeError> {
        let worktree = ScratchWorktree::at(self.repo, &self.path, stuck.onto)?;
        let about = |path: &BStr| asked.paths.iter().any(|one| one == path);
        let conflicts: Vec<(&BStr, [Option<Entry>; 3])> = stuck
            .conflicts
            .iter()
            .map(|one| (one.path.as_bstr(), one.stages))
            .collect();
        worktree.show_conflict(stuck.onto, stuck.tree, &conflicts)?;
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
            return Ok(Err(NoAnswer::Unresolved));
        }
        // The files of other conflicts keep their markers, and are asked about later.
        let tree = worktree.take_all()?;
        let strays = self.strays(asked, stuck.tree, tree)?;
        if !strays.is_empty() {
            return Ok(Err(NoAnswer::Strayed(strays)));
        }
        let all: Vec<_> = stuck.conflicts.iter().map(|one| one.path.clone()).collect();
        let sides = [stuck.onto, stuck.of];
        let is_resolved = tree != stuck.tree
            && !markers::any(self.repo, tree, &asked.paths)?
            && !markers::is_undone(self.repo, tree, stuck.tree, sides, &all)?;
        Ok(match is_resolved {
            true => Ok(Answer {
                tree,
                paths: asked.paths.clone(),
            }),
            false => Err(NoAnswer::Unresolved),
        })
    }

    /// The files that were changed and about which no command was asked. A conflict that is about no
    /// file in particular may be resolved in any.
    fn strays(&self, asked: &Asked<'_>, shown: Oid, made: Oid) -> Result<Vec<BString>, MergeError> {
        if asked.paths.iter().any(|path| path.is_empty()) {
            return Ok(Vec::new());
        }
        let mut changed = diff::changed_paths(self.repo, shown, made)?;
        changed.retain(|path| !asked.paths.contains(path));
        Ok(changed)
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
            .and_then(|_| supervise::run(&job, self.stop, &mut |_, _| {}));
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
