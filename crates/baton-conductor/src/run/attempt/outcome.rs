//! The outcome of an attempt.

use std::path::PathBuf;
use std::time::Duration;

use bstr::BString;

use crate::confine::RefusedPath;

/// The outcome of a task whose work was there already.
pub const NOTHING_TO_DO: &str = "nothing to do";

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The task is done, as far as the agent and the task's verify commands can tell.
    Done {
        /// The subject of the last commit, or [`NOTHING_TO_DO`].
        outcome: String,
    },
    /// The agent ended without saying that the task is done.
    NoPromise {
        /// The line that it takes.
        line: String,
        /// The last error in its events.
        error: Option<String>,
    },
    /// The agent ended with another exit status than 0.
    Failed {
        /// How, with its last line.
        how: String,
    },
    /// The shell could not start the agent, or something without which the agent is none.
    NotStarted {
        /// The text from the shell, with its exit status.
        how: String,
    },
    /// The time was over.
    TimedOut,
    /// The agent said that the task is done, and it is not.
    Lied {
        /// The condition that does not hold.
        why: String,
    },
    /// The agent touched files of others. The worktree has to be cleared before another attempt.
    Strayed {
        /// Which.
        paths: Vec<BString>,
    },
    /// The worktree is gone or is none any more, whatever did that.
    Uprooted,
    /// The agent has met a usage limit, of which it says this. The attempt counts for nothing.
    Limited {
        /// The text.
        said: String,
    },
    /// The caller asked to stop. What the agent did is still there.
    Stopped,
}

impl Outcome {
    /// Returns the text for the agent before the next attempt; `None` when nothing was wrong.
    pub fn feedback(&self) -> Option<String> {
        Some(match self {
            Self::Done { .. } | Self::Limited { .. } | Self::Stopped => return None,
            Self::NoPromise { line, error } => {
                let error = error
                    .as_deref()
                    .map(|error| format!("; its last error: {error}"));
                let error = error.unwrap_or_default();
                format!(
                    "it ended without saying that the task is done, which takes a line `{line}`{error}"
                )
            }
            Self::Failed { how } => format!("it {how}"),
            Self::NotStarted { how } => {
                format!("its program is not there or cannot be run: it {how}")
            }
            Self::Uprooted => "its worktree was destroyed".to_owned(),
            Self::TimedOut => "it took too long and was ended".to_owned(),
            Self::Lied { why } => format!("it said that the task is done, but {why}"),
            Self::Strayed { paths } => {
                format!("it changed files that are not its own: {}", listed(paths))
            }
        })
    }
}

/// The outcome of an attempt, and the things to read about it.
#[derive(Debug)]
pub struct Report {
    /// The outcome.
    pub outcome: Outcome,
    /// The time that the agent worked.
    pub elapsed: Duration,
    /// The file that holds what it printed.
    pub log: PathBuf,
    /// The end of that.
    pub tail: BString,
    /// The last words of the agent about its work, where it was told what to say.
    pub words: Option<String>,
    /// The paths that a confined agent was refused, as it printed them.
    pub refused: Vec<RefusedPath>,
}

/// The first few paths, and how many more there are.
pub(super) fn listed(paths: &[BString]) -> String {
    let mut names: Vec<_> = paths.iter().take(5).map(ToString::to_string).collect();
    if paths.len() > names.len() {
        names.push(format!("and {} more", paths.len() - names.len()));
    }
    names.join(", ")
}
