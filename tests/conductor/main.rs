//! The conductor with real git and real processes: sessions, the aggregate commit, the pool of worktrees, landing and runs.
#![cfg(unix)]

mod aggregate;
mod conduct;
mod confine;
mod feature;
mod merge;
mod plan;
mod pool;
mod pool_work;
mod protocol_docs;
mod run;
mod session;
mod settings;
