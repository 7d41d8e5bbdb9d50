use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `git baton session`.
#[derive(Debug, Subcommand)]
pub enum Session {
    /// Begin a session in this worktree: a number, a log, a binding
    Start(SessionStart),
    /// Hand in the session's summary
    Summary {
        /// Where it is; `-` for standard input. Without it: the file that the policy names for
        /// this session
        file: Option<PathBuf>,
        /// The session, ended and not aggregated yet, whose summary to replace; without it, the
        /// session of this worktree
        #[arg(long, value_name = "N")]
        session: Option<String>,
        /// How to write the result
        #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
        format: SessionFormat,
    },
    /// Check the session of this worktree and end it
    End {
        /// How to write the result
        #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
        format: SessionFormat,
    },
    /// Give a session up: no aggregate waits for it, its branch and its commits stay
    Abandon {
        /// Its number; without it, the session of this worktree
        number: Option<String>,
        /// Why nobody goes on with it
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// How to write the result
        #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
        format: SessionFormat,
    },
    /// Claim paths for the session of this worktree, or name all claims
    Claim {
        /// Files, directories and globs; without any, name the claims of all sessions at work
        paths: Vec<String>,
        /// How to write the result
        #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
        format: SessionFormat,
    },
    /// Give back paths that the session of this worktree claims
    Release {
        /// The paths, as they were claimed; without any, all
        paths: Vec<String>,
        /// How to write the result
        #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
        format: SessionFormat,
    },
    /// Name every session
    List {
        /// How to write the result
        #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
        format: SessionFormat,
    },
    /// Show one session
    Show {
        /// Its number; without it, the session of this worktree
        number: Option<String>,
        /// How to write the result
        #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
        format: SessionFormat,
    },
    /// Check logs against the protocol
    Lint {
        /// The logs; without any, the log of this worktree's session
        files: Vec<PathBuf>,
        /// How to write the result
        #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
        format: SessionFormat,
    },
}

/// `git baton session start`.
#[derive(Debug, Args)]
pub struct SessionStart {
    /// The session's number; without it, the next free one
    #[arg(long, value_name = "N")]
    pub id: Option<String>,
    /// What it is about
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub title: String,
    /// The task that it works on
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// The day, YYYY-MM-DD; without it, today in UTC
    #[arg(long, value_name = "DAY")]
    pub date: Option<String>,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = SessionFormat::Human)]
    pub format: SessionFormat,
}

/// The ways to write what there is to say of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SessionFormat {
    /// Text for people
    Human,
    /// JSON, described by `schema/sessions.schema.json`, for `lint` and `end` by
    /// `schema/session-check.schema.json`, and for `claim` and `release` by
    /// `schema/session-claims.schema.json`
    Json,
}
