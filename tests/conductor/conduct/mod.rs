//! Whole runs: the program conducts real processes, from a list of tasks to the merged branch.

mod again;
mod agents;
mod approvals;
mod commands;
mod commits;
mod confined;
mod gates;
mod kills;
mod landing;
mod logs;
mod processes;
mod refusals;
mod scene;
mod sessions;
mod straight;
mod surroundings;
mod target;
mod terminal;
mod unrest;
