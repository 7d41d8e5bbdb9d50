use schemars::JsonSchema;
use serde::Serialize;

/// One thing that is wrong with a log, or with what its session did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The kind of finding.
    pub code: Code,
    /// The severity: it says whether a session can end all the same.
    pub severity: Severity,
    /// The file that it is about, from the repository's root or as it was given.
    pub path: String,
    /// The line, from 1; absent where it is about the file as a whole.
    pub line: Option<usize>,
    /// Where in the line, in bytes from 1.
    pub column: Option<usize>,
    /// The problem.
    pub message: String,
    /// The remedy.
    pub help: String,
}

/// The severity of a finding: it says whether a session can end with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can.
    Warning,
}

/// The kinds of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A row is not ticked.
    OpenRow,
    /// A row's status is neither `[x]` nor `[N/A]`.
    UnknownStatus,
    /// A row is ticked and does not say how one can see that.
    NoEvidence,
    /// A row is put aside without a reason.
    NoReason,
    /// The evidence names a commit, a branch or a session that is not there.
    UnknownEvidence,
    /// A row has more or fewer cells than its table's header.
    TornRow,
    /// The log has no row that binds.
    NoRows,
    /// A row that the log began with is gone.
    MissingRow,
    /// A section is not filled in.
    EmptySection,
    /// The log is not committed, or its latest changes are not.
    LogUncommitted,
    /// There is no summary, or an empty one.
    NoSummary,
    /// The log does not name the summary that was handed in.
    SummaryUnbound,
    /// A commit of the session breaks a rule.
    BrokenRule,
}

impl Finding {
    /// `path:line:col: severity: message`, and the help on a line of its own.
    pub fn to_line(&self) -> String {
        let mut place = self.path.clone();
        for number in [self.line, self.column].into_iter().flatten() {
            place.push_str(&format!(":{number}"));
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!("{place}: {severity}: {}\n    {}\n", self.message, self.help)
    }
}
