use clap::Args;

use super::TextFormat;

/// `git baton orchestrator conflicts`.
#[derive(Debug, Args)]
pub struct Conflicts {
    /// The branches to compare; without any, those that the policy merges and those that are
    /// checked out in linked worktrees
    #[arg(value_name = "BRANCH")]
    pub branches: Vec<String>,
    /// The branch into which all are to go; without it, the policy's
    #[arg(long, value_name = "BRANCH")]
    pub into: Option<String>,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub format: TextFormat,
}
