//! `tasks.toml` as it is written: every key, its type and its default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The only version of the format so far.
pub const VERSION: i64 = 1;

/// The largest task file that is read, in bytes.
pub const MAX_TASKS_BYTES: usize = 4 << 20;
/// The most tasks that one file may hold.
pub const MAX_TASKS: usize = 1000;

/// The tasks that a run carries out: `tasks.toml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "tasks.toml", extend("required" = ["task"]))]
pub struct TasksFile {
    /// The version of this format: 1.
    #[serde(default = "current_version")]
    #[schemars(with = "i64", range(min = 1, max = 1))]
    pub version: Spanned<i64>,
    /// The tasks, in the order in which they are told apart where nothing else orders them.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub task: Vec<TaskTable>,
}

/// One task.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskTable {
    /// Its name, which its branch and its logs carry: at most 64 letters, digits, `-`, `_`, `.`.
    #[schemars(with = "String", regex(pattern = super::id::PATTERN))]
    pub id: Spanned<String>,
    /// The title, in one line; without it, the id.
    #[schemars(with = "Option<String>")]
    pub title: Option<Spanned<String>>,
    /// The instructions to the agent.
    pub prompt: String,
    /// The paths that it may change: paths, directories (with a trailing `/`) or globs. Empty for
    /// a task that changes nothing.
    #[schemars(with = "Vec<String>")]
    pub files: Vec<Spanned<String>>,
    /// The ids of the tasks whose work it builds on.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub after: Vec<Spanned<String>>,
    /// The commands that must succeed before its work is taken.
    #[serde(default)]
    pub verify: Vec<String>,
    /// The number of attempts; without it, one and as many more as the policy's `conductor.retry_on_failure` says.
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub attempts: Option<Spanned<u32>>,
    /// The time limit of one attempt: seconds, or a text such as `"10m"` or `"1h 30m"`.
    #[schemars(with = "Option<Written>")]
    pub timeout: Option<Spanned<Timeout>>,
    /// The sort of work it is.
    #[serde(default)]
    pub kind: Kind,
    /// The agent that does it, one that the policy knows; without it, the policy's.
    #[schemars(with = "Option<String>")]
    pub agent: Option<Spanned<String>>,
}

/// The sort of work that a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Work on code that runs behind an interface.
    Backend,
    /// Work on what people see: it also has to pass the end-to-end gate, where there is one.
    Frontend,
    /// Documentation.
    Docs,
    /// Tests.
    Tests,
    /// Builds, deployment, tools.
    Infra,
    /// Anything else.
    #[default]
    Other,
}

impl Kind {
    /// Its name, as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Frontend => "frontend",
            Self::Docs => "docs",
            Self::Tests => "tests",
            Self::Infra => "infra",
            Self::Other => "other",
        }
    }
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Timeout {
    /// The number of seconds; at least 1.
    pub seconds: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected a number of seconds, or a text such as `\"10m\"`"
)]
enum Written {
    Seconds(#[schemars(range(min = 1))] u64),
    Text(#[schemars(regex(pattern = "^[0-9]"))] String),
}

/// A text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of time: write seconds, or a text such as \"10m\" or \"1h 30m\"")]
struct NoTimeout(String);

impl TryFrom<Written> for Timeout {
    type Error = NoTimeout;

    fn try_from(written: Written) -> Result<Self, NoTimeout> {
        let (seconds, text) = match written {
            Written::Seconds(seconds) => (Some(seconds), seconds.to_string()),
            Written::Text(text) => (read_seconds(&text), text),
        };
        let seconds = seconds.filter(|seconds| *seconds > 0);
        seconds
            .map(|seconds| Self { seconds })
            .ok_or(NoTimeout(text))
    }
}

fn read_seconds(text: &str) -> Option<u64> {
    let length: jiff::SignedDuration = text.parse().ok()?;
    u64::try_from(length.as_secs()).ok()
}

fn current_version() -> Spanned<i64> {
    Spanned::new(0..0, VERSION)
}

/// The JSON schema of `tasks.toml`.
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(TasksFile);
    format!("{:#}\n", schema.as_value())
}
