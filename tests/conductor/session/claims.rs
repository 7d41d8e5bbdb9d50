//! `git baton session claim` and `release`: who holds which paths, and until when.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use baton_testkit::gits::gits;
use baton_testkit::{Fixture, Make};
use serde_json::Value;

use crate::session::scene::{command, commit_all, fixture, session, start, tick};

/// Worktrees `one` and `two` with sessions 1 and 2.
fn two(fixture: &Fixture) -> [std::path::PathBuf; 2] {
    let trees = ["one", "two"].map(|name| fixture.linked(name));
    for tree in &trees {
        start(fixture, tree, &[]);
    }
    trees
}

/// The sessions that claim something, with their patterns.
fn claims(fixture: &Fixture, worktree: &Path) -> Vec<(String, Vec<String>)> {
    let json = session(fixture, worktree, &["claim", "--format", "json"]).ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    let each = json["claims"].as_array().unwrap().iter().map(|one| {
        let paths = one["paths"].as_array().unwrap().iter();
        let paths = paths.map(|path| path.as_str().unwrap().to_owned());
        (one["session"].as_str().unwrap().to_owned(), paths.collect())
    });
    each.collect()
}

fn claim(id: &str, paths: &[&str]) -> (String, Vec<String>) {
    (
        id.to_owned(),
        paths.iter().map(|path| (*path).to_owned()).collect(),
    )
}

#[test]
fn two_sessions_never_hold_paths_that_meet() {
    for make in [
        Make::default(),
        Make {
            reftable: gits()[0].knows_reftable(),
            ..Make::default()
        },
    ] {
        let fixture = Fixture::made(&gits()[0], make);
        let [one, two] = two(&fixture);
        fs::create_dir_all(one.join("src/api")).unwrap();
        fs::create_dir_all(two.join("src/api")).unwrap();
        session(&fixture, &one, &["claim", "src/api", "*.toml"]).ok();
        let mut held = vec![claim("2025-12-18/1", &["src/api/", "*.toml"])];
        assert_eq!(claims(&fixture, &two), held);

        let refused = session(&fixture, &two, &["claim", "docs/", "src/**/*.rs"]);
        assert_eq!(refused.code, 2);
        let told = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = format!("works in {} on branch one", one.display());
        for words in [
            "src/**/*.rs meets src/api/, which is claimed by session 2025-12-18/1",
            &place,
            "git baton session abandon 1 --reason TEXT",
        ] {
            assert!(told.contains(words), "{words}: {refused:#?}");
        }
        assert_eq!(claims(&fixture, &two), held, "nothing of it is claimed");

        session(&fixture, &two, &["claim", "docs/", "src/ui"]).ok();
        held.push(claim("2025-12-18/2", &["docs/", "src/ui"]));
        assert_eq!(claims(&fixture, &one), held);
    }
}

#[test]
fn of_many_claims_at_once_one_is_granted() {
    let fixture = fixture();
    let trees: Vec<_> = (0..12)
        .map(|at| {
            let tree = fixture.linked(&format!("agent-{at}"));
            start(&fixture, &tree, &[]);
            tree
        })
        .collect();
    let children: Vec<_> = trees
        .iter()
        .enumerate()
        .map(|(at, tree)| {
            let own = format!("own/{at}");
            // Half of them ask for the one path beside their own.
            let paths = if at % 2 == 0 {
                vec!["src/", &own]
            } else {
                vec![&own[..]]
            };
            let args = [&["claim"], &paths[..]].concat();
            let mut command = command(&fixture, tree, &args);
            let piped = command.stdout(Stdio::null()).stderr(Stdio::null());
            piped.spawn().unwrap()
        })
        .collect();
    let granted = children
        .into_iter()
        .map(|mut child| child.wait().unwrap().success());
    assert_eq!(granted.filter(|granted| *granted).count(), 7);
    let claims = claims(&fixture, &trees[0]);
    let holders = claims
        .iter()
        .filter(|(_, paths)| paths.contains(&"src/".to_owned()));
    assert_eq!((claims.len(), holders.count()), (7, 1), "{claims:?}");
}

#[test]
fn paths_are_named_as_they_lie_from_here() {
    let fixture = fixture();
    let [one, _] = two(&fixture);
    let below = one.join("src/api");
    fs::create_dir_all(&below).unwrap();
    let whole = one.join("docs/a.md");
    let named = [
        "claim",
        ".",
        "../*.rs",
        "../../LICENSE",
        whole.to_str().unwrap(),
    ];
    session(&fixture, &below, &named).ok();
    let paths = ["src/api/", "src/*.rs", "LICENSE", "docs/a.md"];
    assert_eq!(claims(&fixture, &one), [claim("2025-12-18/1", &paths)]);
    for wrong in ["../../../x", "/etc/passwd", "a[", ""] {
        let refused = session(&fixture, &below, &["claim", wrong]);
        assert_eq!(refused.code, 2, "{refused:#?}");
        assert!(refused.err.contains("names no paths"), "{refused:#?}");
    }
    session(&fixture, &below, &["release", ".", "../../LICENSE"]).ok();
    let left = claim("2025-12-18/1", &["src/*.rs", "docs/a.md"]);
    assert_eq!(claims(&fixture, &one), [left]);
    let unknown = session(&fixture, &one, &["release", "src/api"]);
    assert!(
        unknown.err.contains("does not claim src/api/"),
        "{unknown:#?}"
    );
    let released = session(&fixture, &one, &["release"]).ok();
    assert_eq!(released, "src/*.rs docs/a.md is given back");
    let released = session(&fixture, &one, &["release"]).ok();
    assert_eq!(released, "session 2025-12-18/1 claims nothing");
    assert_eq!(claims(&fixture, &one), []);
    let reference = fixture.git(["for-each-ref", "refs/baton/claims"]).ok();
    assert_eq!(
        reference, "",
        "the reference is there only while something is claimed"
    );
}

