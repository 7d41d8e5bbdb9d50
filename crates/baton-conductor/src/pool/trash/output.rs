//! The documents on what is kept of slots, as values that become JSON: `schema/pool-trash.schema.json` and
//! `schema/pool-restored.schema.json`.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::{Restored, Saved};
use baton_core::model::RefName;
use baton_sys::clock;

/// The version of both documents.
pub const VERSION: u32 = 1;

/// The work that is kept, or that was let go of.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Trash of the pool")]
pub struct Trash {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The things, oldest first.
    pub saved: Vec<Item>,
}

/// One thing that is kept.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its reference.
    pub reference: String,
    /// The commit there, whose tree has the files.
    pub commit: String,
    /// The worktree that it was saved from.
    pub slot: String,
    /// Why.
    pub reason: String,
    /// The branch that was checked out.
    pub branch: Option<String>,
    /// The commit that was checked out.
    pub head: String,
    /// When, RFC 3339.
    pub saved_at: String,
}

/// The work that was brought back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Restored from the pool's trash")]
pub struct Back {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Its name; it is kept still.
    pub name: String,
    /// The worktree that was made.
    pub path: Option<String>,
    /// The branch that was made.
    pub branch: Option<String>,
    /// The commit that is checked out, or that the branch names.
    pub commit: String,
    /// The objects that could not be put back, as `git show` takes them.
    pub left_out: Vec<String>,
}

/// Returns the document on what is kept.
pub fn kept(saved: &[Saved]) -> Trash {
    let item = |saved: &Saved| Item {
        name: saved.name.clone(),
        reference: saved.reference().to_string(),
        commit: saved.commit.to_string(),
        slot: saved.record.slot.clone(),
        reason: saved.record.reason.clone(),
        branch: saved.record.branch.as_ref().map(RefName::to_string),
        head: saved.record.head.to_string(),
        saved_at: clock::timestamp(saved.saved_at),
    };
    Trash {
        version: VERSION,
        saved: saved.iter().map(item).collect(),
    }
}

/// Returns the document on what was brought back.
pub fn restored(saved: &Saved, restored: &Restored) -> Back {
    Back {
        version: VERSION,
        name: saved.name.clone(),
        path: restored
            .path
            .as_ref()
            .map(|path| path.display().to_string()),
        branch: restored.branch.clone(),
        commit: restored.commit.to_string(),
        left_out: restored.left_out.clone(),
    }
}

/// The JSON schema of [`kept`].
pub fn trash_schema() -> Schema {
    schema_for!(Trash)
}

/// The JSON schema of [`restored`].
pub fn restored_schema() -> Schema {
    schema_for!(Back)
}
