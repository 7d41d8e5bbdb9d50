//! `git baton session summary`, and the log that names what it stores.

use std::fs;
use std::path::Path;

use crate::session::scene::{
    codes, command, commit_all, fixture, program, refusals, session, start, tick,
};
use baton_testkit::{run, write_below};

#[test]
fn a_summary_outlives_its_worktree_and_garbage_collection() {
    let fixture = fixture();
    let tree = fixture.linked("agent");
    let (number, log) = start(&fixture, &tree, &[]);
    tick(&tree, &log);
    let mut summary = command(&fixture, &tree, &["summary", "-"]);
    run(&mut summary, b"caf\xe9 \xff\n").ok();
    commit_all(&fixture, &tree, "log");
    session(&fixture, &tree, &["end"]).ok();
    fixture
        .git(["worktree", "remove", "--force", tree.to_str().unwrap()])
        .ok();
    fixture.git(["branch", "-D", "agent"]).ok();
    fixture
        .git(["reflog", "expire", "--expire=now", "--all"])
        .ok();
    fixture.git(["gc", "-q", "--prune=now"]).ok();
    let blob = format!("refs/baton/sessions/{number}:summary.md");
    let mut cat = fixture.command(&fixture.repo());
    let out = cat.args(["cat-file", "blob", &blob]).output().unwrap();
    assert_eq!(out.stdout, b"caf\xe9 \xff\n");
    let listed = session(&fixture, &fixture.repo(), &["list"]).ok();
    assert!(listed.contains("ended"), "{listed}");
}

#[test]
fn another_summary_needs_another_commit_of_the_log() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (_, log) = start(&fixture, &repo, &[]);
    tick(&repo, &log);
    let hand_in = |text: &[u8]| {
        let mut summary = command(&fixture, &repo, &["summary", "-"]);
        run(&mut summary, text).ok()
    };
    let named = || {
        let text = fixture.read(&log);
        let lines = text
            .lines()
            .filter(|line| line.starts_with("**Summary**: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(hand_in(b"one\n").lines().count(), 2);
    let first = named();
    let shown = session(&fixture, &repo, &["show"]).ok();
    let digest = first[0].strip_prefix("**Summary**: ").unwrap();
    assert!(shown.contains(&format!("digest   {digest}\n")), "{shown}");
    commit_all(&fixture, &repo, "log");
    hand_in(b"two\n");
    assert_eq!(named().len(), 1);
    assert_ne!(named(), first);
    fixture.git(["checkout", "-q", "--", &log]).ok();
    assert_eq!(codes(&refusals(&fixture, &repo)), ["summary-unbound"]);
    let lint = session(&fixture, &repo, &["lint"]);
    assert!(lint.out.contains("does not name the summary"), "{lint:#?}");
    hand_in(b"two\n");
    commit_all(&fixture, &repo, "log");
    session(&fixture, &repo, &["end"]).ok();
}

#[test]
fn a_log_that_was_moved_is_bound_where_it_is() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (_, log) = start(&fixture, &repo, &[]);
    tick(&repo, &log);
    let moved = ".agents/sessions/2025-12-18-session-1-of-another-name.md";
    commit_all(&fixture, &repo, "log");
    fixture.git(["mv", &log, moved]).ok();
    let mut summary = command(&fixture, &repo, &["summary", "-"]);
    let said = run(&mut summary, b"one\n").ok();
    assert!(said.contains("there is no log"), "{said}");
    fixture.git(["commit", "-qm", "move"]).ok();
    let mut summary = command(&fixture, &repo, &["summary", "-"]);
    let said = run(&mut summary, b"one\n").ok();
    assert!(said.contains(moved), "{said}");
    commit_all(&fixture, &repo, "bind");
    session(&fixture, &repo, &["end"]).ok();
}

#[test]
fn an_ended_sessions_summary_can_be_replaced_until_it_is_aggregated() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (number, log) = start(&fixture, &repo, &[]);
    let other = fixture.linked("other");
    let replace = |at: &Path, text: &str| {
        fs::write(fixture.path("summary"), text).unwrap();
        let file = fixture.path("summary");
        let args = ["summary", file.to_str().unwrap(), "--session", &number];
        session(&fixture, at, &args)
    };
    let refused = replace(&other, "not mine\n");
    assert!(
        refused.err.contains("session 1 is still active in ")
            && refused.err.contains("&& git baton session end` ends it"),
        "{refused:#?}"
    );
    replace(&repo, "first\n").ok();
    tick(&repo, &log);
    commit_all(&fixture, &repo, "log");
    session(&fixture, &repo, &["end"]).ok();
    replace(&other, "second\n").ok();
    let shown = session(&fixture, &repo, &["show", &number]).ok();
    assert!(
        shown.contains("second") && !shown.contains("first"),
        "{shown}"
    );

    replace(&repo, "second\n").ok();
    commit_all(&fixture, &repo, "the log names the other summary");
    let mut aggregate = program(&fixture, &repo);
    run(aggregate.args(["orchestrator", "aggregate"]), b"").ok();
    let refused = replace(&other, "third\n");
    assert!(
        refused.err.contains("in the handoff document already"),
        "{refused:#?}"
    );
}

