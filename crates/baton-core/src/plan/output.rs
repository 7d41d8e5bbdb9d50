//! A plan as JSON, described by `schema/plan.schema.json`.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::panel::label;
use super::{Mode, Plan, Task, TaskId, TaskList};
use crate::report::escape;

/// The version of the document.
pub const VERSION: u32 = 1;

/// The plan by which a list of tasks is carried out.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Plan")]
pub struct PlanDocument<'a> {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The mode: agents work side by side or one after another.
    pub mode: ModeName,
    /// Why they do not; `null` when they do.
    pub reason: Option<&'a str>,
    /// The number of agents that may work at once.
    #[schemars(range(min = 1))]
    pub max_agents: usize,
    /// The number of agents that could work at once without that limit.
    pub independent: usize,
    /// The groups, one after the other.
    pub groups: Vec<GroupDocument>,
    /// The tasks, in the order of the file, with all that they wait for.
    pub tasks: &'a [Task],
}

/// The mode in which agents work: side by side or one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModeName {
    /// The agents of a group work side by side.
    Parallel,
    /// One agent works after the other.
    Sequential,
}

/// Agents that work side by side.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupDocument {
    /// Its number, from 1.
    pub number: usize,
    /// Its agents.
    pub agents: Vec<AgentDocument>,
}

/// One agent's work.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgentDocument {
    /// Its number, from 1 on through all groups.
    pub number: usize,
    /// The work it does, in one line for people.
    pub label: String,
    /// Its tasks, one after the other.
    pub tasks: Vec<TaskId>,
}

impl<'a> PlanDocument<'a> {
    /// The document for the plan of these tasks.
    pub fn new(list: &'a TaskList, plan: &'a Plan) -> Self {
        let (mode, reason) = match &plan.mode {
            Mode::Parallel => (ModeName::Parallel, None),
            Mode::Sequential { reason } => (ModeName::Sequential, Some(reason.as_str())),
        };
        Self {
            version: VERSION,
            mode,
            reason,
            max_agents: plan.max_agents,
            independent: list.independent(),
            groups: groups(list, plan),
            tasks: &list.tasks,
        }
    }

    /// Its text.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("plain values are JSON");
        escape::json(&json) + "\n"
    }

    /// The schema of the document.
    pub fn schema() -> Schema {
        schema_for!(Self)
    }
}

fn groups(list: &TaskList, plan: &Plan) -> Vec<GroupDocument> {
    let mut agents = 0;
    let groups = plan.groups.iter().enumerate();
    groups
        .map(|(at, group)| {
            let first = agents + 1;
            agents += group.lanes.len();
            let lanes = (first..).zip(&group.lanes);
            GroupDocument {
                number: at + 1,
                agents: lanes
                    .map(|(number, lane)| AgentDocument {
                        number,
                        label: label(list, lane),
                        tasks: lane
                            .tasks
                            .iter()
                            .map(|&at| list.tasks[at].id.clone())
                            .collect(),
                    })
                    .collect(),
            }
        })
        .collect()
}
