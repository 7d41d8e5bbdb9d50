//! Baton's conductor: what many agents do in one repository, from a session's number to a landed branch.
//!
//! Each room stands on those before it, and its head says what it promises, what it stores and what a kill leaves:
//!
//! - [`session`]: one agent's session, with its number, its log and its summary;
//! - [`pool`]: worktrees that are kept ready, and what is saved before one of them is cleaned;
//! - [`landing`]: which branches will collide, and how they land, tested as one;
//! - [`aggregate`]: the commit that brings sessions' summaries into the handoff document;
//! - [`run`]: the tasks of a list, worked on by agents, judged and landed;
//! - [`feature`]: a task list made from a sentence, run and validated.
//!
//! What must survive a machine is a commit below `refs/baton/`, moved by compare-and-swap. What is true of one machine
//! only lies in `<common git dir>/baton/`, "Baton's directory" in the heads. Whether a change may land is not decided here:
//! `baton_guard` is asked, as the hooks ask it.

pub mod aggregate;
pub mod feature;
pub mod landing;
pub mod pool;
pub mod run;
pub mod session;
