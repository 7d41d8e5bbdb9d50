//! Two clones of one remote that aggregate at the same time.

use std::path::PathBuf;

use crate::aggregate::support::{BATON, HANDOFF, World};

/// The clone with hooks, in which session 20 is aggregated, and the remote, to which another clone
/// has pushed the aggregate of session 19 meanwhile.
fn overtaken() -> World {
    let world = World::with_hooks("");
    let root = world.root().to_owned();
    world.git_in(&root, &["clone", "-q", "--bare", "main", "origin.git"]);
    world.git_in(&root, &["clone", "-q", "origin.git", "other"]);
    world.git(&["remote", "add", "origin", "../origin.git"]);
    let other = root.join("other");
    world.work(&other, 19);
    aggregate(&world, &other);
    world.git_in(&other, &["push", "-q", "origin", "main"]);
    world
}

/// The clone of [`overtaken`] in which session 20 is aggregated, and a branch `joined` with the work
/// of both and the other's aggregate.
fn joined() -> World {
    let world = overtaken();
    world.agents(&[20]);
    world.aggregated(&[]);
    world.git(&["switch", "-q", "-c", "joined", "HEAD^"]);
    world.git(&["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
    world.git(&["switch", "-q", "main"]);
    world
}

fn aggregate(world: &World, place: &PathBuf) {
    let (code, said) = world.baton_in(place, &["orchestrator", "aggregate"]);
    assert_eq!(code, 0, "{said}");
}

fn assert_both_are_published(world: &World) {
    world.git(&["push", "-q", "origin", "main"]);
    let handoff = world.read(HANDOFF);
    for number in [19, 20] {
        let summary = format!("- Did part {number}\n");
        assert_eq!(handoff.matches(&summary).count(), 1, "{handoff}");
    }
    assert_eq!(world.aggregates(), 2);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.assert_verified();
}

#[test]
fn the_second_to_push_makes_its_aggregate_again_on_the_first() {
    let world = overtaken();
    world.agents(&[20]);
    let (code, said) = world.aggregate(&["--push", "origin"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("--onto origin/main --push origin"), "{said}");
    assert!(
        !world
            .try_git(world.main(), &["push", "-q", "origin", "main"])
            .status
            .success()
    );
    world.git(&["fetch", "-q", "origin"]);
    let merge = world.try_git(world.main(), &["merge", "-q", "origin/main"]);
    assert!(!merge.status.success());
    world.git(&["merge", "--abort"]);
    let reset = world.try_git(world.main(), &["reset", "-q", "--keep", "HEAD^"]);
    assert!(!reset.status.success());

    let (code, said) = world.aggregate(&["--onto", "origin/main"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`git switch -c joined"), "{said}");

    world.git(&["switch", "-q", "-c", "joined", "HEAD^"]);
    world.git(&["merge", "-q", "-m", "Join", "origin/main"]);
    world.git(&["switch", "-q", "main"]);
    // The first copy of the summary need not be there any more.
    world.git(&["worktree", "remove", "--force", "../agent-20"]);
    world.aggregated(&["--onto", "joined"]);
    assert_both_are_published(&world);
}

#[test]
fn the_orchestrators_page_says_how_to_go_on() {
    let page = include_str!("../../../templates/ORCHESTRATOR.md");
    let blocks = page.split("```sh\n").skip(1);
    let mut blocks = blocks.filter_map(|block| Some(block.split_once("```")?.0));
    let commands = blocks.find(|block| block.contains("--onto")).unwrap();
    let world = overtaken();
    world.agents(&[20]);
    world.aggregated(&[]);
    world.git(&["fetch", "-q", "origin"]);
    let merge = world.try_git(world.main(), &["merge", "-q", "origin/main"]);
    assert!(!merge.status.success());
    let script = commands.replace("git baton", BATON.as_str());
    let mut shell = world.command("sh", world.main());
    let ran = shell.args(["-eu", "-c", &script]).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_both_are_published(&world);
    assert_eq!(world.git(&["rev-parse", "origin/main"]), world.tip());
    assert_eq!(world.git(&["branch", "--list", "joined"]), "");
}

#[test]
fn where_the_remote_has_all_the_work_one_command_is_enough() {
    let world = overtaken();
    let other = world.root().join("other");
    world.agents(&[20]);
    world.git(&["fetch", "-q", "origin"]);
    world.git(&["branch", "-q", "work", "main"]);
    world.aggregated(&[]);
    world.git(&["push", "-q", "origin", "work"]);
    world.git_in(
        &other,
        &["pull", "-q", "--no-rebase", "--no-edit", "origin", "work"],
    );
    world.git_in(&other, &["push", "-q", "origin", "main"]);
    world.git(&["fetch", "-q", "origin"]);
    world.aggregated(&["--onto", "origin/main"]);
    assert_both_are_published(&world);
}

#[test]
fn what_a_remote_has_is_not_made_again() {
    let world = overtaken();
    world.agents(&[20]);
    world.aggregated(&[]);
    world.git(&["push", "-q", "origin", "main:elsewhere"]);
    world.git(&["switch", "-q", "-c", "joined", "HEAD^"]);
    world.git(&["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
    world.git(&["switch", "-q", "main"]);
    let tip = world.tip();
    for forget in [false, true] {
        if forget {
            // What this clone remembers of the remote is no proof.
            world.git(&["update-ref", "-d", "refs/remotes/origin/elsewhere"]);
        }
        let (code, said) = world.aggregate(&["--onto", "joined"]);
        assert_ne!(code, 0, "{said}");
        assert!(said.contains("newest protected entry"), "{said}");
        assert!(!said.contains("hint:"), "{said}");
        assert_eq!(world.tip(), tip);
    }
}

#[test]
fn a_summary_that_the_new_aggregate_lacks_keeps_the_old_one() {
    let world = joined();
    let tip = world.tip();
    let moved = world.try_git(world.main(), &["reset", "-q", "--keep", "joined"]);
    assert!(!moved.status.success());
    assert_eq!(world.tip(), tip);
}

fn assert_refused(world: &World, args: &[&str], why: &str) {
    let tip = world.tip();
    let (code, said) = world.aggregate(args);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(why), "{said}");
    assert_eq!(world.tip(), tip);
}

#[test]
fn what_stands_on_that_commit_already_is_not_made_again() {
    let world = joined();
    world.aggregated(&["--onto", "joined"]);
    let tip = world.tip();
    let said = world.aggregated(&["--onto", "joined"]);
    assert!(said.contains("nothing to aggregate"), "{said}");
    assert_eq!(world.tip(), tip);
    assert_both_are_published(&world);
    assert_refused(
        &world,
        &["--onto", "origin/main"],
        "no aggregate to make again",
    );
}

#[test]
fn no_worktree_stays_behind_a_branch_that_moves_to_other_work() {
    let world = joined();
    let before = world.read(HANDOFF);
    world.write(HANDOFF, "mine\n");
    assert_refused(&world, &["--onto", "joined"], "in the way");
    assert_eq!(world.read(HANDOFF), "mine\n");
    world.write(HANDOFF, &before);
    world.write(".git/index.lock", "");
    assert_refused(&world, &["--onto", "joined"], "in the way");
    std::fs::remove_file(world.main().join(".git/index.lock")).unwrap();
    world.write("own.rs", "staged\n");
    world.git(&["add", "own.rs"]);
    world.aggregated(&["--onto", "joined"]);
    let status = world.git(&["status", "--porcelain"]);
    assert_eq!(status, "A  own.rs");
}

#[test]
fn every_summary_is_made_again_with_or_without_hooks() {
    let world = joined();
    world.agent(21);
    std::fs::remove_dir_all(world.main().join(".git/hooks")).unwrap();
    let only = ["--onto", "joined", "--sessions", "19"];
    assert_refused(
        &world,
        &only,
        "would lack what the present one carries of: 20",
    );
}

#[test]
fn a_commit_that_only_says_that_it_is_an_aggregate_is_not_given_up() {
    let world = joined();
    std::fs::remove_dir_all(world.main().join(".git/hooks")).unwrap();
    let message = world.git(&["log", "-1", "--format=%B"]);
    world.write("own.rs", "work\n");
    world.remake(&message);
    assert_refused(&world, &["--onto", "joined"], "commits besides");
}
