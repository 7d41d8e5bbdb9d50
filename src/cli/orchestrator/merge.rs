use clap::{ArgGroup, Args, ValueEnum};

use super::TextFormat;

/// `git baton orchestrator merge`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("going-on").args(["continue", "skip", "abort"]))]
pub struct Merge {
    /// The branches; without any, every finished one that the policy takes
    #[arg(value_name = "BRANCH")]
    pub branches: Vec<String>,
    /// The branch on which they land; without it, the one that the policy names
    #[arg(long, value_name = "BRANCH", conflicts_with = "going-on")]
    pub into: Option<String>,
    /// What becomes of their commits; without it, what the policy says
    #[arg(long, value_enum, conflicts_with = "going-on")]
    pub strategy: Option<MergeStrategy>,
    /// A command that must succeed on the merged files, instead of the policy's; may be repeated
    #[arg(long, value_name = "CMD", conflicts_with = "going-on")]
    pub test: Vec<String>,
    /// Land the first of these branches only after the second; may be repeated
    #[arg(long, value_name = "BRANCH:BRANCH", conflicts_with = "going-on")]
    pub after: Vec<String>,
    /// Say what would land, and change nothing; the tests are not run
    #[arg(long, conflicts_with = "going-on")]
    pub dry_run: bool,
    /// Go on with the branches whose conflicts somebody has resolved
    #[arg(long)]
    pub r#continue: bool,
    /// Leave a branch out that waits for its conflicts to be resolved
    #[arg(long)]
    pub skip: bool,
    /// Leave every branch out that waits; what has landed stays
    #[arg(long, conflicts_with = "branches")]
    pub abort: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub format: TextFormat,
}

/// What becomes of the commits of a branch that lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MergeStrategy {
    /// They stay, and a merge commit joins them to the target
    Merge,
    /// Each is made anew on top of the target
    Rebase,
    /// They become one commit a session
    Squash,
}
