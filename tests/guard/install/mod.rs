//! `git baton install`, `uninstall` and `doctor`, with real git.

mod beside;
mod directories;
mod doctor;
mod earlier;
mod forms;
mod gone;
mod links;
mod managers;
mod neighbours;
mod nested;
mod place;
mod put;
mod renamed;
mod shared;
mod upkeep;
