//! Merging on real repositories, with the real program.
#![cfg(unix)]

mod straight;
mod world;
