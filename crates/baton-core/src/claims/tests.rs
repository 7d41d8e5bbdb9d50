use super::*;

fn session(text: &str) -> SessionId {
    SessionId::parse(text).unwrap()
}

fn globs(texts: &[&str]) -> Vec<PathGlob> {
    let parsed = texts.iter().map(|text| PathGlob::parse(text).unwrap());
    parsed.collect()
}

fn held(number: &str, paths: &[&str]) -> HeldClaim {
    HeldClaim {
        claim: Claim {
            session: session(number),
            paths: globs(paths),
        },
        worktree: format!("/wt/{number}"),
        branch: Some(format!("auto/{number}")),
    }
}

#[test]
fn what_another_session_claims_is_found_and_what_is_ones_own_is_not() {
    let held = [
        held("19", &["src/**", "docs/"]),
        held("20", &["*.toml", "new", "a/*.rs"]),
    ];
    for (own, wanted, expected) in [
        ("21", "src/a.rs", Some(("src/**", "19"))),
        ("21", "**/*.rs", Some(("src/**", "19"))),
        ("21", "SRC/A.rs", Some(("src/**", "19"))),
        ("21", "Cargo.toml", Some(("*.toml", "20"))),
        ("21", "tests/", None),
        ("21", "new/*.rs", Some(("new", "20"))),
        ("21", "*/x", Some(("src/**", "19"))),
        ("21", "n*/x/y", Some(("new", "20"))),
        ("21", "newer/*.rs", None),
        ("21", "A", Some(("a/*.rs", "20"))),
        ("19", "src/a.rs", None),
        ("19", "Cargo.toml", Some(("*.toml", "20"))),
    ] {
        let wanted = globs(&["other/x", wanted]);
        let found = overlap(&session(own), &wanted, &held);
        let found = found.map(|one| {
            assert_eq!(one.wanted, &wanted[1]);
            (one.claimed.as_str(), one.holder.claim.session.number())
        });
        assert_eq!(found, expected, "{own} {wanted:?}");
    }
}

#[test]
fn a_claimed_path_names_its_holder_and_files_of_sessions_are_free() {
    let policy = Policy::default();
    let held = [held("19", &["**"])];
    let own = session("20");
    let others = Others {
        policy: &policy,
        session: Some(&own),
        held: &held,
    };
    let claimed = others.claimed("src/a".into()).unwrap();
    assert_eq!(claimed.session.number(), "19");
    assert_eq!(
        claimed.to_string(),
        "src/a is claimed by session 19, which works in /wt/19 on branch auto/19"
    );
    for number in [19, 20] {
        let log = format!(".agents/sessions/2025-12-18-session-{number}-work.md");
        assert_eq!(others.claimed(log.as_str().into()), None);
    }
    let holder = session("19");
    let own = Others {
        session: Some(&holder),
        ..others
    };
    assert_eq!(own.claimed("src/a".into()), None);
    let nobody = Others {
        session: None,
        ..others
    };
    assert!(nobody.claimed("src/a".into()).is_some());
}

#[test]
fn a_pattern_without_a_wildcard_covers_what_is_below_it() {
    let policy = Policy::default();
    let held = [held("19", &["src/new", "app/\\[id\\]", "a/*"])];
    let others = Others {
        policy: &policy,
        session: None,
        held: &held,
    };
    for (path, expected) in [
        ("src/new", true),
        ("src/new/a", true),
        ("Src/NEW/a/b", true),
        ("src", true),
        ("src/newer/a", false),
        ("app/[id]/page.tsx", true),
        ("app/i/page.tsx", false),
        ("a/b", true),
        ("a/b/c", false),
    ] {
        assert_eq!(others.claimed(path.into()).is_some(), expected, "{path}");
        let directory = path.rsplit_once('/').map_or("", |(above, _)| above);
        assert!(!expected || others.may_watch_below(directory.into()));
    }
    assert!(!others.may_watch_below("src/newer".into()));
}

#[test]
fn only_directories_that_can_hold_a_claimed_path_are_read() {
    let policy = Policy::default();
    let held = [held("19", &["src/api/*.rs", "docs/"])];
    let others = Others {
        policy: &policy,
        session: None,
        held: &held,
    };
    for (directory, expected) in [
        ("", true),
        ("src", true),
        ("Src/API", true),
        ("docs/a", true),
    ] {
        assert_eq!(others.may_watch_below(directory.into()), expected);
    }
    for directory in ["src/ui", "tests", "src/api/x"] {
        assert!(!others.may_watch_below(directory.into()), "{directory}");
    }
}

#[test]
fn a_path_is_seen_from_where_it_is_named() {
    let find = |path: &str| match path {
        "src" | "src/api" | "app" | "app/[id]" => Found::Directory,
        "app/[id]/{x}.ts" | "*" | "app/a" => Found::File,
        _ => Found::Nothing,
    };
    for (below, named, expected) in [
        ("", "src", "src/"),
        ("", "./src/", "src/"),
        ("", "new/", "new/"),
        ("", "src/a.rs", "src/a.rs"),
        ("src", "api", "src/api/"),
        ("src", "../docs/*.md", "docs/*.md"),
        ("src", ".", "src/"),
        ("src", "..", "**"),
        ("", "**/x", "**/x"),
        ("", "app/[id]", "app/\\[id\\]/"),
        ("", "app/[id]/{x}.ts", "app/\\[id\\]/\\{x\\}.ts"),
        ("", "app/[id]/new.ts", "app/\\[id\\]/new.ts"),
        ("", "app/[id]/*.ts", "app/\\[id\\]/*.ts"),
        ("", "app/[ab]", "app/[ab]"),
        ("", "*", "\\*"),
        ("", "app/a/*", "app/a/*"),
        ("app/[id]", "page.tsx", "app/\\[id\\]/page.tsx"),
        ("app/[id]", "*.tsx", "app/\\[id\\]/*.tsx"),
        ("app/[id]", ".", "app/\\[id\\]/"),
        ("gone[1]", "a", "gone\\[1\\]/a"),
    ] {
        let glob = pattern(below, named, find).unwrap();
        assert_eq!(glob.as_str(), expected, "{below} {named}");
    }
    for (below, named) in [("src", "../.."), ("", "a["), ("", ""), ("src", "")] {
        assert!(pattern(below, named, find).is_err(), "{below} {named}");
    }
}

#[test]
fn what_is_named_twice_is_the_same() {
    let glob = |text| PathGlob::parse(text).unwrap();
    for (one, other, expected) in [
        ("src/new", "src/new/", true),
        ("app/[id]/x", "app/\\[id\\]/x", true),
        ("src", "src/a", false),
    ] {
        assert_eq!(is_same(&glob(one), &glob(other)), expected, "{one} {other}");
    }
}
