//! `baton.toml`: the policy that the base carries.
//!
//! [`Policy::parse`] reads the file ([`schema`]), compiles it and reports errors with their
//! position. The compiled [`Policy`] tells which paths and branches the rules apply to and whose
//! signature counts.

mod alias;
mod archive_pattern;
mod branch_glob;
mod branch_rule;
pub mod command;
mod compile;
pub mod conductor;
mod error;
mod glob;
mod literal_prefix;
mod lookalike;
pub mod merge;
mod overlap;
mod path_set;
mod pool;
pub mod schema;
mod scope;
mod session_pattern;
pub mod settings;
mod short_name;
mod signers;
mod signing;
pub mod subjects;
pub mod toml_file;

pub use alias::fold;
pub use archive_pattern::ArchivePattern;
pub use branch_glob::BranchGlob;
pub use branch_rule::{BranchRule, Mover};
pub use conductor::Conductor;
pub use error::{PolicyError, PolicyProblem};
pub use glob::{GlobError, PathGlob, escape_glob};
pub use merge::Merge;
pub use path_set::{Neighbours, PathSet};
pub use pool::PoolPolicy;
pub use schema::{MissingProgram, json_schema};
pub use session_pattern::SessionPattern;
pub use settings::{SETTINGS_PATH, Settings};
pub use signers::{AllowedSigners, SignatureError, SignersError, SignersProblem};
pub use signing::{NoMaintainer, Signing};
pub use subjects::{Subject, Subjects};

use bstr::{BStr, BString};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{RefName, SessionId, Watch, Wording};
use lookalike::Likeness;
use scope::Scope;

/// The file at the root of a repository that holds its policy.
pub const POLICY_PATH: &str = "baton.toml";

/// The path of the list of signers where a policy names none.
pub const SIGNERS_PATH: &str = ".baton/allowed_signers";

/// The largest policy that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;

/// A compiled policy. Questions about paths take raw bytes from the repository's root and hold
/// for each alias of a path as for the path (see [`fold`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The paths that only some may write; the first that matches a path decides. The handoff
    /// document is always among them.
    pub protected: Vec<Protected>,
    /// The handoff document.
    pub handoff: Handoff,
    /// The names by which sessions are recognised.
    pub sessions: Sessions,
    /// The trailer keys.
    pub trailers: Trailers,
    /// The branches on which the rules hold.
    pub branches: Branches,
    /// The rules that say who may move which branches; the first that matches a branch decides.
    pub branch_rules: Vec<BranchRule>,
    /// The rules that say who may sign what.
    pub signing: Signing,
    /// True if worktree commands install hooks again that were switched off or replaced.
    pub repairs_guard: bool,
    /// The answer to what an agent is about to do without the program `git-baton`; `None` for what the agent
    /// does by itself.
    pub missing_program: Option<MissingProgram>,
    /// The worktrees that are kept ready for agents.
    pub pool: PoolPolicy,
    /// The way finished branches land.
    pub merge: Merge,
    /// When tasks run in parallel, and how runs end.
    pub conductor: Conductor,
    /// The subjects of the commits that Baton makes.
    pub subjects: Subjects,
    scope: Scope,
}

/// Paths with one writer.
#[derive(Debug, Clone, PartialEq)]
pub struct Protected {
    /// The paths.
    pub paths: Vec<PathGlob>,
    /// The party that may change them.
    pub writer: Writer,
}

/// The party that may change a protected path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Writer {
    /// The orchestrator's aggregate commit.
    Aggregate,
    /// No commit at all.
    Nobody,
    /// A commit that a maintainer has signed.
    Maintainers,
}

/// The document into which the orchestrator puts every session's summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Handoff {
    /// Its path.
    pub path: BString,
    /// The heading under which entries stand, newest first.
    pub heading: String,
    /// The wording of its entries.
    pub wording: Wording,
    /// The part of it that an aggregate commit leaves in place.
    pub budget: Budget,
    /// Where it puts the rest.
    pub archive: ArchivePattern,
}

/// The maximum size of the handoff document after an aggregate commit; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Its size in bytes.
    pub max_bytes: Option<u64>,
    /// Its canonical entries.
    pub keep_entries: Option<u64>,
}

/// The names of logs and summaries of sessions, and the number of sessions that one commit may carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Sessions {
    /// The logs' paths.
    pub logs: Vec<SessionPattern>,
    /// The summaries' paths.
    pub summaries: Vec<SessionPattern>,
    /// The number of sessions that a commit may carry that is no aggregate.
    pub max_per_commit: usize,
    /// True if a session is aggregated only where its log names its summary.
    pub bound: bool,
    /// The remote through which clones keep their sessions' numbers apart. `None`: `origin`,
    /// where there is one; empty: none.
    pub remote: Option<String>,
    /// True if a worktree with a session may move its own branch alone.
    pub own_branches: bool,
    /// True if a worktree with a session may change the stash.
    pub may_stash: bool,
    /// True if a commit is refused, rather than warned, that changes a path which another session claims.
    pub refuses_claimed: bool,
}

