use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `git baton orchestrator plan`.
#[derive(Debug, Args)]
#[command(after_long_help = super::TASKS_EXAMPLE)]
pub struct Plan {
    /// The file of tasks
    #[arg(value_name = "FILE", default_value = "tasks.toml")]
    pub tasks: PathBuf,
    /// Plan by this policy, not by the one of the commit that is checked out
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// How to write the plan
    #[arg(long, value_enum, default_value_t = PlanFormat::Human)]
    pub format: PlanFormat,
}

/// The ways to write a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// A box for people
    Human,
    /// JSON
    Json,
    /// A Mermaid flowchart
    Mermaid,
}
