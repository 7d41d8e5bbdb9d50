//! What the next task finds in a slot, whatever the one before has made of it.

use std::fs;
use std::path::Path;

use crate::pool::world::World;
use baton_testkit::gits::each_git;

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != ".git").collect();
    names.sort();
    names
}

#[test]
fn settings_that_a_task_makes_for_its_worktree_end_with_it() {
    each_git(|git| {
        let mut world = World::without_pool();
        world.sandbox.use_git_in(git.directory());
        world
            .sandbox
            .git(["config", "extensions.worktreeConfig", "true"]);
        world
            .sandbox
            .git(["config", "--worktree", "user.name", "Noted"]);
        world.ok(&["init", "1"]);
        let (path, _) = world.acquire("one");
        let before = world.git_at(&path, &["config", "--list", "--show-scope"]);
        world.git_at(
            &path,
            &["config", "--worktree", "core.hooksPath", "/dev/null"],
        );
        world.git_at(&path, &["config", "--worktree", "user.name", "Odd"]);
        world.ok(&["release", "wt-1"]);
        let (path, _) = world.acquire("two");
        let after = world.git_at(&path, &["config", "--list", "--show-scope"]);
        assert_eq!(before, after);
    });
}

#[test]
fn the_next_task_finds_all_files_after_a_sparse_checkout() {
    each_git(|git| {
        let mut world = World::without_pool();
        world.sandbox.use_git_in(git.directory());
        world.sandbox.commit_file("other/c", "c\n");
        world.ok(&["init", "1"]);
        for moves in [false, true] {
            let (path, _) = world.acquire("one");
            world.git_at(&path, &["sparse-checkout", "set", "src"]);
            assert!(!path.join("other").exists());
            fs::write(path.join("src/a"), "changed\n").unwrap();
            world.git_at(&path, &["commit", "-qam", "Change"]);
            world.refused(&["acquire", "else"], "none of the 1");
            if moves {
                world.sandbox.commit_file("other/d", "d\n");
            }
            world.ok(&["release", "wt-1"]);
            world.assert_sound();
            assert_eq!(files(&path), [".gitignore", "other", "src"]);
            assert!(path.join("other/c").exists());
            assert_eq!(path.join("other/d").exists(), moves);
            let listed = world.git_at(&path, &["ls-files", "-t"]);
            assert!(
                listed.lines().all(|line| line.starts_with("H ")),
                "{listed}"
            );
            world.sandbox.git(["branch", "-q", "-D", "auto/one"]);
        }
    });
}

#[test]
fn the_next_task_finds_files_that_git_was_told_not_to_look_for() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    world.git_at(&path, &["update-index", "--skip-worktree", "src/a"]);
    fs::remove_file(path.join("src/a")).unwrap();
    world.refused(&["release", "wt-1"], "1 uncommitted change (src/a)");
    world.ok(&["release", "wt-1", "--force"]);
    assert_eq!(files(&path.join("src")), ["a", "b"]);
    world.assert_sound();
}

#[test]
fn work_beyond_a_sparse_checkout_is_seen() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    world.git_at(&path, &["sparse-checkout", "set", "nothing"]);
    fs::create_dir_all(path.join("src")).unwrap();
    fs::write(path.join("src/a"), "changed\n").unwrap();
    world.refused(&["release", "wt-1"], "src/a");
    world.ok(&["release", "wt-1", "--force"]);
    world.assert_sound();
    assert_eq!(fs::read(path.join("src/a")).unwrap(), b"a\n");
}

/// A repository with the submodule `lib` at its second commit, which has a file `y` that the first lacks, and
/// after that with files in its place.
fn with_submodule() -> World {
    let world = World::without_pool();
    let git = |args: &[&str]| world.sandbox.git(args);
    git(&["config", "protocol.file.allow", "always"]);
    git(&["init", "-q", "-b", "main", "../library"]);
    let library = world.sandbox.root.path().join("library");
    world.commit_at(&library, "x");
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
    ];
    git(&[&add[..], &["../library", "lib"]].concat());
    let url = library.to_str().unwrap();
    git(&["config", "--file", ".gitmodules", "submodule.lib.url", url]);
    git(&["config", "submodule.lib.url", url]);
    world.sandbox.commit("Add the library");
    git(&["branch", "first"]);
    let tip = world.commit_at(&library, "y");
    let lib = world.sandbox.repo().join("lib");
    world.git_at(&lib, &["pull", "-q"]);
    assert_eq!(world.git_at(&lib, &["rev-parse", "HEAD"]), tip);
    world.sandbox.commit("Take the next library");
    git(&["branch", "second"]);
    world
}

fn fetch(world: &World, path: &Path) {
    let update = ["submodule", "--quiet", "update", "--init"];
    world.git_at(
        path,
        &[&["-c", "protocol.file.allow=always"][..], &update].concat(),
    );
}

#[test]
fn the_next_task_finds_its_own_submodule() {
    let world = with_submodule();
    world.ok(&["init", "1"]);
    let (path, _) = world.acquire_at("one", "first");
    fetch(&world, &path);
    assert_eq!(files(&path.join("lib")), ["x"]);
    fs::write(path.join("lib/own"), "").unwrap();
    world.refused(&["release", "wt-1"], "lib");
    fs::remove_file(path.join("lib/own")).unwrap();
    world.ok(&["release", "wt-1"]);
    world.assert_sound();
    for base in ["second", "first", "second"] {
        let (path, _) = world.acquire_at("two", base);
        assert_eq!(
            world.git_at(&path, &["status", "--porcelain", "--", "lib"]),
            ""
        );
        fetch(&world, &path);
        assert_eq!(path.join("lib/y").exists(), base == "second");
        world.ok(&["release", "wt-1"]);
        world.assert_sound();
    }
}

