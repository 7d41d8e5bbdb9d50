use std::ffi::OsString;
use std::path::PathBuf;

use baton_core::model::Oid;

/// Git's environment for the repository at hand, read once when the program starts.
#[derive(Debug, Clone, Default)]
pub struct GitEnv {
    /// The current directory.
    pub current_dir: PathBuf,
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: the index that git will commit, when it is not the usual one.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: where new objects go; in a push, the quarantine.
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`: further places to look for objects.
    pub alternate_object_directories: Vec<PathBuf>,
    /// `GIT_NAMESPACE`: which of the repositories that share the objects is meant; empty for the whole.
    pub namespace: Vec<u8>,
    /// True if git runs this process as a hook, in the environment of git's caller.
    pub is_hook: bool,
    /// The commits that `git merge` says it merges, in its variables `GITHEAD_<id>`.
    pub merged_commits: Vec<Oid>,
}

impl GitEnv {
    /// Reads the process's environment. Fails when the current directory is gone.
    pub fn from_process() -> std::io::Result<Self> {
        Ok(Self {
            current_dir: std::env::current_dir()?,
            git_dir: path_variable("GIT_DIR"),
            index_file: path_variable("GIT_INDEX_FILE"),
            object_directory: path_variable("GIT_OBJECT_DIRECTORY"),
            alternate_object_directories: value("GIT_ALTERNATE_OBJECT_DIRECTORIES")
                .map(|list| {
                    std::env::split_paths(&list)
                        .filter(|one| !one.as_os_str().is_empty())
                        .collect()
                })
                .unwrap_or_default(),
            namespace: value("GIT_NAMESPACE")
                .map(OsString::into_encoded_bytes)
                .unwrap_or_default(),
            is_hook: false,
            merged_commits: std::env::vars_os()
                .filter_map(|(name, _)| name.to_str()?.strip_prefix("GITHEAD_")?.parse().ok())
                .collect(),
        })
    }
}

/// The variables by which coding agents make themselves known to what they start: Claude Code,
/// Codex, Gemini CLI, Cursor and Copilot CLI, as their documentation and issue trackers tell.
const AGENTS: [&str; 6] = [
    "CLAUDECODE",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    "GEMINI_CLI",
    "CURSOR_AGENT",
    "COPILOT_CLI",
];

/// True if a coding agent has started this process.
pub fn is_under_agent() -> bool {
    AGENTS.iter().any(|name| value(name).is_some())
}

/// True if a run of the conductor has started this process.
pub fn is_under_conductor() -> bool {
    value(crate::supervise::JOB_VARIABLE).is_some()
}

/// The process of the coding agent that has started this one, if it says so.
pub fn agent_process() -> Option<u32> {
    value("CLAUDE_PID")?.to_str()?.parse().ok()
}

/// The session of that agent, if it says so.
pub fn agent_session() -> Option<String> {
    value("CLAUDE_CODE_SESSION_ID")?.into_string().ok()
}

/// The command by which git starts `ssh`, if the user sets one.
pub fn ssh_command() -> Option<String> {
    value("GIT_SSH_COMMAND")?.into_string().ok()
}

/// The name of this machine.
pub fn host_name() -> String {
    let names = rustix::system::uname();
    names.nodename().to_string_lossy().into_owned()
}

/// The value of a variable of Baton's own, if it is text.
pub fn variable(name: &str) -> Option<String> {
    value(name)?.into_string().ok()
}

/// The user's home directory.
pub fn home() -> Option<PathBuf> {
    path_variable("HOME")
}

/// The directory of the user's configuration files, as git finds it: `XDG_CONFIG_HOME`, else
/// `.config` in the home directory.
pub fn config_home() -> Option<PathBuf> {
    path_variable("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config")))
}

/// True if text for this user may hold more than ASCII: the locale is a Unicode one, and
/// `NO_COLOR` does not ask for plain text.
pub fn shows_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(value);
    let locale = locale.unwrap_or_default().to_string_lossy().to_lowercase();
    let unicode = locale.contains("utf-8") || locale.contains("utf8");
    unicode && value("NO_COLOR").is_none()
}

/// The path that a variable holds.
pub fn path_variable(name: &str) -> Option<PathBuf> {
    value(name).map(PathBuf::from)
}

pub(super) fn value(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
