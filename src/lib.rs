//! The program `git baton`: what its users type, and what it answers.
//!
//! - [`cli`]: the words of the command line; [`commands`]: one file a verb.
//! - [`scaffold`]: the files that a repository starts with.
//! - [`demo`]: the guard at work on repositories made for that.
//!
//! The rest is in the crates below `crates/`, each with its own head: `baton_core` (the pure core), `baton_sys` (the
//! operating system), `baton_git` (git), `baton_guard`, `baton_hooks` and `baton_conductor`.

pub mod cli;
pub mod commands;
pub mod demo;
pub mod scaffold;
