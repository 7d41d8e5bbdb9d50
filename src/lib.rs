//! The map of the code: read this first.
//!
//! One question is asked everywhere by the same code: *may this change land?*
//!
//! - [`model`]: the values the judge works on, and [`policy`]: what a base says may not happen.
//! - [`rules`]: the judge, a pure function from a policy and a change to a verdict;
//!   [`handoff`]: the handoff document, which an aggregate commit is checked against;
//!   [`report`]: a verdict as text.
//! - [`git`]: the only place that names gix or runs git; [`sys`]: the operating system.
//! - [`guard`]: between git and the judge: which policy, which commits, which were judged.
//! - [`orchestrator`]: the agents' sessions, and what it takes to conduct them; [`plan`]: which of
//!   their tasks run together; [`protocol`]: what a session's log says of it.
//! - [`scaffold`]: the files that a repository starts with.
//! - [`install`]: puts the hooks in a repository, and takes them out again; [`doctor`]: says what
//!   keeps the guard from guarding.
//! - [`hooks`]: one adapter a git hook; [`commands`]: one file a verb; [`cli`]: the words of the
//!   command line.
//! - [`demo`]: the guard at work on repositories made for that.

pub mod cli;
pub mod commands;
pub mod demo;
pub mod doctor;
pub mod git;
pub mod guard;
pub mod handoff;
pub mod hooks;
pub mod install;
pub mod model;
pub mod orchestrator;
pub mod plan;
pub mod policy;
pub mod protocol;
pub mod report;
pub mod rules;
pub mod scaffold;
pub mod sys;
#[cfg(test)]
mod testing;
