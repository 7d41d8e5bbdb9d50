//! `bundled-sessions` counts work that begins or is under way, not logs of sessions that have ended.

use crate::accept::world::World;

fn path(session: u32) -> String {
    format!(".agents/sessions/2025-12-18-session-{session}.md")
}

/// A log as the end of a session asks for it, or one with a row open.
fn log(session: u32, is_done: bool) -> String {
    let (mark, evidence) = if is_done {
        ("[x]", "the tests pass")
    } else {
        ("[ ]", "")
    };
    let digest = "ab".repeat(32);
    format!(
        "# Session {session}\n\n**Summary**: sha256:{digest}\n\n| Req | Step | Status | Evidence |\n\
         |---|---|---|---|\n| MUST | Run the checks | {mark} | {evidence} |\n"
    )
}

/// A repository with the logs of sessions 19 and 20.
fn with_logs(are_done: bool) -> World {
    let w = World::new();
    for session in [19, 20] {
        w.commit(&path(session), &log(session, are_done));
    }
    w
}

/// Edits both logs in one commit, in each way that is no work.
fn edits(w: &World) -> Vec<Vec<&'static str>> {
    for session in [19, 20] {
        let text = w.read(&path(session));
        w.write(&path(session), &text.replace('\n', "\r\n"));
    }
    vec![vec!["commit", "-qam", "line ends"]]
}

#[test]
fn a_mass_edit_of_ended_logs_is_no_work() {
    let w = with_logs(true);
    for args in edits(&w) {
        w.git(args).ok();
    }
    for session in [19, 20] {
        let text = w.read(&path(session));
        w.write(&path(session), &format!("{text}\nSee also the index.\n"));
    }
    w.git(["commit", "-qam", "link the index"]).ok();
    for session in [19, 20] {
        let to = path(session).replace("session-", "session-0");
        w.git(["mv", &path(session), &to]).ok();
    }
    w.git(["commit", "-qam", "number the logs alike"]).ok();
    w.verifies("policy..");
    w.verifies("--all");
}

#[test]
fn logs_that_do_not_say_so_count() {
    let w = with_logs(false);
    for args in edits(&w) {
        w.git(args).refused("bundled-sessions");
    }
    w.git(["reset", "-q", "--hard"]).ok();
    for session in [19, 20] {
        w.write(&path(session), &log(session, true));
    }
    w.git(["commit", "-qam", "end both"])
        .refused("bundled-sessions")
        .by("pre-commit");
    // A log without a summary's digest says nothing.
    w.git(["reset", "-q", "--hard"]).ok();
    for session in [21, 22] {
        let text = log(session, true).replace("sha256:ab", "sha256:(none)");
        w.commit(&path(session), &text);
    }
    for session in [21, 22] {
        w.write(&path(session), "both\n");
    }
    w.git(["commit", "-qam", "both"])
        .refused("bundled-sessions");
}

#[test]
fn a_new_log_of_an_ended_session_counts() {
    let w = with_logs(true);
    w.write(".agents/sessions/2025-12-18-session-19-more.md", "more\n");
    w.write(&path(21), "log\n");
    w.git(["add", "."]).ok();
    w.git(["commit", "-qm", "more"]).refused("bundled-sessions");
}

#[test]
fn a_typo_in_anothers_ended_log_is_mended_beside_ones_own_work() {
    let w = with_logs(true);
    w.write(&path(19), &log(19, true).replace("checks", "checks again"));
    w.write(&path(21), "log\n");
    w.git(["add", "."]).ok();
    let args = ["commit", "-qm", "mend\n\nBaton-Session: 21"];
    w.git(args).ok();
    w.write(&path(20), &log(20, false));
    w.write(&path(22), "log\n");
    w.write(&path(21), "more\n");
    w.git(["add", "."]).ok();
    w.git(["commit", "-qm", "two"]).refused("bundled-sessions");
}

#[test]
fn a_revert_of_a_revert_brings_back_what_an_aggregate_has_carried() {
    let w = World::new();
    for session in ["19", "20"] {
        w.aggregate(session);
    }
    w.git(["rm", "-q", &path(19), &path(20)]).ok();
    w.git(["commit", "-qm", "Revert \"merge\""]).ok();
    w.git(["revert", "--no-edit", "HEAD"]).ok();
    assert!(w.read(&path(19)).starts_with("log"));
    w.verifies("policy..");
    // Without the aggregates they would be new.
    let start = w.rev("policy");
    w.unguarded(["reset", "-q", "--hard", &start]).ok();
    for session in [19, 20] {
        w.write(&path(session), "log\n");
    }
    w.git(["add", "."]).ok();
    w.git(["commit", "-qm", "both"]).refused("bundled-sessions");
}
