use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::PoolLook;

/// `git baton orchestrator pool trash`.
#[derive(Debug, Subcommand)]
pub enum Trash {
    /// Say what is kept of worktrees that were given up by force
    List(PoolLook),
    /// Bring something back, as a worktree or as a branch
    Restore(TrashRestore),
    /// Let go of what is old
    Drop(TrashDrop),
}

/// `git baton orchestrator pool trash restore`.
#[derive(Debug, Args)]
pub struct TrashRestore {
    /// What to bring back, by its name in `pool trash list`
    pub name: String,
    /// Make a worktree there, with index and files as they were
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// Make this branch; without `--into`, its last commit has the files, and without this the
    /// branch is called as what is brought back
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}

/// `git baton orchestrator pool trash drop`.
#[derive(Debug, Args)]
pub struct TrashDrop {
    /// How old, in days, what is let go of must be
    #[arg(long, value_name = "DAYS")]
    pub older_than: u32,
    /// How the answer looks.
    #[command(flatten)]
    pub look: PoolLook,
}
