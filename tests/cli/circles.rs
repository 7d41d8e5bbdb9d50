//! Files and folders that lie side by side do not name each other in a circle: what one needs of the others can be read
//! without them. A folder's `mod.rs` may name its files and be named by them; what it exports of a file counts as that file's.

use std::collections::{BTreeMap, BTreeSet};

use crate::parsed::{Source, source, sources};

/// Circles that are there still, each as its package, its folder and those in it. A new one is refused, and one that is
/// gone leaves the list.
const LEFT: &[(&str, &str, &[&str])] = &[
    ("baton-agents", "", &["dialect", "event"]),
    (
        "baton-core",
        "policy",
        &[
            "branch_rule",
            "compile",
            "conductor",
            "merge",
            "pool",
            "schema",
            "settings",
            "subjects",
        ],
    ),
    (
        "baton-git",
        "",
        &[
            "commit_object",
            "config",
            "databases",
            "error",
            "layout",
            "objects",
            "program",
            "recorded",
            "refs",
            "remote",
            "repo",
            "revision",
            "store",
            "tree",
            "worktrees",
        ],
    ),
    ("baton-guard", "", &["acceptance", "joining", "rev_range"]),
];

#[test]
fn no_files_name_each_other_in_a_circle() {
    let mut packages: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for one in sources() {
        packages.entry(&one.package).or_default().push(one);
    }
    let mut found = BTreeSet::new();
    for (package, files) in packages {
        for (folder, members) in circles(&files) {
            found.insert((package.to_owned(), folder, members));
        }
    }
    let left = LEFT.iter().map(|(package, folder, members)| {
        let members = members.iter().map(|one| (*one).to_owned());
        (
            (*package).to_owned(),
            (*folder).to_owned(),
            members.collect(),
        )
    });
    let left: BTreeSet<(String, String, BTreeSet<String>)> = left.collect();
    let new: Vec<_> = found.difference(&left).collect();
    assert!(new.is_empty(), "{new:#?}");
    let gone: Vec<_> = left.difference(&found).collect();
    assert!(gone.is_empty(), "no circle any more: {gone:#?}");
}

#[test]
fn a_circle_is_found_and_a_chain_is_none() {
    let circle = |files: &[(&str, &str)]| {
        let files: Vec<_> = files.iter().map(|(path, text)| file(path, text)).collect();
        circles(&files.iter().collect::<Vec<_>>())
    };
    let ab = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    for (a, b) in [
        ("use super::b::B;", "use super::a::A;"),
        ("use crate::x::b::B;", "fn f() { super::a::f(); }"),
        (
            "use super::b::{self, B};",
            "fn f() { format!(\"{}\", crate::x::a::A); }",
        ),
        ("use super::B;", "use super::a::A;"),
    ] {
        let files = [("x", "pub use b::B;"), ("x/a", a), ("x/b", b)];
        assert_eq!(circle(&files), [("x".to_owned(), ab.clone())], "{a} {b}");
    }
    for (a, b) in [
        ("use super::b::B;", ""),
        ("use super::b::B;", "use super::Own;"),
        (
            "use super::b::B;",
            "#[cfg(test)] mod tests { use super::super::a::A; }",
        ),
    ] {
        let files = [
            ("x", "mod a; mod b; pub struct Own;"),
            ("x/a", a),
            ("x/b", b),
        ];
        assert_eq!(circle(&files), [], "{a} {b}");
    }
    let folders = [
        ("a/one", "use crate::b::Two;"),
        ("b", ""),
        ("b/two", "use crate::a::one::One;"),
    ];
    assert_eq!(circle(&folders), [(String::new(), ab)]);
}

fn file(path: &str, text: &str) -> Source {
    Source {
        module: path.split('/').map(str::to_owned).collect(),
        ..source("", "", text)
    }
}

