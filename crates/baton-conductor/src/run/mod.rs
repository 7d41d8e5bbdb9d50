//! The tasks of a list, worked on by agents, judged by others and landed, until they are one merged branch.
//!
//! **Promises.** A task lands only after its verify commands and its gates let it pass, and as it was when they did. An
//! agent is told what is expected of it ([`brief`]), is held to its own files ([`ownership`]), and is believed in its final
//! words alone ([`signal`], [`agent_output`]). What goes wrong around an agent costs its task no attempt.
//!
//! **Steps.** [`preflight`] says whether agents may start, and [`preflight::requirements`] what they lack. [`conduct`] asks [`state`],
//! a pure value, what is next, and has [`attempt`] bring a task on in a worktree, [`gate`] judge it in a fresh one, and
//! [`merged`] judge what several come to. [`event_text`] words each event, [`lanes`] says how far the agents are, [`report`]
//! tells the whole, and [`mirror`] writes it for other programs.
//!
//! **Stores.** `refs/baton/runs/<id>`: a commit whose tree holds `state.json`, `tasks.toml` and the checkpoints; each change
//! is a commit on the one before, by compare-and-swap ([`record`]). `runs/<id>/` in Baton's directory: logs, prompts,
//! pictures, the conductor's lock, and what other processes ask of it ([`files`]). None of it is needed to go on.
//!
//! **A kill** of the conductor loses the events that it had not recorded, and nobody was told of those. `resume` ends the
//! agents that are left, asks the same state the same question, and goes on; work in the worktrees stays.

pub mod agent;
pub mod agent_output;
pub mod answers;
pub mod assignment;
pub mod attempt;
pub mod brief;
pub mod conduct;
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
pub mod record;
pub mod report;
pub mod schemas;
pub mod signal;
pub mod state;
pub(crate) mod verify;

pub use assignment::{Assignment, Place};
pub use error::RunError;
