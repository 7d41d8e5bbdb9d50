//! Preparations of a conductor that goes on: it ends the agents and removes the locks that a killed one has left, gives back
//! worktrees, and adds those that are missing.

use std::path::PathBuf;
use std::time::Duration;

use super::{ConductError, Conductor, GRACE, release, task_worktree};
use crate::run::state::Phase;
use crate::run::{RunError, files};
use crate::session::store;
use crate::{pool, ref_moves, run_record};
use baton_core::layout::counted;
use baton_core::model::{BranchName, RefName};
use baton_git::locks::{self, Lock, STALE_AGE};
use baton_git::worktrees::{self, open_worktree};
use baton_sys::abandoned;
use baton_sys::supervise::{self, JOB_VARIABLE};

impl Conductor<'_> {
    /// Ends the agents that a conductor which was killed has left at work.
    pub(super) fn end_what_is_left(&self) -> Result<(), ConductError> {
        for task in &self.state.tasks {
            if task.is_busy() {
                let job = files::job_id(self.repo.common_dir(), &self.record.id, &task.id);
                supervise::end_leftovers(&job, GRACE).map_err(RunError::io(JOB_VARIABLE))?;
            }
        }
        Ok(())
    }

    /// Removes the locks that a conductor which was killed has left on what the run moves, in the main worktree and in
    /// the pool's. Where others are at work, too, only old ones are, if nothing shows that one was: the run has paused, and
    /// its conductor has ended by itself.
    pub(super) fn free_locks(&self, follows_a_kill: bool) -> Result<(), ConductError> {
        let is_cut_short = follows_a_kill || !matches!(self.state.phase, Phase::Paused { .. });
        let age = match is_cut_short {
            true => Duration::ZERO,
            false => STALE_AGE,
        };
        let main = worktrees::main(self.repo)?;
        locks::remove_stale(&locks::on_worktree(&main), age);
        // Nobody but conductors is at work in idle worktrees, and on the branches of tasks.
        for path in self.slots()? {
            // What is no worktree has no locks.
            if let Ok(slot) = open_worktree(&path) {
                pool::free_locks(&slot, None);
            }
        }
        let baton = self.repo.common_dir().join("refs/baton");
        let (of_baton, others): (Vec<_>, Vec<_>) = locks::on_references(self.repo)?
            .into_iter()
            .partition(|lock| lock.path.starts_with(&baton));
        locks::remove_stale(&of_baton, age);
        locks::remove_stale(&self.on_branches_of_tasks(others), Duration::ZERO);
        let own = RefName::new(format!("{}{}", run_record::PREFIX, self.record.id));
        let places = self
            .state
            .tasks
            .iter()
            .filter_map(|task| task.place.as_ref());
        let sessions = places.filter_map(|place| place.session.as_ref());
        let sessions = sessions.map(|session| RefName::new(store::reference(session.number())));
        let names: Vec<_> = [own, self.state.target.full()]
            .into_iter()
            .chain(sessions)
            .collect();
        Ok(ref_moves::free_locks(
            self.repo,
            &names.iter().collect::<Vec<_>>(),
            age,
        )?)
    }

    /// Those of these locks that are on branches that are named as those of the run's tasks are.
    fn on_branches_of_tasks(&self, mut all: Vec<Lock>) -> Vec<Lock> {
        let tasks = self.state.tasks.iter();
        let branches = tasks.map(|task| BranchName::new(self.policy.pool.branch_of(&task.id)));
        let branches: Vec<_> = branches.map(|branch| branch.full().to_string()).collect();
        all.retain(|lock| {
            let path = lock.path.strip_prefix(self.repo.common_dir());
            let path = path.unwrap_or(&lock.path).to_string_lossy();
            let name = path.trim_end_matches(".lock");
            branches.iter().any(|branch| {
                let rest = name.strip_prefix(branch.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        });
        all
    }

    /// Removes the files that processes which were killed had begun to write beside those that they replace.
    pub(super) fn remove_abandoned_files(&self) -> Result<(), ConductError> {
        let (baton, run) = (self.repo.baton_dir(), &self.record.id);
        let common = self.repo.common_dir().to_owned();
        let mut all = vec![
            baton.join("pool"),
            files::of_run(self.repo, run),
            baton,
            common,
        ];
        let tasks = self.state.tasks.iter();
        all.extend(tasks.map(|task| files::of_task(self.repo, run, &task.id)));
        for path in self.slots()? {
            if let Ok(slot) = open_worktree(&path) {
                all.extend([slot.git_dir().join("baton"), slot.git_dir().to_owned()]);
            }
        }
        for directory in all {
            // Nothing waits for them: what is not to be removed stays.
            abandoned::remove(&directory).ok();
        }
        Ok(())
    }

    /// The roots of the pool's worktrees.
    fn slots(&self) -> Result<Vec<PathBuf>, ConductError> {
        let pool = pool::read(self.repo)?;
        let paths = pool.iter().flat_map(|pool| {
            let slots = pool.slots.iter();
            slots.map(|slot| pool.path_of(&slot.name))
        });
        Ok(paths.collect())
    }

    /// Gives back the worktrees of tasks whose conductor was killed before it could.
    pub(super) fn give_back_what_is_over(&mut self) {
        if self.state.refused_move().is_some() {
            return;
        }
        for task in self.state.tasks.iter().filter(|task| task.is_settled()) {
            for sentence in release::release_task(self.repo, &self.policy, &self.record.id, task) {
                self.watcher.said(&sentence);
            }
        }
    }

    /// Sees to it that the pool has a worktree for each agent.
    pub(super) fn make_room(&mut self) -> Result<(), ConductError> {
        let slots = pool::read(self.repo)?.map_or_else(Vec::new, |pool| pool.slots);
        let busy = self.state.tasks.iter().filter(|task| !task.is_settled());
        // A conductor that was killed may have got one without having told.
        let own: Vec<_> = busy
            .map(|task| task_worktree::owner(&self.record.id, &task.id))
            .collect();
        let serves = |slot: &&pool::state::Slot| {
            let owner = slot.lease.as_ref().and_then(|lease| lease.owner.as_ref());
            slot.is_free() || owner.is_some_and(|owner| own.contains(owner))
        };
        let there = slots.iter().filter(serves).count();
        let missing = self.state.max_agents.saturating_sub(there);
        if missing > 0 {
            self.watcher
                .said(&format!("making {}", counted(missing, "worktree")));
            pool::grow(self.repo, slots.len() + missing)?;
        }
        Ok(())
    }
}
