use crate::aggregate::support::{HANDOFF, World};

const POLICY: &str = "[handoff]\nkeep_entries = 2\n";

#[test]
fn old_entries_move_to_the_archive_in_the_same_commit() {
    let world = World::with_hooks(POLICY);
    for number in [19, 20, 21, 22] {
        world.agents(&[number]);
        world.aggregated(&["--date", &format!("2025-12-{number}")]);
    }
    let handoff = world.read(HANDOFF);
    assert!(
        handoff.contains("Session 22:") && handoff.contains("Session 21:"),
        "{handoff}"
    );
    assert!(
        !handoff.contains("Session 20:") && handoff.contains("Session 7: Old"),
        "{handoff}"
    );
    let archive = world.read(".agents/archive/HANDOFF-2025-12-22.md");
    assert!(
        archive.starts_with("## Recent Work\n\n### Parallel Session 20 (2025-12-20)"),
        "{archive}"
    );
    assert!(
        world
            .read(".agents/archive/HANDOFF-2025-12-21.md")
            .contains("Session 19:")
    );
    let names = world.git(&["diff", "--name-only", "HEAD^", "HEAD"]);
    assert_eq!(
        names,
        format!("{HANDOFF}\n.agents/archive/HANDOFF-2025-12-22.md")
    );
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.assert_verified();

    assert!(
        world.aggregated(&[]).contains("nothing to aggregate"),
        "archived sessions count"
    );
    let (code, said) = world.aggregate(&["--sessions", "19"]);
    assert_eq!(code, 0);
    assert!(said.contains("already"), "{said}");
}

#[test]
fn an_archive_is_written_by_aggregates_alone() {
    let world = World::with_hooks(POLICY);
    world.write(".agents/archive/HANDOFF-2025-01-01.md", "mine\n");
    world.git(&["add", "-A"]);
    assert!(
        !world
            .try_git(world.main(), &["commit", "-m", "x"])
            .status
            .success()
    );
}

#[test]
fn status_and_log_tell_how_the_document_stands() {
    let world = World::new("[handoff]\nmax_bytes = 9000\n");
    world.agents(&[19, 20]);
    world.aggregated(&["--sessions", "19"]);
    let (_, status) = world.baton(&["orchestrator", "handoff", "status"]);
    assert!(status.contains("of 9000 bytes, 1 entry"), "{status}");
    assert!(status.contains("session 20: Part 20: ready"), "{status}");
    let (_, json) = world.baton(&["orchestrator", "handoff", "log", "--format", "json"]);
    let log: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(log[0]["commit"], world.tip());
    assert_eq!(log[0]["kind"], "aggregate");
    assert_eq!(log[0]["sessions"], serde_json::json!(["19"]));
    assert_eq!(log[1]["kind"], "other");
}
