//! The values of a YAML document, one after the other: none is expanded, however often it is
//! referred to.

use yaml_rust2::Event;
use yaml_rust2::parser::Parser;
use yaml_rust2::scanner::{ScanError, TScalarStyle};

/// A value of the first document of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The keys that lead to it; `None` for one that is no word, for a place in a list, and in a key.
    pub path: Vec<Option<String>>,
    /// What it is.
    pub kind: Kind,
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A table; what it holds comes behind it.
    Table,
    /// A word without quotes, which may stand for a number, a truth value or nothing.
    Plain(String),
    /// A quoted text, a list, a reference to another value.
    Other,
}

/// A table or a list that has begun.
struct Open {
    /// The key of the value that comes next, where that is told.
    key: Option<Option<String>>,
    is_list: bool,
}

/// Every value of the first document of this text, in its order.
///
/// # Errors
/// When it is no YAML.
pub fn values(text: &str) -> Result<Vec<Value>, ScanError> {
    let mut parser = Parser::new_from_str(text);
    let (mut values, mut open) = (Vec::new(), Vec::<Open>::new());
    loop {
        let (event, at) = parser.next_token()?;
        let (kind, opens) = match event {
            Event::StreamEnd | Event::DocumentEnd => return Ok(values),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                end(&mut open, None);
                continue;
            }
            Event::MappingStart(..) => (Kind::Table, Some(false)),
            Event::SequenceStart(..) => (Kind::Other, Some(true)),
            Event::Scalar(word, TScalarStyle::Plain, _, None) => (Kind::Plain(word), None),
            Event::Scalar(..) | Event::Alias(_) => (Kind::Other, None),
            Event::Nothing | Event::StreamStart | Event::DocumentStart => continue,
        };
        let is_value = open
            .last()
            .is_none_or(|one| one.is_list || one.key.is_some());
        let word = match &kind {
            Kind::Plain(word) => Some(word.clone()),
            Kind::Table | Kind::Other => None,
        };
        if is_value {
            values.push(Value {
                path: open.iter().map(|one| one.key.clone().flatten()).collect(),
                kind,
                line: at.line(),
            });
        }
        match opens {
            Some(is_list) => open.push(Open { key: None, is_list }),
            None => end(&mut open, word),
        }
    }
}

/// A key or a value has ended: after a key comes its value.
fn end(open: &mut [Open], word: Option<String>) {
    if let Some(around) = open.last_mut().filter(|around| !around.is_list) {
        around.key = match around.key {
            None => Some(word),
            Some(_) => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let told = |value: Value| {
            let path: Vec<_> = value
                .path
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect();
            format!("{} {}: {:?}", value.line, path.join("."), value.kind)
        };
        values(text).unwrap().into_iter().map(told).collect()
    }

    #[test]
    fn values_come_with_the_keys_that_lead_to_them() {
        let text =
            "a: 1\nb:\n  c: &x {d: yes, e: 'no'}\n  f: [g, {h: i}]\n? [k]\n: l\nm: *x\n---\nn: o\n";
        let expected = [
            "1 : Table",
            "1 a: Plain(\"1\")",
            "3 b: Table",
            "3 b.c: Table",
            "3 b.c.d: Plain(\"yes\")",
            "3 b.c.e: Other",
            "4 b.f: Other",
            "4 b.f.: Plain(\"g\")",
            "4 b.f.: Table",
            "4 b.f..h: Plain(\"i\")",
            "5 .: Plain(\"k\")",
            "6 : Plain(\"l\")",
            "7 m: Other",
        ];
        assert_eq!(told(text), expected);
        assert_eq!(told("# nothing\n"), Vec::<String>::new());
        assert!(values("a: [1\n").is_err());
    }
}
