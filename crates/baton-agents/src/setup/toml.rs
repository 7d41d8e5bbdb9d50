//! Entries in Codex's `config.toml`, for a repository whose hooks stand there. Keys, their order and comments stay as they are.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::agent::{command, events, is_own, is_written};
use super::{Agent, MissingProgram, Unreadable};

/// True if hooks stand in this text.
pub(super) fn has_hooks(text: &str) -> bool {
    let document = text.parse::<DocumentMut>();
    document.is_ok_and(|document| document.get("hooks").is_some_and(Item::is_table_like))
}

/// The text with Codex's entries in it.
pub(super) fn add(found: &str, missing: MissingProgram) -> Result<String, Unreadable> {
    let mut document = parse(found)?;
    let tables = document
        .entry("hooks")
        .or_insert(toml_edit::table())
        .as_table_like_mut()
        .ok_or_else(|| Unreadable("its `hooks` are no table".to_owned()))?;
    for (event, missing) in events(Agent::Codex, missing) {
        let entries = tables
            .entry(event)
            .or_insert(Item::ArrayOfTables(ArrayOfTables::new()))
            .as_array_of_tables_mut()
            .ok_or_else(|| Unreadable(format!("its `hooks.{event}` is no array of tables")))?;
        add_event(entries, command(missing));
    }
    Ok(document.to_string())
}

/// Adds the entry of one event, or corrects the line of the one that is there. A line that is not Baton's stays.
fn add_event(entries: &mut ArrayOfTables, line: &str) {
    let mut is_there = false;
    let all = entries.iter_mut().filter_map(handlers);
    for handler in all
        .flat_map(|all| all.iter_mut())
        .filter(|one| is_baton(one))
    {
        is_there = true;
        let found = handler.get("command").and_then(Item::as_str);
        if found.is_some_and(|found| found != line && is_written(found)) {
            handler.insert("command", value(line));
        }
    }
    if !is_there {
        let mut handler = Table::new();
        handler.insert("type", value("command"));
        handler.insert("command", value(line));
        let mut entry = Table::new();
        let handlers = ArrayOfTables::from_iter([handler]);
        entry.insert("hooks", Item::ArrayOfTables(handlers));
        entries.push(entry);
    }
}

/// The text without Baton's entries; `None` where there are none.
pub(super) fn remove(found: &str) -> Result<Option<String>, Unreadable> {
    let mut document = parse(found)?;
    let mut is_changed = false;
    let Some(events) = document.get_mut("hooks").and_then(Item::as_table_like_mut) else {
        return Ok(None);
    };
    let names: Vec<_> = events.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        let Some(entries) = events.get_mut(&name).and_then(Item::as_array_of_tables_mut) else {
            continue;
        };
        let before = entries.len();
        entries.retain(|entry| !holds_baton_alone(entry));
        let mut is_touched = entries.len() < before;
        for all in entries.iter_mut().filter_map(handlers) {
            let before = all.len();
            all.retain(|handler| !is_baton(handler));
            is_touched |= all.len() < before;
        }
        is_changed |= is_touched;
        if is_touched && entries.is_empty() {
            events.remove(&name);
        }
    }
    Ok(is_changed.then(|| document.to_string()))
}

fn parse(text: &str) -> Result<DocumentMut, Unreadable> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| Unreadable(error.message().to_owned()))
}

/// Returns the handlers that an entry runs.
fn handlers(entry: &mut Table) -> Option<&mut ArrayOfTables> {
    entry.get_mut("hooks")?.as_array_of_tables_mut()
}

fn is_baton(handler: &Table) -> bool {
    handler
        .get("command")
        .and_then(Item::as_str)
        .is_some_and(is_own)
}

fn holds_baton_alone(entry: &Table) -> bool {
    let all = entry.get("hooks").and_then(Item::as_array_of_tables);
    all.is_some_and(|all| !all.is_empty() && all.iter().all(is_baton))
}
