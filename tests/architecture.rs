//! The arrows of ARCHITECTURE.md: who may name whom.

use std::fs;
use std::path::{Path, PathBuf};

/// Each part of the library and the parts that it may name.
const ARROWS: [(&str, &[&str]); 18] = [
    ("model", &[]),
    ("plan", &["model", "policy", "report"]),
    ("policy", &["model"]),
    ("handoff", &["model"]),
    ("protocol", &["handoff"]),
    ("rules", &["model", "policy", "handoff", "protocol"]),
    ("report", &["model", "rules"]),
    ("sys", &["model"]),
    ("git", &["model", "sys"]),
    ("guard", &["model", "policy", "rules", "git", "sys"]),
    (
        "hooks",
        &["model", "policy", "rules", "guard", "git", "sys"],
    ),
    (
        "orchestrator",
        &[
            "model", "plan", "policy", "protocol", "handoff", "rules", "report", "guard", "doctor",
            "git", "sys",
        ],
    ),
    (
        "install",
        &["model", "policy", "guard", "hooks", "git", "sys"],
    ),
    ("scaffold", &["model", "policy"]),
    (
        "doctor",
        &[
            "model", "policy", "report", "guard", "hooks", "install", "git", "sys",
        ],
    ),
    (
        "demo",
        &["model", "policy", "handoff", "rules", "hooks", "sys"],
    ),
    ("cli", &[]),
    ("commands", &["*"]),
];

/// Words that only these parts may use. The demonstration stands where users stand: it runs git
/// and changes files as they do, in an environment of its own.
const RESERVED: [(&str, &[&str]); 8] = [
    ("gix::", &["git"]),
    ("Command::new", &["git", "sys", "demo"]),
    ("std::process", &["git", "sys", "demo"]),
    ("std::fs", &["sys", "demo"]),
    ("std::env::", &["sys", "demo"]),
    ("SystemTime", &["sys"]),
    ("Timestamp::now", &["sys"]),
    ("println!", &["commands"]),
];

#[test]
fn each_part_names_only_the_parts_below_it() {
    let mut broken = Vec::new();
    for (part, file, source) in sources() {
        let allowed = arrows(&part);
        for named in source.split("crate::").skip(1) {
            let named: String = named
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let known = ARROWS.iter().any(|(name, _)| *name == named);
            if known && named != part && !allowed.contains(&named.as_str()) && allowed != ["*"] {
                broken.push(format!("{}: {part} names {named}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn git_and_the_system_are_named_in_one_place_each() {
    let mut broken = Vec::new();
    for (part, file, source) in sources() {
        for (word, parts) in RESERVED {
            let uses = source
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            if uses && !parts.contains(&part.as_str()) {
                broken.push(format!("{}: {part} uses {word}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_part_has_its_arrows() {
    let parts: Vec<_> = sources().into_iter().map(|(part, _, _)| part).collect();
    for part in &parts {
        assert!(
            ARROWS.iter().any(|(name, _)| name == part),
            "{part} has no arrows"
        );
    }
    for (name, _) in ARROWS {
        assert!(parts.iter().any(|part| part == name), "{name} is no part");
    }
}

fn arrows(part: &str) -> &'static [&'static str] {
    ARROWS
        .iter()
        .find(|(name, _)| *name == part)
        .map_or(&[], |(_, allowed)| allowed)
}

/// Every source file below a part's folder, without its tests.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for part in fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if part.is_dir() {
            let name = part.file_name().unwrap().to_str().unwrap().to_owned();
            collect(&part, &name, &mut found);
        }
    }
    found
}

fn collect(directory: &Path, part: &str, found: &mut Vec<(String, PathBuf, String)>) {
    for path in fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let name = path.file_stem().unwrap_or_default();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            collect(&path, part, found);
        } else {
            let source = fs::read_to_string(&path).unwrap();
            let code = source
                .split("#[cfg(test)]")
                .next()
                .unwrap_or_default()
                .to_owned();
            found.push((part.to_owned(), path, code));
        }
    }
}
