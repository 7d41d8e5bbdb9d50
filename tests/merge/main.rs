//! Merging on real repositories, with the real program.
#![cfg(unix)]

mod conflicts;
mod crash;
mod refusals;
mod schema;
mod straight;
mod tests_fail;
mod together;
mod world;
