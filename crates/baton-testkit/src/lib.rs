//! Shared test support: one sealed environment, repositories in it, and every git at hand.
//!
//! - [`environment`] seals a command from the settings of the machine and of its user, and knows the program under test;
//! - [`Sandbox`] is a repository in a temporary directory;
//! - [`TestClone`] is a clone beside which agents' worktrees stand;
//! - [`Fixture`] is a repository with hooks, for one git of those on `PATH` ([`gits`]);
//! - [`Ran`] is the result of a command.

mod clone;
pub mod environment;
mod fixture;
pub mod gits;
mod ran;
mod sandbox;

use std::path::Path;
use std::process::Command;

pub use clone::{TestClone, text, write};
pub use environment::{BATON, like, seal, write_program, write_programs};
pub use fixture::{Fixture, HANDOFF, Make, State, write_below};
pub use gits::Git;
pub use ran::{Ran, finish, run};
pub use sandbox::{Sandbox, ZEROS, log};

/// Runs git in this directory with this input, and gives what it prints. Panics where git does not succeed.
#[track_caller]
pub fn git(directory: &Path, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("git");
    seal(&mut command, directory)
        .args(args)
        .current_dir(directory);
    ran::output(&mut command, input)
}
