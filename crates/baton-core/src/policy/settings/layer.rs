//! One source of settings, and how layers become one document.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::SETTINGS_PATH;
use super::keys::{MERGE_RULES, TABLES};
use super::table::SettingsFile;
use crate::policy::compile::{self, Fault};
use crate::policy::error::PolicyProblem;
use crate::policy::schema::PolicyFile;
use crate::policy::toml_file::{self, TomlProblem};
use crate::policy::{POLICY_PATH, PolicyError};

/// One source of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The name by which people are told of it.
    pub name: String,
    /// Its text, as TOML.
    pub(super) text: String,
    /// True if it is a `baton.toml`, in which settings stood before they had a file of their own.
    pub(super) is_policy: bool,
}

/// A layer, and where its text begins in the text of all layers.
#[derive(Clone, Copy)]
pub(super) struct Offset<'a> {
    pub(super) start: usize,
    pub(super) layer: &'a Layer,
}

impl Layer {
    /// The settings in the text of a `baton.toml`; `name` is how errors call it.
    ///
    /// # Errors
    /// When it is too large or no UTF-8.
    pub fn policy(name: &str, toml: &[u8]) -> Result<Self, PolicyError> {
        Self::new(name, toml, true)
    }

    /// The text of a file of settings; `name` is how errors call it.
    ///
    /// # Errors
    /// When it is too large or no UTF-8.
    pub fn file(name: &str, toml: &[u8]) -> Result<Self, PolicyError> {
        Self::new(name, toml, false)
    }

    fn new(name: &str, toml: &[u8], is_policy: bool) -> Result<Self, PolicyError> {
        let text = compile::utf8(name, toml).map_err(PolicyError::of_settings)?;
        Ok(Self {
            name: name.to_owned(),
            text: text.to_owned(),
            is_policy,
        })
    }

    /// The tables of settings in it, once it is found to say nothing else.
    pub(super) fn document(&self) -> Result<DeTable<'_>, PolicyError> {
        let located = |fault| compile::located(&self.name, &self.text, fault).of_settings();
        if self.is_policy {
            let (_, document, _) = toml_file::read_document::<PolicyFile>(&self.text, &TABLES)
                .map_err(|fault| located(fault.into()))?;
            let tables = document.into_inner().into_iter();
            return Ok(tables
                .filter(|(key, _)| TABLES.contains(&key.get_ref().as_ref()))
                .collect());
        }
        let (_, document, _) = toml_file::read_document::<SettingsFile>(&self.text, &[])
            .map_err(|fault| located(with_home(fault.into())))?;
        Ok(document.into_inner())
    }
}

/// Tells of a rule among settings where it belongs.
fn with_home(fault: Fault) -> Fault {
    let PolicyProblem::Toml(TomlProblem::UnknownKey(key)) = &fault.problem else {
        return fault;
    };
    let tables = toml::Table::try_from(PolicyFile::default()).unwrap_or_default();
    let is_rule = MERGE_RULES.contains(&key.as_str())
        || ["protected", "branch"].contains(&key.as_str())
        || tables.contains_key(key) && !TABLES.contains(&key.as_str());
    match is_rule {
        true => Fault {
            help: Some(format!(
                "`{key}` is a rule: it stands in {POLICY_PATH}, which changes with a maintainer's signature; {SETTINGS_PATH} and git's configuration hold settings only"
            )),
            ..fault
        },
        false => fault,
    }
}

/// Puts what a layer says, its spans moved on by `offset`, over what earlier ones say.
pub(super) fn merge<'a>(into: &mut DeTable<'a>, from: DeTable<'a>, offset: usize) {
    for (key, value) in from {
        let span = moved(value.span(), offset);
        let there = into.get_mut(key.get_ref().as_ref()).map(Spanned::get_mut);
        match (there, value.into_inner()) {
            (Some(DeValue::Table(there)), DeValue::Table(table)) => merge(there, table, offset),
            (_, value) => {
                into.remove(key.get_ref().as_ref());
                let key = Spanned::new(moved(key.span(), offset), key.into_inner());
                into.insert(key, Spanned::new(span, shift(value, offset)));
            }
        }
    }
}

fn shift(value: DeValue<'_>, offset: usize) -> DeValue<'_> {
    match value {
        DeValue::Table(table) => {
            let mut shifted = DeTable::new();
            merge(&mut shifted, table, offset);
            DeValue::Table(shifted)
        }
        DeValue::Array(array) => {
            let values = array.into_iter().map(|value| {
                let span = moved(value.span(), offset);
                Spanned::new(span, shift(value.into_inner(), offset))
            });
            DeValue::Array(values.collect::<DeArray<'_>>())
        }
        value => value,
    }
}

fn moved(span: std::ops::Range<usize>, offset: usize) -> std::ops::Range<usize> {
    span.start + offset..span.end + offset
}
