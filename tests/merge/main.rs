//! Merging on real repositories: in memory beside what `git merge` does, and with the program.
#![cfg(unix)]

#[path = "../support/gits.rs"]
#[expect(dead_code, reason = "these tests use a part of it")]
mod gits;
#[path = "../ground/mod.rs"]
mod ground;
#[path = "../sandbox/mod.rs"]
#[expect(dead_code, reason = "these tests use a part of it")]
mod sandbox;

mod conflicts;
mod crash;
mod forecast;
mod full;
mod refusals;
mod schema;
mod side_by_side;
mod straight;
mod tests_fail;
mod together;
mod world;
