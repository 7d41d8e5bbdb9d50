use serde_json::Value;

use crate::dialect::{self, Dialect};
use crate::{json, patch, path};

/// Something that an agent is about to do, as it tells its hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The agent's way to tell it.
    pub dialect: Dialect,
    /// The directory in which it happens.
    pub cwd: String,
    /// The call.
    pub call: Call,
}

/// A thing that an agent does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Changes these files.
    Edit(Vec<String>),
    /// Runs this shell command.
    Shell(String),
    /// Begins to work, or goes on after its context was cut.
    Start,
    /// Is about to stop.
    Stop {
        /// True if a hook has kept it from that just before.
        again: bool,
    },
    /// Asks for a worktree of this name.
    NewWorktree(String),
    /// Gives this worktree back.
    LeaveWorktree(String),
    /// One of its subagents is done.
    SubagentStop {
        /// The agent's session.
        session: String,
        /// The subagent.
        subagent: String,
    },
    /// Ends with this session, and does not go on in another.
    End(String),
    /// Anything else.
    Other,
}

/// An event that no known agent sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownEvent {
    /// The input is no JSON object.
    #[error("the input is no JSON object")]
    NoObject,
    /// It has no shape that is known.
    #[error("the input has no shape of a known agent's event")]
    Shape,
}

impl Event {
    /// Reads an agent's event.
    ///
    /// # Errors
    /// When no known agent sends such an event.
    pub fn read(input: &[u8]) -> Result<Self, UnknownEvent> {
        let event = json::read(input).filter(Value::is_object);
        let event = event.ok_or(UnknownEvent::NoObject)?;
        dialect::read(&event).ok_or(UnknownEvent::Shape)
    }
}

/// The text of a field.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// Returns the call that a tool of this name makes with this input, and the directory in which it does.
pub(crate) fn call(tool: &str, input: &Value, cwd: &str) -> (Call, String) {
    // A tool of an MCP server is `mcp__server__tool` or `MCP:server:tool`.
    let own = tool.rsplit("__").next().unwrap_or(tool);
    let name = own.rsplit(':').next().unwrap_or(own).to_ascii_lowercase();
    let directory = ["dir_path", "directory", "workdir", "working_directory"]
        .iter()
        .find_map(|key| text(input, key));
    let cwd = directory.map_or_else(|| cwd.to_owned(), |dir| path::join(cwd, dir));
    let call = match name.as_str() {
        "bash" | "shell" | "run_shell_command" | "exec_command" | "local_shell" | "terminal"
        | "run_terminal_cmd" | "write_bash" => shell(input),
        "apply_patch" => Call::Edit(patch::paths(&patch_text(input))),
        "edit" | "write" | "notebookedit" | "multiedit" | "create" | "replace" | "write_file"
        | "edit_file" | "create_file" | "delete" | "delete_file" | "strreplace" | "str_replace"
        | "tabwrite" | "edit_notebook" | "move_file" | "insert" => edit(input),
        "str_replace_editor" if text(input, "command") != Some("view") => edit(input),
        _ => Call::Other,
    };
    (call, cwd)
}

fn shell(input: &Value) -> Call {
    let words = |words: &Vec<Value>| {
        let words = words.iter().filter_map(Value::as_str);
        words.map(quoted).collect::<Vec<_>>().join(" ")
    };
    let command = ["command", "cmd", "input"]
        .iter()
        .find_map(|key| match input.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Array(list) => Some(words(list)),
            _ => None,
        });
    command.map_or(Call::Other, Call::Shell)
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn edit(input: &Value) -> Call {
    let keys = [
        "file_path",
        "notebook_path",
        "target_notebook",
        "path",
        "target_file",
        "absolute_path",
        "filePath",
        "source",
        "destination",
    ];
    let paths = keys.iter().filter_map(|key| text(input, key));
    Call::Edit(paths.map(str::to_owned).collect())
}

fn patch_text(input: &Value) -> String {
    let field = || {
        let keys = ["command", "input", "patch"];
        keys.iter().find_map(|key| text(input, key))
    };
    input.as_str().or_else(field).unwrap_or_default().to_owned()
}
