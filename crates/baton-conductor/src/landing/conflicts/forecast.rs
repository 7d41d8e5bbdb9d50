//! The conflicts to expect, as a value, and as JSON that `schema/conflicts.schema.json` describes.

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use super::hunks::Hunk;
use super::live::{Live, Side};
use baton_core::report::escape;

/// The version of the document.
pub const VERSION: u32 = 1;

/// The conflicts to expect when branches are merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "Conflicts between branches")]
pub struct Forecast {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// True if nothing collides.
    pub clean: bool,
    /// The branch into which the others are to go.
    pub base: Branch,
    /// The branches that were merged with the base and with each other, by name.
    pub branches: Vec<Branch>,
    /// The pairs that collide, in the order of the branches, those with the base first.
    pub collisions: Vec<Collision>,
    /// The files changed by branches among the paths that sessions at work claim. They do not collide yet.
    pub claimed: Vec<ClaimedFiles>,
}

/// A branch that was merged with others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Branch {
    /// Its name, in short.
    pub name: String,
    /// The commit that it names.
    pub commit: String,
    /// The root of the worktree in which it is checked out; bytes that are no UTF-8 are written
    /// as `\xNN`.
    pub worktree: Option<String>,
    /// True if that worktree holds work that is not committed, which was merged too.
    pub uncommitted: bool,
}

/// Two branches that do not merge cleanly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Collision {
    /// The name of the one that is merged into: the base, or the branch that sorts first.
    pub ours: String,
    /// The name of the one that is merged.
    pub theirs: String,
    /// The files in conflict, by path.
    pub files: Vec<ConflictingFile>,
}

/// The files of a branch that a session at work on another branch claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimedFiles {
    /// The name of the branch that has changed them.
    pub branch: String,
    /// The session that claims them.
    pub session: String,
    /// That session and where it works, in words.
    pub holder: String,
    /// Their paths; bytes that are no UTF-8 are written as `\xNN`.
    pub files: Vec<String>,
}

/// A path that git cannot merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictingFile {
    /// The path; bytes that are no UTF-8 are written as `\xNN`. Empty where the conflict is
    /// about no path in particular.
    pub path: String,
    /// The kind of conflict, such as `content`, `modify/delete`, `rename/delete`, `unrelated`.
    pub kind: String,
    /// The message from git about it.
    pub message: String,
    /// Where the merged file holds git's markers; empty for kinds without any.
    pub hunks: Vec<Hunk>,
}

impl Forecast {
    pub(super) fn new(live: &Live, collisions: Vec<Collision>, claimed: Vec<ClaimedFiles>) -> Self {
        Self {
            version: VERSION,
            clean: collisions.is_empty(),
            base: Branch::of(&live.base),
            branches: live.branches.iter().map(Branch::of).collect(),
            collisions,
            claimed,
        }
    }

    /// The document.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("plain values are JSON");
        escape::json(&json) + "\n"
    }

    /// The schema of the document.
    pub fn schema() -> Schema {
        schema_for!(Self)
    }
}

impl Branch {
    fn of(side: &Side) -> Self {
        let path =
            |path: &std::path::PathBuf| escape::invalid_bytes(path.as_os_str().as_encoded_bytes());
        Self {
            name: side.name.clone(),
            commit: side.tip.to_string(),
            worktree: side.worktree.as_ref().map(path),
            uncommitted: side.work != side.tip,
        }
    }
}
