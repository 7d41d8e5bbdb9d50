//! From a list of tasks to groups of agents that work at once.
//!
//! [`TaskList`] is a valid `tasks.toml` ([`schema`]); [`TaskGraph`] says which task comes before
//! which, and [`Plan`] which run together.

mod error;
mod graph;
mod groups;
mod id;
mod mermaid;
pub mod output;
mod panel;
mod read;
pub mod schema;
mod task;
mod waits;

pub use error::{PlanError, PlanProblem};
pub use graph::TaskGraph;
pub use groups::{Group, Lane, Mode, Plan};
pub use id::{MAX_ID_BYTES, NotAnId, TaskId};
pub use mermaid::mermaid;
pub use panel::{AgentLine, Mark, NARROWEST as NARROWEST_BOX, bar, label, panel, progress};
pub use read::{MAX_TASKS, MAX_TASKS_BYTES, TaskList};
pub use schema::{Kind, json_schema};
pub use task::{Because, Owned, Task, Wait};
pub use waits::overlaps;
