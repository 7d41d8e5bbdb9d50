//! Hooks in a directory that `core.hooksPath` named, which ask git where the hooks are: git names another directory now.

use std::path::PathBuf;

use bstr::ByteSlice;

use super::manifest::Manifest;
use super::{InstallError, hooks_path, known_text};
use baton_git::Repo;
use baton_sys::file;

/// The files that ask git for its directory of hooks, or for `core.hooksPath`, in the directories that were set aside, and in
/// those below them.
pub fn files(repo: &Repo, manifest: &Manifest) -> Result<Vec<PathBuf>, InstallError> {
    let mut found = Vec::new();
    for one in &manifest.hooks_paths {
        for directory in hooks_path::directories(repo, one)? {
            let entries = |path: &PathBuf| file::entries(path).unwrap_or_default();
            for path in entries(&directory) {
                let below = entries(&path);
                let asks = |path: &PathBuf| {
                    let text = file::beginning(path, known_text::LONGEST).ok().flatten();
                    text.is_some_and(|text| asks_git(&text))
                };
                found.extend(below.into_iter().chain([path]).filter(asks));
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// True if a line that is no comment asks for the directory of hooks.
fn asks_git(text: &[u8]) -> bool {
    known_text::commands(text).iter().any(|line| {
        let line = line.to_ascii_lowercase();
        let asked = line.find("--git-path").map(|at| &line[at..]);
        line.contains_str("core.hookspath") || asked.is_some_and(|rest| rest.contains_str("hooks"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_the_directory_is_told_from_what_names_it() {
        for (line, expected) in [
            (". \"$(git rev-parse --git-path hooks)/lib.sh\"", true),
            ("lib=$(git rev-parse --git-path \"hooks/lib.sh\")", true),
            (
                "run([\"git\", \"rev-parse\", \"--git-path\", \"hooks\"])",
                true,
            ),
            ("git config --get core.hookspath", true),
            ("# git rev-parse --git-path hooks", false),
            ("git rev-parse --git-path info/exclude", false),
            (
                "\"$(git rev-parse --git-common-dir)/hooks/pre-commit\"",
                false,
            ),
        ] {
            assert_eq!(asks_git(line.as_bytes()), expected, "{line}");
        }
    }
}
