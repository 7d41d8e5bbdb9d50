//! Who looks around, and may do nothing else.

use crate::feature::scene::{PLANS, Scene, id, void};

/// What comes of a scout that does this while another one does nothing wrong.
fn beside_an_innocent(script: &str) -> (String, String) {
    let waits_for =
        |file: &str| format!("while ! test -e \"$BATON_GIT_DIR/{file}\"; do sleep 0.01; done");
    let good = format!(
        "echo > \"$BATON_GIT_DIR/begun\"; {}; echo fine",
        waits_for("over")
    );
    let bad = format!(
        "{}; {script}; echo found; echo > \"$BATON_GIT_DIR/over\"",
        waits_for("begun")
    );
    let scene = Scene::new(PLANS)
        .scout("good", &good)
        .scout("bad", &bad)
        .ready();
    let came = scene.wish(0);
    (
        void(&came, "bad").to_owned(),
        void(&came, "good").to_owned(),
    )
}

/// Why the only scout, which does this, does not count.
fn alone(script: &str) -> String {
    let scene = Scene::new(PLANS)
        .scout("bad", &format!("{script}; echo found"))
        .scout("good", "echo fine")
        .and("[conductor]\nmax_agents = 1")
        .ready();
    let came = scene.wish(0);
    assert_eq!(void(&came, "good"), "", "{script}");
    let context = scene.recorded(id(&came), "context.md");
    let why = void(&came, "bad").to_owned();
    assert_eq!(context.contains("found"), why.is_empty(), "{context}");
    why
}

#[test]
fn findings_and_constraints_reach_the_planner() {
    let scene = Scene::new(&format!("cat {{prompt_file}} > \"$BATON_GIT_DIR/seen\"; {PLANS}"))
        .and("[conductor.feature]\nconstraints = ['C.md']\nfinding_bytes = 40")
        .scout("one", "cat {prompt_file} > \"$BATON_GIT_DIR/one\"; pwd > \"$BATON_GIT_DIR/where\"; printf '\\033[1mit is in src\\033[0m\\n'")
        .scout("two", "yes 0123456789 | head -n 100");
    scene.sandbox.write("C.md", "Never use tabs.\n");
    let scene = scene.scout_for("late", "sleep 1000", 1).ready();
    let came = scene.wish(0);
    assert_eq!(came["end"], "planned");
    assert_eq!(came["tasks"][0]["id"], "a");
    let context = scene.recorded(id(&came), "context.md");
    assert!(context.contains("## one\n\nit is in src\n"), "{context}");
    assert!(context.contains("said more than 40 bytes"), "{context}");
    assert!(void(&came, "late").contains("too long"));
    let seen = scene.left("seen");
    assert!(seen.contains("it is in src") && seen.contains("Let people log in"));
    for told in [seen, scene.left("one")] {
        assert!(told.contains("## C.md\n\nNever use tabs."), "{told}");
    }
    assert!(scene.left("one").contains("What about one?"));
    let place = scene.left("where");
    assert!(scene.left("one").contains(place.trim()), "{place}");
    assert!(!std::path::Path::new(place.trim()).exists());
    let files = came["files"].as_str().unwrap();
    let kept = std::fs::read_to_string(format!("{files}/context.md")).unwrap();
    assert_eq!(kept.trim(), context);
}

#[test]
fn a_scout_that_changes_its_worktree_is_void() {
    for (script, why) in [
        ("echo > new", "new changed in its worktree"),
        ("rm src/old", "src/old changed in its worktree"),
        (
            "git commit -q --allow-empty -m x",
            "another commit checked out",
        ),
        (
            "git checkout -q -b mine",
            "its worktree is on refs/heads/mine",
        ),
        ("rm -rf \"$PWD\"", "its worktree is gone"),
    ] {
        let void = alone(script);
        assert!(void.contains(why), "{script}: {void}");
    }
}

#[test]
fn a_scout_that_moves_references_is_void_and_no_other_is() {
    for (script, name) in [
        (
            "git update-ref refs/heads/other $(git commit-tree -m x HEAD:)",
            "refs/heads/other",
        ),
        ("git branch new", "refs/heads/new"),
        ("git tag new", "refs/tags/new"),
        ("git update-ref refs/baton/runs/x HEAD", "refs/baton/runs/x"),
    ] {
        let (bad, good) = beside_an_innocent(script);
        assert!(bad.contains(name), "{script}: {bad}");
        assert_eq!(good, "", "{script}");
    }
}

