//! Forgeries of aggregates that move old entries to an archive.

use crate::aggregate::support::{HANDOFF, World};

const ARCHIVE: &str = ".agents/archive/HANDOFF-2025-12-20.md";
const WORDS: &str = "entry_title = \"{date}: Sitzungen {sessions}\"\n\
    session_title = \"Sitzung {session} – {title}\"\norchestrator_label = \"Leitung\"\n\
    agents_label = \"Parallel\"\n";

/// Three aggregates, a day each; the third moves the first to its archive.
fn archiving(wording: &str) -> World {
    let world = World::new(&format!("[handoff]\nkeep_entries = 2\n{wording}"));
    for number in [18, 19, 20] {
        world.agents(&[number]);
        let date = format!("2025-12-{number}");
        world.aggregated(&["--date", &date, "--orchestrator", "99"]);
    }
    assert!(world.read(ARCHIVE).contains("Did part 18"));
    world.assert_verified();
    world
}

/// The tip's aggregate again after a change of files and message, with the seal that fits.
fn forged(world: &World, change: impl Fn(&World), message: impl Fn(String) -> String) {
    let text = message(world.git(&["log", "-1", "--format=%B"]));
    change(world);
    world.remake(&text);
}

fn replace(world: &World, path: &str, from: &str, to: &str) {
    let text = world.read(path);
    assert!(text.contains(from), "{path}: {text}");
    world.write(path, &text.replacen(from, to, 1));
}

#[track_caller]
fn assert_refused(world: &World, why: &str) {
    let (code, said) = world.verify_clone();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(why), "{why}: {said}");
}

const RECEIVED: &str = "is not what it was with the oldest entries of the handoff file put in";

#[test]
fn the_same_again_is_genuine() {
    for wording in ["", WORDS] {
        let world = archiving(wording);
        forged(&world, |_| {}, |message| message);
        world.assert_verified();
    }
}

#[test]
fn an_entry_that_changes_on_the_way_is_refused() {
    for (wording, from, to) in [
        ("", "Did part 18", "Did nothing"),
        ("", "Session 18: Part 18", "Session 18: Rest"),
        (
            "",
            "**Parallel Executions**: 1 agent",
            "**Parallel Executions**: 2 agents",
        ),
        ("", "\n#### Session", "\n\n#### Session"),
        (WORDS, "**Leitung**: Session 99", "**Leitung**: Session 98"),
        (WORDS, "Sitzung 18 –", "Session 18:"),
    ] {
        let world = archiving(wording);
        forged(&world, |world| replace(world, ARCHIVE, from, to), |it| it);
        assert_refused(&world, RECEIVED);
    }
}

#[test]
fn an_entry_that_gets_lost_on_the_way_is_refused() {
    let world = archiving("");
    let empty = |world: &World| world.write(ARCHIVE, "## Recent Work\n");
    forged(&world, empty, |message| message);
    assert_refused(&world, RECEIVED);

    let world = archiving("");
    let gone = |world: &World| std::fs::remove_file(world.main().join(ARCHIVE)).unwrap();
    forged(&world, gone, |message| message);
    assert_refused(&world, RECEIVED);
}

#[test]
fn an_entry_that_goes_to_another_file_is_refused() {
    let elsewhere = ".agents/archive/HANDOFF-2025-12-31.md";
    let change = |world: &World| {
        let (from, to) = (world.main().join(ARCHIVE), world.main().join(elsewhere));
        std::fs::rename(from, to).unwrap();
    };
    let world = archiving("");
    forged(&world, change, |message| message);
    assert_refused(&world, &format!("it changes `{elsewhere}`"));
    let world = archiving("");
    forged(&world, change, |message| {
        message.replace(ARCHIVE, elsewhere)
    });
    assert_refused(&world, "on that day the archive is");
}

#[test]
fn entries_that_were_archived_before_stay_as_they_are() {
    let world = archiving("");
    world.agents(&[21]);
    world.aggregated(&["--date", "2025-12-20"]);
    world.assert_verified();
    let change = |world: &World| replace(world, ARCHIVE, "Did part 18", "Did nothing");
    forged(&world, change, |message| message);
    assert_refused(&world, RECEIVED);

    let world = archiving("");
    world.agents(&[21]);
    world.aggregated(&["--date", "2025-12-21"]);
    let change = |world: &World| replace(world, ARCHIVE, "Did part 18", "Did nothing");
    forged(&world, change, |message| message);
    assert_refused(&world, &format!("it changes `{ARCHIVE}`"));
}

/// The third aggregate, made by the program under a policy with another budget, and put on the
/// history with this one.
fn made_with_budget(entries: u32) -> World {
    let world = World::new("[handoff]\nkeep_entries = 2\n");
    for number in [18, 19] {
        world.agents(&[number]);
        world.aggregated(&["--date", &format!("2025-12-{number}")]);
    }
    world.agents(&[20]);
    let base = world.tip();
    world.write(
        "baton.toml",
        &format!("# For a while\n[handoff]\nkeep_entries = {entries}\n"),
    );
    world.commit_all("another budget");
    let other = world.tip();
    world.aggregated(&["--date", "2025-12-20"]);
    let message = world.git(&["log", "-1", "--format=%B"]);
    let message = message.replace(&other, &base);
    world.write("baton.toml", "[handoff]\nkeep_entries = 2\n");
    world.git(&["add", "-A"]);
    world.git(&["reset", "-q", "--soft", &base]);
    world.git(&["commit", "-q", "-m", &message]);
    world.reseal();
    world
}

#[test]
fn entries_move_neither_too_early_nor_too_late() {
    made_with_budget(2).assert_verified();
    let due = "by the policy's budget 1 are due";
    assert_refused(
        &made_with_budget(1),
        &format!("it moves 2 entries to an archive; {due}"),
    );
    assert_refused(
        &made_with_budget(9),
        &format!("it moves 0 entries to an archive; {due}"),
    );
}

#[test]
fn old_entries_worded_by_the_policy_are_kept_too() {
    let world = archiving(WORDS);
    let change = |world: &World| replace(world, HANDOFF, "Did part 19", "Did it all");
    forged(&world, change, |message| message);
    assert_refused(&world, "of the old text is changed");
    let world = archiving(WORDS);
    let twice = |world: &World| {
        replace(world, HANDOFF, "Sitzungen 20", "Sitzungen 19");
        replace(world, HANDOFF, "Sitzung 20 –", "Sitzung 19 –");
    };
    forged(&world, twice, |message| message.replace(": 20", ": 19"));
    assert_refused(&world, "session 19 is in the handoff file already");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_handoff_file_is_not_replaced() {
    let world = World::new("");
    std::fs::rename(world.main().join(HANDOFF), world.main().join("notes.md")).unwrap();
    std::os::unix::fs::symlink("../notes.md", world.main().join(HANDOFF)).unwrap();
    world.commit_all("link");
    world.agents(&[19]);
    let tip = world.tip();
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("symbolic link"), "{said}");
    assert_eq!(world.tip(), tip);
}
