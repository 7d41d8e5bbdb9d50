//! The worktree pool: worktrees that are kept ready, so that a task gets a clean one of its own at
//! once, and gives it back without losing a line.
//!
//! What is known of them is one file ([`state`]), changed by one process at a time (`ledger`);
//! git itself knows enough to make it again. A slot goes through the phases of
//! [`state::Phase`]; whoever dies in one of them is followed by the next command, which completes
//! what was begun or takes it back (`recover`).

mod acquire;
mod error;
mod fill;
pub mod health;
mod heartbeat;
mod in_use;
pub mod include;
mod ledger;
mod loss;
mod name;
mod nearest;
pub mod output;
pub(super) mod place;
mod rebuild;
mod recover;
mod refresh;
mod release;
mod remove;
mod start_log;
pub mod state;
pub mod steps;
pub mod trash;
pub mod work;
mod work_error;

pub use acquire::{Acquire, Acquired, acquire};
pub use error::PoolError;
pub use fill::init;
pub use health::make_anew;
pub use heartbeat::{heartbeat, take_over};
pub use in_use::free as free_locks;
pub use ledger::read;
pub use refresh::{refresh, refresh_until};
pub use release::{Release, Released, release};
pub use remove::{Left, cleanup, reset};
pub use work_error::WorkError;

/// Why the worktrees of the pool are locked, as `git worktree list --verbose` shows it. By it they
/// are known again.
pub const LOCK_REASON: &str = "kept by the pool of git-baton";
