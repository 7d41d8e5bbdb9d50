//! `git baton orchestrator run`, and what looks at runs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::TextFormat;

/// `git baton orchestrator run`.
#[derive(Debug, Args)]
#[command(after_long_help = super::TASKS_EXAMPLE)]
pub struct Run {
    /// The file of tasks
    #[arg(default_value = "tasks.toml", value_name = "FILE")]
    pub tasks: PathBuf,
    /// The branch on which the work lands; without it, the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    pub into: Option<String>,
    /// Run these tasks and no others, be it that an earlier run has landed them; FILE goes before
    #[arg(long, value_name = "ID", num_args = 1.., conflicts_with = "from")]
    pub only: Vec<String>,
    /// Run this task and those behind it in the file
    #[arg(long, value_name = "ID")]
    pub from: Option<String>,
    /// How much of it is run
    #[command(flatten)]
    pub extent: Extent,
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    pub format: RunFormat,
}

/// How much of a run one call carries out.
#[derive(Debug, Args)]
pub struct Extent {
    /// Pause after each group with a checkpoint; so it is without being said where a coding
    /// agent makes the call
    #[arg(long, conflicts_with = "all")]
    pub one_group: bool,
    /// Run all groups
    #[arg(long)]
    pub all: bool,
}

/// The ways to tell what happens in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// Text for people, live on a terminal
    Human,
    /// JSON, a line for each thing that happens
    Json,
}

/// `git baton orchestrator resume`.
#[derive(Debug, Args)]
pub struct Resume {
    /// The run; without it, the one that began last
    pub run: Option<String>,
    /// Have the tasks that came to nothing begin anew, also those of a run that is over
    #[arg(long)]
    pub failed: bool,
    /// How much of it is run
    #[command(flatten)]
    pub extent: Extent,
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    pub format: RunFormat,
}

/// `git baton orchestrator status`, `state`.
#[derive(Debug, Args)]
pub struct RunLook {
    /// The run; without it, the one that began last
    pub run: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub format: TextFormat,
}

/// `git baton orchestrator logs`.
#[derive(Debug, Args)]
pub struct Logs {
    /// The task
    pub task: String,
    /// The run; without it, the one that began last
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// The attempt; without it, the last
    #[arg(long, value_name = "N")]
    pub attempt: Option<u32>,
    /// What its gate said, instead
    #[arg(long)]
    pub gate: bool,
    /// Go on with what is added, as long as the run is at work
    #[arg(short, long)]
    pub follow: bool,
}

/// `git baton orchestrator stop`.
#[derive(Debug, Args)]
pub struct Stop {
    /// The run; without it, the one that began last
    pub run: Option<String>,
}

/// `git baton orchestrator report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The run; without it, the one that began last
    pub run: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ReportFormat::Markdown)]
    pub format: ReportFormat,
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The ways to write a report of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Markdown
    Markdown,
    /// One HTML page that needs nothing else
    Html,
}

/// `git baton orchestrator checkpoint`.
#[derive(Debug, Subcommand)]
pub enum Checkpoint {
    /// Print the last checkpoint
    Read(RunLook),
    /// Record where the run stands now
    Write(CheckpointWrite),
    /// Record it for another session that goes on, and pause the run after the group at work
    Handoff(CheckpointWrite),
}

/// `git baton orchestrator checkpoint write`.
#[derive(Debug, Args)]
pub struct CheckpointWrite {
    /// What to say in it
    pub note: Option<String>,
    /// The run; without it, the one that began last
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// What part of its context the caller has used, from 0 to 1; from 0.8 on the run pauses
    /// after the group at work
    #[arg(long, value_name = "PART")]
    pub context_used: Option<f64>,
}
