//! The record of the pool on this machine: `<common git dir>/baton/pool/state.json`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use baton_core::model::{Oid, RefName, SessionId};
use baton_sys::process;

/// The version of the file's format.
pub const VERSION: u32 = 1;

/// The pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The version of this format.
    pub version: u32,
    /// The directory in which the slots lie, absolute.
    pub root: PathBuf,
    /// The same from the root of the main worktree, by which it is found when the two were moved
    /// together; empty where that is not known.
    pub relative: String,
    /// The number of slots that there shall be.
    pub size: usize,
    /// When the file was lost and made again from what git knows, RFC 3339; `None` when it was
    /// not, or when every slot's fate has been settled since.
    pub rebuilt_at: Option<String>,
    /// The slots, by number.
    pub slots: Vec<Slot>,
    /// The branches of released slots that nothing else contains yet.
    pub finished: Vec<Finished>,
}

/// A worktree of the pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its name, `wt-` and a number, which is that of its directory.
    pub name: String,
    /// The phase it is in.
    pub phase: Phase,
    /// The commit that it was brought to last.
    pub base: Option<Oid>,
    /// The process that is at it, while the phase is one that a process has to end.
    pub worker: Option<Process>,
    /// The holder.
    pub lease: Option<Lease>,
    /// Why it is not given out although it has no holder.
    pub trouble: Option<String>,
}

/// The phase of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its files are being put there.
    Filling,
    /// Clean, and on no branch.
    Ready,
    /// A branch is being made for who will have it.
    Acquiring,
    /// It has a holder.
    Leased,
    /// It is being looked at for what would be lost.
    Releasing,
    /// It is being brought back to a commit; what was in it is safe.
    Resetting,
    /// It is being removed; what was in it is safe.
    Removing,
}

impl Phase {
    /// The phase as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filling => "filling",
            Self::Ready => "ready",
            Self::Acquiring => "acquiring",
            Self::Leased => "leased",
            Self::Releasing => "releasing",
            Self::Resetting => "resetting",
            Self::Removing => "removing",
        }
    }
}

/// The holder of a slot, since when and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Random: no other lease has it.
    pub id: String,
    /// The owner, in words; `None` where it is not known any more.
    pub owner: Option<String>,
    /// The process on whose behalf it was taken.
    pub process: Option<Process>,
    /// The task.
    pub task: Option<String>,
    /// The full name of the task's branch.
    pub branch: Option<RefName>,
    /// The commit on which that began.
    pub base: Option<Oid>,
    /// The session, such as `2025-12-18/19`.
    pub session: Option<SessionId>,
    /// Since when, RFC 3339.
    pub acquired_at: String,
    /// The last sign of life, RFC 3339.
    pub heartbeat: String,
}

/// A process of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The machine.
    pub host: String,
    /// Its number there.
    pub id: u32,
    /// When it began, in a unit of its system.
    pub started: Option<u64>,
}

/// A branch that waits to be merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// The task.
    pub task: Option<String>,
    /// The full name of the branch.
    pub branch: RefName,
    /// The commit that it named when its slot was released.
    pub tip: Oid,
    /// The commit on which it began.
    pub base: Option<Oid>,
    /// The session.
    pub session: Option<SessionId>,
    /// The slot in which it was made.
    pub slot: String,
    /// When that was released, RFC 3339.
    pub released_at: String,
}

impl Process {
    /// The process of this number on this machine.
    pub fn local(id: u32) -> Self {
        Self {
            host: baton_sys::host_name(),
            id,
            started: process::started(id),
        }
    }

    /// This process.
    pub fn own() -> Self {
        Self::local(process::own_id())
    }

    /// Returns true if it is a process of this machine that is not there any more. Of other machines nothing
    /// can be told.
    pub fn is_gone(&self) -> bool {
        self.host == baton_sys::host_name() && process::is_gone(self.id, self.started)
    }
}

impl Lease {
    /// Returns true if its owner is not known any more.
    pub fn is_unknown(&self) -> bool {
        self.owner.is_none() && self.process.is_none()
    }
}

impl Slot {
    /// A slot whose files are still to be put there, by this process.
    pub fn new(number: usize) -> Self {
        Self {
            name: format!("wt-{number}"),
            phase: Phase::Filling,
            base: None,
            worker: Some(Process::own()),
            lease: None,
            trouble: None,
        }
    }

    /// The number in its name.
    pub fn number(&self) -> usize {
        number_of(&self.name).unwrap_or(usize::MAX)
    }

    /// Returns true if it can be given out.
    pub fn is_free(&self) -> bool {
        self.phase == Phase::Ready && self.trouble.is_none()
    }

    /// Returns true if it has no holder, and a process only brings it to another commit.
    pub fn is_free_soon(&self) -> bool {
        self.phase == Phase::Resetting && self.lease.is_none() && !self.is_interrupted()
    }

    /// Returns true if the process that was at it has gone before the end.
    pub fn is_interrupted(&self) -> bool {
        !matches!(self.phase, Phase::Ready | Phase::Leased)
            && self.worker.as_ref().is_none_or(Process::is_gone)
    }

    /// Puts it into a phase that this process will end.
    pub fn begin(&mut self, phase: Phase) {
        self.phase = phase;
        self.worker = Some(Process::own());
    }

