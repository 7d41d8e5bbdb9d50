//! Entries in settings that are JSON, with comments and trailing commas as some agents allow them. Keys, their order, comments
//! and white space stay as they are.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use jsonc_parser::ast::{Array, Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::Serialize;

use super::agent::{command, events, is_own, is_written};
use super::splice::List;
use super::{Agent, MissingProgram, Unreadable};

/// An entry that one event runs: handlers for a matcher, or a handler alone.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Group {
        #[serde(skip_serializing_if = "Option::is_none")]
        matcher: Option<&'static str>,
        hooks: [Handler; 1],
    },
    Alone(Handler),
}

/// A command that an agent runs as a hook.
#[derive(Serialize)]
struct Handler {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bash: Option<&'static str>,
}

/// The text with an agent's entries in it.
pub(super) fn add(
    found: Option<&str>,
    agent: Agent,
    missing: MissingProgram,
) -> Result<String, Unreadable> {
    let mut text = match found {
        Some(text) if !text.trim().is_empty() => text.to_owned(),
        _ => "{}\n".to_owned(),
    };
    if matches!(agent, Agent::Copilot | Agent::Cursor) {
        text = edit(&text, |root| {
            let has_version = member(root, "version").is_some();
            Ok((!has_version).then(|| List::of_object(&text, root).append(Some("version"), &1)))
        })?;
    }
    for (event, missing) in events(agent, missing) {
        text = edit(&text, |root| add_event(&text, root, event, agent, missing))?;
    }
    Ok(text)
}

fn add_event(
    text: &str,
    root: &Object,
    event: &str,
    agent: Agent,
    missing: MissingProgram,
) -> Result<Option<String>, Unreadable> {
    let entries = [entry(agent, event, missing)];
    let hooks = match member(root, "hooks") {
        Some(Value::Object(hooks)) => hooks,
        Some(_) => return Err(Unreadable("its `hooks` are no object".to_owned())),
        None => {
            let hooks = BTreeMap::from([(event, entries)]);
            return Ok(Some(
                List::of_object(text, root).append(Some("hooks"), &hooks),
            ));
        }
    };
    let array = match member(hooks, event) {
        Some(Value::Array(array)) => array,
        Some(_) => return Err(Unreadable(format!("its `hooks.{event}` are no array"))),
        None => {
            return Ok(Some(
                List::of_object(text, hooks).append(Some(event), &entries),
            ));
        }
    };
    let list = List::of_array(text, array);
    let handlers = array.elements.iter().flat_map(handlers);
    let own: Vec<_> = handlers.filter_map(own_command).collect();
    let written = own.iter().find(|(line, _)| is_written(line));
    Ok(match written {
        None if own.is_empty() => Some(list.append(None, &entries[0])),
        Some((line, range)) if *line != command(missing) => {
            let line = serde_json::Value::from(command(missing)).to_string();
            Some(list.replace(range.clone(), &line))
        }
        _ => None,
    })
}

/// The text without Baton's entries, and without what held nothing else; `None` where there are none, and nothing where nothing
/// else is left.
pub(super) fn remove(found: &str) -> Result<Option<String>, Unreadable> {
    let mut text = found.to_owned();
    let mut is_changed = false;
    loop {
        let shorter = edit(&text, |root| Ok(remove_one(&text, root)))?;
        if shorter == text {
            break;
        }
        text = shorter;
        is_changed = true;
    }
    let bare = ["{}", "{\"version\":1}"];
    let words: String = text.split_whitespace().collect();
    Ok(is_changed.then(|| match bare.contains(&&*words) {
        true => String::new(),
        false => text,
    }))
}

