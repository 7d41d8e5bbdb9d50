//! `git baton session end`: what a session's log must say before.

use serde_json::Value;

use crate::session::scene::{codes, command, commit_all, fixture, refusals, session, start, tick};
use baton_testkit::gits::gits;
use baton_testkit::{Fixture, HANDOFF, Make, run};

#[test]
fn a_session_ends_when_its_log_is_done_and_not_before() {
    for make in [
        Make::default(),
        Make {
            sha256: true,
            ..Make::default()
        },
        Make {
            reftable: gits()[0].knows_reftable(),
            ..Make::default()
        },
    ] {
        let fixture = Fixture::made(&gits()[0], make);
        let repo = fixture.repo();
        let (_, log) = start(&fixture, &repo, &["--title", "Tidy"]);
        let found = refusals(&fixture, &repo);
        let found = codes(&found);
        for code in ["open-row", "log-uncommitted", "no-summary"] {
            assert!(found.contains(&code), "{found:?}");
        }
        tick(&repo, &log);
        commit_all(&fixture, &repo, "log");
        assert_eq!(codes(&refusals(&fixture, &repo)), ["no-summary"]);
        let summary = ".agents/temp/handoff-session-1-summary.md";
        fixture.write(summary, "What was done.\n");
        assert_eq!(codes(&refusals(&fixture, &repo)), ["summary-unbound"]);
        session(&fixture, &repo, &["summary"]).ok();
        assert_eq!(
            codes(&refusals(&fixture, &repo)),
            ["summary-unbound", "log-uncommitted"]
        );
        commit_all(&fixture, &repo, "more");
        session(&fixture, &repo, &["end"]).ok();
        let shown = session(&fixture, &repo, &["show", "1", "--format", "json"]).ok();
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["sessions"][0]["state"], "ended");
        assert_eq!(shown["sessions"][0]["summary"], "What was done.\n");
        assert_eq!(
            start(&fixture, &repo, &[]).0,
            "2",
            "the worktree is free again"
        );
    }
}

/// A row of a log that is ticked.
const STEP: &str = "| MUST | Run the checks that this repository asks for | [x] | seen |";

/// The log of a session that has its summary and is done.
struct TickedLog {
    session: String,
    path: String,
    text: String,
    /// The line of [`STEP`].
    line: usize,
}

impl TickedLog {
    fn of_new_session(fixture: &Fixture) -> Self {
        let repo = fixture.repo();
        let (number, path) = start(fixture, &repo, &[]);
        fixture.write(".agents/temp/handoff-session-1-summary.md", "done\n");
        session(fixture, &repo, &["summary"]).ok();
        tick(&repo, &path);
        let text = fixture.read(&path);
        let line = 1 + text.lines().position(|line| line == STEP).unwrap();
        Self {
            session: number,
            path,
            text,
            line,
        }
    }
}

#[test]
fn each_row_that_is_not_met_is_named_with_its_line() {
    let fixture = fixture();
    let repo = fixture.repo();
    let TickedLog {
        path: log,
        text: ticked,
        line,
        ..
    } = TickedLog::of_new_session(&fixture);
    for (instead, code, at) in [
        (STEP.replace("[x]", "[ ]"), "open-row", Value::from(line)),
        (STEP.replace("seen", ""), "no-evidence", Value::from(line)),
        (
            STEP.replace("| [x] | seen", "| [N/A] |"),
            "no-reason",
            Value::from(line),
        ),
        (
            STEP.replace("[x]", "done"),
            "unknown-status",
            Value::from(line),
        ),
        (String::new(), "missing-row", Value::Null),
    ] {
        let instead = if instead.is_empty() {
            instead
        } else {
            instead + "\n"
        };
        fixture.write(&log, &ticked.replace(&format!("{STEP}\n"), &instead));
        commit_all(&fixture, &repo, "log");
        assert_eq!(refusals(&fixture, &repo), [(code.to_owned(), at)]);
        let lint = session(&fixture, &repo, &["lint"]);
        assert_eq!(lint.code, 1);
        if code != "missing-row" {
            assert!(lint.out.contains(&format!("{log}:{line}:")), "{lint:#?}");
        }
    }
}

