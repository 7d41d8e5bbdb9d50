//! Hooks in a directory that `core.hooksPath` named, which ask git where the hooks are: git names another directory now.

use std::path::PathBuf;

use bstr::ByteSlice;

use super::manifest::Manifest;
use super::{InstallError, hooks_path, known_text};
use baton_git::Repo;
use baton_sys::file;

/// The setting's name in lower case.
const SETTING: &str = "core.hookspath";

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
                    // A page about the hooks asks nothing.
                    if path
                        .extension()
                        .is_some_and(|end| end == "md" || end == "txt")
                    {
                        return false;
                    }
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
        let named = line.find(SETTING).map(|at| &line[at + SETTING.len()..]);
        named.is_some_and(|rest| !line.contains_str("unset") && !sets(rest))
            || asked.is_some_and(|rest| rest.contains_str("hooks"))
    })
}

/// True if a value follows on the setting's name.
fn sets(rest: &[u8]) -> bool {
    let rest = rest.trim_start_with(|char| matches!(char, '"' | '\''));
    let is_apart = rest.starts_with(b" ") || rest.starts_with(b"=");
    let value = rest.trim_start_with(|char| matches!(char, ' ' | '='));
    let ends = |byte: &u8| b"|&;)>2#]`".contains(byte);
    is_apart && value.first().is_some_and(|byte| !ends(byte))
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
            ("lib=\"$(git config \"core.hooksPath\")/lib.sh\"", true),
            ("if git config core.hooksPath >/dev/null; then", true),
            ("git config core.hooksPath .githooks", false),
            ("git config --local 'core.hooksPath' \"$dir\"", false),
            ("git -c core.hooksPath=/dev/null commit", false),
            ("git config --unset core.hooksPath", false),
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
