//! The SSH public keys that a user has at hand.

use std::path::PathBuf;
use std::process::Command;

use super::{command, env, file};

/// A public key, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its file; `None` where the agent alone has it.
    pub file: Option<PathBuf>,
    /// Its line.
    pub text: String,
}

/// The keys of `~/.ssh/id_*.pub`, by name, and then those that the agent has besides.
pub fn at_hand() -> Vec<PublicKey> {
    let mut keys = in_files();
    for text in in_agent() {
        let is_known = |known: &PublicKey| same_key(&known.text, &text);
        if !keys.iter().any(is_known) {
            keys.push(PublicKey { file: None, text });
        }
    }
    keys
}

/// True if two lines hold one key, whatever their comments.
pub fn same_key(one: &str, other: &str) -> bool {
    let key = |line: &str| -> Vec<String> {
        line.split_whitespace().take(2).map(str::to_owned).collect()
    };
    key(one) == key(other)
}

fn in_files() -> Vec<PublicKey> {
    let Some(directory) = env::home().map(|home| home.join(".ssh")) else {
        return Vec::new();
    };
    let Ok(mut names) = file::files_below(&directory, &|_| false) else {
        return Vec::new();
    };
    names.retain(|name| name.starts_with("id_") && name.ends_with(".pub"));
    names.sort();
    let read = |name: String| {
        let file = directory.join(name);
        let text = String::from_utf8(file::read(&file).ok()?).ok()?;
        Some(PublicKey {
            file: Some(file),
            text: text.trim().to_owned(),
        })
    };
    names.into_iter().filter_map(read).collect()
}

/// An agent that is not there, or does not answer, has none.
fn in_agent() -> Vec<String> {
    if env::value("SSH_AUTH_SOCK").is_none() {
        return Vec::new();
    }
    match command::output(Command::new("ssh-add").arg("-L"), None) {
        Ok(listed) if listed.status.success() => {
            let lines = String::from_utf8_lossy(&listed.stdout).into_owned();
            lines.lines().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
