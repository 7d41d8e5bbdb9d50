//! `baton.toml` as it is written: every key, its type and its default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Writer;
use super::branch_rule::BranchTable;
use super::conductor::ConductorTable;
use super::merge::MergeTable;
use super::pool::PoolTable;
use super::subjects::SubjectsTable;
use crate::model::Wording;

/// The only version of the format so far.
pub const VERSION: i64 = 1;

/// The policy of a repository in which coding agents work: `baton.toml` at its root.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "baton.toml")]
pub struct PolicyFile {
    /// The version of this format: 1.
    #[schemars(with = "i64", range(min = 1, max = 1))]
    pub version: Spanned<i64>,
    /// The document into which the orchestrator puts every session's summary.
    pub handoff: HandoffTable,
    /// The names of the files by which sessions are recognised.
    pub sessions: SessionsTable,
    /// The keys of the trailers in commit messages.
    pub trailers: TrailersTable,
    /// The branches on which the rules hold.
    pub branches: BranchesTable,
    /// The signers of commits, and the commits that must be signed.
    pub signing: SigningTable,
    /// The guard: how worktree commands keep the hooks installed, and what agents may do without them.
    pub guard: GuardTable,
    /// The worktrees that are kept ready for agents.
    pub pool: PoolTable,
    /// The way finished branches are merged, tested and landed.
    pub merge: MergeTable,
    /// When tasks run in parallel, and how runs end.
    pub conductor: ConductorTable,
    /// The subjects of the commits that Baton makes.
    pub subjects: SubjectsTable,
    /// Paths that only some may write; the first entry that matches a path decides.
    pub protected: Vec<ProtectedTable>,
    /// The rules that say who may move which branches; the first entry that matches a branch decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branch: Vec<BranchTable>,
}

/// The document into which the orchestrator puts every session's summary.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HandoffTable {
    /// Its path from the repository's root.
    #[schemars(with = "String")]
    pub path: Spanned<String>,
    /// The heading, of level 1 or 2, under which the entries stand, newest first.
    #[schemars(with = "String")]
    pub heading: Spanned<String>,
    /// The title of an entry, with `{sessions}` for the sessions' numbers and `{date}` for the day.
    #[schemars(with = "String")]
    pub entry_title: Spanned<String>,
    /// The title of an entry of one session, with the same placeholders. Without this key: the
    /// `entry_title`, and where that is the default, its singular.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_title: Option<Spanned<String>>,
    /// The title of a session's section in an entry, with `{session}` for the number and, behind it,
    /// `{title}` for what the session was about.
    #[schemars(with = "String")]
    pub session_title: Spanned<String>,
    /// The label, in bold face, at the start of an entry's line that names the orchestrator's session.
    #[schemars(with = "String", regex(pattern = "^[^*]+$"))]
    pub orchestrator_label: Spanned<String>,
    /// The label, in bold face, at the start of an entry's line that counts the agents.
    #[schemars(with = "String", regex(pattern = "^[^*]+$"))]
    pub agents_label: Spanned<String>,
    /// The size up to which an aggregate commit may leave the document, in bytes, before it moves the oldest
    /// entries to an archive file; 0 for no limit.
    pub max_bytes: u64,
    /// The number of entries that an aggregate commit leaves in the document, its own included, before it
    /// moves the oldest to an archive file; 0 for no limit.
    pub keep_entries: u64,
    /// The path of the archive files, with `{date}` for the day of the aggregation.
    #[schemars(with = "String")]
    pub archive: Spanned<String>,
}

/// The guard: how worktree commands keep the hooks installed, and what agents may do without them.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GuardTable {
    /// True if `pool acquire`, `session start` and runs install hooks again that were switched off or
    /// replaced, rather than warn.
    pub repair: bool,
    /// The answer to what an agent is about to do when its hook finds no program `git-baton`. Without this
    /// key: what the agent itself does with a hook that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_program: Option<MissingProgram>,
}

/// The answer to what an agent is about to do when its hook finds no program `git-baton`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingProgram {
    /// It may happen.
    Allow,
    /// It may not happen.
    Deny,
}

/// Paths that only some may write.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtectedTable {
    /// Paths, directories (with a trailing `/`) or globs.
    #[schemars(with = "Vec<String>")]
    pub paths: Vec<Spanned<String>>,
    /// The party that may change them.
    pub writer: Writer,
}

/// The names of the files by which sessions are recognised.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionsTable {
    /// The paths of session logs, with `{session}` for the number, `{date}` for the day and `*`.
    #[schemars(with = "Vec<String>")]
    pub logs: Vec<Spanned<String>>,
    /// The paths of session summaries, with the same placeholders.
    #[schemars(with = "Vec<String>")]
    pub summaries: Vec<Spanned<String>>,
    /// The number of sessions whose work one commit may carry, aggregate commits apart.
    #[schemars(with = "usize", range(min = 1))]
    pub max_per_commit: Spanned<usize>,
    /// The requirement that a log name the digest of its session's summary.
    pub bind_summaries: Binding,
    /// The remote through which clones keep their sessions' numbers apart; empty for none.
    /// Without this key: `origin`, where there is one.
    #[schemars(with = "Option<String>", regex(pattern = "^([^-].*)?$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<Spanned<String>>,
    /// Which branches a worktree with a session may move.
    pub branches: SessionBranches,
    /// The permission of a worktree with a session to change the stash, which all worktrees share.
    pub stash: SharedStash,
    /// The rule for a commit that changes a path which another session claims.
    pub claims: ClaimedPaths,
}

