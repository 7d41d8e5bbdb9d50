//! Agents that work, and agents that do not: real processes in real worktrees.

mod attempts;
mod gates;
mod mirrors;
mod preflights;
#[expect(dead_code, reason = "each test program uses a part of it")]
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod schemas;
mod small;
mod support;
