use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::policy::GlobError;
use crate::policy::toml_file::TomlProblem;
use crate::report::escape::visible;

/// The problem with a task file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanProblem {
    /// The file is larger than [`super::MAX_TASKS_BYTES`].
    #[error("it is {0} bytes large; at most {max} are read", max = super::MAX_TASKS_BYTES)]
    TooLarge(usize),
    /// The file is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// The file is not TOML, or its tables and values are not those of a task file.
    #[error(transparent)]
    Toml(#[from] TomlProblem),
    /// A version of the format that this program does not know.
    #[error("version {0} of the format of task files is not supported")]
    Version(i64),
    /// A file without a task.
    #[error("there is no task in it")]
    NoTask,
    /// More tasks than [`super::MAX_TASKS`].
    #[error("it holds {0} tasks; at most {max} are run at once", max = super::MAX_TASKS)]
    TooMany(usize),
    /// A name that no task can have.
    #[error("`{}` is not a task's id", visible(.0.as_bytes()))]
    Id(String),
    /// Two tasks with one name.
    #[error("two tasks have the id `{0}`")]
    SameId(String),
    /// A title of several lines, or of none.
    #[error("the title of task `{0}` is not one line of text")]
    Title(String),
    /// A pattern of paths that is none.
    #[error("`{pattern}` is not a pattern of paths: {why}")]
    Files {
        /// The pattern as it was written.
        pattern: String,
        /// The fault of the glob.
        why: GlobError,
    },
    /// A task that could change what only some may write.
    #[error("task `{task}` owns `{pattern}`, but agents may not write `{protected}`")]
    Protected {
        /// The task's id.
        task: String,
        /// Its pattern.
        pattern: String,
        /// The policy's pattern, or the path of a file of the policy.
        protected: String,
    },
    /// A task that comes after one that does not exist.
    #[error("task `{task}` comes after `{unknown}`, and there is no such task")]
    UnknownTask {
        /// The task's id.
        task: String,
        /// The id that no task has.
        unknown: String,
    },
    /// Tasks of which each comes after the next, and the last after the first.
    #[error("these tasks wait for each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// A task for an agent that the policy does not know.
    #[error("task `{task}` is for the agent `{agent}`, and there is no such agent")]
    Agent {
        /// The task's id.
        task: String,
        /// The agent's name.
        agent: String,
    },
    /// A task that is never tried.
    #[error("task `{0}` must be tried once at least")]
    NoAttempt(String),
}

/// A task file that cannot be used, with the places in it that make it so.
#[derive(Debug)]
pub struct PlanError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    problem: PlanProblem,
    source: NamedSource<String>,
    labels: Vec<(Range<usize>, String)>,
    help: Option<String>,
}

/// A problem and its places, before the file's text joins them.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: PlanProblem,
    pub(super) labels: Vec<(Range<usize>, String)>,
    pub(super) help: Option<String>,
}

impl Fault {
    pub(super) fn at(span: Range<usize>, problem: PlanProblem, help: impl Into<String>) -> Self {
        Self {
            problem,
            labels: vec![(span, "here".to_owned())],
            help: Some(help.into()),
        }
    }

    /// With `label` in place of the sole place's, and a second place.
    pub(super) fn and(mut self, label: &str, span: Range<usize>, second: &str) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.1 = label.to_owned();
        }
        self.labels.push((span, second.to_owned()));
        self
    }

    pub(super) fn in_file(self, name: &str, text: String) -> PlanError {
        PlanError(Box::new(Parts {
            problem: self.problem,
            source: NamedSource::new(name, text),
            labels: self.labels,
            help: self.help,
        }))
    }
}

impl PlanError {
    /// The problem.
    pub fn problem(&self) -> &PlanProblem {
        &self.0.problem
    }

    /// The bytes of the file that it is about.
    pub fn spans(&self) -> impl Iterator<Item = Range<usize>> {
        self.0.labels.iter().map(|(span, _)| span.clone())
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tasks in {} cannot be run", self.0.source.name())
    }
}

impl std::error::Error for PlanError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.problem)
    }
}

impl Diagnostic for PlanError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.0.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        match self.0.labels.is_empty() {
            true => None,
            false => Some(&self.0.source),
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self
            .0
            .labels
            .iter()
            .map(|(span, label)| LabeledSpan::new_with_span(Some(label.clone()), span.clone()));
        Some(Box::new(labels))
    }
}
