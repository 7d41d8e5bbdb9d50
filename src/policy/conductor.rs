//! `[conductor]`: when tasks run in parallel, and how runs end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::schema::unplaced;

/// When tasks run in parallel, and how runs end.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConductorTable {
    /// Whether tasks may run in parallel at all.
    pub enabled: bool,
    /// How many tasks must be independent before any run in parallel.
    #[schemars(with = "usize", range(min = 1))]
    pub min_tasks: Spanned<usize>,
    /// How many agents work at once at the most.
    #[schemars(with = "usize", range(min = 1))]
    pub max_agents: Spanned<usize>,
    /// Whether a run gives its worktrees back and removes its merged branches.
    pub auto_cleanup: bool,
    /// How often a task is tried again after an agent failed or its work was rejected.
    pub retry_on_failure: u32,
}

/// `[conductor]`, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Conductor {
    /// Whether tasks may run in parallel at all.
    pub enabled: bool,
    /// How many tasks must be independent before any run in parallel; at least 1.
    pub min_tasks: usize,
    /// How many agents work at once at the most; at least 1.
    pub max_agents: usize,
    /// Whether a run gives its worktrees back and removes its merged branches.
    pub auto_cleanup: bool,
    /// How often a task is tried again after an agent failed or its work was rejected.
    pub retry_on_failure: u32,
}

impl Default for ConductorTable {
    fn default() -> Self {
        Self {
            enabled: true,
            min_tasks: unplaced(3),
            max_agents: unplaced(5),
            auto_cleanup: true,
            retry_on_failure: 3,
        }
    }
}

impl Default for Conductor {
    /// What a policy without the table says.
    fn default() -> Self {
        Self::from(&ConductorTable::default())
    }
}

impl From<&ConductorTable> for Conductor {
    /// The values, whether or not they are in their ranges.
    fn from(table: &ConductorTable) -> Self {
        Self {
            enabled: table.enabled,
            min_tasks: *table.min_tasks.get_ref(),
            max_agents: *table.max_agents.get_ref(),
            auto_cleanup: table.auto_cleanup,
            retry_on_failure: table.retry_on_failure,
        }
    }
}

impl From<&Conductor> for ConductorTable {
    fn from(conductor: &Conductor) -> Self {
        Self {
            enabled: conductor.enabled,
            min_tasks: unplaced(conductor.min_tasks),
            max_agents: unplaced(conductor.max_agents),
            auto_cleanup: conductor.auto_cleanup,
            retry_on_failure: conductor.retry_on_failure,
        }
    }
}
