//! From a wish to tasks: real processes as scouts, planners and validators.

mod lives;
mod planners;
mod scene;
mod schemas;
mod scouts;
mod validators;
