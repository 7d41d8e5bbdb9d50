//! The arguments of the command line, and nothing else.

pub mod orchestrator;
mod session;

pub use session::{Session, SessionFormat, SessionStart};

use std::ffi::OsString;
use std::path::PathBuf;

use baton_agents::setup::Agent;
use clap::builder::PossibleValuesParser;
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
    /// Write the rules, the session protocol and, if wanted, a CI job into the worktree
    Init(Init),
    /// Judge history: every commit of a range, and where its branches end
    Verify(Verify),
    /// Accept a broken rule as a maintainer, by a signed commit that says why
    Accept(Accept),
    /// Show or check the policy and the settings
    #[command(subcommand)]
    Policy(Policy),
    /// Conduct many agents: run, merge, and sum up in the shared handoff document
    #[command(subcommand)]
    Orchestrator(orchestrator::Orchestrator),
    /// Begin, end and look at agents' sessions
    #[command(subcommand)]
    Session(Session),
    /// Run a command that can change this worktree, commit to its branch, and change nothing else
    Exec(Exec),
    /// Put the guard's hooks into this repository, for all its worktrees
    Install(Install),
    /// Take the guard's hooks out again, and put back what was there before
    Uninstall,
    /// Say what keeps the guard from guarding this repository, and change nothing
    Doctor(Doctor),
    /// Watch the guard at work: scripted agents try to get past it in repositories made for that
    Demo(Demo),
    /// Judge what a coding agent is about to do, as its hook: the event on the input, the answer on the output
    AgentHook(AgentHook),
    /// Serve agents over the Model Context Protocol: sessions, claims, the plan, the pool and what the guard would say
    #[cfg(feature = "mcp")]
    Mcp,
    /// Answer one call of a git hook, as an installed hook does
    #[command(hide = true)]
    Hook(Hook),
}

/// `git baton init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Write the job that judges every change for this service
    #[arg(long, value_enum, value_name = "SERVICE")]
    pub ci: Option<Ci>,
    /// List this SSH public key as a maintainer's, a file or `key::` and the key; its comment is the
    /// maintainer's name, unless one is given as NAME=FILE. Without it: the key with which git signs, or
    /// the only one in ~/.ssh and the agent
    #[arg(long, value_name = "FILE")]
    pub signer: Vec<String>,
    /// List no maintainer: the rules can never change after their first commit
    #[arg(long, conflicts_with = "signer")]
    pub frozen: bool,
    /// Write the rules alone, without the handoff document and the pages for agents
    #[arg(long)]
    pub guard_only: bool,
    /// Make Baton a hook of these agents, and tell them the protocol in AGENTS.md; or `none`. Without it:
    /// those whose program is on `PATH`, or whose settings lie in the repository
    #[arg(long, value_parser = agent_names(), value_delimiter = ',', value_name = "AGENT")]
    pub agents: Option<Vec<String>>,
    /// Replace files that say something else, and keep a copy of each
    #[arg(long)]
    pub force: bool,
}

/// The words that `--agents` takes.
fn agent_names() -> PossibleValuesParser {
    let names = Agent::ALL.into_iter().map(Agent::name);
    names.chain(["none"]).collect::<Vec<_>>().into()
}

/// The services for which there is a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
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

/// `git baton accept`.
#[derive(Debug, Args)]
pub struct Accept {
    /// The commits that break a rule; for a branch that goes back or is deleted, the commit at
    /// which it was
    #[arg(required = true, value_name = "COMMIT")]
    pub commits: Vec<String>,
    /// Why it may stand
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The rule, where judging the commit does not tell: one that the move of a branch breaks
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
}

/// `git baton exec`.
#[derive(Debug, Args)]
pub struct Exec {
    /// The slot of the pool to work in; without it, the linked worktree around the current directory
    #[arg(long, value_name = "SLOT")]
    pub worktree: Option<String>,
    /// The command and its arguments, behind `--`
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// `git baton install`.
#[derive(Debug, Args)]
pub struct Install {
    /// Guard a server's bare repository against what is pushed to it
    #[arg(long)]
    pub server: bool,
}

/// `git baton doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// How to write the findings
    #[arg(long, value_enum, default_value_t = DoctorFormat::Human)]
    pub format: DoctorFormat,
}

/// The ways to write the doctor's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DoctorFormat {
    /// Text for people
    Human,
    /// JSON, described by `schema/doctor.schema.json`
    Json,
}

/// `git baton policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Print the policy and the settings with every default filled in, and where each value comes
    /// from
    Show(PolicyFile),
    /// Say whether the policy and the settings are valid
    Check(PolicyFile),
    /// Move the settings that an older baton.toml holds to baton.settings.toml
    Migrate,
}

/// Which policy.
#[derive(Debug, Args)]
pub struct PolicyFile {
    /// The file; without it, `baton.toml` in the worktree and the settings that count
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The policy that this commit carries
    #[arg(long, value_name = "COMMIT", conflicts_with = "file")]
    pub at: Option<String>,
}

/// `git baton demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Build everything in this directory, which must be new or empty, and leave it there
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// `git baton agent-hook`.
#[derive(Debug, Args)]
pub struct AgentHook {
    /// What becomes of an event of unknown shape, or one that cannot be judged
    #[arg(long, value_enum, default_value_t = Unknown::Allow)]
    pub unknown: Unknown,
}

/// What becomes of an event that cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unknown {
    /// It may happen
    Allow,
    /// It may not happen
    Deny,
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
