//! Runs the tasks of a list: agents work on them, gates judge the work, and approved branches are merged.
//!
//! **Promises.** A task lands only after its verify commands and its gates approved it, and unchanged since then. An agent
//! gets written instructions ([`brief`]) and is limited to its own files ([`ownership`]); only its final message can report
//! success ([`signal`], [`agent_output`]). A failure that is not the agent's costs its task no attempt.
//!
//! **Steps.** [`preflight`] checks that agents may start, and [`preflight::requirements`] lists what is missing. [`conduct`]
//! gets the next action from [`state`], a pure value; [`attempt`] works on a task in a worktree, [`gate`] judges it in a fresh
//! one, and [`merged`] judges the merged result. [`event_text`] formats each event, [`lanes`] shows the progress of the agents,
//! [`work_log`] writes what was seen into the logs of sessions, [`report`] describes the whole run, and [`mirror`] writes it for other programs.
//!
//! **Stores.** `refs/baton/runs/<id>`: a commit whose tree holds `state.json`, `tasks.toml` and the checkpoints; each change
//! is a commit on the one before, by compare-and-swap ([`crate::run_record`]). `runs/<id>/` in Baton's directory: logs, prompts,
//! pictures, the conductor's lock, and requests of other processes ([`files`]). None of it is needed to resume.
//!
//! **A kill** of the conductor loses only events that it had neither recorded nor reported. `resume` ends the agents that
//! are left and continues from the recorded state; work in the worktrees stays.

pub mod agent;
pub mod agent_output;
pub mod answers;
pub mod assignment;
pub mod attempt;
pub mod brief;
pub mod conduct;
mod confinement;
pub mod constraints;
mod error;
pub mod event_text;
pub mod fence;
pub mod files;
pub mod gate;
pub mod lanes;
pub mod merged;
pub mod mirror;
pub mod ownership;
pub mod picture;
pub mod preflight;
pub mod report;
pub mod schemas;
pub mod signal;
pub mod state;
pub mod usage_limit;
pub(crate) mod verify;
pub mod work_log;

pub use assignment::{Assignment, Place};
pub use error::RunError;
