//! The outcome of a merge, as values and as JSON, described by `schema/merge.schema.json`.

use miette::Diagnostic;
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use super::checkouts::Shown;
use baton_core::policy::merge::Strategy;
use baton_core::report::escape;
use baton_git::worktree_sync::Refreshed;

/// The version of the document.
pub const VERSION: u32 = 1;

/// The outcome of a merge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Merge")]
pub struct MergeReport {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The branch on which branches land, in short.
    pub into: String,
    /// The strategy for their commits.
    pub strategy: Strategy,
    /// The commit that the target named before.
    pub old: String,
    /// The commit that it names now.
    pub new: String,
    /// True if this only says what would be.
    pub dry_run: bool,
    /// True if an earlier merge that was cut short was completed first.
    pub recovered: bool,
    /// The branches, in the order in which they were taken.
    pub branches: Vec<BranchReport>,
    /// Every run of the tests.
    pub tests: Vec<TestReport>,
    /// The worktrees that have the target checked out.
    pub checkouts: Vec<CheckoutReport>,
    /// What was not looked for, where no branch was named and there was nothing to land.
    #[serde(default)]
    pub unmatched: Option<Unmatched>,
    /// Why nothing could be decided; then no more is known than what was asked for, and texts are empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// Why nothing could be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The fault.
    pub message: String,
    /// The advice: what to do.
    pub help: Option<String>,
}

/// The branches that the policy's patterns leave out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unmatched {
    /// The patterns, as the policy writes them.
    pub patterns: Vec<String>,
    /// The finished branches with something to land that none of them matches, in short.
    pub finished: Vec<String>,
}

/// The outcome for one branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BranchReport {
    /// Its name, in short.
    pub branch: String,
    /// The commit that it names.
    pub tip: String,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The conflicts that were resolved without people.
    pub resolved: Vec<ResolvedPath>,
    /// The commits that were not made again because they change nothing there.
    pub dropped: Vec<Dropped>,
    /// The fate of the branch itself once its work had landed.
    pub afterwards: Option<Afterwards>,
}

/// The outcome for a branch's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the target.
    Landed {
        /// The commits that were made for it, oldest first.
        commits: Vec<String>,
    },
    /// It could land as far as can be told without tests.
    Planned {
        /// The commits that would be made for it, oldest first.
        commits: Vec<String>,
    },
    /// It was in the target before.
    AlreadyIn,
    /// It is not finished.
    Unfinished {
        /// Why not.
        why: String,
    },
    /// It breaks a rule, or cannot be merged in this way.
    Refused {
        /// The faults, a sentence each.
        why: Vec<String>,
        /// The advice: what to do instead.
        instead: String,
    },
    /// With it the tests fail, and without it they do not.
    TestFailed {
        /// The command that fails.
        command: String,
        /// The file that holds what it said.
        log: String,
        /// The end of what it said.
        tail: String,
    },
    /// It conflicts with the target or with what landed before it.
    Conflict {
        /// The files.
        files: Vec<ConflictFile>,
        /// The branches that landed before it in this merge and with which it collides.
        with: Vec<String>,
        /// The worktree in which it waits to be resolved; none in a dry run.
        worktree: Option<String>,
        /// The commands that go on, in their order.
        next: Vec<String>,
    },
    /// It needs a branch that did not land.
    Waiting {
        /// That branch.
        needs: String,
    },
    /// It was left out because a user asked for that.
    Skipped,
}

/// A file in conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictFile {
    /// Its path; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// The kind of conflict.
    pub kind: String,
    /// The message from git about it.
    pub message: String,
    /// The places in the file.
    pub hunks: Vec<Hunk>,
}

/// One place at which both sides changed a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hunk {
    /// The number of the line that holds the first marker.
    pub line: usize,
    /// The lines from the first marker to the last; a long one is cut off.
    pub text: String,
}

/// A conflict that was resolved without people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResolvedPath {
    /// The file.
    pub path: String,
    /// By what: `union`, `ours`, `theirs`, a command, or `resolution` for what a user made of
    /// it before.
    pub by: String,
}

/// A commit that was not made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    /// The commit.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
}

/// The fate of a branch once its work had landed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "branch_is", rename_all = "snake_case")]
pub enum Afterwards {
    /// It is gone.
    Deleted {
        /// The reference that still names its tip, where the target does not reach it.
        trash: Option<String>,
    },
    /// It is still there.
    Kept {
        /// Why.
        why: String,
    },
}

/// A run of the tests on one tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestReport {
    /// The commit whose files were tested.
    pub commit: String,
    /// The branches that were merged there.
    pub branches: Vec<String>,
    /// The command.
    pub command: String,
    /// The way it ended.
    pub end: TestEnd,
    /// The file that holds what it said.
    pub log: String,
    /// The time it ran, in seconds; both runs, where there were two.
    pub seconds: f64,
}

/// The way a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestEnd {
    /// It succeeded.
    Passed,
    /// It failed, and succeeded when it was run again on the same files.
    Flaky,
    /// It failed twice.
    Failed,
    /// It took too long, twice.
    TimedOut,
}

/// The state of a checkout of the target after the merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckoutReport {
    /// Its root.
    pub path: String,
    /// True if it has the files of the new commit.
    pub updated: bool,
    /// Why the next merge has something left to do there.
    pub pending: Option<String>,
}

impl From<&Shown> for CheckoutReport {
    fn from(shown: &Shown) -> Self {
        Self {
            path: shown.path.display().to_string(),
            updated: shown.refreshed == Refreshed::Done,
            pending: shown.pending().map(str::to_owned),
        }
    }
}

impl MergeReport {
    /// The report of a merge that could decide nothing.
    pub fn failed(error: &dyn Diagnostic) -> Self {
        Self {
            version: VERSION,
            into: String::new(),
            strategy: Strategy::default(),
            old: String::new(),
            new: String::new(),
            dry_run: false,
            recovered: false,
            branches: Vec::new(),
            tests: Vec::new(),
            checkouts: Vec::new(),
            unmatched: None,
            error: Some(Failure {
                message: error.to_string(),
                help: error.help().map(|help| help.to_string()),
            }),
        }
    }

    /// Returns true if every branch is in the target, or could be, and every checkout of the target is as
    /// it is to stay.
    pub fn is_clean(&self) -> bool {
        let arrived = |one: &BranchReport| {
            matches!(
                one.outcome,
                Outcome::Landed { .. }
                    | Outcome::Planned { .. }
                    | Outcome::AlreadyIn
                    | Outcome::Unfinished { .. }
                    | Outcome::Skipped
            )
        };
        self.branches.iter().all(arrived) && self.checkouts.iter().all(|one| one.pending.is_none())
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("plain values are JSON");
        escape::json(&json) + "\n"
    }
}

impl BranchReport {
    /// A report of this outcome and nothing more.
    pub fn new(branch: &str, tip: impl ToString, outcome: Outcome) -> Self {
        Self {
            branch: branch.to_owned(),
            tip: tip.to_string(),
            outcome,
            resolved: Vec::new(),
            dropped: Vec::new(),
            afterwards: None,
        }
    }
}

/// The JSON schema of a report.
pub fn schema() -> Schema {
    schema_for!(MergeReport)
}