#[test]
fn files_take_the_place_of_a_submodule_and_it_theirs() {
    let world = with_submodule();
    world.ok(&["init", "1"]);
    world.sandbox.git(["rm", "-q", "--cached", "lib"]);
    fs::remove_dir_all(world.sandbox.repo().join("lib")).unwrap();
    world.sandbox.write("lib/f", "f\n");
    world.sandbox.commit("Take the files in");
    for gone in [false, true] {
        if gone {
            world.sandbox.git(["rm", "-q", ".gitmodules"]);
            world.sandbox.commit("Forget the submodule");
        }
        // From the submodule to files, by a release and by an acquisition.
        for base in ["second", "main", "second", "second"] {
            let (path, _) = world.acquire_at("one", base);
            let status = world.git_at(&path, &["status", "--porcelain", "--", "lib"]);
            assert_eq!(status, "", "{base}");
            match base {
                "main" => assert_eq!(files(&path.join("lib")), ["f"]),
                _ => fetch(&world, &path),
            }
            world.ok(&["release", "wt-1"]);
            world.assert_sound();
            assert_eq!(files(&path.join("lib")), ["f"], "{base}");
        }
    }
}

#[test]
fn a_fetched_submodule_gives_way_when_a_free_slot_advances() {
    let world = with_submodule();
    world.ok(&["init", "1"]);
    let (path, _) = world.acquire("one");
    fetch(&world, &path);
    world.ok(&["release", "wt-1"]);
    world.sandbox.git(["rm", "-q", "--cached", "lib"]);
    fs::remove_dir_all(world.sandbox.repo().join("lib")).unwrap();
    world.sandbox.write("lib/f", "f\n");
    world.sandbox.commit("Take the files in");
    let (path, _) = world.acquire("two");
    assert_eq!(files(&path.join("lib")), ["f"]);
    world.ok(&["release", "wt-1"]);
    world.assert_sound();
}

#[test]
fn files_elsewhere_that_a_setting_names_are_left_alone() {
    let world = World::without_pool();
    let git = |args: &[&str]| world.sandbox.git(args);
    git(&["config", "extensions.worktreeConfig", "true"]);
    world.ok(&["init", "1"]);
    let (path, _) = world.acquire("one");
    let elsewhere = world.sandbox.root.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("file"), "").unwrap();
    let to = elsewhere.to_str().unwrap();
    world.git_at(&path, &["config", "--worktree", "core.worktree", to]);
    fs::write(path.join("src/a"), "work\n").unwrap();
    world.refused(&["release", "wt-1", "--force"], "core.worktree");
    let foreign = ("wt-1".to_owned(), "foreign".to_owned());
    assert_eq!(world.findings(&["--fix"]), [foreign]);
    assert_eq!(files(&elsewhere), ["file"]);
    assert_eq!(fs::read(path.join("src/a")).unwrap(), b"work\n");

    let config = fs::read_to_string(path.join(".git")).unwrap();
    let config = Path::new(config.trim().strip_prefix("gitdir: ").unwrap()).join("config.worktree");
    let unset = ["config", "--file", config.to_str().unwrap(), "--unset"];
    git(&[&unset[..], &["core.worktree"]].concat());
    world.ok(&["release", "wt-1", "--force"]);
    world.assert_sound();
}

#[test]
fn the_next_task_finds_the_line_ends_of_its_own_commit() {
    each_git(|git| {
        for force in [false, true] {
            let mut world = World::without_pool();
            world.sandbox.use_git_in(git.directory());
            world.sandbox.commit_file("docs/x.txt", "line\n");
            world.ok(&["init", "1"]);
            let (path, _) = world.acquire("one");
            let text = || fs::read_to_string(path.join("docs/x.txt")).unwrap();
            fs::write(path.join("docs/.gitattributes"), "*.txt eol=crlf\n").unwrap();
            world.git_at(&path, &["add", "-A"]);
            world.git_at(&path, &["commit", "-qm", "End lines otherwise"]);
            fs::remove_file(path.join("docs/x.txt")).unwrap();
            world.git_at(&path, &["checkout", "--", "docs/x.txt"]);
            assert_eq!(text(), "line\r\n");
            let release = match force {
                true => {
                    fs::write(path.join("docs/.gitattributes"), "* -text\n").unwrap();
                    &["release", "wt-1", "--force"][..]
                }
                false => &["release", "wt-1"],
            };
            world.ok(release);
            assert_eq!(text(), "line\n", "after a release");
            world.assert_sound();
            world.acquire_at("two", "auto/one");
            assert_eq!(text(), "line\r\n", "after an acquisition");
            world.ok(&["release", "wt-1"]);
            assert_eq!(text(), "line\n");
            world.assert_sound();
        }
    });
}

#[test]
fn the_next_task_is_in_no_bisection() {
    let world = World::with_slots(1);
    let (path, _) = world.acquire("one");
    world.commit_at(&path, "x");
    world.commit_at(&path, "y");
    let terms = ["bisect", "start", "--term-old=fast", "--term-new=slow"];
    world.git_at(&path, &[&terms[..], &["HEAD", "HEAD~2"]].concat());
    world.ok(&["release", "wt-1", "--force"]);
    world.assert_sound();
    assert_eq!(world.git_at(&path, &["for-each-ref", "refs/bisect"]), "");
    let link = fs::read_to_string(path.join(".git")).unwrap();
    let git_dir = Path::new(link.trim().strip_prefix("gitdir: ").unwrap());
    let left = files(git_dir);
    let of_bisection = left.iter().find(|name| name.starts_with("BISECT"));
    assert_eq!(of_bisection, None);
}
