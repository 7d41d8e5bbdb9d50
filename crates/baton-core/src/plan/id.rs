use std::borrow::{Borrow, Cow};
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The longest id of a task, in bytes.
pub const MAX_ID_BYTES: usize = 64;

/// The name of a task: letters, digits, `-`, `_` and `.`, so that a branch, a directory and a log
/// can be called after it on any system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(String);

/// The ids, all but those that [`TaskId::parse`] refuses for a `..` or `.lock` in them.
pub(super) const PATTERN: &str = "^[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_-])?$";

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a task's id")]
pub struct NotAnId(pub String);

impl TaskId {
    /// Reads an id: at most [`MAX_ID_BYTES`] letters, digits, `-`, `_` and `.`, of which the
    /// first is a letter or digit and the last no `.`; neither `..` nor a `.lock` at its end,
    /// which git allows in no branch.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let valid = text.len() <= MAX_ID_BYTES
            && text.bytes().all(allowed)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !text.ends_with('.')
            && !text.contains("..")
            && !text.to_ascii_lowercase().ends_with(".lock");
        match valid {
            true => Ok(Self(text.to_owned())),
            false => Err(NotAnId(text.to_owned())),
        }
    }

    /// The id as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for TaskId {
    fn schema_name() -> Cow<'static, str> {
        "TaskId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The name of a task.",
            "type": "string",
            "pattern": PATTERN,
        })
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for TaskId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TaskId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        Self::parse(&text)
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_name_a_branch_and_a_file() {
        for id in ["a", "task-1", "T_1.2", "9"] {
            assert_eq!(TaskId::parse(id).unwrap().as_str(), id);
        }
        let long = "a".repeat(MAX_ID_BYTES + 1);
        for text in [
            "", "-a", ".a", "a.", "a..b", "a.LOCK", "a/b", "a b", "ä", &long,
        ] {
            assert_eq!(TaskId::parse(text), Err(NotAnId(text.to_owned())));
        }
    }
}
