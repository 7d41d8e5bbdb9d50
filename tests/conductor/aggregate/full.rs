//! A disk that takes the commit and not the files.

use crate::aggregate::support::{BATON, HANDOFF, World, write};

/// An agent whose summary makes a file larger than the limit, and packs well.
fn world_with_a_long_summary() -> World {
    let world = World::with_hooks("");
    world.agent(19);
    let summary = ".agents/temp/handoff-session-19-summary.md";
    let text = format!("- Did part 19\n{}", "more\n".repeat(8_000));
    write(&world.root().join("agent-19").join(summary), &text);
    world.merge(19);
    world
}

/// Aggregates where no file may be longer than 16 blocks.
fn aggregate_limited(world: &World) -> (i32, String) {
    let line = "ulimit -f 16; exec \"$0\" orchestrator aggregate";
    let out = world
        .command("sh", world.main())
        .args(["-c", line, BATON.as_str()])
        .output()
        .unwrap();
    let said = [out.stdout, out.stderr].concat();
    let code = out.status.code().unwrap_or(-1);
    (code, String::from_utf8_lossy(&said).into_owned())
}

fn assert_complete(world: &World) {
    assert!(world.read(HANDOFF).contains("- Did part 19\nmore\n"));
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    assert_eq!(world.aggregates(), 1);
    assert!(!world.main().join(".git/baton/merge/landing.json").exists());
}

#[test]
fn files_that_cannot_be_written_leave_no_lock_and_the_next_run_writes_them() {
    let world = world_with_a_long_summary();
    let (code, said) = aggregate_limited(&world);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("the commit has landed, but"), "{said}");
    assert!(!world.main().join(".git/index.lock").exists());

    let (code, said) = aggregate_limited(&world);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("has landed on refs/heads/main, but"),
        "{said}"
    );

    let said = world.aggregated(&[]);
    assert!(said.contains("completed what an earlier run"), "{said}");
    assert_complete(&world);
}

#[test]
fn what_somebody_wrote_into_a_torn_file_stays() {
    let world = world_with_a_long_summary();
    aggregate_limited(&world);
    world.write(HANDOFF, "mine\n");
    let said = world.aggregated(&[]);
    assert!(said.contains("was left as it is"), "{said}");
    assert_eq!(world.read(HANDOFF), "mine\n");
}

#[test]
fn the_lock_of_another_git_stays() {
    let world = world_with_a_long_summary();
    let lock = world.main().join(".git/index.lock");
    write(&lock, "another's\n");
    let said = world.aggregated(&[]);
    assert!(said.contains("is in use by another git command"), "{said}");
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("another git command holds its index.lock"),
        "{said}"
    );
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), "another's\n");
    std::fs::remove_file(&lock).unwrap();
    world.aggregated(&[]);
    assert_complete(&world);
}
