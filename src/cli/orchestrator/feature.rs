use std::path::PathBuf;

use clap::Args;

use super::{Extent, TextFormat};

/// `git baton orchestrator feature`.
#[derive(Debug, Args)]
pub struct Feature {
    /// What is wanted, in words
    #[arg(
        value_name = "TEXT",
        required_unless_present = "resume",
        conflicts_with = "resume"
    )]
    pub wish: Option<String>,
    /// Go on with a feature that was interrupted or waits for a decision; without an id, with the
    /// last that is not finished
    #[arg(long, value_name = "ID", num_args = 0..=1)]
    pub resume: Option<Option<String>>,
    /// The branch that it is for; without it, the one that is checked out
    #[arg(long, value_name = "BRANCH", conflicts_with = "resume")]
    pub into: Option<String>,
    /// Take the tasks of this file instead of the planners'
    #[arg(long, value_name = "FILE")]
    pub tasks: Option<PathBuf>,
    /// End once there is a task file
    #[arg(long)]
    pub plan_only: bool,
    /// How much of the tasks is run
    #[command(flatten)]
    pub extent: Extent,
    /// Say who would be asked, and ask nobody
    #[arg(long, conflicts_with = "resume")]
    pub dry_run: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub format: TextFormat,
}
