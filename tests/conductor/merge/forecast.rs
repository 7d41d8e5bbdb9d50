//! `git baton orchestrator conflicts`.

use std::fs;
use std::path::PathBuf;

use baton_conductor::landing::conflicts::Forecast;
use serde_json::Value;

use baton_testkit::{Ran, Sandbox, finish};

/// `auto/a` and `auto/b`, each in a worktree, and `auto/c` without one; all change `f` but `b`.
fn pool() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("f", "a\nb\nc\n");
    sandbox.write("g", "g\n");
    sandbox.write(".gitignore", "ignored\n");
    sandbox.commit("Begin");
    for (name, path, text) in [
        ("a", "f", "a\n1\nc\n"),
        ("b", "new", "new\n"),
        ("c", "f", "a\n2\nc\n"),
    ] {
        sandbox.git(["checkout", "-q", "-b", &format!("auto/{name}"), "main"]);
        sandbox.commit_file(path, text);
    }
    sandbox.git(["checkout", "-q", "main"]);
    for name in ["a", "b"] {
        sandbox.git([
            "worktree",
            "add",
            "-q",
            &format!("../{name}"),
            &format!("auto/{name}"),
        ]);
    }
    sandbox
}

fn conflicts(sandbox: &Sandbox, args: &[&str]) -> Ran {
    sandbox.run(["orchestrator", "conflicts"].iter().chain(args))
}

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    let run = conflicts(sandbox, &args);
    let document: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:#?}"));
    let validator = jsonschema::validator_for(Forecast::schema().as_value()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(run.code, i32::from(document["clean"] == false));
    document
}

/// The pairs that collide.
fn pairs(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = document["collisions"].as_array().unwrap().iter();
    all.map(|one| (text(&one["ours"]), text(&one["theirs"])))
        .collect()
}

fn pair(ours: &str, theirs: &str) -> (String, String) {
    (ours.to_owned(), theirs.to_owned())
}

fn worktree(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.root.path().join(name)
}

#[test]
fn live_branches_are_compared_with_each_other_and_with_the_base() {
    let sandbox = pool();
    let run = conflicts(&sandbox, &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    let expected = "          main   1  2   3
1 auto/a     .   -  .  x1
2 auto/b     .   .  -   .
3 auto/c     .  x1  .   -

auto/a and auto/c: 1 file
  f (content) at 2-6

1 pair will collide
";
    assert_eq!(run.out, expected);
    sandbox.commit_file("new", "on main\n");
    let document = json(&sandbox, &[]);
    assert_eq!(
        pairs(&document),
        [pair("main", "auto/b"), pair("auto/a", "auto/c")]
    );
    assert_eq!(document["collisions"][0]["files"][0]["kind"], "add/add");
}

#[test]
fn named_branches_alone_are_compared() {
    let sandbox = pool();
    let clean = json(&sandbox, &["auto/a", "refs/heads/auto/b"]);
    assert_eq!(clean["clean"], true);
    assert_eq!(clean["branches"].as_array().unwrap().len(), 2);
    let other = json(&sandbox, &["auto/a", "--into", "auto/c"]);
    assert_eq!(pairs(&other), [pair("auto/c", "auto/a")]);
    for (args, said) in [
        (["nowhere", "--into", "main"], "no branch nowhere"),
        (["auto/a", "--into", "nowhere"], "no branch nowhere"),
    ] {
        let run = conflicts(&sandbox, &args);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.err.contains(said), "{run:#?}");
    }
}

