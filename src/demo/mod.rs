//! The demonstration: real repositories, scripted agents, and what the guard makes of them.
//!
//! Each attempt is git itself, run as an agent would run it. What stopped it is read from what
//! the run said, and what it left behind from the repositories; the table only says what ought
//! to be seen. Here Baton stands outside, as its users do: sessions and aggregates are made with
//! its commands, through the installed hooks.

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

pub use error::DemoError;
pub use outcome::{Row, State, Stop};
pub use run::{Act, run_all};
pub use scene::Scene;
pub use shell::{Ran, Shell};
pub use stage::Stage;
pub use table::{Table, summary};
