//! The worktree pool: worktrees that are kept ready, so that a task gets a clean one of its own at
//! once, and releases it without losing work.
//!
//! **Promises.** A slot is given to one holder at a time, clean, on a new branch, with a session begun ([`acquire()`]). It is
//! reset only when nothing in it would be lost, or once what would be lost is kept ([`release()`], [`at_risk`], [`trash`]).
//! Only what the pool made is removed ([`LOCK_REASON`]).
//!
//! **Stores.** `pool/state.json` in Baton's directory: the slots, their leases and their phases ([`state`]), changed by one
//! process at a time under `pool/lock` (`state_file`); git knows enough to make it again (`rebuild`). `pool/worktrees.lock`
//! is held while git's list of worktrees changes, and `pool/log/` has the output of the policy's commands ([`steps`]).
//! `refs/baton/trash/`: the work that a reset would have lost. The slots lie where the policy says (`place`).
//!
//! **A kill** leaves a slot in the [`state::Phase`] that it was in, with the process that worked on it. The next command
//! finds that the process is gone and completes or undoes its operation (`recover`); if it can do neither, it notes that at
//! the slot, and [`health`] tells what to do. A lease outlives its holder: nothing but a release, a reset or a repair ends it.

mod acquire;
pub mod at_risk;
mod at_risk_text;
mod choose_slot;
mod directory;
mod error;
mod fill;
pub mod health;
mod heartbeat;
pub mod include;
mod locks;
mod name;
mod notes;
pub mod output;
pub(crate) mod place;
mod rebuild;
mod recover;
mod refresh;
mod release;
mod release_spent;
mod remove;
mod session;
mod slot_worktree;
mod start_log;
pub mod state;
mod state_file;
pub mod steps;
pub mod trash;
mod work_error;

pub use acquire::{Acquire, Acquired, acquire};
pub use error::PoolError;
pub use fill::{grow, init};
pub use health::{make_anew, put_back};
pub use heartbeat::{adopt, heartbeat, take_over};
pub use locks::free as free_locks;
pub use recover::recover;
pub use refresh::{refresh, refresh_until};
pub use release::{Release, Released, release};
pub use release_spent::{Stays, release_spent, work};
pub use remove::{Left, cleanup, reset, shrink};
pub use session::{Fate, Settled};
pub use state_file::{read, slot_path};
pub use work_error::WorkError;

/// Why the worktrees of the pool are locked, as `git worktree list --verbose` shows it. By it they
/// are known again.
pub const LOCK_REASON: &str = "kept by the pool of git-baton";