#[test]
fn what_nobody_can_be_named_for_counts_against_who_was_there() {
    for (script, why) in [
        ("git branch -q -D other", "refs/heads/other is gone"),
        (
            "git rev-parse HEAD > \"$BATON_GIT_DIR/refs/heads/raw\"",
            "refs/heads/raw was made",
        ),
        (
            "echo new > \"$BATON_GIT_DIR/../src/old\"",
            "src/old changed in",
        ),
        (
            "git -C \"$BATON_GIT_DIR/..\" checkout -q other",
            "something else is checked out",
        ),
    ] {
        let void = alone(script);
        assert!(void.contains(why), "{script}: {void}");
    }
}

#[test]
fn what_others_do_meanwhile_is_not_the_scouts_fault() {
    let as_another = "env -u GIT_CONFIG_COUNT GIT_COMMITTER_NAME=Other GIT_COMMITTER_EMAIL=other@example.com git -C \"$BATON_GIT_DIR/..\"";
    for done in [
        "update-ref refs/heads/other $(git commit-tree -m x HEAD:)",
        "commit -q --allow-empty -m more",
        "checkout -q other",
        "branch theirs",
        "update-ref refs/baton/sessions/x HEAD",
    ] {
        assert_eq!(alone(&format!("{as_another} {done}")), "", "{done}");
    }
}

#[test]
fn who_fails_or_says_nothing_is_void() {
    let scene = Scene::new(PLANS)
        .scout("fails", "echo out of tokens; exit 3")
        .scout("silent", "true")
        .ready();
    let came = scene.wish(1);
    assert_eq!(came["end"], "no_findings");
    assert!(void(&came, "fails").contains("exit status 3: out of tokens"));
    assert_eq!(void(&came, "silent"), "it said nothing");
}

#[test]
fn missing_constraints_are_named_and_nobody_is_asked() {
    let scene = Scene::new("echo > \"$BATON_GIT_DIR/asked\"")
        .and("[conductor.feature]\nconstraints = ['C.md', 'src/old', 'docs/D.md']")
        .ready();
    scene.sandbox.write("C.md", "not committed\n");
    let (run, _) = scene.feature(&["x"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("C.md, docs/D.md") && !run.err.contains("src/old"),
        "{}",
        run.err
    );
    assert_eq!(scene.left("asked"), "");
    assert_eq!(scene.sandbox.git(["for-each-ref", "refs/baton/"]), "");
}

#[test]
fn nobody_is_asked_while_somebody_who_follows_is_missing() {
    let scene = Scene::new(PLANS)
        .scout("one", "echo >> \"$BATON_GIT_DIR/asked\"; echo fine")
        .and("[conductor.gate]\ncommand = 'no-such-gate'")
        .and("[[conductor.feature.validator]]\nname = 'v'\ncommand = 'no-such-judge'")
        .ready();
    let (run, _) = scene.whole(&["Let people log in"]);
    assert_eq!(run.code, 2, "{run:?}");
    for told in [
        "`no-such-gate` here that [conductor.gate]",
        "`no-such-judge` here that validator `v`",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    assert_eq!(scene.left("asked"), "");
    let records = scene.sandbox.git(["for-each-ref", "refs/baton/runs"]);
    assert_eq!(records, "", "there is nothing to go on with");

    let planned = scene.wish(0);
    let (run, _) = scene.whole(&["--resume", id(&planned)]);
    assert!(run.err.contains("no-such-judge"), "{}", run.err);
}

#[test]
fn scouts_and_planners_may_print_events() {
    let says = |text: &str| {
        format!(
            "printf '%s\\n' '{{\"type\":\"user\",\"message\":{{\"content\":\"of a tool\"}}}}' \
             '{{\"type\":\"result\",\"result\":{}}}'",
            serde_json::to_string(text).unwrap()
        )
    };
    let plan = format!(
        "Here it is:\n```toml\n{}```\n",
        crate::feature::scene::TASKS
    );
    let scene = Scene::new("cat \"$BATON_GIT_DIR/said\"")
        .scout("one", &says("It is in src."))
        .ready();
    let event = serde_json::json!({"type": "result", "result": plan});
    std::fs::write(scene.sandbox.repo().join(".git/said"), format!("{event}\n")).unwrap();
    let came = scene.wish(0);
    assert_eq!(came["tasks"][0]["id"], "a");
    let context = scene.recorded(id(&came), "context.md");
    assert!(context.contains("## one\n\nIt is in src."), "{context}");
    assert!(!context.contains("of a tool"), "{context}");
}
