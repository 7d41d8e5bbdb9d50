//! Hooks that run `git baton hook` themselves, by what they say or by what their manager is told in a file of the worktree.
//! Each is known by all that it says: where a command stands behind a condition, or its answer may not count, Baton takes the
//! hook's place and runs it first.

use std::fmt;
use std::io;
use std::path::Path;

use bstr::ByteSlice;
use serde_json::{Map, Value};

use super::known_text::{self, LEFTHOOK_SUFFIX, LEGACY_SUFFIX};
use crate::Hook;
use baton_sys::file;

/// Where lefthook reads what to run: the first of them that is there.
const LEFTHOOK: [&str; 5] = [
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".config/lefthook.yml",
];

/// The local files that may say otherwise.
const LEFTHOOK_LOCAL: [&str; 4] = [
    "lefthook-local.yml",
    "lefthook-local.yaml",
    ".lefthook-local.yml",
    ".lefthook-local.yaml",
];

/// The settings of lefthook that change nothing in what it runs.
const HARMLESS: [&str; 8] = [
    "$schema",
    "assert_lefthook_installed",
    "colors",
    "min_version",
    "no_auto_install",
    "no_tty",
    "output",
    "skip_output",
];

/// The lines that simple-git-hooks writes before the command: it can be told to run none, as by `--no-verify`.
const PREAMBLE: [&str; 7] = [
    "if [ \"$SKIP_SIMPLE_GIT_HOOKS\" = \"1\" ]; then",
    "echo \"[INFO] SKIP_SIMPLE_GIT_HOOKS is set to 1, skipping hook.\"",
    "exit 0",
    "fi",
    "if [ -f \"$SIMPLE_GIT_HOOKS_RC\" ]; then",
    ". \"$SIMPLE_GIT_HOOKS_RC\"",
    "fi",
];

/// True if the hook at this path runs `git baton hook <name>`.
pub fn run_baton(path: &Path, name: &str, work_tree: Option<&Path>) -> io::Result<bool> {
    let text = file::beginning(path, known_text::LONGEST)?.unwrap_or_default();
    if !known_text::is_for_shell(&text) {
        return Ok(false);
    }
    if says_only_that(&text, name) {
        return Ok(true);
    }
    match work_tree {
        Some(root) if known_text::is_lefthooks(&text, name) => lefthook_is_told(root, name),
        _ => Ok(false),
    }
}

/// True if the hook at this path is known to do without the file as which its manager keeps the hook that it found: lefthook never
/// runs that, and pre-commit and prek where it is there.
pub fn does_without(path: &Path, renamed: &Path, name: &str) -> io::Result<bool> {
    let text = file::beginning(path, known_text::LONGEST)?.unwrap_or_default();
    let is_legacy = is_named(renamed, name, LEGACY_SUFFIX);
    Ok(never_runs(path, renamed, name)? || is_legacy && known_text::runs_legacy(&text, name))
}

/// True if the hook at this path is lefthook's, whatever it is told to read before, and the file is the one as which lefthook
/// keeps the hook that it found.
pub fn never_runs(path: &Path, renamed: &Path, name: &str) -> io::Result<bool> {
    let text = file::beginning(path, known_text::LONGEST)?.unwrap_or_default();
    Ok(is_named(renamed, name, LEFTHOOK_SUFFIX)
        && known_text::is_for_shell(&text)
        && known_text::calls_lefthook(&text, name))
}

fn is_named(path: &Path, hook: &str, suffix: &str) -> bool {
    let name = format!("{hook}{suffix}");
    path.file_name().is_some_and(|own| *own == *name)
}

/// True if the command is all that the hook says.
fn says_only_that(script: &[u8], name: &str) -> bool {
    let lines = known_text::commands(script);
    let preamble = PREAMBLE.map(str::as_bytes);
    let own = lines.strip_prefix(&preamble[..]).unwrap_or(&lines);
    let own = own.strip_prefix(&[&b"set -e"[..]]).unwrap_or(own);
    matches!(own, [line] if is_command(line, name))
}

/// A fault of a call of Baton by a hook, for which the hook refuses whatever comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miscall {
    /// The hook does not pass on its arguments.
    NoArgument,
    /// The carriage returns at the ends of the lines are part of the words.
    LineEnds,
}

