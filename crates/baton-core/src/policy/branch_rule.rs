//! `[[branch]]`: who may move which branches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::branch_glob::BranchGlob;
use super::schema::unplaced_text;
use crate::model::{RefName, Step};

/// The table that says who may move some branches, as it is written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchTable {
    /// The branches, by globs over their short names.
    #[schemars(with = "Vec<String>")]
    pub names: Vec<Spanned<String>>,
    /// The party that may create and fast-forward them. Without this key: anyone.
    #[serde(default, rename = "move", skip_serializing_if = "Option::is_none")]
    pub forward: Option<Mover>,
    /// The party that may take commits away from them. Without this key: the one that may move them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<Mover>,
    /// The party that may delete them. Without this key: the one that may rewrite them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<Mover>,
}

/// The party that may move a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mover {
    /// Landings by the orchestrator, and maintainers.
    Landing,
    /// Maintainers, by their signature.
    Maintainers,
    /// Anyone.
    Anyone,
}

/// The rule that says who may move some branches.
#[derive(Debug, Clone, PartialEq)]
pub struct BranchRule {
    /// The branches.
    pub names: Vec<BranchGlob>,
    /// The party that may create and fast-forward them.
    pub forward: Mover,
    /// The party that may take commits away from them.
    pub rewrite: Mover,
    /// The party that may delete them.
    pub delete: Mover,
}

impl BranchRule {
    /// Creates the rule from its table. A party that may not move a branch may not rewrite it either: that
    /// does as much and more. Nor may a party that may not rewrite it delete it, to create it anew elsewhere.
    pub(super) fn new(names: Vec<BranchGlob>, table: &BranchTable) -> Self {
        let forward = table.forward.unwrap_or(Mover::Anyone);
        let rewrite = table.rewrite.unwrap_or(forward);
        Self {
            names,
            forward,
            rewrite,
            delete: table.delete.unwrap_or(rewrite),
        }
    }

    pub(super) fn table(&self) -> BranchTable {
        let names = self.names.iter().map(BranchGlob::as_str);
        BranchTable {
            names: names.map(unplaced_text).collect(),
            forward: Some(self.forward),
            rewrite: Some(self.rewrite),
            delete: Some(self.delete),
        }
    }

    /// Returns true if it is about this reference, a full name.
    pub fn matches(&self, reference: &RefName) -> bool {
        let branch = reference.branch();
        branch.is_some_and(|branch| self.names.iter().any(|glob| glob.matches(branch.short())))
    }

    /// Returns the party that may make such a move.
    pub fn who(&self, step: Step) -> Mover {
        match step {
            Step::Forward => self.forward,
            Step::Rewrite => self.rewrite,
            Step::Delete => self.delete,
        }
    }
}
