//! The problems of a TOML file before its values are looked at.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

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
    /// The problem.
    pub problem: TomlProblem,
    /// The help: what to write instead, where that is known.
    pub help: Option<String>,
}

/// Reads a text as a value of this shape.
///
/// # Errors
/// When it is no TOML, or TOML of another shape.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, TomlFault> {
    let document = toml::Deserializer::parse(text).map_err(|error| syntax(text, &error))?;
    T::deserialize(document).map_err(|error| mistyped(text.len(), &error))
}

fn syntax(text: &str, error: &toml::de::Error) -> TomlFault {
    TomlFault {
        span: span_in(text.len(), error),
        problem: TomlProblem::Syntax(error.message().to_owned()),
        help: None,
    }
}

/// The number of unknown keys that [`read_known`] passes over before it takes the next for an error.
const MAX_UNKNOWN_KEYS: usize = 50;

/// [`read`], and the keys that it does not know in the top-level tables named in `lenient` are
/// passed over, each with what [`read`] would have said of it.
///
/// # Errors
/// As [`read`], for all else.
pub fn read_known<T: DeserializeOwned>(
    text: &str,
    lenient: &[&str],
) -> Result<(T, Vec<TomlFault>), TomlFault> {
    let (value, _, unknown) = read_document(text, lenient)?;
    Ok((value, unknown))
}

/// [`read_known`], with the document from which the value was read, without the unknown keys.
///
/// # Errors
/// As [`read`], for all else.
pub fn read_document<'t, T: DeserializeOwned>(
    text: &'t str,
    lenient: &[&str],
) -> Result<(T, Spanned<DeTable<'t>>, Vec<TomlFault>), TomlFault> {
    let mut unknown = Vec::new();
    let mut document = DeTable::parse(text).map_err(|error| syntax(text, &error))?;
    loop {
        let error = match T::deserialize(toml::Deserializer::from(document.clone())) {
            Ok(value) => return Ok((value, document, unknown)),
            Err(error) => error,
        };
        let fault = mistyped(text.len(), &error);
        let may_pass = matches!(fault.problem, TomlProblem::UnknownKey(_));
        if !may_pass
            || unknown.len() == MAX_UNKNOWN_KEYS
            || !remove_from(document.get_mut(), lenient, &fault.span)
        {
            return Err(fault);
        }
        unknown.push(fault);
    }
}

/// Removes the key that stands at `span` in one of these tables. False where none does.
fn remove_from(document: &mut DeTable<'_>, tables: &[&str], span: &Range<usize>) -> bool {
    tables.iter().any(|name| {
        let table = document.get_mut(*name).map(Spanned::get_mut);
        table.is_some_and(|value| remove(value, span))
    })
}

fn remove(value: &mut DeValue<'_>, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => {
            let found = table.keys().find(|key| key.span() == *span).cloned();
            match found {
                Some(key) => table.remove(&key).is_some(),
                None => table
                    .iter_mut()
                    .any(|(_, value)| remove(value.get_mut(), span)),
            }
        }
        DeValue::Array(array) => removed_in(array, span),
        _ => false,
    }
}

fn removed_in(array: &mut DeArray<'_>, span: &Range<usize>) -> bool {
    let mut values = array.iter_mut();
    values.any(|value| remove(value.get_mut(), span))
}

/// Serde tells what was unknown, and what was expected instead, in the message alone:
/// ``unknown field `x`, expected one of `a`, `b` ``.
pub(super) fn mistyped(length: usize, error: &toml::de::Error) -> TomlFault {
    let span = span_in(length, error);
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

fn span_in(length: usize, error: &toml::de::Error) -> Range<usize> {
    let span = error.span().unwrap_or(0..0);
    let end = span.end.min(length);
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
