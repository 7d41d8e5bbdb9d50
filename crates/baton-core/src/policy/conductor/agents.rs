//! The agents that work on tasks, those that judge the work, and the calls that may be spent on it.

use bstr::BString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Confine;
use crate::policy::PathGlob;
use crate::policy::command::CommandTemplate;
use crate::policy::schema::unplaced_text;

/// The text that an agent reads from its standard input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Nothing.
    #[default]
    None,
    /// The whole prompt.
    Prompt,
    /// The instructions of the task, and nothing around them.
    Task,
}

/// The format of an agent's output, which tells what it says from what else it prints. Its standard error
/// output says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Each line of its standard output is said by it; of an event, what the agent says in it.
    #[default]
    Text,
    /// Its standard output holds events, a JSON object a line, and only what the agent itself says in
    /// one is said by it: not what its tools, its sub-agents and its program print.
    Events,
}

/// A command that works on a task.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentTable {
    /// A line for the shell, with `{prompt}`, `{prompt_file}`, `{worktree}`, `{branch}`,
    /// `{session}`, `{task}`, `{attempt}`, `{run}`, `{git_dir}` and `{worktree_git_dir}` for values;
    /// the same are in variables such as `BATON_TASK`.
    #[schemars(with = "String")]
    pub command: Spanned<String>,
    /// The text that it reads from its standard input.
    #[serde(default)]
    pub input: Input,
    /// The format of its output, which tells what it says from what else it prints.
    #[serde(default)]
    pub output: Output,
    /// A line for the shell that makes an empty commit where the agent would make its own, in its
    /// sandbox; it ends with exit status 1 where that fails. A run tries it before it starts the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub probe: Option<Spanned<String>>,
    /// Words by which it says that it has met a usage limit, beside those that are known of the
    /// built-in agents; upper and lower case are the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// The bounds of what it may change; without it, those of `confine` in `[conductor]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confine: Option<Confine>,
}

/// The judge of a finished task in a fresh worktree; the task's own verify commands where none is named.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GateTable {
    /// A line for the shell, with the values that an agent's command has.
    #[schemars(with = "String")]
    pub command: Spanned<String>,
    /// An agent, instead of a command.
    #[schemars(with = "String")]
    pub agent: Spanned<String>,
    /// The time limit of one judgement, in seconds.
    pub timeout: u64,
}

/// The end-to-end check of a task of kind `frontend`, or of one that changes what people see, once the gate
/// has approved it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EndToEndTable {
    /// A line for the shell, with the values that an agent's command has; the pictures that it
    /// leaves in the directory `BATON_SCREENSHOTS` are kept.
    #[schemars(with = "String")]
    pub command: Spanned<String>,
    /// Files that people see: it also looks at a task of another kind that changes one.
    #[schemars(with = "Vec<String>")]
    pub paths: Vec<Spanned<String>>,
    /// The time limit, in seconds.
    pub timeout: u64,
}

/// The budget of calls that agents may make.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallsTable {
    /// A line for the shell that prints how many calls are left; `github` stands for
    /// `gh api rate_limit --jq .resources.core.remaining`.
    pub command: String,
    /// The number of calls that one agent makes.
    pub per_agent: u64,
    /// The action taken when fewer are left than the agents would make.
    pub on_short: OnShort,
}

/// The action taken when too few calls are left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnShort {
    /// Start fewer agents.
    #[default]
    Reduce,
    /// Wait until there are enough.
    Wait,
    /// Do not start.
    Fail,
}

/// A command that works on a task, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The command.
    pub command: CommandTemplate,
    /// The text that it reads from its standard input.
    pub input: Input,
    /// The format of its output, which tells what it says from what else it prints.
    pub output: Output,
    /// The command that makes an empty commit where the agent would make its own.
    pub probe: Option<CommandTemplate>,
    /// Words by which it says that it has met a usage limit, beside those that are known.
    pub limits: Vec<String>,
    /// The bounds of what it may change, where they are set for this agent.
    pub confine: Option<Confine>,
    /// The command while it is confined, where that is another: without a sandbox of its own, for which there is no room inside.
    pub confined_command: Option<CommandTemplate>,
}

