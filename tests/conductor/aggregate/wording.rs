use crate::aggregate::support::{HANDOFF, World};

const POLICY: &str = "[handoff]\nkeep_entries = 1\nentry_title = \"{date}: Sitzungen {sessions}\"\n\
    session_title = \"Sitzung {session} – {title}\"\norchestrator_label = \"Leitung\"\n\
    agents_label = \"Parallel\"\n";

#[test]
fn the_policy_words_entries_that_are_verified_and_archived() {
    let world = World::with_hooks(POLICY);
    world.agents(&[19, 20]);
    world.aggregated(&["--date", "2025-12-18", "--orchestrator", "22"]);
    let entry = "### 2025-12-18: Sitzungen 19, 20\n\n**Leitung**: Session 22\n**Parallel**: 2 agents\n\n\
         #### Sitzung 19 – Part 19\n";
    assert!(
        world.read(HANDOFF).contains(entry),
        "{}",
        world.read(HANDOFF)
    );
    world.assert_verified();
    assert!(world.aggregated(&[]).contains("nothing to aggregate"));

    world.agents(&[21]);
    world.aggregated(&["--date", "2025-12-19"]);
    let archive = world.read(".agents/archive/HANDOFF-2025-12-19.md");
    assert!(archive.contains(entry), "{archive}");
    world.assert_verified();
}

#[test]
fn one_session_is_headed_in_the_singular_and_an_old_plural_still_verifies() {
    let world = World::new("[handoff]\nkeep_entries = 1\n");
    world.agents(&[19]);
    world.aggregated(&["--date", "2025-12-18"]);
    let new = "### Parallel Session 19 (2025-12-18)\n";
    assert!(world.read(HANDOFF).contains(new), "{}", world.read(HANDOFF));
    world.assert_verified();

    let old = world.read(HANDOFF).replace("Session 19 (", "Sessions 19 (");
    world.write(HANDOFF, &old);
    let text = world.git(&["log", "-1", "--format=%B"]);
    world.remake(&text);
    world.assert_verified();

    world.agents(&[20]);
    world.aggregated(&["--date", "2025-12-19"]);
    let archive = world.read(".agents/archive/HANDOFF-2025-12-19.md");
    assert!(
        archive.contains("### Parallel Sessions 19 (2025-12-18)\n"),
        "{archive}"
    );
    world.assert_verified();
}

#[test]
fn another_summary_of_an_aggregated_number_is_named() {
    let world = World::new("");
    world.agents(&[19]);
    world.aggregated(&[]);
    let again = world.aggregated(&[]);
    assert!(!again.contains("left out"), "{again}");
    world.write(".agents/temp/handoff-session-19-summary.md", "Other work\n");
    let said = world.aggregated(&[]);
    assert!(said.contains("left out: session 19"), "{said}");
    assert!(said.contains("another summary"), "{said}");
    let (_, status) = world.baton(&["orchestrator", "handoff", "status"]);
    assert!(status.contains("another summary"), "{status}");
    assert_eq!(world.aggregates(), 1);
}

#[test]
fn a_session_that_the_handoff_file_carries_is_shown_as_aggregated() {
    let world = World::new("");
    let (code, said) = world.baton(&["session", "start", "--id", "19", "--date", "2025-12-18"]);
    assert_eq!(code, 0, "{said}");
    assert!(world.baton(&["session", "list"]).1.contains("active"));
    let text = world.read(HANDOFF).replace("Session 7:", "Session 19:");
    world.write(HANDOFF, &text);
    world.git(&["add", HANDOFF]);
    world.git(&["commit", "-qm", "carry"]);
    for verb in [&["session", "list"][..], &["session", "show", "19"]] {
        let said = world.baton(verb).1;
        assert!(
            said.contains("aggregated") && !said.contains("active"),
            "{said}"
        );
        let json = world.baton(&[verb, &["--format", "json"]].concat()).1;
        assert!(json.contains("\"state\": \"aggregated\""), "{json}");
    }
    let (code, said) = world.baton(&["session", "summary", HANDOFF]);
    assert_eq!(code, 2);
    assert!(said.contains("already"), "{said}");
}
