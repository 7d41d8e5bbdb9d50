//! The only place that names the operating system: environment, clock, files, processes.

mod env;
pub mod file;
pub mod mmap;

pub use env::GitEnv;
