//! Tasks, worked on by agents and judged by others, until they are one merged branch.
//!
//! [`preflight`] says whether agents may start, and [`equipment`] what they lack. [`attempt`] has
//! one of them work on one task in a worktree, watched by [`ownership`]; [`gate`] has its work
//! judged in a fresh one, and [`merged`] what several come to. [`speech`] and [`signal`] hear what
//! they say. [`state`] says where a run stands and what is next, [`record`] keeps that, and
//! [`report`] tells it. [`feature`] makes the tasks of a wish.

pub mod agent;
pub mod answers;
pub mod assignment;
pub mod attempt;
pub mod brief;
pub mod conduct;
pub mod constraints;
pub mod equipment;
mod error;
pub mod feature;
pub mod fence;
pub mod files;
pub mod gate;
pub mod lanes;
pub mod merged;
pub mod mirror;
pub mod ownership;
pub mod picture;
pub mod preflight;
pub mod record;
pub mod report;
pub mod schemas;
pub mod signal;
pub mod speech;
pub mod state;
pub mod telling;
mod verify;

pub use assignment::{Assignment, Place};
pub use error::RunError;
