//! The only place that names the operating system: environment, clock, files, processes.

pub mod chain;
pub mod ci;
pub mod clock;
pub mod disk;
mod env;
pub mod executable;
pub mod file;
pub mod interrupt;
mod lock;
pub mod mmap;
pub mod place;
pub mod process;
pub mod supervise;

pub use env::{GitEnv, host_name};
pub use lock::FileLock;
