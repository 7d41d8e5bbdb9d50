//! The arrows of ARCHITECTURE.md that no boundary of crates holds: which room names which, and who may name the operating
//! system. The sources are parsed, their tests apart.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::parsed::{Source, packages, source, sources};

/// A room that shares its crate with others: the path that names it, the folder it stands in, and what of its crate it may
/// name.
const ROOMS: [(&str, &str, &[&str]); 24] = [
    ("baton-core", "model", &[]),
    ("baton-core", "policy", &["model"]),
    ("baton-core", "claims", &["model", "policy"]),
    ("baton-core", "confine", &[]),
    ("baton-core", "handoff", &["model"]),
    ("baton-core", "protocol", &["handoff"]),
    (
        "baton-core",
        "rules",
        &["model", "policy", "handoff", "protocol"],
    ),
    ("baton-core", "report", &["model", "rules"]),
    ("baton-core", "plan", &["model", "policy", "report"]),
    ("baton-hooks", "doctor", &["install", "Hook"]),
    ("baton-conductor", "settings", &[]),
    ("baton-conductor", "ref_moves", &[]),
    ("baton-conductor", "run_record", &["ref_moves"]),
    ("baton-conductor", "session", &["ref_moves", "run_record"]),
    (
        "baton-conductor",
        "pool",
        &["settings", "ref_moves", "run_record", "session"],
    ),
    (
        "baton-conductor",
        "confine",
        &["settings", "session", "pool"],
    ),
    (
        "baton-conductor",
        "landing",
        &["settings", "ref_moves", "session", "pool", "run_record"],
    ),
    (
        "baton-conductor",
        "aggregate",
        &["settings", "ref_moves", "session", "landing"],
    ),
    (
        "baton-conductor",
        "run",
        &[
            "settings",
            "ref_moves",
            "session",
            "pool",
            "run_record",
            "confine",
            "landing",
            "aggregate",
        ],
    ),
    (
        "baton-conductor",
        "feature",
        &["settings", "run_record", "run"],
    ),
    ("git-baton", "cli", &[]),
    ("git-baton", "scaffold", &[]),
    ("git-baton", "demo", &[]),
    ("git-baton", "commands", &["cli", "scaffold", "demo"]),
];

/// Paths that only these crates may name; `git-baton/demo` is a room. The demonstration stands where users stand: it runs git
/// and changes files as they do, in an environment of its own.
const RESERVED: [(&str, &[&str]); 9] = [
    ("gix", &["baton-git"]),
    (
        "std::process::Command",
        &["baton-git", "baton-sys", "git-baton/demo"],
    ),
    ("std::fs", &["baton-sys", "git-baton/demo"]),
    (
        "std::env",
        &["baton-sys", "git-baton/demo", "git-baton/main"],
    ),
    ("std::time::SystemTime", &["baton-sys"]),
    ("std::thread::sleep", &[]),
    ("jiff::Timestamp::now", &["baton-sys"]),
    ("println", &["git-baton/commands"]),
    ("eprintln", &["git-baton/commands"]),
];

/// Where branches lie: for all but one module, [`BranchName`](baton_core::model::BranchName) says it.
const BRANCHES: &str = "refs/heads";

