//! Settings in git's configuration: `baton.<table>.<key>`.
//!
//! Git allows no `_` in a variable's name and ignores its case: `min_tasks` is written `minTasks`. A
//! key with several values is a list, and an empty value in it stands for none.

use toml::Value;

use super::keys::{agent_key, samples};
use super::layer::Layer;
use crate::policy::PolicyError;

/// One value in git's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its key as git lists it: the section and the variable in lower case.
    pub key: String,
    /// Its value; `None` for a variable without `=`, which is true.
    pub value: Option<String>,
    /// Where it applies, as git calls it: `global`, `local` and so on.
    pub scope: String,
    /// Where it stands, such as `file:.git/config`.
    pub origin: String,
}

/// The layers of these entries, in the order in which git lists them: the strongest last. All values
/// of a key in one scope are one layer.
///
/// # Errors
/// When the text of a value is too large.
pub fn layers(entries: &[Entry]) -> Result<Vec<Layer>, PolicyError> {
    let mut groups: Vec<Vec<&Entry>> = Vec::new();
    for entry in entries {
        let same =
            |group: &&mut Vec<&Entry>| group[0].key == entry.key && group[0].scope == entry.scope;
        match groups.iter_mut().find(same) {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    groups.iter().map(|group| layer(group)).collect()
}

fn layer(entries: &[&Entry]) -> Result<Layer, PolicyError> {
    let last = entries[entries.len() - 1];
    let (path, sample) = known(&path(&last.key));
    let value = match sample {
        Some(Value::Array(sample)) if !sample.iter().any(Value::is_table) => {
            let values = entries.iter().map(|entry| text(entry));
            Value::Array(
                values
                    .filter(|text| !text.is_empty())
                    .map(Value::String)
                    .collect(),
            )
        }
        Some(Value::Boolean(_)) => match boolean(last.value.as_deref()) {
            Some(value) => Value::Boolean(value),
            None => Value::String(text(last)),
        },
        Some(Value::Integer(_)) => match text(last).trim().parse() {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::String(text(last)),
        },
        _ => Value::String(text(last)),
    };
    let keys: Vec<_> = path.iter().map(|part| quoted(part)).collect();
    let toml = format!("{} = {value}\n", keys.join("."));
    let origin = last.origin.strip_prefix("file:").unwrap_or(&last.origin);
    let name = match last.scope.as_str() {
        "command" => format!("git -c {}", last.key),
        scope => format!("git config --{scope} ({origin})"),
    };
    Layer::file(&name, toml.as_bytes())
}

/// The parts of a key behind `baton.`; what stands between the first and the last dot is one name for
/// git.
fn path(key: &str) -> Vec<String> {
    let mut parts = key.split('.').skip(1).map(str::to_owned);
    parts.by_ref().collect()
}

/// The path as TOML has it, and a value of the kind that belongs there.
fn known(path: &[String]) -> (Vec<String>, Option<Value>) {
    if let Some(sample) = agent_key(path) {
        return (path.to_vec(), Some(sample));
    }
    let mut found = Vec::new();
    let mut at = Value::Table(samples());
    for (depth, part) in path.iter().enumerate() {
        let is_last = depth + 1 == path.len();
        let like = |name: &str| match is_last {
            true => name.replace('_', "").eq_ignore_ascii_case(part),
            false => name == part,
        };
        let next = at
            .as_table()
            .and_then(|table| table.iter().find(|(name, _)| like(name)));
        let Some((name, value)) = next else {
            found.extend_from_slice(&path[depth..]);
            return (found, None);
        };
        found.push(name.clone());
        at = value.clone();
    }
    (found, Some(at))
}

fn text(entry: &Entry) -> String {
    entry.value.clone().unwrap_or_else(|| "true".to_owned())
}

/// Parses what git takes for true and false (`--type=bool` in `git-config(1)`).
fn boolean(value: Option<&str>) -> Option<bool> {
    let Some(value) = value else {
        return Some(true);
    };
    let is = |names: &[&str]| names.iter().any(|name| value.eq_ignore_ascii_case(name));
    match value {
        _ if is(&["true", "yes", "on", "1"]) => Some(true),
        _ if is(&["false", "no", "off", "0", ""]) => Some(false),
        _ => None,
    }
}

fn quoted(part: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !part.is_empty() && part.chars().all(bare) {
        true => part.to_owned(),
        false => Value::String(part.to_owned()).to_string(),
    }
}

/// A key of the settings as git's configuration has it: `baton.conductor.minTasks` for
/// `conductor.min_tasks`.
pub fn name(key: &str) -> String {
    let (above, last) = key.rsplit_once('.').unwrap_or(("", key));
    let mut words = last.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut chars = word.chars();
        camel.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        camel.push_str(chars.as_str());
    }
    match above {
        "" => format!("baton.{camel}"),
        above => format!("baton.{above}.{camel}"),
    }
}
