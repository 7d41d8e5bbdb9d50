use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::command::TemplateError;
use super::toml_file::TomlProblem;
use crate::model::WordingError;

/// A problem in a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// The file is larger than [`super::MAX_POLICY_BYTES`].
    #[error("it is {0} bytes large; at most {max} are read", max = super::MAX_POLICY_BYTES)]
    TooLarge(usize),
    /// The file is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// The file is not TOML, or its tables and values are not those of a policy.
    #[error(transparent)]
    Toml(#[from] TomlProblem),
    /// A version of the format that this program does not know.
    #[error("version {0} of the policy format is not supported")]
    Version(i64),
    /// A protected path that is no valid pattern.
    #[error("`{pattern}` is not a pattern of paths: {why}")]
    PathGlob {
        /// The pattern as it was written.
        pattern: String,
        /// The problem with it.
        why: String,
    },
    /// A pattern of logs or summaries that is not valid.
    #[error("`{pattern}` is not a pattern of sessions' files: {why}")]
    SessionPattern {
        /// The pattern as it was written.
        pattern: String,
        /// The problem with it.
        why: String,
    },
    /// A pattern of branches that is not valid.
    #[error("`{pattern}` is not a pattern of branches: {why}")]
    BranchGlob {
        /// The pattern as it was written.
        pattern: String,
        /// The problem with it.
        why: String,
    },
    /// A value that must be the plain path of one file and is not.
    #[error("`{path}` is not the path of a file in the repository: {why}")]
    Path {
        /// The value.
        path: String,
        /// The problem with it.
        why: String,
    },
    /// A value that is not one heading of a Markdown document, of a level above the entries'.
    #[error("`{0}` is not a Markdown heading under which entries can stand")]
    Heading(String),
    /// A wording of entries that could not be read back.
    #[error("`{text}` cannot word an entry: {error}")]
    Wording {
        /// The wording as it was written.
        text: String,
        /// The problem with it.
        error: WordingError,
    },
    /// A key that git would not read as a trailer's.
    #[error("`{0}` is not a trailer's key")]
    TrailerKey(String),
    /// Two trailers with one key.
    #[error("the trailer key `{0}` is used twice")]
    SameTrailerKey(String),
    /// A limit under which no session could commit.
    #[error("a commit must be able to carry at least one session")]
    NoSessionAllowed,
    /// A number of worktrees that no pool can have.
    #[error("a pool cannot have {0} worktrees")]
    PoolSize(usize),
    /// A value by which no pool of worktrees can be kept.
    #[error("`{0}` cannot be used for the pool of worktrees")]
    Pool(String),
    /// A name that no branch can have.
    #[error("`{0}` is not the name of a branch")]
    Branch(String),
    /// A line that cannot be the subject of a commit.
    #[error("`{}` cannot be the subject of a commit", .0.escape_debug())]
    Subject(String),
    /// A time in which nothing can be done.
    #[error("a command must be given some time")]
    NoTime,
    /// A number of tasks or agents with which nothing could run.
    #[error("it must be 1 or more")]
    Zero,
    /// A command that cannot be run.
    #[error("`{text}` is not a command: {error}")]
    Command {
        /// The command as it was written.
        text: String,
        /// The problem with it.
        error: TemplateError,
    },
    /// An agent that nothing describes.
    #[error("there is no agent `{0}`")]
    Agent(String),
    /// A gate, a planner or a validator of two kinds.
    #[error("it is a command or an agent, not both")]
    TwoJudges,
    /// A name of a scout or a validator that no file can have.
    #[error("`{0}` is not a name of a scout or a validator")]
    Member(String),
    /// Two scouts or two validators with one name.
    #[error("the name `{0}` is used twice")]
    SameMember(String),
    /// A name that no remote can have.
    #[error("`{0}` is not the name of a remote")]
    Remote(String),
}

/// A policy, or settings, that cannot be used, with the place in the file that makes it so.
#[derive(Debug)]
pub struct PolicyError(Box<Located<PolicyProblem>>, &'static str);

impl PolicyError {
    pub(super) fn new(
        name: &str,
        text: String,
        span: Option<Range<usize>>,
        problem: PolicyProblem,
    ) -> Self {
        Self(Box::new(Located::new(name, text, span, problem)), "policy")
    }

    /// The same of settings.
    pub(super) fn of_settings(self) -> Self {
        Self(self.0, "settings in")
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Returns the problem.
    pub fn problem(&self) -> &PolicyProblem {
        &self.0.problem
    }

    /// The warning, where a guard passes over the unknown key that this is about.
    pub fn passed_over(&self) -> String {
        let name = self.0.source.name();
        let version = env!("CARGO_PKG_VERSION");
        let problem = &self.0.problem;
        format!("{name}: {problem}; git-baton {version} passes over it, a newer one may know it")
    }

    /// The bytes of the file that it is about.
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.span.clone()
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, name) = (self.1, self.0.source.name());
        write!(f, "the {what} {name} cannot be used")
    }
}

impl std::error::Error for PolicyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.problem)
    }
}

impl Diagnostic for PolicyError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
}

/// A problem at a place in a file.
#[derive(Debug)]
pub(super) struct Located<P> {
    pub(super) problem: P,
    pub(super) source: NamedSource<String>,
    pub(super) span: Option<Range<usize>>,
    pub(super) help: Option<String>,
}

impl<P: fmt::Display> Located<P> {
    pub(super) fn new(name: &str, text: String, span: Option<Range<usize>>, problem: P) -> Self {
        Self {
            problem,
            source: NamedSource::new(name, text),
            span,
            help: None,
        }
    }

    pub(super) fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    pub(super) fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.as_ref().map(|_| &self.source as &dyn SourceCode)
    }

    pub(super) fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        let label = LabeledSpan::new_with_span(Some("here".to_owned()), span);
        Some(Box::new(std::iter::once(label)))
    }
}
