use bstr::BStr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TaskId;
use super::schema::Kind;
use crate::policy::{GlobError, PathGlob};

/// A task of a valid task file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// The title, in one line.
    pub title: String,
    /// The instructions to the agent.
    pub prompt: String,
    /// Patterns of the paths that it may change.
    pub files: Vec<String>,
    /// The commands that must succeed before its work is taken.
    pub verify: Vec<String>,
    /// The number of attempts; at least 1.
    pub attempts: u32,
    /// The time limit of one attempt, in seconds; `null` for as long as the policy allows.
    pub timeout_seconds: Option<u64>,
    /// The sort of work it is.
    pub kind: Kind,
    /// The profile of the agent that does it; `null` for the policy's.
    pub agent: Option<String>,
    /// The tasks that come before it, in the order of the file.
    pub waits_for: Vec<Wait>,
}

/// A task that comes before another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    /// The task that comes before.
    pub task: TaskId,
    /// Why.
    pub because: Because,
}

/// Why one task comes before another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The later one builds on its work, and is nothing without it.
    After,
    /// Both may change one path; the later one can do without the other's work.
    Overlap {
        /// The pattern of the task that comes before.
        theirs: String,
        /// The pattern of the task that waits.
        own: String,
    },
}

impl Task {
    /// The tasks without whose work this one is nothing.
    pub fn builds_on(&self) -> impl Iterator<Item = &TaskId> {
        let needed = |wait: &&Wait| wait.because == Because::After;
        self.waits_for.iter().filter(needed).map(|wait| &wait.task)
    }

    /// The patterns of the paths that it may change.
    ///
    /// # Errors
    /// When one is no pattern, which no valid task file holds.
    pub fn owned(&self) -> Result<Owned, GlobError> {
        let globs = self.files.iter().map(|text| PathGlob::parse(text));
        Ok(Owned(globs.collect::<Result<_, _>>()?))
    }
}

/// The paths that one task may change.
#[derive(Debug, Clone)]
pub struct Owned(Vec<PathGlob>);

impl Owned {
    /// True if the task may change `path`, raw bytes from the repository's root.
    pub fn covers(&self, path: &BStr) -> bool {
        self.0.iter().any(|glob| glob.matches(path))
    }
}
