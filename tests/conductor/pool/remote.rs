//! Slots whose repository knows a remote by a relative path.

use crate::pool::world::World;

#[test]
fn sessions_are_numbered_by_a_remote_whose_address_is_relative() {
    let world = World::without_pool();
    let git = |args: &[&str]| world.sandbox.git(args);
    git(&["init", "-q", "--bare", "../up.git"]);
    git(&["remote", "add", "origin", "../up.git"]);
    git(&["push", "-q", "origin", "main"]);
    let policy = "[pool]\nroot = '../far/away/{repo}'\n";
    world.sandbox.commit_file("baton.toml", policy);
    world.ok(&["init", "2"]);
    world.acquire("one");
    let claimed = git(&["ls-remote", "origin", "refs/baton/sessions/*"]);
    assert!(claimed.ends_with("refs/baton/sessions/1"), "{claimed}");
    world.acquire("two");
    let claimed = git(&["ls-remote", "origin", "refs/baton/sessions/*"]);
    assert!(claimed.ends_with("refs/baton/sessions/2"), "{claimed}");
}

#[test]
fn the_same_beside_a_bare_repository() {
    let mut world = World::without_pool();
    let git = |world: &World, args: &[&str]| world.sandbox.git(args);
    git(&world, &["clone", "-q", "--bare", ".", "../up.git"]);
    git(&world, &["clone", "-q", "--bare", ".", "../bare.git"]);
    world.sandbox.enter("bare.git");
    git(&world, &["remote", "set-url", "origin", "../up.git"]);
    git(&world, &["worktree", "add", "-q", "../deep/tree", "main"]);
    world.sandbox.enter("deep/tree");
    world.ok(&["init", "1"]);
    world.acquire("one");
    world.sandbox.enter("bare.git");
    let claimed = git(&world, &["ls-remote", "origin", "refs/baton/sessions/*"]);
    assert!(claimed.ends_with("refs/baton/sessions/1"), "{claimed}");
}