#[test]
fn a_name_with_brackets_is_claimed_before_it_is_there() {
    let fixture = fixture();
    let [one, two] = two(&fixture);
    fs::create_dir_all(one.join("app/[id]")).unwrap();
    fs::create_dir_all(two.join("pages")).unwrap();
    fs::write(two.join("pages/[id].tsx"), "").unwrap();
    session(&fixture, &one, &["claim", "pages/[id].tsx"]).ok();
    let page = one.join("app/[id]/page.tsx");
    fs::write(&page, "").unwrap();
    session(&fixture, &one, &["claim", page.to_str().unwrap()]).ok();
    for path in ["pages/[id].tsx", "pages/", "app/[id]/page.tsx"] {
        let refused = session(&fixture, &two, &["claim", path]);
        assert_eq!(refused.code, 2, "{path}: {refused:#?}");
    }
    session(&fixture, &two, &["claim", "pages/[slug].tsx"]).ok();
}

#[test]
fn what_was_claimed_is_given_back_whatever_has_become_of_it() {
    let fixture = fixture();
    let [one, _] = two(&fixture);
    session(&fixture, &one, &["claim", "src/new", "docs/"]).ok();
    let page = one.join("app/[id]");
    fs::create_dir_all(&page).unwrap();
    fs::create_dir_all(one.join("src/new")).unwrap();
    session(&fixture, &one, &["claim", "app/[id]"]).ok();
    fs::remove_dir(&page).unwrap();
    let released = session(&fixture, &one, &["release", "src/new", "app/[id]"]).ok();
    assert_eq!(released, "src/new app/\\[id\\]/ is given back");
    assert_eq!(claims(&fixture, &one), [claim("2025-12-18/1", &["docs/"])]);
    let root = one.to_str().unwrap();
    session(&fixture, &one, &["claim", root]).ok();
    let all = claim("2025-12-18/1", &["docs/", "**"]);
    assert_eq!(claims(&fixture, &one), [all]);
}

#[test]
fn a_session_that_is_given_up_keeps_no_claim_that_comes_at_the_same_time() {
    let fixture = fixture();
    let [one, two] = two(&fixture);
    for (at, tree) in [(1, &one), (2, &two)] {
        let number = at.to_string();
        let mut children: Vec<_> = (0..6)
            .map(|path| command(&fixture, tree, &["claim", &format!("{at}/{path}")]))
            .chain([command(
                &fixture,
                tree,
                &["abandon", &number, "--reason", "x"],
            )])
            .map(|mut command| {
                let piped = command.stdout(Stdio::null()).stderr(Stdio::null());
                piped.spawn().unwrap()
            })
            .collect();
        for child in &mut children {
            child.wait().unwrap();
        }
        let record = fixture.git(["for-each-ref", "refs/baton/claims"]).ok();
        assert_eq!(record, "", "{at}");
    }
}

#[test]
fn a_claim_goes_with_its_session() {
    let fixture = fixture();
    let [one, two] = two(&fixture);
    session(&fixture, &one, &["claim", "src/"]).ok();
    session(&fixture, &two, &["claim", "docs/"]).ok();
    session(&fixture, &two, &["abandon", "1", "--reason", "not needed"]).ok();
    assert_eq!(claims(&fixture, &two), [claim("2025-12-18/2", &["docs/"])]);
    let log = fs::read_dir(two.join(".agents/sessions")).unwrap();
    let log = log.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let log = format!(".agents/sessions/{}", log.last().unwrap());
    tick(&two, &log);
    let summary = two.join("summary.md");
    fs::write(&summary, "Done.\n").unwrap();
    session(&fixture, &two, &["summary", "summary.md"]).ok();
    fs::remove_file(&summary).unwrap();
    commit_all(&fixture, &two, "log");
    session(&fixture, &two, &["end"]).ok();
    let record = fixture.git(["for-each-ref", "refs/baton/claims"]).ok();
    assert_eq!(
        record, "",
        "one transaction ends the session and drops its claims"
    );
}

#[test]
fn a_claim_without_a_worktree_holds_nothing() {
    let fixture = fixture();
    let [one, two] = two(&fixture);
    session(&fixture, &one, &["claim", "src/"]).ok();
    fs::remove_dir_all(&one).unwrap();
    assert_eq!(claims(&fixture, &two), []);
    session(&fixture, &two, &["claim", "src/main.rs"]).ok();
    let record = fixture.git(["cat-file", "-p", "refs/baton/claims"]).ok();
    assert!(!record.contains("2025-12-18/1"), "the stale goes: {record}");
}

#[test]
fn who_has_no_session_claims_nothing() {
    let fixture = fixture();
    let ran = session(&fixture, &fixture.repo(), &["claim", "src/"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("bound to no session"), "{ran:#?}");
}

#[test]
fn a_record_of_another_kind_is_told_and_no_claim() {
    let fixture = fixture();
    let [one, _] = two(&fixture);
    let blob = fixture.git(["hash-object", "-w", "baton.toml"]).ok();
    fixture.git(["update-ref", "refs/baton/claims", &blob]).ok();
    let ran = session(&fixture, &one, &["claim", "src/"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("git cat-file -p refs/baton/claims"),
        "{ran:#?}"
    );
    fs::write(one.join("a"), "a\n").unwrap();
    fixture.git_at(&one, ["add", "a"]).ok();
    let committed = fixture.git_at(&one, ["commit", "-qm", "a"]);
    assert_eq!(committed.code, 0, "{committed:#?}");
    assert!(
        committed.err.contains("baton: warning: refs/baton/claims"),
        "{committed:#?}"
    );
}
