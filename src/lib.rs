//! The map of the code: read this first.

pub mod git;
pub mod handoff;
pub mod model;
pub mod policy;
pub mod report;
pub mod rules;
pub mod sys;
