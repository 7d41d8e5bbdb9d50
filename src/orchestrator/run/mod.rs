//! A run: tasks become a merged branch.

pub mod report;
