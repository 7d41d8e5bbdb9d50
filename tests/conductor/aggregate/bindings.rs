//! The digest in a session's log, by which a clone knows which summary the session handed in.

use std::path::{Path, PathBuf};

use crate::aggregate::support::{HANDOFF, World, write};

const LOG: &str = ".agents/sessions/2025-12-18-session-19-read-dates.md";

/// One session, from `session start` to `session end`, in a worktree that is merged.
fn ended(world: &World, number: &str, title: &str, summary: &str) -> PathBuf {
    let place = begun(world, number, title);
    let log = log_of(world, &place);
    hand_in(world, &place, summary);
    tick(&place, &log);
    world.git_in(&place, &["add", "-A"]);
    world.git_in(&place, &["commit", "-q", "-m", "The log"]);
    said(world, &place, &["session", "end"]);
    place
}

fn begun(world: &World, number: &str, title: &str) -> PathBuf {
    let place = world.root().join(format!("agent-{number}"));
    let branch = format!("agent-{number}");
    let args = ["worktree", "add", "-q", "-b", &branch];
    let args = [&args[..], &[place.to_str().unwrap()]].concat();
    world.git(&args);
    let start = ["session", "start", "--id", number, "--date", "2025-12-18"];
    said(world, &place, &[&start[..], &["--title", title]].concat());
    place
}

fn hand_in(world: &World, place: &Path, summary: &str) {
    let file = world.root().join("handed-in");
    write(&file, summary);
    said(
        world,
        place,
        &["session", "summary", file.to_str().unwrap()],
    );
}

#[track_caller]
fn said(world: &World, place: &Path, args: &[&str]) -> String {
    let (code, said) = world.baton_in(place, args);
    assert_eq!(code, 0, "{args:?}: {said}");
    said
}

fn log_of(world: &World, place: &Path) -> String {
    let shown = said(world, place, &["session", "show"]);
    let log = shown.lines().find_map(|line| line.strip_prefix("log"));
    log.unwrap().trim().to_owned()
}

fn tick(place: &Path, log: &str) {
    let path = place.join(log);
    let text = std::fs::read_to_string(&path).unwrap();
    write(&path, &text.replace("| [ ] | |", "| [x] | seen |"));
}

/// A summary put where the aggregate command finds it; what agents without Baton do.
fn plain(world: &World, number: u32, text: &str) {
    let path = format!(".agents/temp/handoff-session-{number}-summary.md");
    world.write(&path, text);
}

/// The tip's aggregate again with other text in it, digests and seal made to fit.
fn rewritten(world: &World, from: &str, to: &str) {
    let digest = |text: &str| baton_core::handoff::digest(text.into());
    let message = world.git(&["log", "-1", "--format=%B"]);
    let message = message.replace(&digest(from), &digest(to));
    world.write(HANDOFF, &world.read(HANDOFF).replace(from, to));
    world.remake(&message);
}

#[track_caller]
fn assert_refused(world: &World, why: &str) {
    let (code, said) = world.verify_clone();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(why), "{said}");
}

fn has_ended(world: &World) {
    ended(world, "19", "Read dates", "Dates are read\n");
    world.merge(19);
}

#[test]
fn what_the_session_handed_in_is_aggregated_under_the_guard() {
    for policy in ["", "[sessions]\nbind_summaries = \"required\"\n"] {
        let world = World::with_hooks(policy);
        has_ended(&world);
        world.aggregated(&["--date", "2025-12-18"]);
        let expected = "#### Session 19: Read dates\nDates are read\n";
        assert!(world.read(HANDOFF).contains(expected));
        world.assert_verified();
    }
}

#[test]
fn another_summary_than_the_log_names_is_refused_on_any_clone() {
    let world = World::new("");
    has_ended(&world);
    world.aggregated(&["--date", "2025-12-18"]);
    rewritten(&world, "Dates are read\n", "Dates are read\n");
    world.assert_verified();
    rewritten(&world, "Dates are read\n", "All is well\n");
    assert_refused(
        &world,
        "the session's log .agents/sessions/2025-12-18-session-19",
    );
}

