use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use super::constraints::ConstraintsError;
use crate::confine::ConfinedError;
use baton_git::GitError;
use baton_hooks::doctor::DoctorError;

/// Why an attempt or a judgement could not be made; not what came of one.
#[derive(Debug, Error, Diagnostic)]
pub enum RunError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// The state of the repository cannot be told.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Doctor(#[from] DoctorError),

    /// An agent cannot be confined, or what it did in its confinement cannot be brought back.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Confined(#[from] ConfinedError),

    /// No agent can be told what no agent may do.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Constraints(#[from] ConstraintsError),

    /// A file of the run cannot be written.
    #[error("{} cannot be read or written", .path.display())]
    #[diagnostic(help("see to it that there is room, and that the file may be written"))]
    Io {
        /// The file.
        path: PathBuf,
        /// The error from the system.
        #[source]
        source: std::io::Error,
    },

    /// A command does not start.
    #[error("`{command}` does not start")]
    #[diagnostic(help("the command comes from [conductor] in baton.toml, or from the task"))]
    Start {
        /// The command.
        command: String,
        /// The error from the system.
        #[source]
        source: std::io::Error,
    },

    /// A prompt that no argument can hold.
    #[error("the prompt of task {task} takes {bytes} bytes, more than one argument can hold")]
    #[diagnostic(help(
        "give the agent its prompt by `input = \"prompt\"` or `{{prompt_file}}` in baton.toml"
    ))]
    PromptTooLong {
        /// The task.
        task: String,
        /// The size of the prompt.
        bytes: usize,
    },

    /// A gate whose agent has met a usage limit.
    #[error("agent `{agent}` of the gate has met a usage limit: {said}")]
    #[diagnostic(help("wait until the limit is renewed, and `git baton orchestrator resume`"))]
    Limited {
        /// The agent.
        agent: String,
        /// The text.
        said: String,
    },

    /// An agent that the policy does not know.
    #[error("the policy knows no agent `{0}`")]
    #[diagnostic(help("describe it in baton.toml: [conductor.agents.{0}] with `command`"))]
    NoAgent(String),
}

impl RunError {
    /// Wraps an error of the system about this path.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
