//! Watches over the guard while a run goes on: without its program git moves no reference here.

use std::sync::atomic::{AtomicU32, Ordering};

use super::Conductor;
use baton_git::Repo;
use baton_hooks::install::{self, Kind, Layout};
use baton_sys::file;

/// A counter of the guard's losses that a run's workers share.
#[derive(Default)]
pub(super) struct GuardLosses(AtomicU32);

/// The guard as a worker has found it.
pub(super) struct GuardSnapshot {
    losses: u32,
    is_there: bool,
}

impl GuardLosses {
    /// The guard as it is now.
    pub(super) fn snapshot(&self, repo: &Repo) -> GuardSnapshot {
        GuardSnapshot {
            losses: self.0.load(Ordering::Relaxed),
            is_there: is_there(repo),
        }
    }

    /// True if the guard was lost since then, for a time or until now.
    pub(super) fn is_lost_since(&self, repo: &Repo, before: &GuardSnapshot) -> bool {
        let now = self.snapshot(repo);
        let is_gone = before.is_there && !now.is_there;
        let was_gone = !before.is_there && now.losses > 0;
        now.losses != before.losses || is_gone || was_gone
    }
}

fn is_there(repo: &Repo) -> bool {
    file::is_file(&Layout::of(repo).program())
}

impl Conductor<'_> {
    /// Installs the guard again where Baton's directory was removed since the run began or went on; true if it was.
    pub(super) fn watch_guard(&mut self) -> bool {
        let is_there = is_there(self.repo);
        if is_there || !self.is_guarded {
            self.is_guarded = is_there;
            return false;
        }
        // Before and after: what begins meanwhile meets half of it.
        self.guard_losses.0.fetch_add(1, Ordering::Relaxed);
        let installed = install::install(self.repo, Kind::Client);
        self.guard_losses.0.fetch_add(1, Ordering::Relaxed);
        match installed {
            Ok(_) => self.watcher.said(
                "Baton's directory was removed from the repository: the guard is installed again",
            ),
            Err(error) => {
                self.is_guarded = false;
                let said = format!("Baton's directory was removed from the repository: {error}");
                self.watcher.said(&said);
            }
        }
        true
    }
}