/// The keys of the trailers that Baton writes and reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Trailers {
    /// Names the session a commit belongs to, or, in an aggregate, each one it carries.
    pub session: String,
    /// Marks an aggregate commit; the value is the version of its format.
    pub aggregate: String,
    /// In an aggregate: `<session> sha256:<digest of the summary>`.
    pub summary: String,
    /// In an aggregate: the id of its parent.
    pub base: String,
    /// In an aggregate that archives: `<number of entries> <path>`.
    pub archive: String,
    /// In an aggregate: `sha256:<digest of the commit object without this line>`.
    pub seal: String,
    /// The reason for a maintainer's edit of what only aggregate commits write.
    pub overriding: String,
}

/// The branches on which the rules hold: the included ones but for the excluded.
#[derive(Debug, Clone, PartialEq)]
pub struct Branches {
    /// The branches on which they hold.
    pub include: Vec<BranchGlob>,
    /// The branches among those on which they do not.
    pub exclude: Vec<BranchGlob>,
}

impl Policy {
    /// Reads the text of a `baton.toml`; `name` is how errors call the file. The list of signers
    /// is left empty.
    ///
    /// # Errors
    /// When the file is too large, no UTF-8 or no TOML, or says what no policy can say.
    pub fn parse(name: &str, toml: &[u8]) -> Result<Self, PolicyError> {
        compile::parse(name, toml)
    }

    /// [`Self::parse`], but that a key which this version does not know is passed over where it
    /// stands in a table that guards nothing: `pool`, `merge` or `conductor`. What is passed over
    /// comes along.
    ///
    /// # Errors
    /// As [`Self::parse`], for all else.
    pub fn parse_known(name: &str, toml: &[u8]) -> Result<(Self, Vec<PolicyError>), PolicyError> {
        compile::parse_known(name, toml)
    }

    /// The policy with the list of signers read from the text of that file; `name` is how errors
    /// call it.
    ///
    /// # Errors
    /// When a line of the list is malformed or asks for what is not supported.
    pub fn with_signers(mut self, name: &str, bytes: &[u8]) -> Result<Self, SignersError> {
        self.signing.signers = AllowedSigners::parse(name, bytes)?;
        Ok(self)
    }

    /// The policy with an empty list of signers.
    pub fn without_signers(mut self) -> Self {
        self.signing.signers = AllowedSigners::default();
        self
    }

    /// Returns the party that may write `path`; `None` when anyone may.
    ///
    /// An entry that is no directory at the place of a directory above a protected path has that
    /// path's writer: it takes the path away.
    pub fn writer_of(&self, path: &BStr) -> Option<Writer> {
        if self.scope.rules_out(path) {
            return None;
        }
        let folded = fold(path);
        let like = || match self.scope.like(path, &folded) {
            Some((Likeness::Same, writer)) => Some(writer),
            _ => None,
        };
        self.writer_of_folded(path, &folded).or_else(like)
    }

    /// Returns true if [`Self::writer_of`] may name a writer for a path below this directory.
    pub fn may_protect_below(&self, directory: &BStr) -> bool {
        !self.scope.rules_out(directory) && self.protects_below(directory, &fold(directory))
    }

    fn protects_below(&self, directory: &BStr, folded: &BStr) -> bool {
        let mut globs = self.protected.iter().flat_map(|entry| &entry.paths);
        self.scope.has_likeness_below(directory, folded)
            || self.scope.has_file_below(folded)
            || globs.any(|glob| glob.may_match_below(folded))
    }

    /// Returns the party that may add `path`, which no rule protects otherwise, because it lies in a
    /// directory that a file system may take for one that leads to a protected path: `.Agents/x` beside
    /// `.agents/`.
    pub fn writer_beside(&self, path: &BStr) -> Option<Writer> {
        if self.scope.rules_out(path) {
            return None;
        }
        let like = self.scope.like(path, &fold(path));
        like.map(|(_, writer)| writer)
    }

    fn writer_of_folded(&self, path: &BStr, folded: &BStr) -> Option<Writer> {
        if self.scope.is_policy_file(folded) {
            return Some(Writer::Maintainers);
        }
        let covers = |glob: &PathGlob| glob.matches_folded(path, folded) || glob.lies_below(folded);
        let mut entries = self.protected.iter();
        match entries.find(|entry| entry.paths.iter().any(covers)) {
            Some(entry) => Some(entry.writer),
            None if self.scope.is_above_handoff(folded) => {
                let handoff = self.scope.handoff();
                self.writer_of_folded(handoff, handoff)
            }
            None => None,
        }
    }

