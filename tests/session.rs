//! `git baton session` with real git: numbers, bindings, logs, summaries, endings.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{BATON, Fixture, HANDOFF, Make, Ran, gits, run, write_below};

const DAY: &str = "2025-12-18";

fn fixture() -> Fixture {
    Fixture::new(&gits()[0])
}

/// `git baton session` in this worktree.
fn command(fixture: &Fixture, worktree: &Path, args: &[&str]) -> Command {
    let mut command = program(fixture, worktree);
    command.arg("session").args(args);
    command
}

/// The program in this worktree.
fn program(fixture: &Fixture, worktree: &Path) -> Command {
    let like = fixture.command(worktree);
    let mut command = Command::new(BATON);
    command.current_dir(worktree).env_clear().envs(
        like.get_envs()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    command
}

fn session(fixture: &Fixture, worktree: &Path, args: &[&str]) -> Ran {
    run(&mut command(fixture, worktree, args), b"")
}

/// Starts a session and returns its number and its log.
#[track_caller]
fn start(fixture: &Fixture, worktree: &Path, args: &[&str]) -> (String, String) {
    let all = [&["start", "--date", DAY, "--format", "json"], args].concat();
    let json: Value = serde_json::from_str(&session(fixture, worktree, &all).ok()).unwrap();
    let text = |key: &str| json["sessions"][0][key].as_str().unwrap().to_owned();
    (text("number"), text("log_path"))
}

fn worktree(fixture: &Fixture, name: &str) -> PathBuf {
    let path = fixture.path(name);
    let text = path.to_str().unwrap();
    fixture
        .git(["worktree", "add", "-q", "--no-track", "-b", name, text])
        .ok();
    path
}

/// Ticks every row of a log.
fn tick(worktree: &Path, log: &str) {
    let text = fs::read_to_string(worktree.join(log)).unwrap();
    fs::write(
        worktree.join(log),
        text.replace("| [ ] | |", "| [x] | seen |"),
    )
    .unwrap();
}

#[track_caller]
fn commit_all(fixture: &Fixture, worktree: &Path, message: &str) {
    fixture.git_at(worktree, ["add", "-A"]).ok();
    fixture.git_at(worktree, ["commit", "-qm", message]).ok();
}

/// The findings' codes when the session cannot end.
#[track_caller]
fn refusals(fixture: &Fixture, worktree: &Path) -> Vec<(String, Value)> {
    let ran = session(fixture, worktree, &["end", "--format", "json"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["session"]["state"], "active");
    let findings = json["findings"].as_array().unwrap();
    let errors = findings.iter().filter(|one| one["severity"] == "error");
    errors
        .map(|one| {
            (
                one["code"].as_str().unwrap().to_owned(),
                one["line"].clone(),
            )
        })
        .collect()
}

fn codes(found: &[(String, Value)]) -> Vec<&str> {
    found.iter().map(|(code, _)| code.as_str()).collect()
}

#[test]
fn fifty_starts_at_once_get_fifty_numbers() {
    let fixture = fixture();
    let head = fixture.rev("HEAD");
    let trees: Vec<_> = (0..50)
        .map(|at| {
            let path = fixture.path(&format!("agent-{at}"));
            let text = path.to_str().unwrap();
            fixture
                .git(["worktree", "add", "-q", "--detach", text, &head])
                .ok();
            path
        })
        .collect();
    let children: Vec<_> = trees
        .iter()
        .map(|tree| {
            let mut command = command(&fixture, tree, &["start", "--date", DAY]);
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let bound: BTreeSet<usize> = trees
        .iter()
        .map(|tree| {
            let json = session(&fixture, tree, &["show", "--format", "json"]).ok();
            let json: Value = serde_json::from_str(&json).unwrap();
            let log = json["sessions"][0]["log_path"].as_str().unwrap();
            assert!(tree.join(log).exists());
            json["sessions"][0]["number"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(bound, (1..=50).collect());
}

#[test]
fn two_clones_of_one_remote_never_share_a_number() {
    let fixture = fixture();
    let bare = fixture.add_remote("origin");
    let clones: Vec<_> = ["one", "two"]
        .iter()
        .map(|name| {
            let path = fixture.path(name);
            let args = [
                "clone",
                "-q",
                bare.to_str().unwrap(),
                path.to_str().unwrap(),
            ];
            fixture.git_at(fixture.dir(), args).ok();
            path
        })
        .collect();
    let mut children = Vec::new();
    for at in 0..5 {
        for clone in &clones {
            let tree = clone.join(format!(
                "../{at}-of-{}",
                clone.file_name().unwrap().display()
            ));
            let args = ["worktree", "add", "-q", "--detach", tree.to_str().unwrap()];
            fixture.git_at(clone, args).ok();
            let mut command = command(&fixture, &tree, &["start", "--date", DAY]);
            let out = command.stdout(std::process::Stdio::piped()).spawn();
            children.push(out.unwrap());
        }
    }
    let mut numbers = BTreeSet::new();
    for child in children {
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{out:?}");
        numbers.insert(String::from_utf8(out.stdout).unwrap());
    }
    assert_eq!(numbers.len(), 10, "{numbers:?}");
    let remote = fixture.git_at(&bare, ["for-each-ref", "refs/baton/sessions"]);
    assert_eq!(remote.ok().lines().count(), 10);
}

#[test]
fn without_its_remote_a_clone_hands_out_no_number_of_its_own() {
    let fixture = fixture();
    let bare = fixture.add_remote("origin");
    fs::rename(&bare, fixture.path("away")).unwrap();
    let refused = session(&fixture, &fixture.repo(), &["start"]);
    assert_eq!(refused.code, 2, "{refused:#?}");
    assert!(
        refused.err.contains("origin") && refused.err.contains("--id N"),
        "{refused:#?}"
    );
    assert_eq!(fixture.git(["for-each-ref", "refs/baton"]).ok(), "");
    let given = session(
        &fixture,
        &fixture.repo(),
        &["start", "--id", "7", "--date", DAY],
    );
    assert!(given.err.contains("could not be asked"), "{given:#?}");
    assert!(given.ok().starts_with("session 2025-12-18/7\n"));
}

#[test]
fn a_policy_can_turn_sharing_off() {
    let fixture = Fixture::with_policy(&gits()[0], "[sessions]\nremote = \"\"\n");
    fixture.git(["remote", "add", "origin", "/nowhere"]).ok();
    assert_eq!(start(&fixture, &fixture.repo(), &[]).0, "1");
}

#[test]
fn a_number_that_the_remote_has_cannot_be_given() {
    let fixture = fixture();
    let bare = fixture.add_remote("origin");
    start(&fixture, &fixture.repo(), &["--id", "9"]);
    let clone = fixture.path("clone");
    let args = [
        "clone",
        "-q",
        bare.to_str().unwrap(),
        clone.to_str().unwrap(),
    ];
    fixture.git_at(fixture.dir(), args).ok();
    let taken = session(&fixture, &clone, &["start", "--id", "9"]);
    assert_eq!(taken.code, 2);
    assert!(taken.err.contains("session 9 exists already"), "{taken:#?}");
    assert_eq!(start(&fixture, &clone, &[]).0, "10");
}

#[test]
fn a_bound_worktree_starts_no_second_session_and_another_one_does() {
    let fixture = fixture();
    let (first, log) = start(&fixture, &fixture.repo(), &["--title", "First"]);
    let refused = session(&fixture, &fixture.repo(), &["start"]);
    assert_eq!(refused.code, 2);
    for told in ["First", "2025-12-18/1", "session end", "worktree add"] {
        let words = refused.err.split_whitespace().filter(|word| *word != "│");
        let said = words.collect::<Vec<_>>().join(" ");
        assert!(said.contains(told), "{told}: {refused:#?}");
    }
    assert_eq!(first, "1");
    assert!(fixture.repo().join(log).exists());
    let other = worktree(&fixture, "other");
    assert_eq!(start(&fixture, &other, &[]).0, "2");
}

#[test]
fn commits_in_a_bound_worktree_carry_its_trailer() {
    let fixture = fixture();
    let other = worktree(&fixture, "other");
    start(&fixture, &fixture.repo(), &[]);
    start(&fixture, &other, &[]);
    for (tree, id) in [(fixture.repo(), "2025-12-18/1"), (other, "2025-12-18/2")] {
        commit_all(&fixture, &tree, "log");
        let format = "--format=%(trailers:key=Baton-Session,valueonly)";
        assert_eq!(fixture.git_at(&tree, ["log", "-1", format]).ok(), id);
    }
}

#[test]
fn a_start_that_was_cut_short_goes_on() {
    let fixture = fixture();
    let (number, log) = start(&fixture, &fixture.repo(), &[]);
    fs::remove_file(fixture.repo().join(&log)).unwrap();
    fs::remove_file(fixture.git_dir().join("baton/session")).unwrap();
    assert_eq!(
        start(&fixture, &fixture.repo(), &["--id", &number]),
        (number, log.clone())
    );
    assert!(fixture.repo().join(log).exists());
}

#[test]
fn a_log_that_is_gone_is_written_anew() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (number, log) = start(&fixture, &repo, &["--title", "Tidy"]);
    let taken = session(&fixture, &repo, &["start", "--id", &number]);
    assert!(taken.err.contains("still active"), "{taken:#?}");
    fs::remove_file(repo.join(&log)).unwrap();
    for asked in ["lint", "end"] {
        let said = session(&fixture, &repo, &[asked]);
        assert_eq!(said.code, 1, "{said:#?}");
        assert!(
            (said.out.clone() + &said.err).contains("session start --id 1` writes it"),
            "{said:#?}"
        );
    }
    let taken = session(&fixture, &repo, &["start"]);
    assert!(taken.err.contains("still active"), "{taken:#?}");
    start(&fixture, &repo, &["--id", &number]);
    assert!(
        fs::read_to_string(repo.join(&log))
            .unwrap()
            .contains("# Session 1: Tidy")
    );
}

#[test]
fn a_start_that_cannot_write_its_log_says_how_to_go_on() {
    let fixture = fixture();
    let repo = fixture.repo();
    fs::create_dir_all(repo.join(".agents")).unwrap();
    fs::write(repo.join(".agents/sessions"), "in the way").unwrap();
    let stopped = session(&fixture, &repo, &["start", "--date", DAY]);
    assert_eq!(stopped.code, 2);
    assert!(
        stopped.err.contains("`git baton session start --id 1`"),
        "{stopped:#?}"
    );
    fs::remove_file(repo.join(".agents/sessions")).unwrap();
    assert_eq!(start(&fixture, &repo, &["--id", "1"]).0, "1");
}

#[test]
fn a_session_ends_when_its_log_is_done_and_not_before() {
    for make in [
        Make::default(),
        Make {
            sha256: true,
            ..Make::default()
        },
        Make {
            reftable: true,
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

#[test]
fn each_row_that_is_not_met_is_named_with_its_line() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (_, log) = start(&fixture, &repo, &[]);
    fixture.write(".agents/temp/handoff-session-1-summary.md", "done\n");
    session(&fixture, &repo, &["summary"]).ok();
    tick(&repo, &log);
    let ticked = fixture.read(&log);
    let step = "| MUST | Run the checks that this repository asks for | [x] | seen |";
    let line = 1 + ticked.lines().position(|text| text == step).unwrap();
    for (instead, code, at) in [
        (step.replace("[x]", "[ ]"), "open-row", Value::from(line)),
        (step.replace("seen", ""), "no-evidence", Value::from(line)),
        (
            step.replace("| [x] | seen", "| [N/A] |"),
            "no-reason",
            Value::from(line),
        ),
        (
            step.replace("[x]", "done"),
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
        fixture.write(&log, &ticked.replace(&format!("{step}\n"), &instead));
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
fn a_number_too_long_for_a_log_is_refused_and_leaves_nothing() {
    let fixture = fixture();
    let repo = fixture.repo();
    let forty = "4".repeat(40);
    for id in ["1234567890", "0001234567890", &forty, &"7".repeat(300)] {
        let ran = session(&fixture, &repo, &["start", "--id", id]);
        assert_eq!(ran.code, 2, "{ran:#?}");
        let digits = id.trim_start_matches('0').len();
        let said = format!("has {digits} digits; a session's number has at most 9");
        assert!(ran.err.contains(&said), "{ran:#?}");
        assert!(ran.err.len() < 400, "{ran:#?}");
    }
    assert_eq!(fixture.git(["for-each-ref", "refs/baton"]).ok(), "");
    assert_eq!(
        start(&fixture, &repo, &["--id", "000123456789"]).0,
        "123456789"
    );
    let other = worktree(&fixture, "other");
    assert_eq!(start(&fixture, &other, &[]).0, "123456790");
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
fn a_summary_outlives_its_worktree_and_garbage_collection() {
    let fixture = fixture();
    let tree = worktree(&fixture, "agent");
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
    let other = worktree(&fixture, "other");
    let replace = |at: &Path, text: &str| {
        fs::write(fixture.path("summary"), text).unwrap();
        let file = fixture.path("summary");
        let args = ["summary", file.to_str().unwrap(), "--session", &number];
        session(&fixture, at, &args)
    };
    let refused = replace(&other, "not mine\n");
    assert!(
        refused.err.contains("still active in another worktree"),
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

#[test]
fn a_log_is_linted_outside_any_repository() {
    let fixture = Fixture::empty(&gits()[0], Make::default());
    let text = "# Session 1\n\n| Req | Step | Status | Evidence |\n|---|---|---|---|\n| MUST | Read it | [ ] | |\n";
    write_below(fixture.dir(), "log.md", text);
    let ran = session(&fixture, fixture.dir(), &["lint", "log.md"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .starts_with("log.md:5:20: error: MUST \"Read it\" is not ticked\n"),
        "{ran:#?}"
    );
    write_below(
        fixture.dir(),
        "log.md",
        &text.replace("[ ] | |", "[x] | done |"),
    );
    assert_eq!(
        session(&fixture, fixture.dir(), &["lint", "log.md"]).code,
        0
    );
}