impl Miscall {
    /// The next step about a hook of this name.
    pub fn remedy(self, name: &str) -> String {
        match self {
            Self::NoArgument => format!("have it pass that on: `git baton hook {name} \"$@\"`"),
            Self::LineEnds => "write it with line feeds alone".to_owned(),
        }
    }
}

impl fmt::Display for Miscall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoArgument => "without what git gives to it",
            Self::LineEnds => "with carriage returns at the ends of its lines",
        })
    }
}

/// The fault of the hook at this path, where a line of it is the command.
pub fn miscall(path: &Path, name: &str) -> io::Result<Option<Miscall>> {
    let text = file::beginning(path, known_text::LONGEST)?.unwrap_or_default();
    let lines = known_text::commands(&text);
    let mut calls = lines
        .iter()
        .filter_map(|line| words_behind_command(line, name));
    Ok(calls.find_map(|words| match words.is_empty() {
        _ if text.contains(&b'\r') => Some(Miscall::LineEnds),
        true if needs_an_argument(name) => Some(Miscall::NoArgument),
        _ => None,
    }))
}

fn needs_an_argument(name: &str) -> bool {
    Hook::from_name(name).is_some_and(Hook::needs_an_argument)
}

/// True if this is the command, with the arguments of the hook's that it needs, and its answer is the answer of the line.
fn is_command(line: &[u8], name: &str) -> bool {
    let is_argument = |word: &&[u8]| {
        let word = word
            .strip_prefix(b"\"")
            .and_then(|word| word.strip_suffix(b"\""))
            .unwrap_or(word);
        matches!(
            word,
            b"$@" | b"$1" | b"$2" | b"$3" | b"{0}" | b"{1}" | b"{2}" | b"{3}"
        )
    };
    let is_first = |word: &&&[u8]| !word.contains(&b'2') && !word.contains(&b'3');
    words_behind_command(line, name).is_some_and(|words| {
        let has_first = words.first().filter(is_first).is_some();
        words.iter().all(is_argument) && (has_first || !needs_an_argument(name))
    })
}

/// The words behind the command of this hook; `None` where the line begins with another one.
fn words_behind_command<'l>(line: &'l [u8], name: &str) -> Option<Vec<&'l [u8]>> {
    let line = line.strip_prefix(b"exec ").unwrap_or(line);
    let mut begins = ["git baton hook ", "git-baton hook "].iter();
    let rest = begins.find_map(|it| line.strip_prefix(it.as_bytes()))?;
    let mut words = rest.fields();
    (words.next() == Some(name.as_bytes())).then(|| words.collect())
}

/// True if the file of lefthook in this worktree has the hook run the command, whatever changes.
fn lefthook_is_told(root: &Path, name: &str) -> io::Result<bool> {
    if LEFTHOOK_LOCAL
        .iter()
        .any(|file| file::is_taken(&root.join(file)))
    {
        return Ok(false);
    }
    for file in LEFTHOOK {
        if let Some(text) = file::beginning(&root.join(file), known_text::LONGEST)? {
            return Ok(lefthook_runs(&text.to_str_lossy(), name));
        }
    }
    Ok(false)
}

