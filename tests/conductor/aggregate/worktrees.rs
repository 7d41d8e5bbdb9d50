use crate::aggregate::support::{BATON, BEFORE, HANDOFF, World, write};

#[test]
fn staged_and_dirty_work_of_others_stays_as_it_was() {
    let world = World::with_hooks("");
    world.agents(&[19]);
    world.write("staged.txt", "staged\n");
    world.git(&["add", "staged.txt"]);
    world.write("staged.txt", "and changed\n");
    world.write("src/19.rs", "dirty\n");
    world.write("new.txt", "untracked\n");
    let status = world.git(&["status", "--porcelain"]);
    world.aggregated(&[]);
    assert_eq!(world.git(&["status", "--porcelain"]), status);
    assert_eq!(world.git(&["show", ":staged.txt"]), "staged");
    assert!(world.read(HANDOFF).contains("#### Session 19"));
}

#[test]
fn a_handoff_file_with_changes_of_its_own_is_left_alone() {
    for staged in [false, true] {
        let world = World::new("");
        world.agents(&[19]);
        world.write(HANDOFF, "mine\n");
        if staged {
            world.git(&["add", HANDOFF]);
        }
        let index = world.git(&["ls-files", "-s", HANDOFF]);
        let said = world.aggregated(&[]);
        assert!(said.contains("was left as it is"), "{said}");
        assert_eq!(world.read(HANDOFF), "mine\n");
        assert_eq!(world.git(&["ls-files", "-s", HANDOFF]), index);
        assert_eq!(world.aggregates(), 1);
    }
}

#[test]
fn changes_that_git_was_told_to_overlook_are_changes() {
    for overlook in ["--assume-unchanged", "--skip-worktree"] {
        let world = World::new("");
        world.agents(&[19]);
        world.git(&["update-index", overlook, HANDOFF]);
        world.write(HANDOFF, "mine\n");
        let said = world.aggregated(&[]);
        assert!(said.contains("was left as it is"), "{said}");
        assert_eq!(world.read(HANDOFF), "mine\n");
        let said = world.aggregated(&[]);
        assert!(said.contains("nothing to aggregate"), "{said}");
    }
}

#[test]
fn a_clock_that_begins_at_the_epoch_is_no_obstacle() {
    let world = World::new("");
    world.agents(&[19]);
    let mut aggregate = world.command(BATON, world.main());
    aggregate.args(["orchestrator", "aggregate"]);
    let out = aggregate.env("GIT_COMMITTER_DATE", "@5 +0130").output();
    assert!(out.unwrap().status.success());
    let time = world.git(&["log", "-1", "--format=%ad", "--date=raw"]);
    assert_eq!(time, "5 +0130");
    assert!(world.read(HANDOFF).contains("(1970-01-01)"));
    world.assert_verified();
}

#[test]
fn a_branch_that_nobody_has_checked_out_moves_all_the_same() {
    let world = World::new("");
    world.agents(&[19]);
    world.git(&["checkout", "-q", "-b", "elsewhere", "HEAD~1"]);
    world.aggregated(&["--into", "main"]);
    assert_eq!(world.read(HANDOFF), BEFORE);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    assert_eq!(world.aggregates(), 1);
    world.assert_verified();
}

#[test]
fn a_linked_worktree_that_has_the_branch_is_shown_the_entry() {
    let world = World::new("");
    world.agents(&[19]);
    world.git(&["checkout", "-q", "--detach"]);
    world.git(&["worktree", "add", "-q", "../linked", "main"]);
    world.aggregated(&["--into", "main"]);
    let linked = world.root().join("linked");
    assert_eq!(world.git_in(&linked, &["status", "--porcelain"]), "");
    let text = std::fs::read_to_string(linked.join(HANDOFF)).unwrap();
    assert!(text.contains("#### Session 19"));
}

#[test]
fn a_worktree_that_is_gone_does_not_matter() {
    let world = World::new("");
    world.agents(&[19, 20]);
    let summary = ".agents/temp/handoff-session-20-summary.md";
    let text = std::fs::read_to_string(world.root().join("agent-20").join(summary)).unwrap();
    std::fs::remove_dir_all(world.root().join("agent-20")).unwrap();
    write(&world.main().join(summary), &text);
    let said = world.aggregated(&[]);
    assert!(said.contains("2 sessions"), "{said}");
}
