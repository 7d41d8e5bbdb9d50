//! The map of the code: read this first.

pub mod model;
