//! Baton's conductor: what many agents do in one repository, from a session's number to a landed branch.
//!
//! Each module uses those before it. Its head states its guarantees, its stored state and the effect of a kill:
//!
//! - `ref_moves`: moves references, past the locks of a killed git;
//! - [`session`]: one agent's session, with its number, its log and its summary;
//! - [`pool`]: worktrees that are kept ready, and what is saved before one of them is cleaned;
//! - [`run_record`]: what is recorded of runs, and what their gates have approved;
//! - [`confine`]: commands that can change one worktree and nothing else of the repository;
//! - [`landing`]: predicts conflicts between branches, joins the branches, and tests the result;
//! - [`aggregate`]: the commit that brings sessions' summaries into the handoff document;
//! - [`run`]: the tasks of a list, worked on by agents, judged and landed;
//! - [`feature`]: a task list made from a sentence, run and validated.
//!
//! State that must survive the loss of a machine is a commit below `refs/baton/`, moved by compare-and-swap. State of one
//! machine lies in `<common git dir>/baton/`, "Baton's directory" in the heads. `baton_guard` decides if a change may land,
//! here as in the hooks.

pub mod aggregate;
pub mod confine;
pub mod feature;
pub mod landing;
pub mod pool;
mod ref_moves;
pub mod run;
pub mod run_record;
pub mod session;
pub mod settings;
