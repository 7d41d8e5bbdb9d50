//! What a repository that ran agents in parallel before has written down of it.

use std::fmt::Display;
use std::num::NonZeroUsize;

use bstr::ByteSlice;

use super::yaml::{self, Kind, Value};

/// The file in which other tools keep it.
pub const AUTO_CONTEXT_PATH: &str = ".claude/auto-context.yaml";

/// The table of it which the policy has a place for.
const TABLE: &str = "parallelization";

/// What that table says; `None` for what it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parallelization {
    enabled: Option<bool>,
    min_tasks: Option<NonZeroUsize>,
    max_agents: Option<NonZeroUsize>,
    auto_cleanup: Option<bool>,
    retry_on_failure: Option<u32>,
}

/// A file of which nothing can be taken over; says where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTaken(String);

impl NotTaken {
    fn at(line: usize, why: impl Display) -> Self {
        Self(format!("line {line}: {why}"))
    }
}

impl Parallelization {
    /// Reads the text of that file. What else it says is passed over.
    ///
    /// # Errors
    /// When it is no YAML, or a value is none that the policy could have.
    pub fn read(yaml: &[u8]) -> Result<Self, NotTaken> {
        let text = yaml.to_str().map_err(|error| NotTaken(error.to_string()))?;
        let values = yaml::values(text)
            .map_err(|error| NotTaken::at(error.marker().line(), error.info()))?;
        let mut read = Self::default();
        for Value { path, kind, line } in &values {
            let path: Vec<_> = path.iter().map(Option::as_deref).collect();
            let no_table = |what: &str| Err(NotTaken::at(*line, format!("{what} is no table")));
            match (&path[..], kind) {
                ([] | [Some(TABLE)], Kind::Table) => {}
                ([] | [Some(TABLE)], Kind::Plain(word)) if is_null(word) => {}
                ([], _) => return no_table("the file"),
                ([Some(TABLE)], _) => return no_table("`parallelization`"),
                ([Some(TABLE), Some(key)], kind) => read
                    .set(key, kind)
                    .map_err(|why| NotTaken::at(*line, format!("`{key}` is not {why}")))?,
                _ => {}
            }
        }
        Ok(read)
    }

    /// Sets one key; what it would have to be where it is something else.
    fn set(&mut self, key: &str, kind: &Kind) -> Result<(), &'static str> {
        let word = match kind {
            Kind::Plain(word) if is_null(word) => return Ok(()),
            Kind::Plain(word) => word.as_str(),
            Kind::Table | Kind::Other => "",
        };
        const COUNT: &str = "a number above 0";
        match key {
            "enabled" => self.enabled = Some(truth(word)?),
            "min_tasks" => self.min_tasks = Some(word.parse().map_err(|_| COUNT)?),
            "max_agents" => self.max_agents = Some(word.parse().map_err(|_| COUNT)?),
            "auto_cleanup" => self.auto_cleanup = Some(truth(word)?),
            "retry_on_failure" => {
                self.retry_on_failure = Some(word.parse().map_err(|_| "a number")?);
            }
            _ => {}
        }
        Ok(())
    }

    /// What it says, as keys of `[conductor]` and their values in TOML.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let settings = [
            ("enabled", self.enabled.map(|it| it.to_string())),
            ("min_tasks", self.min_tasks.map(|it| it.to_string())),
            ("max_agents", self.max_agents.map(|it| it.to_string())),
            ("auto_cleanup", self.auto_cleanup.map(|it| it.to_string())),
            (
                "retry_on_failure",
                self.retry_on_failure.map(|it| it.to_string()),
            ),
        ];
        let said = settings.into_iter();
        said.filter_map(|(key, value)| Some((key, value?)))
            .collect()
    }

    /// The text of a policy that names every key, with these values in it.
    pub(super) fn put_into(&self, policy: &str) -> String {
        let settings = self.settings();
        let mut table = "";
        let mut text = String::with_capacity(policy.len());
        for line in policy.lines() {
            if line.starts_with('[') {
                table = line;
            }
            let key = line.split_once(" = ").map(|(key, _)| key);
            let said = settings.iter().find(|(name, _)| key == Some(*name));
            match said.filter(|_| table == "[conductor]") {
                Some((key, value)) => text.push_str(&format!("{key} = {value}")),
                None => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }
}

/// Whether a plain word stands for nothing (YAML 1.2, core schema).
fn is_null(word: &str) -> bool {
    matches!(word, "" | "~" | "null" | "Null" | "NULL")
}

/// The truth value that a plain word stands for (YAML 1.2, core schema).
fn truth(word: &str) -> Result<bool, &'static str> {
    match word {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        _ => Err("`true` or `false`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_the_table_says_nothing() {
        for yaml in ["", "# nothing\n", "other: 1\n", "parallelization:\n"] {
            let read = Parallelization::read(yaml.as_bytes());
            assert_eq!(read, Ok(Parallelization::default()), "{yaml:?}");
        }
    }

    #[test]
    fn values_take_the_place_of_the_conductors_alone() {
        let yaml = "context: {limit: 3}\nparallelization:\n  enabled: false # for now\n  \
                    min_tasks: 2\n  max_agents: 8\n  auto_cleanup: false\n  retry_on_failure: 0\n";
        let read = Parallelization::read(yaml.as_bytes()).unwrap();
        let policy = "[pool]\nenabled = 1\n[conductor]\nenabled = true\nagent = \"x\"\n\
                      retry_on_failure = 3\n[conductor.gate]\nmin_tasks = 9\n";
        let expected = "[pool]\nenabled = 1\n[conductor]\nenabled = false\nagent = \"x\"\n\
                        retry_on_failure = 0\n[conductor.gate]\nmin_tasks = 9\n";
        assert_eq!(read.put_into(policy), expected);
        assert_eq!(read.settings().len(), 5);
        assert_eq!(Parallelization::default().put_into(policy), policy);
    }

    #[test]
    fn what_no_policy_can_say_is_told_with_its_line() {
        for (yaml, line) in [
            ("a: 1\nparallelization:\n  max_agents: 0\n", "line 3"),
            ("parallelization:\n  enabled: perhaps\n", "line 2"),
            ("parallelization:\n  min_tasks: [1\n", "line"),
            ("parallelization: 5\n", "line 1"),
        ] {
            let error = Parallelization::read(yaml.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(line), "{error}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
        assert!(Parallelization::read(b"\xff").is_err());
    }
}
