//! Killed before or after any of the git programs that a command runs, the next command completes
//! what was begun or takes it back.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use crate::pool::shim::Shim;
use crate::pool::world::World;
use baton_testkit::finish;

/// Kills whoever runs it the n-th time, before or after the git program has done its work.
const KILLER: &str = r#"
[ "$count" = "$KILL_AT" ] || exec "$REAL_GIT" "$@"
[ "$KILL_WHEN" = after ] && "$REAL_GIT" "$@"
kill -9 $PPID
"#;

pub struct Killer(Shim);

impl Killer {
    pub fn new(world: &World) -> Self {
        Self(Shim::new(world, KILLER))
    }

    /// Runs a command of the pool and kills it at the n-th git; whether it came that far.
    pub fn kills(&self, world: &World, args: &[&str], at: usize, when: &str) -> bool {
        let mut command = self.0.command(world, args);
        command
            .env("KILL_AT", at.to_string())
            .env("KILL_WHEN", when);
        let out = command.output().unwrap();
        let killed = out.status.signal() == Some(9);
        let said = String::from_utf8_lossy(&out.stderr);
        let nothing = ["has no worktree", "has no pool"]
            .iter()
            .any(|it| said.contains(it));
        let answered = matches!(out.status.code(), Some(0 | 1)) || nothing;
        assert!(killed || answered, "{args:?} at {at}: {out:?}");
        killed
    }
}

/// Kills a command at every git, and looks each time at what the next command makes of it.
fn at_every_step(prepare: impl Fn() -> World, args: &[&str], check: impl Fn(&World, usize)) {
    for when in ["before", "after"] {
        let mut steps = 0;
        for at in 1.. {
            let world = prepare();
            let killer = Killer::new(&world);
            let killed = killer.kills(&world, args, at, when);
            check(&world, at);
            if !killed {
                break;
            }
            steps += 1;
        }
        assert!(steps > 1, "{args:?} was killed {steps} times");
    }
}

#[test]
fn acquire_leaves_nothing_behind() {
    let prepare = || {
        let world = World::with_slots(2);
        world.sandbox.commit_file("src/c", "c\n");
        world
    };
    at_every_step(prepare, &["acquire", "one"], |world, at| {
        let other = world.pool(&["acquire", "two"]);
        assert_eq!(other.code, 0, "{at}: {other:#?}");
        world.assert_sound();
        // The same task again: it was completed, or it begins anew.
        let again = world.pool(&["acquire", "one"]);
        assert!(
            again.code == 0 || again.err.contains("has the worktree"),
            "{at}: {again:#?}"
        );
        world.assert_sound();
        assert_eq!(world.branches().len(), 2, "{at}");
    });
}

#[test]
fn release_loses_nothing_and_comes_to_an_end() {
    let prepare = || {
        let world = World::with_slots(1);
        let (path, _) = world.acquire("one");
        world.commit_at(&path, "work");
        fs::create_dir(path.join("target")).unwrap();
        fs::write(path.join("target/built"), "").unwrap();
        world
    };
    at_every_step(prepare, &["release", "wt-1"], |world, at| {
        let tip = world.sandbox.git(["rev-parse", "auto/one"]);
        assert_eq!(world.sandbox.git(["show", &format!("{tip}:work")]), "work");
        let run = world.pool(&["release", "wt-1"]);
        assert!(
            run.code == 0 || run.err.contains("is ready"),
            "{at}: {run:#?}"
        );
        world.assert_sound();
        assert_eq!(world.findings(&[]), []);
        assert_eq!(
            world.json(&["status"])["finished"][0]["branch"],
            "auto/one",
            "{at}"
        );
    });
}

#[test]
fn release_by_force_has_saved_what_it_takes() {
    let prepare = || {
        let world = World::with_slots(1);
        let (path, _) = world.acquire("one");
        fs::write(path.join("new"), "new\n").unwrap();
        world
    };
    at_every_step(prepare, &["release", "wt-1", "--force"], |world, at| {
        let run = world.pool(&["release", "wt-1", "--force"]);
        assert!(
            run.code == 0 || run.err.contains("is ready"),
            "{at}: {run:#?}"
        );
        let saved = world
            .sandbox
            .git(["for-each-ref", "--format=%(refname)", "refs/baton/trash"]);
        let holds = |name: &str| {
            let show = format!("{name}:new");
            finish(world.sandbox.command("git").args(["show", &show])).out == "new\n"
        };
        assert!(saved.lines().any(holds), "{at}: {saved}");
        world.assert_sound();
    });
}

#[test]
fn init_is_completed_by_whatever_comes_next() {
    at_every_step(World::without_pool, &["init", "2"], |world, at| {
        world.ok(&["init", "2"]);
        assert_eq!(world.findings(&["--fix"]), [], "{at}");
        world.assert_sound();
        world.acquire("one");
        world.acquire("two");
    });
}

#[test]
fn cleanup_is_completed_by_whatever_comes_next() {
    at_every_step(
        || World::with_slots(2),
        &["cleanup"],
        |world, at| {
            world.ok(&["cleanup"]);
            assert_eq!(
                world.json(&["status"])["slots"].as_array().unwrap().len(),
                0,
                "{at}"
            );
            assert_eq!(world.sandbox.git(["worktree", "list"]).lines().count(), 1);
            assert!(!world.slot("wt-1").exists() && !world.slot("wt-2").exists());
        },
    );
}
