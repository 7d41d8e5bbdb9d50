//! Settings: how a team, a user or a clone works. They decide nothing about what may land.
//!
//! Settings come in layers, each a text of TOML: the settings that an older `baton.toml` holds, then
//! [`SETTINGS_PATH`], then git's configuration ([`git_config`]). A key of a later layer replaces that
//! of an earlier one; a list is replaced as a whole. [`Settings::load`] merges them, and remembers
//! where each value comes from.

pub mod git_config;
mod keys;
mod layer;
pub mod migrate;
mod origins;
mod split;
mod table;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

pub(super) use keys::TABLES;
pub use keys::is_setting;
pub use layer::Layer;
pub use origins::{annotate, written_keys};
pub use split::split;
pub use table::{SettingsFile, json_schema};

use super::compile::{self, Fault};
use super::schema::PolicyFile;
use super::toml_file;
use super::{Conductor, Merge, Policy, PolicyError, PoolPolicy, Subjects, merge, pool, subjects};
use layer::Offset;

/// The file at the root of a repository that holds its settings.
pub const SETTINGS_PATH: &str = "baton.settings.toml";

/// The settings by which the rules know a landing, where they ask for one.
const LANDING: [&str; 2] = ["merge.into", "merge.strategy"];

/// Compiled settings, and where each comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The worktrees that are kept ready for agents.
    pub pool: PoolPolicy,
    /// The settings by which finished branches land.
    pub merge: Merge,
    /// When tasks run in parallel, and how runs end.
    pub conductor: Conductor,
    /// The subjects of the commits that Baton makes.
    pub subjects: Subjects,
    /// The name of the layer of each key that one sets, such as `pool.size`.
    pub origins: BTreeMap<String, String>,
    /// The settings that count although they stand in `baton.toml`.
    pub misplaced: Vec<String>,
}

impl Settings {
    /// Merges the layers, the strongest last.
    ///
    /// # Errors
    /// When a layer says what no settings can say, or nothing that goes with another one.
    pub fn load(layers: &[Layer]) -> Result<Self, PolicyError> {
        let mut merged = DeTable::new();
        let mut offsets = Vec::new();
        let mut start = 0;
        for layer in layers {
            offsets.push(Offset { start, layer });
            layer::merge(&mut merged, layer.document()?, start);
            // One byte more, so that a span at the end of a text is not one of the next.
            start += layer.text.len() + 1;
        }
        let located = |fault| locate(&offsets, fault);
        let document = Spanned::new(0..start, merged);
        let file = PolicyFile::deserialize(toml::Deserializer::from(document.clone()))
            .map_err(|error| located(toml_file::mistyped(start, &error).into()))?;
        let pool = pool::compile(&file.pool).map_err(|wrong| located(compile::misused(wrong)))?;
        let merge = merge::compile(&file.merge).map_err(located)?;
        let conductor = compile::compile_conductor(&file.conductor).map_err(located)?;
        let subjects = subjects::compile(&file.subjects).map_err(located)?;
        let origins = origins::of_layers(document.get_ref(), &offsets);
        let misplaced = origins
            .iter()
            .filter(|(key, layer)| layer.is_policy && is_setting(key))
            .map(|(key, _)| key.clone());
        Ok(Self {
            pool,
            merge,
            conductor,
            subjects,
            misplaced: misplaced.collect(),
            origins: origins
                .into_iter()
                .map(|(key, layer)| (key, layer.name.clone()))
                .collect(),
        })
    }
}

impl Settings {
    /// The settings that count although they stand in the `baton.toml` of these rules, where they
    /// are not a part of the rules.
    pub fn misplaced_beside(&self, rules: &Policy) -> Vec<&str> {
        let is_rule = |key: &str| !rules.branch_rules.is_empty() && LANDING.contains(&key);
        let keys = self.misplaced.iter().map(String::as_str);
        keys.filter(|key| !is_rule(key)).collect()
    }
}

impl Policy {
    /// The policy with these settings in the place of those that `baton.toml` holds.
    pub fn with_settings(self, settings: Settings) -> Self {
        Self {
            pool: settings.pool,
            merge: settings.merge,
            conductor: settings.conductor,
            subjects: settings.subjects,
            ..self
        }
    }

    /// Returns true if the rules are the same, whatever the settings in either file are. What `merge.into`
    /// and `merge.strategy` say is a rule where an entry of `[[branch]]` asks for it.
    pub fn has_rules_of(&self, other: &Self) -> bool {
        let rules = |policy: &Self| {
            let defaults = Self::default();
            let mut rules = Self {
                pool: defaults.pool,
                conductor: defaults.conductor,
                subjects: defaults.subjects,
                merge: Merge {
                    branches: defaults.merge.branches,
                    test: defaults.merge.test,
                    test_seconds: defaults.merge.test_seconds,
                    resolver_seconds: defaults.merge.resolver_seconds,
                    ..policy.merge.clone()
                },
                ..policy.clone()
            };
            if policy.branch_rules.is_empty() {
                rules.merge.into = defaults.merge.into;
                rules.merge.strategy = defaults.merge.strategy;
            }
            rules
        };
        rules(self) == rules(other)
    }
}

/// The error of the layer in which a fault of merged layers is.
fn locate(offsets: &[Offset<'_>], mut fault: Fault) -> PolicyError {
    let of_fault = offsets.iter().rev();
    let mut of_fault = of_fault.filter(|offset| offset.start <= fault.span.start);
    let (name, text) = match of_fault.next() {
        Some(offset) => {
            let within = |at: usize| (at - offset.start).min(offset.layer.text.len());
            fault.span = within(fault.span.start)..within(fault.span.end);
            (offset.layer.name.as_str(), offset.layer.text.as_str())
        }
        None => (SETTINGS_PATH, ""),
    };
    compile::located(name, text, fault).of_settings()
}

#[cfg(test)]
mod tests;
