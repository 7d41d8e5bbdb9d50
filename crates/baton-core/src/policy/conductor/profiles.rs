//! The agents that need no description: a file each in `profiles/`, as a policy would describe it.
//!
//! None of them has anybody to ask, so each is allowed beforehand what the work needs: to edit files and
//! to run commands, `git commit` among them.

use std::sync::LazyLock;

use serde::Deserialize;

use super::agents::{Agent, AgentTable};
use crate::policy::command::CommandTemplate;

/// An agent that needs no description.
#[derive(Debug)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// The version of its program with which the profile was tried.
    pub tried_with: String,
    /// The files and directories in which it keeps its state, where `~/` is the home directory. One that ends with `/` is
    /// a directory that is made where there is none.
    pub state: Vec<String>,
    /// Its command.
    pub agent: Agent,
}

/// Where package managers and other tools keep what they have fetched or built, for everything that the user does.
const CACHES: [&str; 7] = [
    "~/.cache/",
    "~/.npm/",
    "~/.cargo/registry",
    "~/.cargo/git",
    "~/.cargo/.package-cache",
    "~/.cargo/.package-cache-mutate",
    "~/.cargo/.global-cache",
];

/// The names and files of the profiles.
const FILES: [(&str, &str); 7] = [
    ("claude", include_str!("profiles/claude.toml")),
    ("codex", include_str!("profiles/codex.toml")),
    ("gemini", include_str!("profiles/gemini.toml")),
    ("copilot", include_str!("profiles/copilot.toml")),
    ("opencode", include_str!("profiles/opencode.toml")),
    ("qwen", include_str!("profiles/qwen.toml")),
    ("shell", include_str!("profiles/shell.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    tried_with: String,
    #[serde(default)]
    state: Vec<String>,
    /// The command while it is confined, where that is another.
    confined_command: Option<String>,
    agent: AgentTable,
}

/// All profiles.
pub fn all() -> &'static [Profile] {
    static ALL: LazyLock<Vec<Profile>> = LazyLock::new(|| {
        let profiles = FILES.into_iter();
        profiles
            .filter_map(|(name, text)| read(name, text))
            .collect()
    });
    &ALL
}

/// The agent of this name.
pub fn find(name: &str) -> Option<Agent> {
    let profile = all().iter().find(|profile| profile.name == name)?;
    Some(profile.agent.clone())
}

/// The paths that a program of this name writes to beside its work: the caches, and of an agent its state.
pub fn state_of(program: &str) -> Vec<String> {
    let profile = all().iter().find(|profile| profile.name == program);
    let own = profile.map(|profile| profile.state.clone());
    let caches = CACHES.map(str::to_owned);
    caches.into_iter().chain(own.unwrap_or_default()).collect()
}

fn read(name: &'static str, text: &str) -> Option<Profile> {
    let file: ProfileFile = toml::from_str(text).ok()?;
    Some(Profile {
        name,
        tried_with: file.tried_with,
        state: file.state,
        agent: Agent {
            command: CommandTemplate::parse(file.agent.command.get_ref()).ok()?,
            input: file.agent.input,
            output: file.agent.output,
            probe: match &file.agent.probe {
                Some(line) => Some(CommandTemplate::parse(line.get_ref()).ok()?),
                None => None,
            },
            confine: file.agent.confine,
            confined_command: match &file.confined_command {
                Some(line) => Some(CommandTemplate::parse(line).ok()?),
                None => None,
            },
            limits: file.agent.limits,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::conductor::agents::Input;

    #[test]
    fn every_profile_is_a_command() {
        for (name, _) in FILES {
            let agent = find(name).unwrap();
            let told = agent.input != Input::None || agent.command.names("prompt");
            assert!(told, "{name} never sees the prompt");
            let program = if name == "shell" { "sh" } else { name };
            assert_eq!(agent.command.program(), Some(program));
        }
        assert_eq!(find("nobody"), None);
    }
}
