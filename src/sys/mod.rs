//! The only place that names the operating system: environment, clock, files, processes.

pub mod chain;
pub mod ci;
mod env;
pub mod file;
pub mod mmap;

pub use env::GitEnv;
