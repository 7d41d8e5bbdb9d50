//! The demonstration: real repositories, scripted agents, and the guard's answers.
//!
//! Each attempt runs git as an agent would run it. The layer that stopped it is read from its
//! output, and its effect from the repositories; the table states only the expected result. The
//! demonstration uses Baton as its users do: it makes sessions and aggregates with Baton's
//! commands, through the installed hooks.

mod attempts;
mod conduct;
mod error;
mod outcome;
mod run;
mod scene;
mod shell;
mod snapshot;
mod stage;
mod story;
mod table;

pub use attempts::Act;
pub use error::DemoError;
pub use outcome::{Row, State, Stop};
pub use run::run_all;
pub use scene::Scene;
pub use shell::{Ran, Shell};
pub use stage::Stage;
pub use table::{Table, summary};
