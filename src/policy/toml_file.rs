//! What can be wrong with a file of TOML before its values are looked at.

use std::ops::Range;

use serde::de::DeserializeOwned;

/// Why a text is no file of the shape that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TomlProblem {
    /// The file is not TOML.
    #[error("it is not valid TOML: {0}")]
    Syntax(String),
    /// A key that no table here has.
    #[error("there is no key `{0}` here")]
    UnknownKey(String),
    /// A value that is none of those a key takes.
    #[error("`{0}` is not a value of this key")]
    UnknownValue(String),
    /// A value of another type than the key takes, or a key that is missing.
    #[error("{0}")]
    Type(String),
}

/// A problem, where in the text it is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlFault {
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub problem: TomlProblem,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// Reads a text as a value of this shape.
///
/// # Errors
/// When it is no TOML, or TOML of another shape.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, TomlFault> {
    let document = toml::Deserializer::parse(text).map_err(|error| TomlFault {
        span: span_in(text, &error),
        problem: TomlProblem::Syntax(error.message().to_owned()),
        help: None,
    })?;
    T::deserialize(document).map_err(|error| mistyped(text, &error))
}

/// Serde tells what was unknown, and what was expected instead, in the message alone:
/// ``unknown field `x`, expected one of `a`, `b` ``.
fn mistyped(text: &str, error: &toml::de::Error) -> TomlFault {
    let span = span_in(text, error);
    let message = error.message();
    let names = |kind: &str| {
        let rest = message.strip_prefix(kind)?.strip_prefix(" `")?;
        let (given, expected) = rest.rsplit_once("`, expected ")?;
        let known: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
        Some((given.to_owned(), known))
    };
    let (problem, help) = if let Some((key, known)) = names("unknown field") {
        let help = suggestion(&key, &known, "the keys here are");
        (TomlProblem::UnknownKey(key), Some(help))
    } else if let Some((value, known)) = names("unknown variant") {
        let help = suggestion(&value, &known, "the values are");
        (TomlProblem::UnknownValue(value), Some(help))
    } else {
        (TomlProblem::Type(message.to_owned()), None)
    };
    TomlFault {
        span,
        problem,
        help,
    }
}

fn span_in(text: &str, error: &toml::de::Error) -> Range<usize> {
    let span = error.span().unwrap_or(0..0);
    let end = span.end.min(text.len());
    span.start.min(end)..end
}

/// The name among these that `given` was meant to be, or else all of them behind `otherwise`.
pub fn suggestion(given: &str, known: &[&str], otherwise: &str) -> String {
    let given = given.to_lowercase();
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(&given, name), name))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((likeness, name)) if likeness > 0.75 => format!("did you mean `{name}`?"),
        _ => {
            let quoted: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("{otherwise} {}", quoted.join(", "))
        }
    }
}