/// The text without the first handler that is Baton's, and without all that held only that.
fn remove_one(text: &str, root: &Object) -> Option<String> {
    let hooks = member(root, "hooks")?.as_object()?;
    for (at_event, property) in hooks.properties.iter().enumerate() {
        let Some(array) = property.value.as_array() else {
            continue;
        };
        for (at_entry, entry) in array.elements.iter().enumerate() {
            let all: Vec<_> = handlers(entry).collect();
            let is_baton = |one: &&Object| own_command(one).is_some();
            let Some(at) = all.iter().position(is_baton) else {
                continue;
            };
            let group = entry.as_object().and_then(|group| member(group, "hooks"));
            return Some(match group.and_then(Value::as_array) {
                Some(group) if all.len() > 1 => List::of_array(text, group).without(at),
                _ if array.elements.len() > 1 => List::of_array(text, array).without(at_entry),
                _ if hooks.properties.len() > 1 => List::of_object(text, hooks).without(at_event),
                _ => {
                    let is_hooks = |name: &str| name == "hooks";
                    let mut names = root.properties.iter().map(|one| one.name.as_str());
                    let at = names.position(is_hooks)?;
                    List::of_object(text, root).without(at)
                }
            });
        }
    }
    None
}

/// The text as `change` makes it of its object.
fn edit(
    text: &str,
    change: impl FnOnce(&Object) -> Result<Option<String>, Unreadable>,
) -> Result<String, Unreadable> {
    let options = ParseOptions {
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        ..ParseOptions::default()
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options);
    let parsed = parsed.map_err(|error| Unreadable(error.to_string()))?;
    if let Some(key) = parsed.value.as_ref().and_then(repeated) {
        return Err(Unreadable(format!("it has the key `{key}` twice")));
    }
    match &parsed.value {
        Some(Value::Object(root)) => Ok(change(root)?.unwrap_or_else(|| text.to_owned())),
        _ => Err(Unreadable("it is no JSON object".to_owned())),
    }
}

/// The first key that an object holds twice: readers differ in which of the two counts.
fn repeated<'b>(value: &'b Value) -> Option<&'b str> {
    match value {
        Value::Object(object) => {
            let mut seen = HashSet::new();
            object.properties.iter().find_map(|one| {
                let name = one.name.as_str();
                let is_repeated = !seen.insert(name);
                is_repeated.then_some(name).or_else(|| repeated(&one.value))
            })
        }
        Value::Array(array) => array.elements.iter().find_map(repeated),
        _ => None,
    }
}

fn member<'a, 'b>(object: &'b Object<'a>, name: &str) -> Option<&'b Value<'a>> {
    let mut all = object.properties.iter();
    Some(&all.find(|one| one.name.as_str() == name)?.value)
}

/// The handlers of an entry: itself, or those that it holds for a matcher.
fn handlers<'a, 'b>(entry: &'b Value<'a>) -> impl Iterator<Item = &'b Object<'a>> {
    let object = entry.as_object();
    let group: Option<&Array> = object
        .and_then(|object| member(object, "hooks"))
        .and_then(Value::as_array);
    let alone = object.filter(|_| group.is_none());
    let all = group.map(|group| group.elements.iter().filter_map(Value::as_object));
    all.into_iter().flatten().chain(alone)
}

/// The command line of a handler and where it stands, if it runs Baton.
fn own_command<'b>(handler: &'b Object) -> Option<(&'b str, Range<usize>)> {
    ["command", "bash"].iter().find_map(|key| {
        let value = member(handler, key)?.as_string_lit()?;
        let range = value.range();
        is_own(&value.value).then_some((&*value.value, range.start..range.end))
    })
}

fn entry(agent: Agent, event: &str, missing: MissingProgram) -> Entry {
    let mut handler = Handler {
        kind: Some("command"),
        name: None,
        command: Some(command(missing)),
        bash: None,
    };
    match agent {
        Agent::Copilot => {
            handler.bash = handler.command.take();
            return Entry::Alone(handler);
        }
        Agent::Cursor => {
            handler.kind = None;
            return Entry::Alone(handler);
        }
        Agent::Gemini => handler.name = Some("baton"),
        Agent::Claude | Agent::Codex | Agent::Opencode => {}
    }
    Entry::Group {
        matcher: (event.ends_with("ToolUse") || event == "BeforeTool").then_some("*"),
        hooks: [handler],
    }
}
