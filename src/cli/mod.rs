//! The words of the command line, and nothing else.

pub mod orchestrator;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Guard and conductor for repositories in which many coding agents work at once.
#[derive(Debug, Parser)]
#[command(
    name = "git-baton",
    bin_name = "git baton",
    version,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge history: every commit of a range, and where its branches end
    Verify(Verify),
    /// Show or check the policy
    #[command(subcommand)]
    Policy(Policy),
    /// Carry the sessions' summaries into the shared handoff document
    #[command(subcommand)]
    Orchestrator(orchestrator::Orchestrator),
    /// Answer one call of a git hook, as an installed hook does
    #[command(hide = true)]
    Hook(Hook),
}

/// `git baton verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// What to judge, as `git log` takes it: `A..B`, `B ^A`, `B`. Without it: the pull request
    /// or push that CI is about, or else what the upstream branch does not have
    pub range: Vec<String>,
    /// Judge everything that any reference reaches
    #[arg(long, conflicts_with = "range")]
    pub all: bool,
    /// Judge by this policy, not by the one that the base carries
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// The ways to write a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    Human,
    /// Baton's own JSON
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations for GitHub Actions
    Github,
}

/// `git baton policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Print the policy with every default filled in
    Show(PolicyFile),
    /// Say whether the policy is valid
    Check(PolicyFile),
}

/// Which policy.
#[derive(Debug, Args)]
pub struct PolicyFile {
    /// The file; without it, `baton.toml` in the worktree
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The policy that this commit carries
    #[arg(long, value_name = "COMMIT", conflicts_with = "file")]
    pub at: Option<String>,
}

/// `git baton hook`.
#[derive(Debug, Args)]
pub struct Hook {
    /// The hook's name
    pub name: String,
    /// The hook's own arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}
