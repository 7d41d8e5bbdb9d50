//! Which keys are settings, and what kind of value each takes.

use toml::{Table, Value};

use super::table::{MergeSettings, SettingsFile};
use crate::policy::schema::unplaced_text;

/// The tables that hold settings; a key of a newer version in one of them is passed over in
/// `baton.toml`.
pub const TABLES: [&str; 4] = ["pool", "merge", "conductor", "subjects"];

/// The keys of `[merge]` that are rules: what they say could bring in work that was never looked at, or take
/// away work that never landed.
pub const MERGE_RULES: [&str; 3] = ["resolver", "resolve", "delete"];

/// Returns true if a key, such as `pool.size`, is a setting.
pub fn is_setting(key: &str) -> bool {
    let mut parts = key.split(['.', '[']);
    match (parts.next(), parts.next()) {
        (Some("merge"), Some(name)) => !MERGE_RULES.contains(&name),
        (Some(table), _) => TABLES.contains(&table),
        (None, _) => false,
    }
}

/// Every key of the settings with a value of its kind.
pub fn samples() -> Table {
    let file = SettingsFile {
        merge: MergeSettings {
            into: Some(unplaced_text("")),
            ..MergeSettings::default()
        },
        ..SettingsFile::default()
    };
    Table::try_from(file).unwrap_or_default()
}

/// The kind of an agent's keys, whose table has any names.
pub fn agent_key(path: &[String]) -> Option<Value> {
    match path {
        [conductor, agents, _, key] if conductor == "conductor" && agents == "agents" => {
            ["command", "input", "output", "confine"]
                .contains(&key.as_str())
                .then(|| Value::String(String::new()))
        }
        _ => None,
    }
}
