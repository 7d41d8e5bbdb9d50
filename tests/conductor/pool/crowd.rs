//! Many at once.

use std::collections::BTreeSet;

use crate::pool::world::World;
use baton_testkit::finish;

#[test]
fn of_fifty_who_come_at_once_each_gets_another_slot_or_is_told_that_none_is_free() {
    const SLOTS: usize = 20;
    let world = World::with_slots(SLOTS);
    let commands = (0..50).map(|n| world.command(&["acquire", &format!("t{n}"), "--porcelain"]));
    let running: Vec<_> = commands
        .map(|mut command| std::thread::spawn(move || finish(&mut command)))
        .collect();
    let mut given = BTreeSet::new();
    for run in running {
        let run = run.join().unwrap();
        match run.code {
            0 => assert!(given.insert(run.out.split('|').next().unwrap().to_owned())),
            1 => assert!(run.err.contains("none of the 20"), "{}", run.err),
            _ => panic!("{run:#?}"),
        }
    }
    assert_eq!(given.len(), SLOTS);
    assert_eq!(world.branches().len(), SLOTS);
    world.assert_sound();
}

#[test]
fn rounds_of_acquiring_and_releasing_leave_no_trace() {
    let world = World::with_slots(3);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let world = &world;
            scope.spawn(move || {
                for round in 0..4 {
                    let task = format!("w{worker}-{round}");
                    let run = world.pool(&["acquire", &task, "--wait", "120", "--porcelain"]);
                    assert_eq!(run.code, 0, "{run:#?}");
                    let slot = run.out.split('|').next().unwrap();
                    let path = world.slot(slot);
                    // Whoever finds another's file has another's slot.
                    let mark = path.join("target");
                    std::fs::create_dir(&mark).unwrap();
                    assert_eq!(
                        world.git_at(&path, &["branch", "--show-current"]),
                        format!("auto/{task}")
                    );
                    let run = world.pool(&["release", slot]);
                    assert_eq!(run.code, 0, "{run:#?}");
                }
            });
        }
    });
    assert!(world.branches().is_empty());
    assert_eq!(world.findings(&[]), []);
    world.assert_sound();
}
