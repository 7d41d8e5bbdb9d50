//! `baton.settings.toml` as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::policy::conductor::ConductorTable;
use crate::policy::merge::{MergeTable, Strategy};
use crate::policy::pool::PoolTable;
use crate::policy::subjects::SubjectsTable;

/// The settings of a team in a repository: `baton.settings.toml` at its root. No key has a say in what may
/// land; those are in `baton.toml`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "baton.settings.toml")]
pub struct SettingsFile {
    /// The worktrees that are kept ready for agents.
    pub pool: PoolTable,
    /// The settings by which finished branches are merged, tested and landed.
    pub merge: MergeSettings,
    /// When tasks run in parallel, and how runs end.
    pub conductor: ConductorTable,
    /// The subjects of the commits that Baton makes.
    pub subjects: SubjectsTable,
}

/// The settings by which finished branches are merged, tested and landed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MergeSettings {
    /// The branches that are merged when none is named, by globs over their short names.
    #[schemars(with = "Vec<String>")]
    pub branches: Vec<Spanned<String>>,
    /// The branch on which they land, in short; without this key the one that the main worktree has
    /// checked out.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<Spanned<String>>,
    /// The treatment of a branch's commits.
    pub strategy: Strategy,
    /// The commands, each for a shell, that must succeed on the merged files before they land.
    pub test: Vec<String>,
    /// The time limit of one of those commands, in seconds.
    #[schemars(with = "u64", range(min = 1))]
    pub test_seconds: Spanned<u64>,
    /// The time limit of a command that resolves conflicts, in seconds.
    #[schemars(with = "u64", range(min = 1))]
    pub resolver_seconds: Spanned<u64>,
}

impl Default for MergeSettings {
    fn default() -> Self {
        let table = MergeTable::default();
        Self {
            branches: table.branches,
            into: table.into,
            strategy: table.strategy,
            test: table.test,
            test_seconds: table.test_seconds,
            resolver_seconds: table.resolver_seconds,
        }
    }
}

/// The JSON schema of `baton.settings.toml`.
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(SettingsFile);
    format!("{:#}\n", schema.as_value())
}
