//! What else goes on around an aggregate: other commits, hooks of the user's, other worktrees,
//! other clones.

use std::path::{Path, PathBuf};

use baton_testkit::write_program;

use crate::aggregate::support::{BATON, BEFORE, HANDOFF, World, write};

#[test]
fn a_branch_that_moves_during_the_run_is_built_upon_again() {
    let world = World::with_hooks("");
    world.agents(&[19]);
    let before = world.tip();
    // Stands before git: while the aggregate is made somebody else's commit lands.
    let git = world.git_in(world.root(), &["--exec-path"]) + "/git";
    let tools = world.root().join("tools");
    let stamp = world.root().join("stamp");
    let text = format!(
        "#!/bin/sh\nPATH={path}\ncase \" $* \" in *' rev-parse '*)\n\
         if [ ! -e {stamp} ]; then : >{stamp}\n\
         new=$({git} commit-tree main^{{tree}} -p main -m other </dev/null)\n\
         {git} -c core.hooksPath=/dev/null update-ref refs/heads/main $new </dev/null\nfi;; esac\n\
         exec {git} \"$@\"\n",
        path = std::env::var("PATH").unwrap(),
        stamp = stamp.display(),
    );
    write_program(&tools.join("git"), &text);
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let mut run = world.command(BATON, world.main());
    let out = run
        .env("PATH", path)
        .args(["orchestrator", "aggregate"])
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    assert!(stamp.exists());
    let subjects = world.git(&["log", "--format=%s", &format!("{before}..main")]);
    assert_eq!(subjects, "Aggregate session 19\nother");
    assert_eq!(world.read(HANDOFF).matches("Did part 19").count(), 1);
    assert_eq!(world.aggregates(), 1);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.assert_verified();
}

#[test]
fn a_hook_of_the_users_that_refuses_leaves_all_as_it_was() {
    let world = World::new("");
    world.agents(&[19]);
    let (tip, refs) = (world.tip(), world.git(&["for-each-ref"]));
    let hook = world.main().join(".git/hooks/reference-transaction");
    write_program(
        &hook,
        "#!/bin/sh\n[ \"$1\" = prepared ] || exit 0\n\
         ! grep refs/heads/main || { echo 'no landing today' >&2; exit 1; }\n",
    );
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("no landing today"), "{said}");
    assert_eq!(world.tip(), tip);
    assert_eq!(world.git(&["for-each-ref"]), refs);
    assert_eq!(world.read(HANDOFF), BEFORE);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    std::fs::remove_file(hook).unwrap();
    let said = world.aggregated(&[]);
    assert!(!said.contains("earlier run"), "{said}");
    world.assert_verified();
}

#[test]
fn a_session_that_another_worktree_is_bound_to_is_waited_for() {
    let world = World::new("");
    world.agents(&[19]);
    let other = world.root().join("other");
    let args = ["worktree", "add", "-q", "-b", "other", "../other"];
    world.git(&args);
    let start = ["session", "start", "--id", "20", "--date", "2025-12-18"];
    assert_eq!(world.baton_in(&other, &start).0, 0);
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2);
    assert!(
        said.contains("session 20") && said.contains("still active"),
        "{said}"
    );
    let (code, said) = world.aggregate(&["--sessions", "19"]);
    assert_eq!(code, 2, "a bound session is in the way of any: {said}");

    // From that worktree it is the orchestrator's own, and in nobody's way.
    let aggregate = ["orchestrator", "aggregate", "--into", "main"];
    let (code, said) = world.baton_in(&other, &aggregate);
    assert_eq!(code, 0, "{said}");
    assert!(world.read(HANDOFF).contains("**Orchestrator**: Session 20"));
    world.assert_verified();
}

/// One session from start to end in a clone, on a branch of its own that is pushed with the record.
fn session_in(world: &World, clone: &Path, summary: &str) -> String {
    let said = |args: &[&str]| {
        let (code, said) = world.baton_in(clone, args);
        assert_eq!(code, 0, "{args:?}: {said}");
        said
    };
    let started = said(&["session", "start", "--date", "2025-12-18"]);
    let log = started.lines().find_map(|line| line.strip_prefix("log "));
    let log = clone.join(log.unwrap());
    let number = started.lines().next().unwrap().rsplit('/').next().unwrap();
    let branch = format!("session-{number}");
    world.git_in(clone, &["checkout", "-q", "-b", &branch]);
    let text = std::fs::read_to_string(&log).unwrap();
    write(&log, &text.replace("| [ ] | |", "| [x] | seen |"));
    let file = world.root().join(format!("summary-{number}"));
    write(&file, summary);
    said(&["session", "summary", file.to_str().unwrap()]);
    world.git_in(clone, &["add", "-A"]);
    world.git_in(clone, &["commit", "-q", "-m", "The log"]);
    said(&["session", "end"]);
    let sessions = "refs/baton/sessions/*:refs/baton/sessions/*";
    world.git_in(clone, &["push", "-q", "origin", &branch, sessions]);
    number.to_owned()
}

#[test]
fn sessions_of_two_clones_come_together_in_one_aggregate() {
    let world = World::new("");
    world.git_in(world.root(), &["init", "-q", "--bare", "-b", "main", "hub"]);
    world.git(&["remote", "add", "origin", "../hub"]);
    world.git(&["push", "-q", "origin", "main"]);
    let clones: Vec<PathBuf> = ["one", "two"]
        .iter()
        .map(|name| {
            world.git_in(world.root(), &["clone", "-q", "hub", name]);
            world.root().join(name)
        })
        .collect();
    let summaries = ["One is done\n", "Two is done\n"];
    let numbers: Vec<String> = std::thread::scope(|scope| {
        let runs = clones.iter().zip(summaries);
        let runs: Vec<_> = runs
            .map(|(clone, summary)| scope.spawn(|| session_in(&world, clone, summary)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_ne!(numbers[0], numbers[1]);

    let sessions = "refs/baton/sessions/*:refs/baton/sessions/*";
    world.git(&["fetch", "-q", "origin", sessions]);
    world.git(&["fetch", "-q", "origin"]);
    for number in &numbers {
        let branch = format!("origin/session-{number}");
        world.git(&["merge", "-q", "--no-edit", &branch]);
    }
    let said = world.aggregated(&["--push", "origin"]);
    assert!(said.contains("2 sessions aggregated"), "{said}");
    for summary in summaries {
        assert_eq!(world.read(HANDOFF).matches(summary).count(), 1);
    }
    world.assert_verified();

    for clone in &clones {
        world.git_in(clone, &["checkout", "-q", "main"]);
        world.git_in(clone, &["pull", "-q", "--ff-only", "origin", "main"]);
        let (code, said) = world.baton_in(clone, &["orchestrator", "aggregate"]);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("nothing to aggregate"), "{said}");
    }
}
