//! Agents that work, and agents that do not: real processes in real worktrees.

mod attempts;
mod confined;
mod gates;
mod mirrors;
mod preflights;
mod schemas;
mod small;
mod support;
