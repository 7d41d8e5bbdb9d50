//! `git baton session` with real git: numbers, bindings, logs, summaries, endings.

mod claims;
mod end;
mod lint;
mod numbers;
pub mod scene;
mod schema;
mod start;
mod store;
mod summary;