#[test]
fn the_aggregate_command_refuses_it_as_well_and_says_which_line_would_do() {
    let world = World::new("");
    has_ended(&world);
    world.git(&["update-ref", "-d", "refs/baton/sessions/19"]);
    plain(&world, 19, "All is well\n");
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2);
    let joined = said.replace(['\n', '│'], " ");
    let words: Vec<_> = joined.split_whitespace().collect();
    let joined = words.join(" ");
    let digest = baton_core::handoff::digest("All is well\n".into());
    assert!(joined.contains("names another summary"), "{said}");
    assert!(joined.contains(&digest), "{said}");
    let left = world.aggregated(&["--partial"]);
    assert!(left.contains("left out: session 19"), "{left}");
    assert_eq!(world.aggregates(), 0);
}

#[test]
fn a_session_that_has_handed_in_nothing_is_bound_from_its_start() {
    let world = World::new("");
    let place = begun(&world, "19", "Read dates");
    world.git_in(&place, &["add", "-A"]);
    world.git_in(&place, &["commit", "-q", "-m", "An early log"]);
    world.merge(19);
    world.agents(&[20]);
    world.aggregated(&["--sessions", "20", "--partial"]);
    let text = world.read(HANDOFF).replace("Session 20", "Session 19");
    world.write(HANDOFF, &text);
    let message = world.git(&["log", "-1", "--format=%B"]);
    let message = message.replace(": 20", ": 19");
    world.remake(&message);
    assert_refused(
        &world,
        "the session's log .agents/sessions/2025-12-18-session-19",
    );
}

#[test]
fn a_second_log_does_not_take_the_place_of_the_first() {
    let world = World::new("");
    has_ended(&world);
    let other = ".agents/sessions/1999-01-01-session-19.md";
    world.write(other, "# Session 19: Mine\n");
    world.commit_all("Another log of that number");
    world.git(&["update-ref", "-d", "refs/baton/sessions/19"]);
    plain(&world, 19, "All is well\n");
    let (code, said) = world.aggregate(&["--sessions", "1999-01-01/19"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("names another summary"), "{said}");
}

#[test]
fn a_log_that_is_a_link_is_none() {
    let world = World::new("");
    world.agents(&[19]);
    world.aggregated(&["--date", "2025-12-18"]);
    let message = world.git(&["log", "-1", "--format=%B"]);
    let entry = world.read(HANDOFF);
    world.git(&["reset", "-q", "--hard", "HEAD^"]);
    let log = ".agents/sessions/2025-12-18-session-19-work.md";
    std::fs::remove_file(world.main().join(log)).unwrap();
    std::os::unix::fs::symlink("../HANDOFF.md", world.main().join(log)).unwrap();
    world.commit_all("A link");
    let base = world.tip();
    world.write(HANDOFF, &entry);
    let old = world.git(&["rev-parse", "HEAD^"]);
    world.commit_all(&message.replace(&old, &base));
    world.reseal();
    assert_refused(&world, "session 19 has no session log");
}

#[test]
fn sessions_without_the_line_are_aggregated_unless_the_policy_asks_for_it() {
    let world = World::new("");
    world.agents(&[19]);
    world.aggregated(&[]);
    world.assert_verified();

    let world = World::new("[sessions]\nbind_summaries = \"required\"\n");
    world.agents(&[19]);
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2);
    assert!(said.contains("does not name its summary"), "{said}");
    let log = ".agents/sessions/2025-12-18-session-19-work.md";
    let digest = baton_core::handoff::digest("##### Summary\n\n- Did part 19\n".into());
    let bound = format!("{}\n**Summary**: {digest}\n", world.read(log));
    world.write(log, &bound);
    world.commit_all("Name the summary");
    world.aggregated(&[]);
    world.assert_verified();
}

#[test]
fn an_earlier_change_of_the_log_is_what_the_binding_does_not_tell() {
    let world = World::new("");
    has_ended(&world);
    let log = world.read(LOG);
    let own = baton_core::handoff::digest("Dates are read\n".into());
    let other = baton_core::handoff::digest("All is well\n".into());
    world.write(LOG, &log.replace(&own, &other));
    world.commit_all("Change the log");
    world.git(&["update-ref", "-d", "refs/baton/sessions/19"]);
    plain(&world, 19, "All is well\n");
    world.aggregated(&[]);
    world.assert_verified();
}
