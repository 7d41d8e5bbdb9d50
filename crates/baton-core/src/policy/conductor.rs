//! `[conductor]`: when tasks run in parallel, and how runs end.

pub mod agents;
pub mod feature;
pub mod profiles;
pub mod staff;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::PathGlob;
use super::schema::{unplaced, unplaced_text};
use agents::{AgentTable, CallsTable, EndToEndTable, GateTable};
use feature::{Feature, FeatureTable};
use staff::Staff;

/// The bounds of what an agent that the conductor starts may change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confine {
    /// All that its user can.
    #[default]
    Off,
    /// Nothing, where the system can confine it; elsewhere a run tells that it cannot.
    Worktree,
    /// Nothing; where the system cannot confine it, no agent starts.
    Required,
}

/// When tasks run in parallel, and how runs end.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConductorTable {
    /// True if tasks may run in parallel at all.
    pub enabled: bool,
    /// The number of tasks that must be independent before any run in parallel.
    #[schemars(with = "usize", range(min = 1))]
    pub min_tasks: Spanned<usize>,
    /// The maximum number of agents that work at once.
    #[schemars(with = "usize", range(min = 1))]
    pub max_agents: Spanned<usize>,
    /// True if a run gives its worktrees back and removes its merged branches.
    pub auto_cleanup: bool,
    /// True if a run is also reported in `.claude/auto-progress.yaml` and `.claude/auto-memory/` of the main
    /// worktree, for programs that look there.
    pub mirror: bool,
    /// The number of times a task is tried again after an agent failed or its work was rejected.
    pub retry_on_failure: u32,
    /// The wait before the first retry, in seconds; each later wait is twice as long.
    pub retry_delay: u64,
    /// The time limit of one attempt at a task, in seconds, where the task does not say.
    pub timeout: u64,
    /// Files that agents and tools drop: no attempt is judged by what happens to them, as long as no commit
    /// contains it.
    #[schemars(with = "Vec<String>")]
    pub ignore: Vec<Spanned<String>>,
    /// The bounds of what an agent may change.
    pub confine: Confine,
    /// Paths that confined commands may change, too: absolute, below `~/`, or from the main worktree's root.
    pub writable: Vec<String>,
    /// Paths that confined commands may not read, outside of what they may change.
    pub hide: Vec<String>,
    /// The agent that works where a task names none: one of `agents`, or `claude`, `codex`,
    /// `gemini`, `copilot` or `shell`.
    #[schemars(with = "String")]
    pub agent: Spanned<String>,
    /// The agents that take over, in this order, while another waits for its usage limit.
    #[schemars(with = "Vec<String>")]
    pub fallback: Vec<Spanned<String>>,
    /// Further agents, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub agents: BTreeMap<String, AgentTable>,
    /// The judge of a finished task.
    pub gate: GateTable,
    /// The end-to-end check of a finished task of kind `frontend`, or of one that changes what people see.
    pub e2e: EndToEndTable,
    /// The budget of calls that the agents may make.
    pub budget: CallsTable,
    /// The agents that turn a request into tasks, and those that look at the result.
    pub feature: FeatureTable,
}

/// `[conductor]`, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Conductor {
    /// True if tasks may run in parallel at all.
    pub enabled: bool,
    /// The number of tasks that must be independent before any run in parallel; at least 1.
    pub min_tasks: usize,
    /// The maximum number of agents that work at once; at least 1.
    pub max_agents: usize,
    /// True if a run gives its worktrees back and removes its merged branches.
    pub auto_cleanup: bool,
    /// True if a run is also reported in `.claude/auto-progress.yaml` and `.claude/auto-memory/` of the main
    /// worktree, for programs that look there.
    pub mirror: bool,
    /// The number of times a task is tried again after an agent failed or its work was rejected.
    pub retry_on_failure: u32,
    /// The wait before the first retry, in seconds; each later wait is twice as long.
    pub retry_delay: u64,
    /// The time limit of one attempt at a task, in seconds, where the task does not say.
    pub timeout: u64,
    /// Files that agents and tools drop: no attempt is judged by what happens to them, as long as no commit
    /// contains it.
    pub ignore: Vec<PathGlob>,
    /// The bounds of what an agent may change.
    pub confine: Confine,
    /// Paths that confined commands may change, too: absolute, below `~/`, or from the main worktree's root.
    pub writable: Vec<String>,
    /// Paths that confined commands may not read, outside of what they may change.
    pub hide: Vec<String>,
    /// The agents that work and those that judge.
    pub staff: Staff,
    /// The agents that turn a request into tasks, and those that look at the result.
    pub feature: Feature,
}

impl Default for ConductorTable {
    fn default() -> Self {
        Self {
            enabled: true,
            min_tasks: unplaced(3),
            max_agents: unplaced(5),
            auto_cleanup: true,
            mirror: false,
            retry_on_failure: 3,
            retry_delay: 5,
            timeout: 3600,
            ignore: Vec::new(),
            confine: Confine::default(),
            writable: Vec::new(),
            hide: Vec::new(),
            agent: unplaced_text("claude"),
            fallback: Vec::new(),
            agents: BTreeMap::new(),
            gate: GateTable::default(),
            e2e: EndToEndTable::default(),
            budget: CallsTable::default(),
            feature: FeatureTable::default(),
        }
    }
}

impl Default for Conductor {
    /// Returns the values of a policy without the table.
    fn default() -> Self {
        Self::new(
            &ConductorTable::default(),
            Staff::default(),
            Feature::default(),
        )
    }
}

impl Conductor {
    /// The values, whether or not they are in their ranges, without the patterns.
    pub(super) fn new(table: &ConductorTable, staff: Staff, feature: Feature) -> Self {
        Self {
            enabled: table.enabled,
            min_tasks: *table.min_tasks.get_ref(),
            max_agents: *table.max_agents.get_ref(),
            auto_cleanup: table.auto_cleanup,
            mirror: table.mirror,
            retry_on_failure: table.retry_on_failure,
            retry_delay: table.retry_delay,
            timeout: table.timeout,
            ignore: Vec::new(),
            confine: table.confine,
            writable: table.writable.clone(),
            hide: table.hide.clone(),
            staff,
            feature,
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
            mirror: conductor.mirror,
            retry_on_failure: conductor.retry_on_failure,
            retry_delay: conductor.retry_delay,
            timeout: conductor.timeout,
            ignore: conductor
                .ignore
                .iter()
                .map(|glob| unplaced_text(glob.as_str()))
                .collect(),
            confine: conductor.confine,
            writable: conductor.writable.clone(),
            hide: conductor.hide.clone(),
            agent: unplaced_text(&conductor.staff.agent),
            fallback: conductor
                .staff
                .fallback
                .iter()
                .map(|name| unplaced_text(name))
                .collect(),
            agents: conductor
                .staff
                .agents
                .iter()
                .map(|(name, agent)| (name.clone(), agent.into()))
                .collect(),
            gate: (&conductor.staff.gate).into(),
            e2e: conductor.staff.end_to_end.as_ref().into(),
            budget: conductor.staff.calls.as_ref().into(),
            feature: (&conductor.feature).into(),
        }
    }
}
