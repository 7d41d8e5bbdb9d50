//! `git baton orchestrator`.

mod conflicts;
mod feature;
mod merge;
mod plan;
mod pool;
mod run;
mod trash;

use std::path::PathBuf;

pub use conflicts::Conflicts;
pub use feature::Feature;
pub use merge::{Merge, MergeStrategy};
pub use plan::{Plan, PlanFormat};
pub use pool::{
    Pool, PoolAcquire, PoolCleanup, PoolHealth, PoolHeartbeat, PoolInit, PoolMerge, PoolRelease,
    PoolReset,
};
pub use run::{
    Checkpoint, CheckpointWrite, Extent, Logs, Report, ReportFormat, Resume, Run, RunFormat,
    RunLook, Stop,
};
pub use trash::{Trash, TrashDrop, TrashRestore};

use clap::{Args, Subcommand, ValueEnum};

/// A file of tasks, for the help of those who read one. A test plans it.
const TASKS_EXAMPLE: &str = r#"A file of tasks (keep it outside of the repository, or commit it):
  version = 1
  [[task]]
  id = "dates"
  prompt = "Parse ISO dates in src/dates.rs, with tests."
  files = ["src/dates.rs"]
  verify = ["cargo test dates"]
  [[task]]
  id = "manual"
  prompt = "Write the page on dates."
  files = ["docs/dates.md"]
  after = ["dates"]

`files`, `verify` and `after` may be missing. `git config baton.conductor.agent claude` names the agent."#;

/// What the orchestrator does with what the sessions leave.
#[derive(Debug, Subcommand)]
pub enum Orchestrator {
    /// Carry the sessions' summaries into the handoff document, in one commit
    Aggregate(Aggregate),
    /// Say which branches will collide when they are merged
    Conflicts(Conflicts),
    /// Edit the handoff document by hand, as a maintainer
    Edit(Edit),
    /// Have agents build something: scouts, planners, the tasks, validators
    Feature(Feature),
    /// Look at the handoff document
    #[command(subcommand)]
    Handoff(Handoff),
    /// Land finished branches: merged in order, tested as one
    Merge(Merge),
    /// Say which tasks run together, and which wait for which
    Plan(Plan),
    /// Keep worktrees ready for tasks
    #[command(subcommand)]
    Pool(Pool),
    /// Take a list of tasks to a merged branch: agents in worktrees, judged, landed, summed up
    Run(Run),
    /// Go on with a run that paused or was killed
    Resume(Resume),
    /// Say how a run stands
    Status(RunLook),
    /// Print what the agent of a task has said
    Logs(Logs),
    /// End a run's agents, keep their work, and let it be resumed
    Stop(Stop),
    /// Show the states of a run, and which it is in
    State(RunLook),
    /// Read and write checkpoints of a run
    #[command(subcommand)]
    Checkpoint(Checkpoint),
    /// Tell what became of a run, with the timeline of its agents
    Report(Report),
}

/// `git baton orchestrator aggregate`.
#[derive(Debug, Args)]
pub struct Aggregate {
    /// The sessions, such as `19,20,21` or `2025-12-18/19`; without it, all that have a summary
    #[arg(long, value_delimiter = ',', value_name = "N")]
    pub sessions: Vec<String>,
    /// The session that aggregates; without it, the one that this worktree is bound to
    #[arg(long, value_name = "N")]
    pub orchestrator: Option<String>,
    /// Say what would be committed, and commit nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Leave out the sessions that are not ready instead of refusing
    #[arg(long)]
    pub partial: bool,
    /// Push the branch to this remote afterwards
    #[arg(long, value_name = "REMOTE")]
    pub push: Option<String>,
    /// The branch; without it, the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    pub into: Option<String>,
    /// Make the aggregates at the branch's tip, which were never pushed, again on top of this
    /// commit, such as `origin/main`, because somebody else pushed first
    #[arg(long, value_name = "COMMIT", conflicts_with = "dry_run")]
    pub onto: Option<String>,
    /// The day of the entry; without it, today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// The SSH key to sign with; without it, the one that git is configured with, where the
    /// policy asks for a signature
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
}

/// `git baton orchestrator edit`.
#[derive(Debug, Args)]
pub struct Edit {
    /// Why the document is edited by hand: one line for its readers
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Apply this patch, `-` for standard input; without it, an editor is opened
    #[arg(long, value_name = "FILE")]
    pub patch: Option<PathBuf>,
    /// The branch; without it, the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    pub into: Option<String>,
    /// The maintainer's SSH key; without it, the one that git is configured with
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
}

/// `git baton orchestrator handoff`.
#[derive(Debug, Subcommand)]
pub enum Handoff {
    /// Say which sessions are pending, and how large the document is
    Status(Look),
    /// Print a patch that tidies blank lines; a maintainer lands it
    Fmt(Look),
    /// Say which sessions came in with which commit
    Log(Look),
}

/// What to look at.
#[derive(Debug, Args)]
pub struct Look {
    /// The branch; without it, the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    pub into: Option<String>,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub format: TextFormat,
}

/// The ways to write what was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// Text for people
    Human,
    /// JSON
    Json,
}

/// How to write what there is to say.
#[derive(Debug, Args)]
pub struct PoolLook {
    /// How to write the result
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub format: TextFormat,
}