impl Agent {
    /// True for one that gets the whole prompt, and so knows what is asked of it beside the task.
    pub fn is_told(&self) -> bool {
        let by_command = |name| self.command.names(name);
        self.input == Input::Prompt || by_command("prompt") || by_command("prompt_file")
    }
}

/// `[conductor.gate]`, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The judge.
    pub judge: Judge,
    /// The time limit of one judgement, in seconds.
    pub timeout: u64,
}

/// The judge of a finished task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judge {
    /// The task's own verify commands.
    Verification,
    /// A command.
    Command(CommandTemplate),
    /// The agent of this name.
    Agent(String),
}

/// `[conductor.e2e]`, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct EndToEnd {
    /// The command.
    pub command: CommandTemplate,
    /// Files that people see: it also looks at a task of another kind that changes one.
    pub paths: Vec<PathGlob>,
    /// The time limit, in seconds.
    pub timeout: u64,
}

/// `[conductor.budget]`, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The line for the shell that prints how many calls are left, as it was written.
    pub command: String,
    /// The number of calls that one agent makes.
    pub per_agent: u64,
    /// The action taken when fewer are left than the agents would make.
    pub on_short: OnShort,
}

impl Calls {
    /// The line for the shell that prints how many calls are left.
    pub fn line(&self) -> &str {
        match self.command.as_str() {
            "github" => "gh api rate_limit --jq .resources.core.remaining",
            line => line,
        }
    }
}

impl Default for GateTable {
    fn default() -> Self {
        Self {
            command: unplaced_text(""),
            agent: unplaced_text(""),
            timeout: 1800,
        }
    }
}

/// The files that pages are made of, as the programs that build them name these.
const PAGES: [&str; 3] = [
    "**/*.{css,scss,sass,less}",
    "**/*.{html,htm}",
    "**/*.{jsx,tsx,vue,svelte,astro}",
];

impl EndToEnd {
    /// Returns true if people see one of these files.
    pub fn is_seen<'p>(&self, paths: impl IntoIterator<Item = &'p BString>) -> bool {
        let is_seen = |path: &BString| self.paths.iter().any(|glob| glob.matches(path.as_ref()));
        paths.into_iter().any(is_seen)
    }
}

impl Default for EndToEndTable {
    fn default() -> Self {
        Self {
            command: unplaced_text(""),
            paths: PAGES.map(unplaced_text).into(),
            timeout: 1800,
        }
    }
}

impl Default for CallsTable {
    fn default() -> Self {
        Self {
            command: String::new(),
            per_agent: 100,
            on_short: OnShort::default(),
        }
    }
}

impl From<&Agent> for AgentTable {
    fn from(agent: &Agent) -> Self {
        Self {
            command: unplaced_text(agent.command.as_str()),
            input: agent.input,
            output: agent.output,
            probe: agent
                .probe
                .as_ref()
                .map(|probe| unplaced_text(probe.as_str())),
            limits: agent.limits.clone(),
            confine: agent.confine,
        }
    }
}

impl From<&Gate> for GateTable {
    fn from(gate: &Gate) -> Self {
        let (command, agent) = match &gate.judge {
            Judge::Verification => ("", ""),
            Judge::Command(command) => (command.as_str(), ""),
            Judge::Agent(name) => ("", name.as_str()),
        };
        Self {
            command: unplaced_text(command),
            agent: unplaced_text(agent),
            timeout: gate.timeout,
        }
    }
}

impl From<Option<&EndToEnd>> for EndToEndTable {
    fn from(check: Option<&EndToEnd>) -> Self {
        check.map_or_else(Self::default, |check| Self {
            command: unplaced_text(check.command.as_str()),
            paths: check
                .paths
                .iter()
                .map(|glob| unplaced_text(glob.as_str()))
                .collect(),
            timeout: check.timeout,
        })
    }
}

impl From<Option<&Calls>> for CallsTable {
    fn from(calls: Option<&Calls>) -> Self {
        calls.map_or_else(Self::default, |calls| Self {
            command: calls.command.clone(),
            per_agent: calls.per_agent,
            on_short: calls.on_short,
        })
    }
}