/// The circles of one package: the folder, and its members that name each other.
fn circles(files: &[&Source]) -> Vec<(String, BTreeSet<String>)> {
    let modules: BTreeMap<&[String], &Source> =
        files.iter().map(|one| (&one.module[..], *one)).collect();
    let mut folders: BTreeMap<&[String], BTreeSet<(&str, &str)>> = BTreeMap::new();
    for (from, file) in &modules {
        for path in &file.names.paths {
            let Some(to) = absolute(from, path, &modules).and_then(|path| owner(path, &modules, 0))
            else {
                continue;
            };
            let shared = from.iter().zip(to).take_while(|(one, other)| one == other);
            let shared = shared.count();
            if let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) {
                folders
                    .entry(&from[..shared])
                    .or_default()
                    .insert((one, other));
            }
        }
    }
    let found = folders.into_iter().flat_map(|(folder, arrows)| {
        let folder = folder.join("/");
        rounds(&arrows)
            .into_iter()
            .map(move |members| (folder.clone(), members))
    });
    found.collect()
}

type Modules<'a> = BTreeMap<&'a [String], &'a Source>;

/// A path as it begins at the crate; `None` where it leads out of the crate.
fn absolute(from: &[String], path: &str, modules: &Modules<'_>) -> Option<Vec<String>> {
    let mut segments = path.split("::").filter(|one| !one.is_empty()).peekable();
    let mut base = match segments.peek()? {
        &"crate" => {
            segments.next();
            Vec::new()
        }
        _ => from.to_vec(),
    };
    let mut is_ours = base.is_empty() || matches!(segments.peek(), Some(&"self" | &"super"));
    while let Some(word @ ("self" | "super")) = segments.peek().copied() {
        segments.next();
        if word == "super" {
            base.pop()?;
        }
    }
    if !is_ours {
        let child: Vec<_> = base
            .iter()
            .cloned()
            .chain(segments.peek().map(|one| (*one).to_owned()))
            .collect();
        is_ours = modules.contains_key(&child[..]);
    }
    base.extend(segments.map(str::to_owned));
    is_ours.then_some(base)
}

/// The module whose file has what the path names, as the modules on the way export it.
fn owner<'a>(path: Vec<String>, modules: &Modules<'a>, depth: usize) -> Option<&'a [String]> {
    let length = (0..=path.len())
        .rev()
        .find(|end| modules.contains_key(&path[..*end]))?;
    let (module, source) = modules.get_key_value(&path[..length])?;
    let name = path.get(length);
    let exported = source
        .names
        .exports
        .iter()
        .find(|(short, _)| Some(short) == name);
    if let Some((_, exported)) = exported.filter(|_| depth < 4) {
        let next = absolute(module, exported, modules).filter(|next| *next != path);
        return next.and_then(|next| owner(next, modules, depth + 1));
    }
    Some(module)
}

/// The sets of names of which each leads to each other by these arrows.
fn rounds(arrows: &BTreeSet<(&str, &str)>) -> Vec<BTreeSet<String>> {
    let names: BTreeSet<_> = arrows.iter().map(|(one, _)| *one).collect();
    let reach: BTreeMap<_, _> = names
        .iter()
        .map(|name| (*name, reached(name, arrows)))
        .collect();
    let mut rounds = BTreeSet::new();
    for (name, all) in &reach {
        let leads_back = |other: &&&str| reach.get(**other).is_some_and(|all| all.contains(name));
        let round: BTreeSet<_> = all
            .iter()
            .filter(leads_back)
            .map(|one| (*one).to_owned())
            .collect();
        if round.len() > 1 {
            rounds.insert(round);
        }
    }
    rounds.into_iter().collect()
}

/// The names to which one leads.
fn reached<'a>(from: &'a str, arrows: &BTreeSet<(&'a str, &'a str)>) -> BTreeSet<&'a str> {
    let mut all = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let next = arrows.iter().filter(|(one, _)| *one == at);
        let next = next.map(|(_, other)| *other);
        open.extend(next.filter(|other| all.insert(*other)));
    }
    all
}
