//! The worktree pool.

pub mod include;
pub mod trash;
pub mod work;
mod work_error;

pub use work_error::WorkError;
