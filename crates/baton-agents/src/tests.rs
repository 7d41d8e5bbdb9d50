//! The corpora: ordinary commands that pass, evasions that are refused, and those that are known to be missed.

use std::collections::BTreeMap;

use baton_core::claims::{Claim, HeldClaim};
use baton_core::model::SessionId;
use baton_core::policy::{PathGlob, Policy};

use crate::{Call, Dialect, Event, Files, Ground, OtherWorktree, Refusal, judge};

mod dialects;
mod paths;

const ALLOWED: &str = include_str!("tests/allowed.txt");
const REFUSED: &str = include_str!("tests/refused.txt");
const MISSED: &str = include_str!("tests/missed.txt");

/// A disk of which a few directories and links are known.
pub(crate) struct Disk {
    directories: BTreeMap<&'static str, &'static [&'static str]>,
}

impl Disk {
    fn new() -> Self {
        let directories: [(&str, &[&str]); 10] = [
            ("/src/app/.git/hooks", &["pre-commit", "pre-push"]),
            (
                "/src/app",
                &[
                    ".git",
                    ".agents",
                    "src",
                    "docs",
                    "tests",
                    "alias.md",
                    "linked",
                    "baton.toml",
                    "README.md",
                    "Cargo.toml",
                    "nested",
                ],
            ),
            (
                "/src/app/.agents",
                &["HANDOFF.md", "sessions", "temp", "notes.md"],
            ),
            (
                "/src/app/.agents/sessions",
                &["2025-01-01-session-6.md", "2025-01-01-session-7.md"],
            ),
            ("/src/app/.agents/temp", &[]),
            ("/src/app/src", &["main.rs", "lib.rs"]),
            ("/src/app/docs", &["guide.md"]),
            ("/src/app/tests", &["all.rs"]),
            ("/src/app/nested", &[".git"]),
            ("/src/app/.git", &["hooks", "config", "HEAD", "refs"]),
        ];
        Self {
            directories: directories.into(),
        }
    }
}

impl Files for Disk {
    fn resolve(&self, path: &str) -> String {
        match path.strip_prefix("/src/app/linked") {
            Some(rest) => format!("/src/app/.agents{rest}"),
            None if path == "/src/app/alias.md" => "/src/app/.agents/HANDOFF.md".to_owned(),
            None => path.to_owned(),
        }
    }

    fn is_directory(&self, path: &str) -> bool {
        self.directories.contains_key(path)
            || ["/tmp", "/", "/src/app/nested/.git", "/src/app/target"].contains(&path)
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let names = self.directories.get(directory.trim_end_matches('/'));
        names
            .into_iter()
            .flat_map(|names| names.iter())
            .map(|name| (*name).to_owned())
            .collect()
    }
}

pub(crate) fn policy() -> Policy {
    let text = b"[[protected]]\npaths = [\"docs/frozen/**\", \"LICENSE\"]\nwriter = \"nobody\"\n";
    Policy::parse("baton.toml", &[b"version = 1\n".as_slice(), text].concat()).unwrap()
}

fn claim(number: &str, glob: &str) -> HeldClaim {
    HeldClaim {
        claim: Claim {
            session: SessionId::new(Some("2025-01-01"), number).unwrap(),
            paths: vec![PathGlob::parse(glob).unwrap()],
        },
        worktree: format!("/src/{number}"),
        branch: None,
    }
}

/// Asks with the worktree of session 7 on the branch `work/seven`, beside one of session 6.
pub(crate) fn with_ground<T>(ask: impl FnOnce(&Ground) -> T) -> T {
    let policy = policy();
    let session = |number| SessionId::new(Some("2025-01-01"), number);
    let ground = Ground {
        policy: Some(&policy),
        root: "/src/app".to_owned(),
        git_dir: "/src/app/.git".to_owned(),
        common_dir: "/src/app/.git".to_owned(),
        branch: Some("work/seven".to_owned()),
        session: session("7"),
        others: vec![OtherWorktree {
            root: "/src/six".to_owned(),
            session: session("6"),
        }],
        claims: vec![claim("6", "lib/api/**"), claim("7", "src/")],
        stash: vec!["work/seven".to_owned(), "work/six".to_owned()],
        home: Some("/home/user".to_owned()),
        signs_as_maintainer: &|| false,
        files: &Disk::new(),
    };
    ask(&ground)
}

fn refusal(command: &str) -> Option<Refusal> {
    let event = Event {
        dialect: Dialect::Codex,
        cwd: "/src/app".to_owned(),
        call: Call::Shell(command.to_owned()),
    };
    with_ground(|ground| judge(&event, ground))
}

/// The commands of a corpus: one a line, with `⏎` for a line break; `#` begins a remark.
fn commands(corpus: &str) -> impl Iterator<Item = String> {
    let lines = corpus
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(|line| line.replace('⏎', "\n"))
}

#[test]
fn ordinary_commands_pass() {
    let mut failed = Vec::new();
    for command in commands(ALLOWED) {
        if let Some(refusal) = refusal(&command) {
            failed.push(format!("{command}\n    {refusal}"));
        }
    }
    assert!(commands(ALLOWED).count() >= 400);
    assert!(
        failed.is_empty(),
        "{} refused:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn evasions_are_refused() {
    let passed: Vec<_> = commands(REFUSED)
        .filter(|command| refusal(command).is_none())
        .collect();
    assert!(commands(REFUSED).count() >= 150);
    assert!(
        passed.is_empty(),
        "{} passed:\n{}",
        passed.len(),
        passed.join("\n")
    );
}

#[test]
fn what_is_missed_is_known() {
    let found: Vec<_> = commands(MISSED)
        .filter(|command| refusal(command).is_some())
        .collect();
    assert!(
        found.is_empty(),
        "no longer missed, they belong to the refused: {found:#?}"
    );
}

#[test]
fn a_refusal_names_no_way_around() {
    for command in commands(REFUSED) {
        let text = refusal(&command)
            .map(|refusal| refusal.to_string())
            .unwrap_or_default();
        for word in [
            "--no-verify",
            "hooksPath",
            "hookspath",
            "uninstall",
            "GIT_CONFIG_COUNT=",
            "Baton-Override",
        ] {
            assert!(!text.contains(word), "{command}: {text}");
        }
    }
}

#[test]
fn a_command_without_end_is_no_trouble() {
    for command in [
        "(".repeat(500),
        "$(".repeat(300),
        "f() { f; f; }; f".to_owned(),
        "a".repeat(300_000),
    ] {
        assert_eq!(
            refusal(&command),
            None,
            "{}",
            &command[..20.min(command.len())]
        );
    }
}
