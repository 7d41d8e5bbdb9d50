//! Where values come from.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_edit::{DocumentMut, Item, Value};

use super::layer::{Layer, Offset};

/// The layer of each key that one sets. A list is one value.
pub(super) fn of_layers<'a>(
    document: &DeTable<'_>,
    offsets: &[Offset<'a>],
) -> BTreeMap<String, &'a Layer> {
    let mut keys = Vec::new();
    leaves("", document, &mut keys);
    let layer = |start: usize| {
        let mut before = offsets.iter().rev();
        before.find(|offset| offset.start <= start)
    };
    keys.into_iter()
        .filter_map(|(key, start)| Some((key, layer(start)?.layer)))
        .collect()
}

/// The keys that a text of TOML sets, each entry of an array of tables by its number.
pub fn written_keys(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    if let Ok(document) = DeTable::parse(text) {
        leaves("", document.get_ref(), &mut keys);
    }
    keys.into_iter().map(|(key, _)| key).collect()
}

fn leaves(above: &str, table: &DeTable<'_>, found: &mut Vec<(String, usize)>) {
    for (key, value) in table {
        let path = match above {
            "" => key.get_ref().to_string(),
            above => format!("{above}.{}", key.get_ref()),
        };
        match value.get_ref() {
            DeValue::Table(table) => leaves(&path, table, found),
            DeValue::Array(array) if array.iter().any(is_table) => {
                let entries = array.iter().enumerate();
                found.extend(
                    entries.map(|(at, entry)| (format!("{path}[{at}]"), entry.span().start)),
                );
            }
            _ => found.push((path, value.span().start)),
        }
    }
}

fn is_table(value: &Spanned<DeValue<'_>>) -> bool {
    matches!(value.get_ref(), DeValue::Table(_))
}

/// The text with a comment behind each value that says where it comes from.
pub fn annotate(toml: &str, origin: &dyn Fn(&str) -> Option<String>) -> String {
    let Ok(mut document) = toml.parse::<DocumentMut>() else {
        return toml.to_owned();
    };
    annotate_table("", document.as_table_mut(), origin);
    document.to_string()
}

fn annotate_table(
    above: &str,
    table: &mut toml_edit::Table,
    origin: &dyn Fn(&str) -> Option<String>,
) {
    for (key, item) in table.iter_mut() {
        let path = match above {
            "" => key.get().to_owned(),
            above => format!("{above}.{}", key.get()),
        };
        match item {
            Item::Value(value) => annotate_value(&path, value, origin),
            Item::Table(table) => annotate_table(&path, table, origin),
            Item::ArrayOfTables(entries) => {
                for (at, table) in entries.iter_mut().enumerate() {
                    annotate_table(&format!("{path}[{at}]"), table, origin);
                }
            }
            Item::None => {}
        }
    }
}

fn annotate_value(path: &str, value: &mut Value, origin: &dyn Fn(&str) -> Option<String>) {
    // An entry of a list of tables has one origin, and so has a list that is written as one value.
    let mut nearest = path;
    let found = loop {
        if let Some(found) = origin(nearest).or_else(|| origin(&format!("{nearest}[0]"))) {
            break Some(found);
        }
        match nearest.rfind('.') {
            Some(at) => nearest = &nearest[..at],
            None => break None,
        }
    };
    let found = found.unwrap_or_else(|| "default".to_owned());
    value.decor_mut().set_suffix(format!("  # {found}"));
}