#[test]
fn a_record_from_elsewhere_names_no_file_to_write() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (number, log) = start(&fixture, &repo, &[]);
    tick(&repo, &log);
    let file = fixture.path("summary");
    fs::write(&file, "first\n").unwrap();
    session(&fixture, &repo, &["summary", file.to_str().unwrap()]).ok();
    commit_all(&fixture, &repo, "log");
    session(&fixture, &repo, &["end"]).ok();
    let own = fs::read(repo.join("baton.toml")).unwrap();
    let reference = format!("refs/baton/sessions/{number}");
    let record = fixture
        .git(["show", &format!("{reference}:session.json")])
        .ok();
    let forged = fixture.path("session.json");
    fs::write(&forged, record.replace(&log, "baton.toml")).unwrap();
    let blob = fixture
        .git(["hash-object", "-w", forged.to_str().unwrap()])
        .ok();
    let index = fixture.path("index");
    let staged = |args: &[&str]| {
        let mut git = fixture.command(&repo);
        run(git.env("GIT_INDEX_FILE", &index).args(args), b"").ok()
    };
    let entry = format!("100644,{},session.json", blob.trim());
    staged(&["update-index", "--add", "--cacheinfo", &entry]);
    let tree = staged(&["write-tree"]);
    let commit = fixture.git(["commit-tree", "-m", "x", tree.trim()]).ok();
    fixture.git(["update-ref", &reference, commit.trim()]).ok();
    let args = ["summary", file.to_str().unwrap(), "--session", &number];
    session(&fixture, &repo, &args).ok();
    assert_eq!(fs::read(repo.join("baton.toml")).unwrap(), own);
}

#[test]
fn a_bare_repository_takes_the_summary_and_says_what_the_log_needs() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (number, log) = start(&fixture, &repo, &[]);
    fs::write(fixture.path("summary"), "first\n").unwrap();
    let file = fixture.path("summary");
    session(&fixture, &repo, &["summary", file.to_str().unwrap()]).ok();
    tick(&repo, &log);
    commit_all(&fixture, &repo, "log");
    session(&fixture, &repo, &["end"]).ok();
    let bare = fixture.path("bare");
    let (from, to) = (repo.to_str().unwrap(), bare.to_str().unwrap());
    fixture
        .git_at(fixture.dir(), ["clone", "-q", "--mirror", from, to])
        .ok();
    fs::write(&file, "second\n").unwrap();
    let args = ["summary", file.to_str().unwrap(), "--session", &number];
    let stored = session(&fixture, &bare, &args).ok();
    assert!(stored.contains("**Summary**: sha256:"), "{stored}");
    let shown = session(&fixture, &bare, &["show", &number]).ok();
    assert!(shown.contains("second"), "{shown}");
}

#[test]
fn a_summary_that_is_not_there_is_no_summary() {
    let fixture = fixture();
    let repo = fixture.repo();
    let unbound = session(&fixture, &repo, &["summary"]);
    assert_eq!(unbound.code, 2);
    assert!(unbound.err.contains("session start"), "{unbound:#?}");
    start(&fixture, &repo, &[]);
    let missing = session(&fixture, &repo, &["summary"]);
    assert!(
        missing.err.contains("handoff-session-1-summary.md"),
        "{missing:#?}"
    );
    write_below(&repo, "empty.md", " \n");
    let empty = session(&fixture, &repo, &["summary", "empty.md"]);
    assert!(empty.err.contains("the summary is empty"), "{empty:#?}");
    write_below(&repo, ".agents/temp/handoff-session-01-summary.md", "x\n");
    session(&fixture, &repo, &["summary"]).ok();
}