    /// Returns true if `path` is the policy or the list of signers, or would take the place of a directory
    /// above one of them.
    pub fn is_policy_file(&self, path: &BStr) -> bool {
        let folded = fold(path);
        self.scope.is_policy_file(&folded) || self.scope.is_like_policy_file(path, &folded)
    }

    /// Returns true if `path` is the handoff document.
    pub fn is_handoff(&self, path: &BStr) -> bool {
        self.scope.is_handoff(&fold(path))
    }

    /// The session whose log or summary `path` is.
    pub fn session_of(&self, path: &BStr) -> Option<SessionId> {
        if self.scope.rules_out(path) {
            return None;
        }
        self.session_of_folded(&fold(path))
    }

    fn session_of_folded(&self, folded: &BStr) -> Option<SessionId> {
        let mut patterns = self.sessions.logs.iter().chain(&self.sessions.summaries);
        patterns.find_map(|pattern| pattern.match_folded(folded))
    }

    /// The session whose log `path` is.
    pub fn log_session(&self, path: &BStr) -> Option<SessionId> {
        let folded = fold(path);
        let mut patterns = self.sessions.logs.iter();
        patterns.find_map(|pattern| pattern.match_folded(&folded))
    }

    /// The session whose summary `path` is.
    pub fn summary_session(&self, path: &BStr) -> Option<SessionId> {
        let folded = fold(path);
        let mut patterns = self.sessions.summaries.iter();
        patterns.find_map(|pattern| pattern.match_folded(&folded))
    }

    /// Returns true if summaries can lie below this directory (no trailing slash; empty for the root).
    pub fn may_have_summaries_below(&self, directory: &BStr) -> bool {
        let folded = fold(directory);
        let mut patterns = self.sessions.summaries.iter();
        patterns.any(|pattern| pattern.literal_prefix().enters(&folded))
    }

    /// Returns true if the rules hold on `reference`, a full name. They hold on branches only.
    pub fn applies_to(&self, reference: &RefName) -> bool {
        let Some(branch) = reference.branch() else {
            return false;
        };
        let any = |globs: &[BranchGlob]| globs.iter().any(|glob| glob.matches(branch.short()));
        any(&self.branches.include) && !any(&self.branches.exclude)
    }

    /// Returns the rule that says who may move `reference`, a full name; `None` when anyone may.
    pub fn branch_rule(&self, reference: &RefName) -> Option<&BranchRule> {
        let mut rules = self.branch_rules.iter();
        rules.find(|rule| rule.matches(reference))
    }

    /// Returns true if the rules hold on every branch.
    pub fn applies_everywhere(&self) -> bool {
        let mut include = self.branches.include.iter();
        self.branches.exclude.is_empty() && include.any(BranchGlob::is_everything)
    }

    /// The policy as a `baton.toml` that names every key, settings too, and reads back as an equal
    /// policy, the list of signers apart.
    pub fn effective_toml(&self) -> String {
        toml::to_string(&compile::decompile(self)).expect("a policy holds no value foreign to TOML")
    }

    /// [`Self::effective_toml`] in two: what belongs in `baton.toml`, and what belongs in
    /// `baton.settings.toml`.
    pub fn effective_files(&self) -> (String, String) {
        settings::split(&self.effective_toml()).expect("a policy is written as TOML")
    }
}

impl Default for Policy {
    /// Returns the policy of an empty file.
    fn default() -> Self {
        match Self::parse(POLICY_PATH, b"") {
            Ok(policy) => policy,
            Err(error) => unreachable!("the defaults are a policy: {error}"),
        }
    }
}

impl Watch for Policy {
    fn watches(&self, path: &BStr) -> bool {
        if self.scope.rules_out(path) {
            return false;
        }
        let folded = fold(path);
        self.writer_of_folded(path, &folded).is_some()
            || self.session_of_folded(&folded).is_some()
            || self.scope.like(path, &folded).is_some()
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        if self.scope.rules_out(directory) {
            return false;
        }
        let folded = fold(directory);
        let mut patterns = self.sessions.logs.iter().chain(&self.sessions.summaries);
        self.protects_below(directory, &folded)
            || patterns.any(|pattern| pattern.literal_prefix().enters(&folded))
    }

    fn scan_bound(&self) -> Option<&BStr> {
        self.scope.bound()
    }
}

#[cfg(test)]
mod tests;