#[test]
fn uncommitted_work_counts_and_is_left_alone() {
    let sandbox = pool();
    let b = worktree(&sandbox, "b");
    fs::write(b.join("f"), "a\n3\nc\n").unwrap();
    fs::write(b.join("untracked"), "u\n").unwrap();
    fs::write(b.join("ignored"), "i\n").unwrap();
    fs::write(worktree(&sandbox, "a").join("untracked"), "other\n").unwrap();
    let index = sandbox.repo().join(".git/worktrees/b/index");
    let before = fs::read(&index).unwrap();
    let objects = sandbox.git(["count-objects", "-v"]);
    for _ in ["anew", "from the cache"] {
        let document = json(&sandbox, &[]);
        let expected = [
            pair("auto/a", "auto/b"),
            pair("auto/a", "auto/c"),
            pair("auto/b", "auto/c"),
        ];
        assert_eq!(pairs(&document), expected);
        assert_eq!(document["branches"][1]["uncommitted"], true);
        let files = document["collisions"][0]["files"].as_array().unwrap();
        let paths: Vec<_> = files
            .iter()
            .map(|file| file["path"].as_str().unwrap())
            .collect();
        assert_eq!(paths, ["f", "untracked"]);
    }
    assert_eq!(fs::read(&index).unwrap(), before, "the index was touched");
    assert_eq!(
        sandbox.git(["count-objects", "-v"]),
        objects,
        "objects were left behind"
    );
    fs::remove_file(b.join("f")).unwrap();
    let document = json(&sandbox, &["auto/b", "auto/c"]);
    assert_eq!(
        document["collisions"][0]["files"][0]["kind"],
        "modify/delete"
    );
}

#[test]
fn the_cache_answers_until_settings_change_and_may_be_damaged() {
    let sandbox = pool();
    let cache = sandbox.repo().join(".git/baton/merge-cache");
    let first = json(&sandbox, &[]);
    let stored = fs::read_to_string(&cache).unwrap();
    assert_eq!(json(&sandbox, &[]), first);
    // An answer that only the cache can have given.
    fs::write(
        &cache,
        stored.replace("\"path\":\"f\"", "\"path\":\"remembered\""),
    )
    .unwrap();
    let path = |document: &Value| document["collisions"][0]["files"][0]["path"].clone();
    assert_eq!(path(&json(&sandbox, &[])), "remembered");
    sandbox.git(["config", "merge.conflictStyle", "diff3"]);
    assert_eq!(path(&json(&sandbox, &[])), "f", "the settings are others");
    for damaged in ["", "{", "[]", &stored[..stored.len() / 2], "\u{0}\u{1}"] {
        fs::write(&cache, damaged).unwrap();
        assert_eq!(pairs(&json(&sandbox, &[])), pairs(&first), "{damaged}");
    }
}

#[test]
fn branches_of_linked_worktrees_live_whatever_their_name() {
    let sandbox = pool();
    sandbox.git(["worktree", "add", "-q", "-b", "topic", "../topic", "auto/c"]);
    sandbox.git(["branch", "idle", "auto/c"]);
    let document = json(&sandbox, &[]);
    let names = document["branches"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["auto/a", "auto/b", "auto/c", "topic"]);
}

#[test]
fn what_a_session_claims_and_another_branch_changes_is_named() {
    let sandbox = pool();
    let baton = |tree: &str, args: &[&str]| {
        let mut command = sandbox.baton();
        command
            .current_dir(worktree(&sandbox, tree))
            .arg("session")
            .args(args);
        finish(&mut command).ok()
    };
    for tree in ["a", "b"] {
        baton(tree, &["start", "--date", "2025-12-18"]);
    }
    assert_eq!(json(&sandbox, &[])["claimed"], serde_json::json!([]));
    baton("a", &["claim", "f", "new", "**/session-*"]);
    fs::write(worktree(&sandbox, "a").join("new"), "mine\n").unwrap();
    let document = json(&sandbox, &["auto/a", "auto/b"]);
    assert_eq!(
        document["claimed"].as_array().unwrap().len(),
        1,
        "{document:#}"
    );
    let claimed = &document["claimed"][0];
    assert_eq!(claimed["branch"], "auto/b");
    assert_eq!(claimed["session"], "2025-12-18/1");
    assert_eq!(claimed["files"], serde_json::json!(["new"]));
    let told = conflicts(&sandbox, &[]).out;
    let a = worktree(&sandbox, "a");
    let holder = format!(
        "session 2025-12-18/1, which works in {} on branch auto/a",
        a.display()
    );
    for (branch, file) in [("auto/b", "new"), ("auto/c", "f")] {
        let lines = format!("{branch} changes 1 file claimed by {holder}\n  {file}\n");
        assert!(told.contains(&lines), "{lines}{told}");
    }
}
