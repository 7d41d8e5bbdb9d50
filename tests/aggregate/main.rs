//! The aggregate commit on real repositories, with the real program.
#![cfg(unix)]

mod acceptance;
mod budget;
mod clones;
mod crash;
mod edit;
mod forgeries;
mod full;
mod signing;
mod support;
mod wording;
mod worktrees;
