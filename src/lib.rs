//! The program `git baton`: its command line and its output.
//!
//! - [`cli`]: the arguments of the command line; [`commands`]: one file for each subcommand.
//! - [`scaffold`]: the files that `git baton init` writes.
//! - [`demo`]: a demonstration of the guard on temporary repositories.
//!
//! The rest is in the crates below `crates/`: `baton_core` (the pure core), `baton_sys` (the
//! operating system), `baton_git` (git), `baton_guard`, `baton_hooks` and `baton_conductor`.

pub mod cli;
pub mod commands;
pub mod demo;
pub mod scaffold;
