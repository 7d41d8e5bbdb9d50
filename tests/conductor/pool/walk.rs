//! Random operations, some of them killed on their way: nothing that was committed or written is
//! ever lost, no slot is held twice, no branch is nobody's.

use std::fs;

use proptest::prelude::*;

use crate::pool::crash::Killer;
use crate::pool::world::World;
use baton_testkit::finish;

const SLOTS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Acquire,
    Release { slot: usize, force: bool },
    Write(usize),
    Commit(usize),
    Advance,
    Tear,
    DeleteDirectoryOfReady(usize),
    Fix,
    Cleanup,
    Init,
}

fn step() -> impl Strategy<Value = (Step, Option<usize>)> {
    let slot = 1..=SLOTS;
    let step = prop_oneof![
        4 => Just(Step::Acquire),
        3 => (slot.clone(), any::<bool>()).prop_map(|(slot, force)| Step::Release { slot, force }),
        2 => slot.clone().prop_map(Step::Write),
        3 => slot.clone().prop_map(Step::Commit),
        1 => Just(Step::Advance),
        1 => Just(Step::Tear),
        1 => slot.prop_map(Step::DeleteDirectoryOfReady),
        1 => Just(Step::Fix),
        1 => Just(Step::Cleanup),
        1 => Just(Step::Init),
    ];
    (step, proptest::option::weighted(0.4, 1_usize..15))
}

/// What must never be lost.
#[derive(Default)]
struct Model {
    commits: Vec<String>,
    /// Slots and the names of the files written there and not committed, which are their contents.
    files: Vec<(usize, String)>,
    made: usize,
}

struct Walk {
    world: World,
    killer: Killer,
    model: Model,
}

impl Walk {
    fn is(&self, slot: usize, state: &str) -> bool {
        let run = self.world.pool(&["status", "--format", "json"]);
        let Ok(status) = serde_json::from_str::<serde_json::Value>(&run.out) else {
            assert!(run.err.contains("has no pool"), "{run:#?}");
            return false;
        };
        let mut slots = status["slots"].as_array().unwrap().iter();
        let name = format!("wt-{slot}");
        slots.any(|one| one["slot"] == name && one["state"] == state)
    }

    /// Whether somebody has a slot whose directory is there: one that was deleted counts as taken too once the
    /// record was torn.
    fn is_usable(&self, slot: usize) -> bool {
        self.is(slot, "leased") && self.world.slot(&format!("wt-{slot}")).exists()
    }

    /// Runs a command of the pool, killed at a git or not.
    fn run(&self, args: &[&str], kill: Option<usize>) {
        self.killer
            .kills(&self.world, args, kill.unwrap_or(usize::MAX), "before");
    }

    fn take(&mut self, step: &Step, kill: Option<usize>) {
        self.model.made += 1;
        let made = self.model.made;
        match step {
            Step::Acquire => self.run(&["acquire", &format!("task-{made}")], kill),
            Step::Release { slot, force } => {
                let name = format!("wt-{slot}");
                let force: &[&str] = if *force { &["--force"] } else { &[] };
                self.run(&[&["release", &name], force].concat(), kill);
            }
            Step::Write(slot) if self.is_usable(*slot) => {
                let name = format!("file-{made}");
                fs::write(self.world.slot(&format!("wt-{slot}")).join(&name), &name).unwrap();
                self.model.files.push((*slot, name));
            }
            Step::Commit(slot) if self.is_usable(*slot) => {
                let path = self.world.slot(&format!("wt-{slot}"));
                let tip = self.world.commit_at(&path, &format!("commit-{made}"));
                self.model.commits.push(tip);
                self.model.files.retain(|(at, _)| at != slot);
            }
            Step::Advance => drop(
                self.world
                    .sandbox
                    .commit_file(&format!("main-{made}"), "x\n"),
            ),
            Step::Tear => fs::write(self.world.state_file(), "{").unwrap(),
            Step::DeleteDirectoryOfReady(slot) if self.is(*slot, "ready") => {
                let path = self.world.slot(&format!("wt-{slot}"));
                if path.exists() {
                    fs::remove_dir_all(path).unwrap();
                }
            }
            Step::Fix => self.run(&["health", "--fix"], kill),
            Step::Cleanup => self.run(&["cleanup"], kill),
            Step::Init => self.run(&["init", &SLOTS.to_string()], kill),
            Step::Write(_) | Step::Commit(_) | Step::DeleteDirectoryOfReady(_) => {}
        }
    }

    fn check(&self) {
        let git = |args: &[&str]| finish(self.world.sandbox.command("git").args(args)).out;
        // What no reference holds can be held by a worktree that is on no branch.
        let all = git(&["rev-list", "--all"]);
        for commit in &self.model.commits {
            assert!(all.contains(commit), "commit {commit} is lost");
        }
        let saved = git(&["for-each-ref", "--format=%(refname)", "refs/baton/trash"]);
        for (slot, name) in &self.model.files {
            let file = self.world.slot(&format!("wt-{slot}")).join(name);
            let there = fs::read_to_string(file).is_ok_and(|text| text == *name);
            let mut saved = saved.lines();
            let safe = there || saved.any(|one| git(&["show", &format!("{one}:{name}")]) == *name);
            assert!(safe, "{name} of wt-{slot} is lost");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_is_ever_lost(steps in prop::collection::vec(step(), 4..14)) {
        let world = World::with_slots(SLOTS);
        let killer = Killer::new(&world);
        let mut walk = Walk { world, killer, model: Model::default() };
        for (step, kill) in &steps {
            walk.take(step, *kill);
            walk.check();
        }
        // What was interrupted is over once a command has come to its end.
        walk.world.ok(&["init", &SLOTS.to_string()]);
        walk.world.findings(&["--fix"]);
        walk.check();
        walk.world.assert_sound();
    }
}
