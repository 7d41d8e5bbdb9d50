//! The aggregate commit on real repositories, with the real program.

mod acceptance;
mod archives;
mod bindings;
mod budget;
mod clones;
mod company;
mod copies;
mod crash;
mod edit;
mod forgeries;
mod full;
mod keys;
mod signing;
mod support;
mod wording;
mod worktrees;
