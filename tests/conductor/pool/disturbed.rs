//! What somebody writes into a slot while it is given back.

use std::fs;

use crate::pool::shim::Shim;
use crate::pool::world::World;
use baton_testkit::finish;

/// Writes a file before the n-th git that a command of Baton runs.
const WRITER: &str = r#"
if [ "$count" = "$WRITE_AT" ]; then
    mkdir -p "$(dirname "$WRITE_TO")" && echo work > "$WRITE_TO"
fi
exec "$REAL_GIT" "$@"
"#;

/// Has `file` written at each step of a release of a slot, and looks for it afterwards.
fn nothing_is_lost(prepare: impl Fn() -> World, file: &str) {
    let mut kept = 0;
    for at in 1.. {
        let world = prepare();
        let path = world.slot("wt-1").join(file);
        let shim = Shim::new(&world, WRITER);
        let mut release = shim.command(&world, &["release", "wt-1"]);
        release
            .env("WRITE_AT", at.to_string())
            .env("WRITE_TO", &path);
        let run = finish(&mut release);
        let steps = shim.count();
        if at > steps {
            break;
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            found, "work\n",
            "{file} before step {at} of {steps}: {run:#?}"
        );
        let findings = world.findings(&["--fix"]);
        match run.code {
            1 => {}
            0 => {
                kept += 1;
                let unfit = ("wt-1".to_owned(), "unfit".to_owned());
                assert_eq!(findings, [unfit], "{file} before step {at} of {steps}");
            }
            _ => panic!("{at}: {run:#?}"),
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "work\n", "{at}");
        // Nobody is given a slot with something of another in it.
        let next = world.pool(&["acquire", "next"]);
        assert_eq!(next.code, 1, "{at}: {next:#?}");
        // It can be had back, and the slot again.
        world.ok(&["release", "wt-1", "--force"]);
        let saved = world
            .sandbox
            .git(["for-each-ref", "--format=%(refname)", "refs/baton/trash"]);
        let shown = world.sandbox.git(["show", &format!("{saved}:{file}")]);
        assert_eq!(shown, "work", "{at}");
        world.assert_sound();
    }
    assert!(kept > 0, "everything was seen in time");
}

fn idle() -> World {
    let world = World::with_slots(1);
    world.acquire("one");
    world
}

/// The task has a commit, and the base has moved a long way.
fn busy() -> World {
    let world = idle();
    world.commit_at(&world.slot("wt-1"), "src/own");
    for number in 0..20 {
        world.sandbox.write(&format!("many/{number}"), "");
    }
    world.sandbox.commit_file("src/b", "moved\n");
    world
}

#[test]
fn a_file_that_is_as_it_was_and_is_written_meanwhile_is_kept() {
    nothing_is_lost(busy, "src/a");
}

#[test]
fn a_file_that_the_base_has_otherwise_is_kept_when_it_is_written_meanwhile() {
    nothing_is_lost(busy, "src/b");
}

#[test]
fn a_file_of_the_task_that_is_written_meanwhile_is_kept() {
    nothing_is_lost(busy, "src/own");
}

#[test]
fn a_new_file_that_is_written_meanwhile_is_kept() {
    nothing_is_lost(busy, "src/new/file");
    nothing_is_lost(idle, "new");
}
