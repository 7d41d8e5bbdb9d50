//! The texts that Baton adds to the files that agents read: entries in their settings that make `git baton
//! agent-hook` one of their hooks, and a section that tells the protocol. Everything else in a file stays
//! byte for byte, and [`remove`] gives back what was there before. Texts alone: nothing here touches the
//! disk.

mod agent;
mod json;
mod section;
mod splice;
mod toml;

pub use agent::Agent;

use baton_core::policy::MissingProgram;

/// The page that most agents read.
pub const AGENTS_PAGE: &str = "AGENTS.md";
/// The page that Claude Code reads instead where it is there.
pub const CLAUDE_PAGE: &str = "CLAUDE.md";
/// The page that Gemini CLI reads.
pub const GEMINI_PAGE: &str = "GEMINI.md";
/// Codex's settings, in which its hooks may stand.
pub const CODEX_CONFIG: &str = ".codex/config.toml";
/// Gemini CLI's settings.
pub const GEMINI_SETTINGS: &str = ".gemini/settings.json";
const OPENCODE_PLUGIN: &str = ".opencode/plugins/baton.js";

/// Every file in which Baton may have added something.
pub const FILES: [&str; 10] = [
    ".claude/settings.json",
    ".codex/hooks.json",
    CODEX_CONFIG,
    GEMINI_SETTINGS,
    ".github/hooks/baton.json",
    ".cursor/hooks.json",
    OPENCODE_PLUGIN,
    AGENTS_PAGE,
    CLAUDE_PAGE,
    GEMINI_PAGE,
];

/// Why nothing can be added to a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub(crate) String);

/// The files that may have an agent's hooks.
pub fn settings_paths(agent: Agent) -> &'static [&'static str] {
    match agent {
        Agent::Claude => &FILES[..1],
        Agent::Codex => &FILES[1..3],
        Agent::Gemini => &FILES[3..4],
        Agent::Copilot => &FILES[4..5],
        Agent::Cursor => &FILES[5..6],
        Agent::Opencode => &FILES[6..7],
    }
}

/// The file to which an agent's hooks are added. Codex's stand in its own settings, where those of this text hold hooks already.
pub fn settings_path(agent: Agent, codex_config: Option<&str>) -> &'static str {
    match agent {
        Agent::Codex if codex_config.is_some_and(toml::has_hooks) => CODEX_CONFIG,
        _ => settings_paths(agent)[0],
    }
}

/// The text of an agent's settings with Baton's entries, and what becomes of calls without the program.
///
/// # Errors
/// When what is there cannot be read, or holds something else where hooks belong.
pub fn add_hooks(
    path: &str,
    found: Option<&str>,
    agent: Agent,
    missing: MissingProgram,
) -> Result<String, Unreadable> {
    match path {
        CODEX_CONFIG => toml::add(found.unwrap_or_default(), missing),
        OPENCODE_PLUGIN => match found {
            Some(text) if !is_own_plugin(text) => {
                Err(Unreadable("another plugin has its name".to_owned()))
            }
            _ => Ok(opencode_plugin(missing)),
        },
        _ => json::add(found, agent, missing),
    }
}

/// The page with the section that says this.
pub fn add_section(found: Option<&str>, text: &str) -> String {
    section::add(found, text)
}

/// The text of one of [`FILES`] without what Baton added; `None` where it added nothing, and nothing where nothing else is left.
///
/// # Errors
/// When the text cannot be read.
pub fn remove(path: &str, found: &str) -> Result<Option<String>, Unreadable> {
    match path {
        AGENTS_PAGE | CLAUDE_PAGE | GEMINI_PAGE => Ok(section::remove(found)),
        CODEX_CONFIG => toml::remove(found),
        OPENCODE_PLUGIN => Ok(is_own_plugin(found).then(String::new)),
        _ => json::remove(found),
    }
}

/// True if a text names the call of Baton, wherever it stands.
pub fn names_call(text: &str) -> bool {
    agent::is_own(text)
}

/// True if `now` is what Baton makes of `earlier`, a text of one of [`FILES`].
pub fn is_made_of(path: &str, earlier: &str, now: &str) -> bool {
    if let AGENTS_PAGE | CLAUDE_PAGE | GEMINI_PAGE = path {
        return section::remove(now).as_deref() == Some(earlier);
    }
    let missing = [MissingProgram::Allow, MissingProgram::Deny];
    let mut ways = Agent::ALL
        .into_iter()
        .flat_map(|agent| missing.map(|missing| (agent, missing)));
    ways.any(|(agent, missing)| {
        settings_paths(agent).contains(&path)
            && add_hooks(path, Some(earlier), agent, missing).as_deref() == Ok(now)
    })
}

fn opencode_plugin(missing: MissingProgram) -> String {
    let word = match missing {
        MissingProgram::Allow => "allow",
        MissingProgram::Deny => "deny",
    };
    include_str!("baton.js").replace("@MISSING@", word)
}

/// True if Baton wrote this plugin for opencode.
fn is_own_plugin(text: &str) -> bool {
    text.starts_with("// Written by `git baton init`")
}

/// True if a page brings in the page for all agents.
pub fn imports_agents_page(page: &str) -> bool {
    let names = ["@AGENTS.md", "@./AGENTS.md"];
    page.split_whitespace().any(|word| names.contains(&word))
}

/// True if these settings of Gemini CLI have it read the page for all agents.
pub fn gemini_reads_agents_page(settings: Option<&str>) -> bool {
    settings.is_some_and(|text| text.contains("\"AGENTS.md\""))
}

#[cfg(test)]
mod tests;