#[test]
fn a_ticked_box_does_not_outweigh_the_history() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (_, log) = start(&fixture, &repo, &[]);
    tick(&repo, &log);
    fixture.write(".agents/temp/handoff-session-1-summary.md", "done\n");
    session(&fixture, &repo, &["summary"]).ok();
    commit_all(&fixture, &repo, "log");
    fixture.write(HANDOFF, "# Handoff\n\n## Recent Work\n\nby hand\n");
    fixture.unguarded(["commit", "-qam", "by hand"]).ok();
    assert_eq!(codes(&refusals(&fixture, &repo)), ["broken-rule"]);
    fixture.unguarded(["reset", "-q", "--hard", "HEAD~1"]).ok();
    session(&fixture, &repo, &["end"]).ok();
}

#[test]
fn what_a_session_commits_to_another_branch_counts_too() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (number, log) = start(&fixture, &repo, &[]);
    tick(&repo, &log);
    let mut summary = command(&fixture, &repo, &["summary", "-"]);
    run(&mut summary, b"done\n").ok();
    commit_all(&fixture, &repo, "log");
    let main = fixture.rev("HEAD");
    let by_hand = |trailer: &str| {
        fixture
            .unguarded(["checkout", "-q", "-b", "side", &main])
            .ok();
        fixture.write(HANDOFF, "# Handoff\n\n## Recent Work\n\nby hand\n");
        let message = format!("by hand\n\n{trailer}");
        fixture.unguarded(["commit", "-qam", &message]).ok();
        fixture.unguarded(["checkout", "-q", "-"]).ok();
    };
    by_hand(&format!("Baton-Session: {number}"));
    assert_eq!(codes(&refusals(&fixture, &repo)), ["broken-rule"]);
    fixture.unguarded(["branch", "-q", "-D", "side"]).ok();
    by_hand("Baton-Session: 7");
    session(&fixture, &repo, &["end"]).ok();
}

#[test]
fn a_handoff_document_is_no_sessions_to_change_without_a_policy_either() {
    let fixture = Fixture::empty(&gits()[0], Make::default());
    let repo = fixture.repo();
    fixture.commit(HANDOFF, "# Handoff\n");
    let (_, log) = start(&fixture, &repo, &[]);
    tick(&repo, &log);
    fixture.write(HANDOFF, "mine\n");
    commit_all(&fixture, &repo, "log");
    session(&fixture, &repo, &["summary", HANDOFF]).ok();
    let found = refusals(&fixture, &repo);
    assert!(codes(&found).contains(&"broken-rule"), "{found:?}");
}

#[test]
fn evidence_that_is_not_there_keeps_a_session_from_ending() {
    let fixture = fixture();
    let repo = fixture.repo();
    let log = TickedLog::of_new_session(&fixture);
    let saying = |evidence: &str| log.text.replace(STEP, &STEP.replace("seen", evidence));
    for evidence in [
        "commit 1a2b3c4d",
        "on branch `auto/nowhere`",
        "session 77 ran them",
    ] {
        fixture.write(&log.path, &saying(evidence));
        commit_all(&fixture, &repo, "log");
        let found = refusals(&fixture, &repo);
        assert_eq!(
            found,
            [("unknown-evidence".to_owned(), Value::from(log.line))],
            "{evidence}"
        );
    }
    let head = fixture.rev("HEAD");
    let branch = fixture.git(["branch", "--show-current"]).ok();
    let there = format!(
        "commit {}, branch `{}`, session {}",
        &head[..9],
        branch.trim(),
        log.session
    );
    fixture.write(&log.path, &saying(&there));
    commit_all(&fixture, &repo, "log");
    session(&fixture, &repo, &["end"]).ok();
}
