//! The hooks, called by every git on `PATH` as people and agents call it.

mod aliases;
mod claims;
mod commit;
mod detours;
mod doubt;
mod extremes;
mod merge;
mod message;
mod oddities;
mod provenance;
mod push;
mod rebase;
mod refs;
mod remotes;
mod repositories;
mod server;
mod settings;
mod signed;
mod trees;
mod unreadable;