/// Which branches a worktree with a session may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionBranches {
    /// Any.
    Any,
    /// Its own branch and those below it.
    Own,
}

/// The permission of a worktree with a session to change the stash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SharedStash {
    /// It may.
    Allowed,
    /// It may not.
    Refused,
}

/// The rule for a commit that changes a path which another session claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimedPaths {
    /// It is made, with a warning.
    Warn,
    /// It is refused.
    Refuse,
}

/// The keys of the trailers in commit messages.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrailersTable {
    /// Names the session that a commit belongs to.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    pub session: Spanned<String>,
    /// Marks a commit as an aggregate.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    pub aggregate: Spanned<String>,
    /// In an aggregate, names a session and the digest of its summary.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    pub summary: Spanned<String>,
    /// In an aggregate, names the commit on which it was made.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    pub base: Spanned<String>,
    /// In an aggregate, says how many entries it moved to which archive file.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    pub archive: Spanned<String>,
    /// In an aggregate, holds the digest of all the rest of the commit.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    pub seal: Spanned<String>,
    /// Gives the reason for a maintainer's edit of what only aggregate commits write.
    #[serde(rename = "override")]
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    pub overriding: Spanned<String>,
}

/// The branches on which the rules hold, by globs over their short names.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BranchesTable {
    /// The branches on which they hold.
    #[schemars(with = "Vec<String>")]
    pub include: Vec<Spanned<String>>,
    /// The branches among those on which they do not.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
}

/// The signers of commits, and the commits that must be signed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SigningTable {
    /// The path of the list of keys, in the format of OpenSSH's `allowed_signers`.
    #[schemars(with = "String")]
    pub allowed_signers: Spanned<String>,
    /// The requirement that aggregate commits carry a signature.
    pub aggregate: AggregateSigning,
    /// The principals in that list who may change the policy; empty for all of them.
    pub maintainers: Vec<String>,
    /// The principals in that list who may sign aggregate commits; empty for all of them.
    pub orchestrators: Vec<String>,
}

/// The requirement that aggregate commits carry a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregateSigning {
    /// They need none.
    Optional,
    /// They are refused without one by an orchestrator.
    Required,
}

/// The requirement that a log name the digest of its session's summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// A summary that a log names must be the one that is aggregated; a log may name none.
    Optional,
    /// A session whose log names no summary is not aggregated.
    Required,
}

/// The JSON schema of `baton.toml`.
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(PolicyFile);
    format!("{:#}\n", schema.as_value())
}

/// A value that stands nowhere in a file.
pub(super) fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

pub(super) fn unplaced_text(text: &str) -> Spanned<String> {
    unplaced(text.to_owned())
}

impl Default for PolicyFile {
    fn default() -> Self {
        Self {
            version: unplaced(VERSION),
            handoff: HandoffTable::default(),
            sessions: SessionsTable::default(),
            trailers: TrailersTable::default(),
            branches: BranchesTable::default(),
            signing: SigningTable::default(),
            guard: GuardTable::default(),
            pool: PoolTable::default(),
            merge: MergeTable::default(),
            subjects: SubjectsTable::default(),
            conductor: ConductorTable::default(),
            protected: Vec::new(),
            branch: Vec::new(),
        }
    }
}

impl Default for HandoffTable {
    fn default() -> Self {
        let wording = Wording::default();
        Self {
            path: unplaced_text(".agents/HANDOFF.md"),
            heading: unplaced_text("## Recent Work"),
            entry_title: unplaced_text(wording.entry_title.as_str()),
            single_title: None,
            session_title: unplaced_text(wording.session_title.as_str()),
            orchestrator_label: unplaced_text(wording.orchestrator_label.as_str()),
            agents_label: unplaced_text(wording.agents_label.as_str()),
            max_bytes: 0,
            keep_entries: 0,
            archive: unplaced_text(".agents/archive/HANDOFF-{date}.md"),
        }
    }
}

impl Default for SessionsTable {
    fn default() -> Self {
        let log = ".agents/sessions/{date}-session-{session}*";
        let summary = ".agents/temp/handoff-session-{session}-summary.md";
        Self {
            logs: vec![unplaced_text(log)],
            summaries: vec![unplaced_text(summary)],
            max_per_commit: unplaced(1),
            bind_summaries: Binding::Optional,
            remote: None,
            branches: SessionBranches::Any,
            stash: SharedStash::Allowed,
            claims: ClaimedPaths::Warn,
        }
    }
}

impl Default for TrailersTable {
    fn default() -> Self {
        Self {
            session: unplaced_text("Baton-Session"),
            aggregate: unplaced_text("Baton-Aggregate"),
            summary: unplaced_text("Baton-Summary"),
            base: unplaced_text("Baton-Base"),
            archive: unplaced_text("Baton-Archive"),
            seal: unplaced_text("Baton-Seal"),
            overriding: unplaced_text("Baton-Override"),
        }
    }
}

impl Default for BranchesTable {
    fn default() -> Self {
        Self {
            include: vec![unplaced_text("**")],
            exclude: Vec::new(),
        }
    }
}

impl Default for SigningTable {
    fn default() -> Self {
        Self {
            allowed_signers: unplaced_text(super::SIGNERS_PATH),
            aggregate: AggregateSigning::Optional,
            maintainers: Vec::new(),
            orchestrators: Vec::new(),
        }
    }
}
