//! The worktree pool on real repositories, with the real program.
#![cfg(unix)]

#[path = "../sandbox/mod.rs"]
#[expect(dead_code, reason = "shared with other test binaries")]
mod sandbox;

mod acquire;
mod crash;
mod crowd;
mod full;
mod health;
mod lost;
mod merge;
mod release;
mod schema;
mod trash;
mod walk;
mod world;
