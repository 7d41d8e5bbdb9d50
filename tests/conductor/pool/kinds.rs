//! Every git on `PATH`, and every kind of repository that it makes.

use crate::pool::world::World;
use baton_testkit::Git;
use baton_testkit::gits::each_git;

/// A repository that this git has made with these options, with a file and perhaps the hooks.
fn world(git: &Git, options: &[&str], hooks: bool) -> World {
    let mut world = World::without_pool();
    world.sandbox.use_git_in(git.directory());
    let init = ["init", "-q", "-b", "main", "../made"];
    world.sandbox.git([&init[..], options].concat());
    world.sandbox.enter("made");
    world.sandbox.write(".gitignore", "target/\n");
    world.sandbox.write("a", "a\n");
    world.sandbox.write("baton.toml", "version = 1\n");
    world.sandbox.commit("Begin");
    if hooks {
        assert_eq!(world.sandbox.run(["install"]).code, 0);
    }
    world
}

/// What becomes of two slots: one task is left alone, one is merged, one is squashed, one waits.
/// `land` does something where `main` is checked out.
fn live(world: &World, land: &dyn Fn(&[&str])) {
    world.ok(&["init", "2"]);
    let (path, lease) = world.acquire("idle");
    assert_eq!(
        world.git_at(&path, &["branch", "--show-current"]),
        "auto/idle"
    );
    std::fs::create_dir(path.join("target")).unwrap();
    world.ok(&["release", "wt-1", "--lease", &lease]);

    let (path, _) = world.acquire("merged");
    world.commit_at(&path, "b");
    std::fs::write(path.join("loose"), "").unwrap();
    world.refused(&["release", path.to_str().unwrap()], "loose");
    std::fs::remove_file(path.join("loose")).unwrap();
    land(&["merge", "-q", "--no-ff", "--no-edit", "auto/merged"]);
    world.ok(&["release", path.to_str().unwrap()]);

    let (path, _) = world.acquire("squashed");
    assert!(path.join("b").exists());
    world.commit_at(&path, "c");
    world.commit_at(&path, "d");
    land(&["merge", "-q", "--squash", "auto/squashed"]);
    land(&["commit", "-q", "-m", "Squashed"]);
    world.ok(&["release", path.to_str().unwrap()]);
    assert!(world.branches().is_empty());

    let (path, _) = world.acquire("waits");
    world.commit_at(&path, "e");
    std::fs::write(path.join("a"), "changed\n").unwrap();
    let saved = world.ok(&["release", path.to_str().unwrap(), "--force"]);
    assert!(saved.contains("refs/baton/trash/"), "{saved}");
    assert_eq!(Vec::from_iter(world.branches()), ["auto/waits"]);
    assert_eq!(world.findings(&[]), []);
    world.assert_sound();
    world.ok(&["cleanup"]);
}

#[test]
fn a_pool_lives_on_every_git_in_every_format() {
    each_git(|git| {
        let formats: &[&[&str]] = match git.knows_reftable() {
            true => &[
                &[],
                &["--object-format=sha256"],
                &["--ref-format=reftable"],
                &["--object-format=sha256", "--ref-format=reftable"],
            ],
            false => &[&[], &["--object-format=sha256"]],
        };
        for options in formats {
            eprintln!("{options:?}");
            let world = world(git, options, true);
            live(&world, &|args| drop(world.sandbox.git(args)));
        }
    });
}

#[test]
fn a_pool_lives_where_it_is_used_from_a_linked_worktree() {
    each_git(|git| {
        let mut world = world(git, &[], false);
        world
            .sandbox
            .git(["worktree", "add", "-q", "../side", "-b", "side"]);
        let main = world.sandbox.repo().to_owned();
        world.sandbox.enter("side");
        live(&world, &|args| drop(world.git_at(&main, args)));
        assert!(world.sandbox.repo().join("a").exists());
    });
}

#[test]
fn a_pool_lives_beside_a_bare_repository_with_worktrees() {
    each_git(|git| {
        let mut world = world(git, &[], false);
        world
            .sandbox
            .git(["clone", "-q", "--bare", ".", "../bare.git"]);
        world.sandbox.enter("bare.git");
        world
            .sandbox
            .git(["worktree", "add", "-q", "../tree", "main"]);
        world.sandbox.enter("tree");
        let tree = world.sandbox.repo().to_owned();
        live(&world, &|args| drop(world.git_at(&tree, args)));
        assert_eq!(world.git_at(&tree, &["status", "--porcelain"]), "");
    });
}

#[test]
fn a_pool_lives_inside_the_repository_unseen() {
    each_git(|git| {
        let world = world(git, &[], false);
        let policy = "[pool]\nroot = '.claude/worktree-pool'\n";
        world.sandbox.commit_file("baton.toml", policy);
        live(&world, &|args| {
            drop(world.sandbox.git(args));
            let said = world.sandbox.git(["status", "--porcelain"]);
            assert!(!said.contains("??"), "{said}");
        });
        assert_eq!(world.sandbox.git(["status", "--porcelain"]), "");
    });
}
