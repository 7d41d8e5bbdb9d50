//! The only crate that uses the operating system: environment, clock, files, processes.

pub mod abandoned;
pub mod ci;
pub mod clock;
pub mod command;
pub mod confine;
pub mod dir_ops;
pub mod dirwalk;
pub mod disk;
mod env;
pub mod executable;
pub mod file;
pub mod interrupt;
mod lock;
pub mod lookup;
pub mod message_hook;
pub mod mmap;
mod parallel;
pub mod previous_hooks;
pub mod process;
pub mod random;
pub mod reflink;
pub mod shared;
#[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
mod spawn;
pub mod ssh_keys;
pub mod supervise;
pub mod temporary;
pub mod terminal;
pub mod warnings;
pub mod worktree_file;

pub use env::{
    GitEnv, agent_process, agent_session, config_home, home, host_name, is_under_agent,
    is_under_conductor, path_variable, shows_unicode, ssh_command, variable,
};
pub use lock::FileLock;
pub use parallel::both;
