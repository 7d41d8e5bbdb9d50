//! Turns a list of tasks into groups that run in parallel.
//!
//! [`TaskList`] is a valid `tasks.toml` ([`schema`]); [`TaskGraph`] orders the tasks, and [`Plan`]
//! puts them in groups and lanes.

mod error;
mod graph;
mod groups;
mod id;
mod mermaid;
pub mod output;
mod panel;
mod part;
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
pub use panel::{EndToEndReport, EndToEndStatus, end_to_end};
pub use read::TaskList;
pub use schema::{Kind, MAX_TASKS, MAX_TASKS_BYTES, json_schema};
pub use task::{Because, Owned, Task, Wait};
pub use waits::overlaps;
