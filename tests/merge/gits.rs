//! The git programs at hand.

use std::path::PathBuf;
use std::process::Command;

/// The directories on `PATH` with a git in them, one of each version.
pub fn gits() -> Vec<PathBuf> {
    let mut versions = Vec::new();
    let mut found = Vec::new();
    for directory in std::env::split_paths(&std::env::var_os("PATH").unwrap()) {
        let Ok(out) = Command::new(directory.join("git")).arg("version").output() else {
            continue;
        };
        if !versions.contains(&out.stdout) {
            versions.push(out.stdout);
            found.push(directory);
        }
    }
    found
}
