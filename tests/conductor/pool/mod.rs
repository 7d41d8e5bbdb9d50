//! The worktree pool on real repositories, with the real program.

mod acquire;
mod crash;
mod crowd;
mod disturbed;
mod full;
mod health;
mod kinds;
mod locks;
mod lost;
mod merge;
mod recycle;
mod refresh;
mod release;
mod remote;
mod schema;
mod share;
mod shim;
mod stress;
mod thrift;
mod trash;
mod walk;
mod world;
