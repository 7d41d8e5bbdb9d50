//! Managers of hooks that are told, in a file of the worktree, to run `git baton hook` themselves.

use std::io;
use std::path::Path;

use bstr::ByteSlice;

use baton_sys::file;

/// By which word the hook of a manager is known, and where the manager reads what to run.
const MANAGERS: [(&str, &[&str]); 2] = [
    (
        "lefthook",
        &[
            "lefthook.yml",
            "lefthook.yaml",
            "lefthook.toml",
            "lefthook.json",
            ".lefthook.yml",
            ".lefthook.yaml",
            ".lefthook.toml",
            ".lefthook.json",
            ".config/lefthook.yml",
        ],
    ),
    (
        "hook-impl",
        &[
            ".pre-commit-config.yaml",
            ".pre-commit-config.yml",
            "prek.toml",
        ],
    ),
];

/// How much of a file is looked at.
const MOST: u64 = 1 << 20;

/// Whether the hook at this path runs `git baton hook <name>`, by what it says itself or by what its manager is told in
/// this worktree.
pub fn run_baton(path: &Path, name: &str, work_tree: Option<&Path>) -> io::Result<bool> {
    let text = file::beginning(path, MOST)?.unwrap_or_default();
    if !text.starts_with(b"#!") || says_so(&text, name) {
        return Ok(text.starts_with(b"#!"));
    }
    let Some(root) = work_tree else {
        return Ok(false);
    };
    let known = MANAGERS.iter().filter(|(word, _)| text.contains_str(word));
    for file in known.flat_map(|(_, files)| files.iter()) {
        let told = file::beginning(&root.join(file), MOST)?;
        if told.is_some_and(|told| says_so(&told, name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a line that is no comment has `git baton hook <name>` run, or the hook of that name that `.pre-commit-hooks.yaml`
/// describes.
fn says_so(text: &[u8], name: &str) -> bool {
    let ways = [
        format!("git baton hook {name}"),
        format!("git-baton hook {name}"),
        format!("id: baton-{name}"),
        format!("id = \"baton-{name}\""),
    ];
    let says = |line: &[u8], way: &String| {
        line.find_iter(way).any(|at| {
            let next = line.get(at + way.len());
            next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')
        })
    };
    let mut lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with(b"#"));
    lines.any(|line| ways.iter().any(|way| says(line, way)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_baton_is_told_from_what_names_it() {
        for (line, expected) in [
            ("    - run: git baton hook pre-commit", true),
            ("exec git-baton hook pre-commit \"$@\"", true),
            ("      - id: baton-pre-commit", true),
            ("id = \"baton-pre-commit\"", true),
            ("      - id: baton-pre-commit-x", false),
            ("    # - run: git baton hook pre-commit", false),
            ("    - run: git baton hook commit-msg {1}", false),
            ("git baton verify", false),
        ] {
            assert_eq!(says_so(line.as_bytes(), "pre-commit"), expected, "{line}");
        }
    }
}
