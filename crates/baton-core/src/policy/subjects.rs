//! `[subjects]`: the first lines of the messages of the commits that Baton makes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::compile::{Compiled, fault};
use super::error::PolicyProblem;
use super::schema::unplaced_text;

/// The subjects of the commits that Baton makes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SubjectsTable {
    /// Of the commit that closes a session's log, with `{session}`, `{title}`, `{task}` and
    /// `{branch}`.
    #[schemars(with = "String")]
    pub close: Spanned<String>,
    /// Of the merge commit of a branch that lands, with `{branch}`, `{target}`, `{into}`, which is
    /// empty on `main` and `master` and otherwise says ` into` and the target, and, of the session
    /// that worked on it, `{session}`, `{title}` and `{task}`.
    #[schemars(with = "String")]
    pub merge: Spanned<String>,
    /// Of an aggregate, with `{sessions}`, such as `sessions 19, 20`, and `{branch}`.
    #[schemars(with = "String")]
    pub aggregate: Spanned<String>,
    /// Of a maintainer's edit of the handoff document, with `{reason}` and `{branch}`.
    #[schemars(with = "String")]
    pub edit: Spanned<String>,
    /// Of an acceptance, with `{accepted}`, such as `protected-path in 1a2b3c4d5e`.
    #[schemars(with = "String")]
    pub accept: Spanned<String>,
}

/// The subjects of the commits that Baton makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    /// Of the commit that closes a session's log.
    pub close: Subject,
    /// Of the merge commit of a branch that lands.
    pub merge: Subject,
    /// Of an aggregate.
    pub aggregate: Subject,
    /// Of a maintainer's edit of the handoff document.
    pub edit: Subject,
    /// Of an acceptance.
    pub accept: Subject,
}

/// A line of text with placeholders in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// Checks that the text is one line and has no other placeholders than these.
    fn parse(text: &str, known: &[&str]) -> Result<Self, String> {
        if text.trim() != text || text.is_empty() || text.contains(char::is_control) {
            return Err("it must be one line of text without white space around it".to_owned());
        }
        let mut literal = text.to_owned();
        for name in known {
            literal = literal.replace(&format!("{{{name}}}"), "");
        }
        match literal.contains(['{', '}']) {
            true => {
                let known: Vec<_> = known.iter().map(|name| format!("`{{{name}}}`")).collect();
                Err(format!("the placeholders are {}", known.join(", ")))
            }
            false => Ok(Self(text.to_owned())),
        }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if it has one of these placeholders.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names
            .iter()
            .any(|name| self.0.contains(&format!("{{{name}}}")))
    }

    /// The line with these values in the place of their names. White space in them counts as one
    /// blank.
    pub fn render(&self, values: &[(&str, &str)]) -> String {
        let mut line = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            line.push_str(before);
            let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
            let value = values.iter().find(|(known, _)| *known == name);
            line.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        line.push_str(rest);
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The placeholders of each subject.
const CLOSE: [&str; 4] = ["session", "title", "task", "branch"];
const MERGE: [&str; 6] = ["branch", "target", "into", "session", "title", "task"];
const AGGREGATE: [&str; 2] = ["sessions", "branch"];
const EDIT: [&str; 2] = ["reason", "branch"];
const ACCEPT: [&str; 1] = ["accepted"];

pub(super) fn compile(table: &SubjectsTable) -> Compiled<Subjects> {
    let subject = |text: &Spanned<String>, known: &[&str]| {
        Subject::parse(text.get_ref(), known)
            .map_err(|help| fault(text, PolicyProblem::Subject(text.get_ref().clone()), &help))
    };
    Ok(Subjects {
        close: subject(&table.close, &CLOSE)?,
        merge: subject(&table.merge, &MERGE)?,
        aggregate: subject(&table.aggregate, &AGGREGATE)?,
        edit: subject(&table.edit, &EDIT)?,
        accept: subject(&table.accept, &ACCEPT)?,
    })
}

/// The table that says the same.
pub(super) fn decompile(subjects: &Subjects) -> SubjectsTable {
    SubjectsTable {
        close: unplaced_text(subjects.close.as_str()),
        merge: unplaced_text(subjects.merge.as_str()),
        aggregate: unplaced_text(subjects.aggregate.as_str()),
        edit: unplaced_text(subjects.edit.as_str()),
        accept: unplaced_text(subjects.accept.as_str()),
    }
}

impl Default for SubjectsTable {
    fn default() -> Self {
        Self {
            close: unplaced_text("Close session {session}: {title}"),
            merge: unplaced_text("Merge branch '{branch}'{into}"),
            aggregate: unplaced_text("Aggregate {sessions}"),
            edit: unplaced_text("Edit the handoff file"),
            accept: unplaced_text("Accept {accepted}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_with_the_values_in_it() {
        let subject = Subject::parse("chore(baton): land {branch}{into} ({session})", &MERGE);
        let values = [
            ("branch", "auto/a"),
            ("into", ""),
            ("session", "{branch}\n 7"),
        ];
        assert_eq!(
            subject.unwrap().render(&values),
            "chore(baton): land auto/a ({branch} 7)"
        );
    }

    #[test]
    fn what_is_no_placeholder_is_named() {
        for text in ["", " a", "a\nb", "{sessions}", "a {", "}"] {
            assert!(Subject::parse(text, &CLOSE).is_err(), "{text:?}");
        }
        let help = Subject::parse("{title} {x}", &AGGREGATE).unwrap_err();
        assert_eq!(help, "the placeholders are `{sessions}`, `{branch}`");
    }
}