#[test]
fn each_room_names_only_the_rooms_below_it() {
    let broken: Vec<_> = sources().iter().flat_map(wrong_arrows).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn git_and_the_system_are_named_in_one_place_each() {
    let broken: Vec<_> = sources().iter().flat_map(reserved_names).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn one_module_knows_where_branches_lie() {
    let owner = Path::new("baton-core/src/model/ref_name.rs");
    let others = sources().iter().filter(|one| !one.file.ends_with(owner));
    // The commands of the demonstration are typed as users type them.
    let others = others.filter(|one| one.package != "git-baton" || one.room != "demo");
    let broken: Vec<_> = others
        .filter(|one| one.names.texts.iter().any(|text| text.contains(BRANCHES)))
        .map(|one| one.file.display().to_string())
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_text_is_seen_wherever_it_stands() {
    for text in [
        format!("const A: &str = \"{BRANCHES}/\";"),
        format!("fn f() {{ a.starts_with(b\"{BRANCHES}/\"); }}"),
        format!("fn f() {{ format!(\"+{BRANCHES}/{{}}\", b); }}"),
        format!("#[error(\"no {BRANCHES}/{{0}}\")] struct A;"),
    ] {
        let texts = source("baton-git", "", &text).names.texts;
        assert!(texts.iter().any(|one| one.contains(BRANCHES)), "{text}");
    }
    let comment = format!("/// As `{BRANCHES}/main`.\nstruct A;");
    assert!(source("baton-git", "", &comment).names.texts.is_empty());
}

#[test]
fn every_room_is_there() {
    let sources = sources();
    for (package, room, _) in ROOMS {
        let here = |source: &Source| source.package == package && source.room == room;
        assert!(sources.iter().any(here), "{package} has no {room}");
    }
}

#[test]
fn a_forbidden_name_is_seen_in_each_room() {
    for (package, room, allowed) in ROOMS {
        for (_, other, _) in ROOMS
            .iter()
            .filter(|(one, other, _)| *one == package && *other != room)
        {
            for text in [
                format!("use crate::{other}::Thing;"),
                format!("use crate::{{{other}::{{Thing, Other as Name}}, x}};"),
                format!("fn f() {{ let _ = crate::{other}::f(); }}"),
                format!("#[cfg(test)] mod tests {{}} fn f(_: &crate::{other}::Thing) {{}}"),
                format!("fn f() {{ format!(\"{{}}\", crate::{other}::f()); }}"),
            ] {
                let seen = !wrong_arrows(&source(package, room, &text)).is_empty();
                assert_eq!(seen, !allowed.contains(other), "{package}, {room}: {text}");
            }
            let tested = format!("#[cfg(test)] mod tests {{ use crate::{other}::Thing; }}");
            assert!(wrong_arrows(&source(package, room, &tested)).is_empty());
        }
    }
}

#[test]
fn a_reserved_name_is_seen_in_each_crate() {
    for package in packages().iter().map(|(package, _)| package) {
        for (text, name) in [
            ("use gix::ObjectId;", "gix"),
            ("use std::{fmt, fs as files};", "std::fs"),
            ("fn f() { std::env::var_os(\"A\"); }", "std::env"),
            (
                "use std::process::{Command, Stdio};",
                "std::process::Command",
            ),
            (
                "fn f() { std::process::Command::new(\"git\"); }",
                "std::process::Command",
            ),
            (
                "use std::process; fn f() { process::Command::new(\"git\"); }",
                "std::process::Command",
            ),
            (
                "fn f() { assert!(std::fs::exists(\"a\").is_ok()); }",
                "std::fs",
            ),
            ("fn f() { println!(); }", "println"),
        ] {
            let (_, allowed) = RESERVED.iter().find(|(one, _)| *one == name).unwrap();
            let seen = !reserved_names(&source(package, "", text)).is_empty();
            assert_eq!(
                seen,
                !allowed.contains(&package.as_str()),
                "{package}: {text}"
            );
        }
    }
}

#[test]
fn every_path_that_the_map_names_is_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(top.join("ARCHITECTURE.md")).unwrap();
    let quoted = map.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| {
        let mut folders = ["crates/", "src/", "docs/", "tests/", "templates/"].iter();
        folders.any(|folder| text.starts_with(folder))
    };
    let missing: Vec<_> = quoted
        .filter(is_path)
        .filter(|path| !top.join(path).exists())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn wrong_arrows(source: &Source) -> Vec<String> {
    let known = |(package, room, _): &(&str, &str, &[&str])| {
        *package == source.package && *room == source.room
    };
    let Some((_, _, allowed)) = ROOMS.into_iter().find(known) else {
        return Vec::new();
    };
    let rooms: BTreeSet<_> = ROOMS
        .iter()
        .filter(|(package, _, _)| *package == source.package)
        .map(|(_, room, _)| *room)
        .collect();
    let named = source.names.paths.iter().filter_map(|path| {
        let mut segments = path.split("::");
        (segments.next() == Some("crate"))
            .then(|| segments.next())
            .flatten()
    });
    named
        .filter(|named| rooms.contains(named) && *named != source.room && !allowed.contains(named))
        .map(|named| format!("{}: {} names {named}", source.file.display(), source.room))
        .collect()
}

fn reserved_names(source: &Source) -> Vec<String> {
    let room = format!("{}/{}", source.package, source.room);
    let mut broken = Vec::new();
    for (word, owners) in RESERVED {
        let owned = owners
            .iter()
            .any(|owner| *owner == source.package || *owner == room);
        let inside = |path: &String| path == word || path.starts_with(&format!("{word}::"));
        if !owned && source.names.paths.iter().any(inside) {
            broken.push(format!(
                "{}: {} names {word}",
                source.file.display(),
                source.package
            ));
        }
    }
    broken
}
