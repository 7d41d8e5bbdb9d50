//! The worktree pool.

pub mod work;
mod work_error;

pub use work_error::WorkError;
