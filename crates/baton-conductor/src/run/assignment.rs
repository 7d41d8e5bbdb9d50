//! The assignment of an agent: its work, and the place for it.

use std::path::PathBuf;
use std::time::Duration;

use baton_core::model::{BranchName, Oid, SessionId};
use baton_core::policy::PathGlob;

/// A task of a run.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The run.
    pub run: String,
    /// The task's id.
    pub task: String,
    /// The title, in one line.
    pub title: String,
    /// The instructions to the agent.
    pub prompt: String,
    /// The patterns of the paths that it may change; `None` for any.
    pub owned: Option<Vec<PathGlob>>,
    /// The lines for the shell that must succeed before the work counts.
    pub verify: Vec<String>,
    /// The time limit of one attempt, and of each of its verify commands; `None` for any time.
    pub limit: Option<Duration>,
}

/// Where an agent works.
#[derive(Debug, Clone)]
pub struct Place {
    /// The root of its worktree.
    pub worktree: PathBuf,
    /// The branch that is checked out there.
    pub branch: BranchName,
    /// The commit on which the task began.
    pub base: Oid,
    /// The session that is bound to the worktree.
    pub session: Option<SessionId>,
}
