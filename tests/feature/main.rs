//! From a wish to tasks: real processes as scouts, planners and validators.

mod lives;
mod planners;
#[expect(dead_code, reason = "each test program uses a part of it")]
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod scene;
mod schemas;
mod scouts;
mod validators;
