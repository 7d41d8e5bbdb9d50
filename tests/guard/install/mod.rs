//! `git baton install`, `uninstall` and `doctor`, with real git.

mod directories;
mod doctor;
mod place;
mod put;
mod shared;
