//! A run: tasks become a merged branch.

pub mod answers;
pub mod record;
pub mod report;
pub mod state;
