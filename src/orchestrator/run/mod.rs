//! Tasks, worked on by agents and judged by others.
//!
//! [`preflight`] says whether agents may start. [`attempt`] has one of them work on one task in a
//! worktree, watched by [`ownership`]; [`gate`] has its work judged in a fresh one.

pub mod agent;
pub mod assignment;
pub mod attempt;
pub mod brief;
mod error;
pub mod files;
pub mod gate;
pub mod ownership;
pub mod preflight;
pub mod signal;
mod verify;

pub use assignment::{Assignment, Place};
pub use error::RunError;