/// True if this configuration has a job of the hook run the command, without a condition.
fn lefthook_runs(config: &str, name: &str) -> bool {
    let Ok(config) = serde_saphyr::from_str::<Map<String, Value>>(config) else {
        return false;
    };
    let has_only =
        |map: &Map<String, Value>, known: &[&str]| map.keys().all(|key| known.contains(&&key[..]));
    // Of what is no hook, some keys bring other hooks, or another lefthook.
    let is_harmless = |(key, value): (&String, &Value)| {
        HARMLESS.contains(&&key[..]) || value.is_object() && key != "remote"
    };
    let hook = config.get(name).and_then(Value::as_object);
    let Some(hook) = hook.filter(|_| config.iter().all(is_harmless)) else {
        return false;
    };
    if !has_only(hook, &["jobs", "commands", "parallel", "piped", "follow"]) {
        return false;
    }
    let jobs = hook
        .get("jobs")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let commands = hook.get("commands").and_then(Value::as_object).into_iter();
    let mut jobs = jobs
        .chain(commands.flat_map(Map::values))
        .filter_map(Value::as_object);
    jobs.any(|job| {
        let run = job.get("run").and_then(Value::as_str).unwrap_or_default();
        let has_input = job.get("use_stdin") == Some(&Value::Bool(true)) || name != "pre-push";
        let is_plain = has_only(job, &["name", "run", "use_stdin", "priority", "fail_text"]);
        is_plain && has_input && is_command(run.trim().as_bytes(), name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_baton_is_told_from_what_names_it() {
        for (lines, expected) in [
            ("git baton hook pre-commit", true),
            (
                "# by hand\nset -e\nexec git-baton hook pre-commit \"$@\"",
                true,
            ),
            (
                &[&PREAMBLE.join("\n"), "\ngit baton hook pre-commit"].concat(),
                true,
            ),
            ("echo \"this repo uses: git baton hook pre-commit\"", false),
            ("exit 0\ngit baton hook pre-commit", false),
            ("git baton hook pre-commit || true", false),
            ("git baton hook pre-commit &", false),
            ("git baton hook pre-commit\ntrue", false),
            ("if false; then\ngit baton hook pre-commit\nfi", false),
            ("git baton hook commit-msg \"$1\"", false),
            ("git baton hook pre-commit-x", false),
            ("git baton verify", false),
        ] {
            let script = format!("#!/bin/sh\n{lines}\n");
            assert_eq!(
                says_only_that(script.as_bytes(), "pre-commit"),
                expected,
                "{lines}"
            );
        }
    }

    #[test]
    fn what_git_gives_has_to_be_passed_on() {
        for (words, is_enough) in [
            ("\"$@\"", true),
            ("$1", true),
            ("\"$1\" \"$2\"", true),
            ("", false),
            ("\"$2\"", false),
        ] {
            let script = format!("#!/bin/sh\ngit baton hook commit-msg {words}\n");
            let says = says_only_that(script.as_bytes(), "commit-msg");
            assert_eq!(says, is_enough, "{words}");
        }
    }

    #[test]
    fn lefthook_runs_what_stands_behind_no_condition() {
        for (config, expected) in [
            (
                "pre-push:\n  jobs:\n    - run: git baton hook pre-push {1} {2}\n      use_stdin: true",
                true,
            ),
            (
                "min_version: 1.0\ncolors: false\nlint:\n  jobs: []\npre-push:\n  commands:\n    baton:\n      run: git baton hook pre-push {0}\n      use_stdin: true",
                true,
            ),
            (
                "pre-push:\n  jobs:\n    - {run: git baton hook pre-push, use_stdin: true}",
                false,
            ),
            (
                "lefthook: 'true'\npre-push:\n  jobs:\n    - {run: 'git baton hook pre-push {0}', use_stdin: true}",
                false,
            ),
            (
                "rc: ./rc\npre-push:\n  jobs:\n    - {run: 'git baton hook pre-push {0}', use_stdin: true}",
                false,
            ),
            (
                "pre-push:\n  jobs:\n    - run: git baton hook pre-push {0}",
                false,
            ),
            (
                "pre-push:\n  skip: true\n  jobs:\n    - {run: 'git baton hook pre-push {0}', use_stdin: true}",
                false,
            ),
            (
                "pre-push:\n  jobs:\n    - {run: 'git baton hook pre-push {0}', use_stdin: true, skip: merge}",
                false,
            ),
            (
                "pre-push:\n  jobs:\n    - {run: 'git baton hook pre-push {0}', use_stdin: true, only: [{ref: x}]}",
                false,
            ),
            (
                "pre-push:\n  jobs:\n    - {run: 'git baton hook pre-push {0} || true', use_stdin: true}",
                false,
            ),
            (
                "pre-push:\n  jobs:\n    - {run: 'echo git baton hook pre-push {0}', use_stdin: true}",
                false,
            ),
            (
                "pre-commit:\n  jobs:\n    - {run: 'git baton hook pre-push {0}', use_stdin: true}",
                false,
            ),
            (
                "extends: [x.yml]\npre-push:\n  jobs:\n    - {run: 'git baton hook pre-push {0}', use_stdin: true}",
                false,
            ),
            ("- no map", false),
        ] {
            assert_eq!(lefthook_runs(config, "pre-push"), expected, "{config}");
        }
    }
}
