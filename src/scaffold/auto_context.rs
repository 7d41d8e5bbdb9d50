//! The record of an earlier tool that ran agents in parallel here.

use std::num::NonZeroUsize;

use bstr::ByteSlice;

use serde::Deserialize;

/// The file in which other tools keep it.
pub const AUTO_CONTEXT_PATH: &str = ".claude/auto-context.yaml";

/// The part of it that the policy has a place for.
#[derive(Deserialize)]
struct AutoContext {
    parallelization: Option<Parallelization>,
}

/// Its table `parallelization`; `None` for a key that is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
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

impl Parallelization {
    /// Reads the text of that file. Other keys are ignored.
    ///
    /// # Errors
    /// When it is no YAML, or a value is none that the policy could have.
    pub fn read(yaml: &[u8]) -> Result<Self, NotTaken> {
        let text = yaml.to_str().map_err(|error| NotTaken(error.to_string()))?;
        let options = serde_saphyr::options! { with_snippet: false };
        let file: Option<AutoContext> = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| NotTaken(error.to_string()))?;
        Ok(file
            .and_then(|file| file.parallelization)
            .unwrap_or_default())
    }

    /// Its content, as keys of `[conductor]` and their values in TOML.
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
    fn the_tables_values_are_those_of_the_conductor() {
        let yaml = "context: {limit: 3}\nparallelization:\n  enabled: false # for now\n  \
                    min_tasks: 2\n  max_agents: 8\n  auto_cleanup: false\n  retry_on_failure: 0\n";
        let read = Parallelization::read(yaml.as_bytes()).unwrap();
        assert_eq!(read.settings().len(), 5);
        assert_eq!(read.settings()[1], ("min_tasks", "2".to_owned()));
        assert_eq!(Parallelization::default().settings(), []);
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
