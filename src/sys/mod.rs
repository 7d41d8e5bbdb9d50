//! The only place that names the operating system: environment, clock, files, processes.

mod env;
pub mod file;

pub use env::GitEnv;