    /// Makes it free: it has no holder, and is clean and at this commit.
    pub fn settle(&mut self, base: Oid) {
        self.phase = Phase::Ready;
        self.base = Some(base);
        self.worker = None;
        self.lease = None;
        self.trouble = None;
    }

    /// Returns true if this lease is the one that holds it.
    pub fn is_held_by(&self, lease: &str) -> bool {
        self.lease.as_ref().is_some_and(|held| held.id == lease)
    }

    /// True if the pool's record was lost since this claim on the slot: it does not tell whose the slot is, and nobody else
    /// can have taken it since.
    pub fn is_forgotten_claim(&self, claimed: &Self) -> bool {
        let branch = claimed.lease.as_ref().and_then(|own| own.branch.as_ref());
        let held = self.lease.as_ref().filter(|held| held.is_unknown());
        held.is_some_and(|held| held.branch.is_none() || held.branch.as_ref() == branch)
    }
}

/// The number in the name of a slot.
pub fn number_of(name: &str) -> Option<usize> {
    let digits = name.strip_prefix("wt-")?;
    let number: usize = digits.parse().ok()?;
    (number > 0 && number.to_string() == digits).then_some(number)
}

impl State {
    /// A pool without slots.
    pub fn new(root: PathBuf) -> Self {
        Self {
            version: VERSION,
            root,
            relative: String::new(),
            size: 0,
            rebuilt_at: None,
            slots: Vec::new(),
            finished: Vec::new(),
        }
    }

    /// Returns true if it can be a pool's: slots have names of slots, and each another. What says otherwise
    /// was not written by this program, and would have it look for slots in other people's directories.
    pub fn is_plausible(&self) -> bool {
        let mut numbers: Vec<_> = self
            .slots
            .iter()
            .map(|slot| number_of(&slot.name))
            .collect();
        numbers.sort_unstable();
        let all = numbers.len();
        numbers.dedup();
        self.root.is_absolute() && numbers.len() == all && numbers.iter().all(Option::is_some)
    }

    /// The directory of a slot.
    pub fn path_of(&self, slot: &str) -> PathBuf {
        self.root.join(slot)
    }

    /// The slot of this name.
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }

    /// Like [`State::slot`], to change it.
    pub fn slot_mut(&mut self, name: &str) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.name == name)
    }

    /// The slot that a user calls so: by its name, or by its directory.
    pub fn find(&self, words: &str) -> Option<&Slot> {
        let by_path = |slot: &&Slot| self.path_of(&slot.name) == Path::new(words);
        self.slot(words).or_else(|| self.slots.iter().find(by_path))
    }

    /// Forgets that the record was lost, once no slot has an unknown owner.
    pub fn forget_loss(&mut self) {
        let mut leases = self.slots.iter().filter_map(|slot| slot.lease.as_ref());
        if !leases.any(Lease::is_unknown) {
            self.rebuilt_at = None;
        }
    }

    /// Notes a branch that waits to be merged, in place of what was noted of it before.
    pub fn note_finished(&mut self, finished: Option<Finished>) {
        if let Some(finished) = finished {
            self.finished.retain(|one| one.branch != finished.branch);
            self.finished.push(finished);
        }
    }

    /// Adds a slot that this process has to fill, under the least number that is free and that
    /// `is_taken` does not speak against.
    pub fn add_slot(&mut self, is_taken: impl Fn(&Path) -> bool) -> String {
        let free = |number: &usize| {
            let name = format!("wt-{number}");
            self.slot(&name).is_none() && !is_taken(&self.path_of(&name))
        };
        let number = (1..).find(free).unwrap_or(usize::MAX);
        let slot = Slot::new(number);
        let name = slot.name.clone();
        self.slots.push(slot);
        self.slots.sort_by_key(Slot::number);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers_without_ornament() {
        assert_eq!(number_of("wt-12"), Some(12));
        for name in ["wt-", "wt-0", "wt-01", "wt-+1", "wt--1", "12", "wt-x"] {
            assert_eq!(number_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_new_slot_takes_the_least_free_number() {
        let mut state = State::new("/pool".into());
        for _ in 0..3 {
            state.add_slot(|_| false);
        }
        state.slots.remove(1);
        assert_eq!(state.add_slot(|path| path.ends_with("wt-2")), "wt-4");
        assert_eq!(state.add_slot(|_| false), "wt-2");
        let names: Vec<_> = state.slots.iter().map(|slot| &slot.name[..]).collect();
        assert_eq!(names, ["wt-1", "wt-2", "wt-3", "wt-4"]);
    }

    #[test]
    fn only_a_process_of_this_machine_is_known_to_be_gone() {
        let own = Process::own();
        assert!(!own.is_gone());
        let earlier = Process {
            started: Some(1),
            ..own.clone()
        };
        assert!(earlier.is_gone());
        let elsewhere = Process {
            host: "elsewhere".to_owned(),
            ..earlier
        };
        assert!(!elsewhere.is_gone());
    }

    #[test]
    fn a_phase_without_a_worker_is_interrupted() {
        let mut slot = Slot::new(1);
        assert!(!slot.is_interrupted());
        slot.worker = None;
        assert!(slot.is_interrupted());
        slot.phase = Phase::Leased;
        assert!(!slot.is_interrupted());
    }
}
