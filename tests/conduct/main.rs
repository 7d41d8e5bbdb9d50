//! Whole runs: the program conducts real processes, from a list of tasks to the merged branch.

mod agents;
mod commands;
mod gates;
mod kills;
mod landing;
mod refusals;
#[expect(dead_code, reason = "each test program uses a part of it")]
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod scene;
mod straight;
