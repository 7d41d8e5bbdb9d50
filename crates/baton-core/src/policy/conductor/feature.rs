//! `[conductor.feature]`: who turns a wish into tasks, and who looks at what came of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::agents::GateTable;
use crate::policy::command::CommandTemplate;
use crate::policy::schema::{unplaced, unplaced_text};

/// The agents that turn a request into tasks, and those that look at the result.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureTable {
    /// The files that say what no agent may do: all of them are told what stands there.
    #[schemars(with = "Vec<String>")]
    pub constraints: Vec<Spanned<String>>,
    /// The number of bytes that are kept of what one scout found.
    #[schemars(with = "usize", range(min = 1))]
    pub finding_bytes: Spanned<usize>,
    /// The agents that make the task file.
    pub planner: PlannerTable,
    /// The questions that are answered before that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scout: Vec<ScoutTable>,
    /// The judges of the merged result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validator: Vec<ValidatorTable>,
}

/// A question about the repository, and who answers it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoutTable {
    /// Its name: letters, digits, `-` and `_`.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub name: Spanned<String>,
    /// The question.
    pub prompt: String,
    /// The agent that answers; the conductor's where none is named.
    #[serde(default = "nobody")]
    #[schemars(with = "String")]
    pub agent: Spanned<String>,
    /// The time limit, in seconds.
    #[serde(default = "scouting_time")]
    pub timeout: u64,
}

/// The agents that make the task file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlannerTable {
    /// A line for the shell, with the values that an agent's command has; the task file goes
    /// between the lines "```toml" and "```" of its output, or into the file `BATON_TASKS_FILE`.
    #[schemars(with = "String")]
    pub command: Spanned<String>,
    /// An agent, instead of a command; the conductor's where neither is named.
    #[schemars(with = "String")]
    pub agent: Spanned<String>,
    /// The number of planners that are asked, each for itself.
    #[schemars(with = "usize", range(min = 1))]
    pub count: Spanned<usize>,
    /// The way in which several task files become one.
    pub combine: CombinePlans,
    /// The number of times one is asked until its task file is valid.
    #[schemars(with = "u32", range(min = 1))]
    pub attempts: Spanned<u32>,
    /// The time limit of one attempt, in seconds.
    pub timeout: u64,
}

/// The way in which several task files become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CombinePlans {
    /// The planner gets all of them and makes one.
    #[default]
    Merge,
    /// The one that more than half of the planners made.
    Vote,
    /// The one that all made; where they differ, a person decides.
    Escalate,
}

/// A judge of the merged result.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidatorTable {
    /// Its name: letters, digits, `-` and `_`.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub name: Spanned<String>,
    /// A line for the shell, with the values that an agent's command has.
    #[serde(default = "nobody")]
    #[schemars(with = "String")]
    pub command: Spanned<String>,
    /// An agent, instead of a command; the conductor's where neither is named.
    #[serde(default = "nobody")]
    #[schemars(with = "String")]
    pub agent: Spanned<String>,
    /// The time limit, in seconds.
    #[serde(default = "judging_time")]
    pub timeout: u64,
}

/// `[conductor.feature]`, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// The paths of the files that say what no agent may do.
    pub constraints: Vec<String>,
    /// The number of bytes that are kept of what one scout found; at least 1.
    pub finding_bytes: usize,
    /// The questions; no two have one name.
    pub scouts: Vec<Scout>,
    /// The agents that make the task file.
    pub planner: Planner,
    /// The judges of the merged result; no two have one name.
    pub validators: Vec<Validator>,
}

/// A question about the repository, and who answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scout {
    /// Its name, which a file can have.
    pub name: String,
    /// The question.
    pub prompt: String,
    /// The agent's name; empty for the conductor's.
    pub agent: String,
    /// The time limit, in seconds; 0 for any time.
    pub timeout: u64,
}

/// The agents that make the task file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planner {
    /// Who.
    pub who: Who,
    /// The number of planners that are asked; at least 1.
    pub count: usize,
    /// The way in which several task files become one.
    pub combine: CombinePlans,
    /// The number of times one is asked until its task file is valid; at least 1.
    pub attempts: u32,
    /// The time limit of one attempt, in seconds; 0 for any time.
    pub timeout: u64,
}

/// A judge of the merged result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validator {
    /// Its name, which a file can have.
    pub name: String,
    /// Who.
    pub who: Who,
    /// The time limit, in seconds; 0 for any time.
    pub timeout: u64,
}

/// A command, or an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A line for the shell.
    Command(CommandTemplate),
    /// The agent of this name; empty for the conductor's.
    Agent(String),
}

impl Who {
    /// The command and the agent, as the policy writes them.
    fn written(&self) -> (&str, &str) {
        match self {
            Self::Command(command) => (command.as_str(), ""),
            Self::Agent(name) => ("", name),
        }
    }
}

/// Returns the time limit of a scout where the policy does not say, in seconds.
fn scouting_time() -> u64 {
    900
}

/// Returns the time limit of a judgement where the policy does not say, in seconds.
fn judging_time() -> u64 {
    GateTable::default().timeout
}

fn nobody() -> Spanned<String> {
    unplaced_text("")
}

impl Default for FeatureTable {
    fn default() -> Self {
        Self {
            constraints: Vec::new(),
            finding_bytes: unplaced(32 * 1024),
            planner: PlannerTable::default(),
            scout: Vec::new(),
            validator: Vec::new(),
        }
    }
}

impl Default for PlannerTable {
    fn default() -> Self {
        Self {
            command: nobody(),
            agent: nobody(),
            count: unplaced(1),
            combine: CombinePlans::default(),
            attempts: unplaced(3),
            timeout: judging_time(),
        }
    }
}

impl Default for Feature {
    /// Returns the values of a policy without the table.
    fn default() -> Self {
        let table = FeatureTable::default();
        Self {
            constraints: Vec::new(),
            finding_bytes: *table.finding_bytes.get_ref(),
            scouts: Vec::new(),
            planner: Planner {
                who: Who::Agent(String::new()),
                count: *table.planner.count.get_ref(),
                combine: table.planner.combine,
                attempts: *table.planner.attempts.get_ref(),
                timeout: table.planner.timeout,
            },
            validators: Vec::new(),
        }
    }
}

impl From<&Feature> for FeatureTable {
    fn from(feature: &Feature) -> Self {
        let (command, agent) = feature.planner.who.written();
        Self {
            constraints: feature
                .constraints
                .iter()
                .map(|path| unplaced_text(path))
                .collect(),
            finding_bytes: unplaced(feature.finding_bytes),
            planner: PlannerTable {
                command: unplaced_text(command),
                agent: unplaced_text(agent),
                count: unplaced(feature.planner.count),
                combine: feature.planner.combine,
                attempts: unplaced(feature.planner.attempts),
                timeout: feature.planner.timeout,
            },
            scout: feature.scouts.iter().map(ScoutTable::from).collect(),
            validator: feature
                .validators
                .iter()
                .map(ValidatorTable::from)
                .collect(),
        }
    }
}

impl From<&Scout> for ScoutTable {
    fn from(scout: &Scout) -> Self {
        Self {
            name: unplaced_text(&scout.name),
            prompt: scout.prompt.clone(),
            agent: unplaced_text(&scout.agent),
            timeout: scout.timeout,
        }
    }
}

impl From<&Validator> for ValidatorTable {
    fn from(validator: &Validator) -> Self {
        let (command, agent) = validator.who.written();
        Self {
            name: unplaced_text(&validator.name),
            command: unplaced_text(command),
            agent: unplaced_text(agent),
            timeout: validator.timeout,
        }
    }
}
