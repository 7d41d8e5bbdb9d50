//! The git programs at hand.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A git program.
#[derive(Debug, Clone)]
pub struct Git {
    /// The program's file.
    pub program: PathBuf,
    /// Major and minor number.
    pub version: (u32, u32),
}

impl Git {
    /// Where it lies.
    pub fn directory(&self) -> &Path {
        self.program.parent().unwrap()
    }

    /// True if it can make a repository with reftables (git's release notes for 2.45.0).
    pub fn knows_reftable(&self) -> bool {
        self.version >= (2, 45)
    }
}

/// The git programs on `PATH`, one of each version, `PATH`'s own first.
pub fn gits() -> Vec<Git> {
    let mut found: Vec<Git> = Vec::new();
    for directory in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        let program = directory.join("git");
        let Ok(out) = Command::new(&program).arg("--version").output() else {
            continue;
        };
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let mut numbers = text
            .trim_start_matches("git version ")
            .split('.')
            .map_while(|part| part.trim().parse().ok());
        let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
            continue;
        };
        let version = (major, minor);
        if found.iter().all(|git| git.version != version) {
            found.push(Git { program, version });
        }
    }
    assert!(!found.is_empty(), "there is no git on PATH");
    found
}

/// Runs the body once for each git version.
pub fn each_git(body: impl Fn(&Git)) {
    for git in gits() {
        eprintln!("with git {}.{}", git.version.0, git.version.1);
        body(&git);
    }
}
