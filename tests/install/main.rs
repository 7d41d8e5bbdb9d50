//! `git baton install`, `uninstall` and `doctor`, with real git.

mod doctor;
mod place;
mod put;
mod shared;
