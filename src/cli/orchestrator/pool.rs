use clap::{Args, Subcommand};

use super::{PoolLook, TextFormat, Trash};

/// `git baton orchestrator pool`.
#[derive(Debug, Subcommand)]
pub enum Pool {
    /// Make the worktrees, or as many as are missing
    Init(PoolInit),
    /// Take a worktree for a task, on a branch of its own and bound to a session
    Acquire(PoolAcquire),
    /// Say that the holder of a worktree is alive
    Heartbeat(PoolHeartbeat),
    /// Give a worktree back; nothing in it is lost
    Release(PoolRelease),
    /// Land the branches of finished tasks, as `git baton orchestrator merge` does
    Merge(PoolMerge),
    /// Say who has which worktree
    Status(PoolLook),
    /// Remove the worktrees that nobody has
    Cleanup(PoolCleanup),
    /// Remove the worktrees that nobody has, and make them anew
    Reset(PoolReset),
    /// Bring free worktrees to the commit on which tasks begin now
    Refresh(PoolLook),
    /// Say what is wrong with the pool
    Health(PoolHealth),
    /// Look at what was saved when worktrees were given up by force
    #[command(subcommand)]
    Trash(Trash),
}

/// `git baton orchestrator pool init`.
#[derive(Debug, Args)]
pub struct PoolInit {
    /// How many worktrees there shall be; without it, as many as the policy says
    #[arg(value_name = "SIZE", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub size: Option<u16>,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}

/// `git baton orchestrator pool acquire`.
#[derive(Debug, Args)]
pub struct PoolAcquire {
    /// The task's id, which becomes part of its branch's name
    pub task: String,
    /// The revision to begin on; without it, the one that the policy names, or else what the main
    /// worktree has checked out
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// Wait for a free worktree as many seconds
    #[arg(long, value_name = "SECS")]
    pub wait: Option<u32>,
    /// Who takes it; without it, the session
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// The process that works there; without it, the one that runs this command
    #[arg(long, value_name = "PID")]
    pub pid: Option<u32>,
    /// What the session is about; without it, the task's id
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The day of the session, instead of today (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// Begin no session: a worktree and a branch, without a log
    #[arg(long, conflicts_with_all = ["title", "date"])]
    pub no_session: bool,
    /// Print one line: `wt-1|/path|branch`
    #[arg(long, conflicts_with = "format")]
    pub porcelain: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub format: TextFormat,
}

/// `git baton orchestrator pool heartbeat`.
#[derive(Debug, Args)]
pub struct PoolHeartbeat {
    /// The worktree, such as `wt-1`, or its directory
    pub slot: String,
    /// The lease that `acquire` gave
    #[arg(long, value_name = "ID")]
    pub lease: String,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}

/// `git baton orchestrator pool release`.
#[derive(Debug, Args)]
pub struct PoolRelease {
    /// The worktree, such as `wt-1`, or its directory
    pub slot: String,
    /// The lease that `acquire` gave: nothing happens when the worktree has passed to another
    #[arg(long, value_name = "ID")]
    pub lease: Option<String>,
    /// Save what would be lost below `refs/baton/trash/`, and go on
    #[arg(long)]
    pub force: bool,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}

/// `git baton orchestrator pool merge`.
#[derive(Debug, Args)]
pub struct PoolMerge {
    /// The branch on which they land; without it, the one that the policy names
    #[arg(value_name = "BRANCH")]
    pub into: Option<String>,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}

/// `git baton orchestrator pool cleanup`.
#[derive(Debug, Args)]
pub struct PoolCleanup {
    /// Remove the others too, what would be lost being saved below `refs/baton/trash/`
    #[arg(long)]
    pub force: bool,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}

/// `git baton orchestrator pool reset`.
#[derive(Debug, Args)]
pub struct PoolReset {
    /// How many worktrees there shall be; without it, as many as the policy says
    #[arg(value_name = "SIZE", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub size: Option<u16>,
    /// Remove the others too, what would be lost being saved below `refs/baton/trash/`
    #[arg(long)]
    pub force: bool,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}

/// `git baton orchestrator pool health`.
#[derive(Debug, Args)]
pub struct PoolHealth {
    /// Repair what can be repaired without losing anything
    #[arg(long)]
    pub fix: bool,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}
