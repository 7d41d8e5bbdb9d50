//! `git baton session` with real git: numbers, bindings, logs, summaries, endings.

#[path = "../support/mod.rs"]
mod support;

mod end;
mod lint;
mod numbers;
mod scene;
mod schema;
mod start;
mod store;
mod summary;
