//! Fifty agents that acquire and release without pause, beside people who make worktrees of
//! their own.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::pool::world::World;
use baton_testkit::{Ran, finish};

const WORKERS: usize = 50;
const SLOTS: usize = 8;

/// What happens at once.
struct Crowd {
    world: World,
    /// Who has which slot, as the workers know it.
    holders: Mutex<BTreeMap<String, String>>,
    /// Rounds begun.
    rounds: AtomicUsize,
    /// Slots that were given.
    given: AtomicUsize,
    is_over: AtomicBool,
}

impl Crowd {
    fn new(hooks: bool) -> Self {
        let world = World::without_pool();
        world.sandbox.commit_file("baton.toml", "version = 1\n");
        if hooks {
            assert_eq!(world.sandbox.run(["install"]).code, 0);
        }
        world.ok(&["init", &SLOTS.to_string()]);
        Self {
            world,
            holders: Mutex::default(),
            rounds: AtomicUsize::new(0),
            given: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// Fails where a slot is held twice, and where anything but "none free" goes wrong.
    fn run(&self, rounds: usize, limit: Duration) {
        let end = Instant::now() + limit;
        std::thread::scope(|scope| {
            let strangers = scope.spawn(|| self.strangers());
            let workers: Vec<_> = (0..WORKERS)
                .map(|_| {
                    scope.spawn(move || {
                        while Instant::now() < end {
                            let round = self.rounds.fetch_add(1, Ordering::SeqCst);
                            if round >= rounds {
                                break;
                            }
                            self.round(round);
                        }
                    })
                })
                .collect();
            let ended: Vec<_> = workers.into_iter().map(|one| one.join()).collect();
            self.is_over.store(true, Ordering::SeqCst);
            strangers.join().unwrap();
            ended.into_iter().for_each(|one| one.unwrap());
        });
        let given = self.given.load(Ordering::SeqCst);
        eprintln!(
            "{given} slots given in {} rounds",
            self.rounds.load(Ordering::SeqCst)
        );
        assert!(given > SLOTS, "{given}");
        assert_eq!(self.world.findings(&[]), []);
        self.world.assert_sound();
    }

    fn round(&self, round: usize) {
        let task = format!("t{round}");
        let wait = ["0", "1", "5"][round % 3];
        let run = self
            .world
            .pool(&["acquire", &task, "--wait", wait, "--porcelain"]);
        if run.code == 1 && run.err.contains("none of the 8 worktrees is free") {
            return;
        }
        assert_eq!(run.code, 0, "{run:#?}");
        let slot = run.out.split('|').next().unwrap();
        self.given.fetch_add(1, Ordering::SeqCst);
        let other = self
            .holders
            .lock()
            .unwrap()
            .insert(slot.to_owned(), task.clone());
        assert_eq!(other, None, "{slot} was given to {task} too");
        let path = self.world.slot(slot);
        let branch = self.world.git_at(&path, &["branch", "--show-current"]);
        assert_eq!(branch, format!("auto/{task}"));
        assert_eq!(
            self.world.git_at(&path, &["diff", "HEAD", "--name-only"]),
            ""
        );
        if round.is_multiple_of(4) {
            self.world.commit_at(&path, &task);
        }
        let mine = self.holders.lock().unwrap().remove(slot);
        assert_eq!(mine, Some(task));
        let run = self.world.pool(&["release", slot]);
        assert_eq!(run.code, 0, "{run:#?}");
    }

    /// People who make worktrees, work and remove them again.
    fn strangers(&self) {
        let mut number = 0;
        while !self.is_over.load(Ordering::SeqCst) {
            number += 1;
            let path = format!("../stranger-{number}");
            for args in [
                // A git that has died may have made the branch.
                &["worktree", "add", "-q", "-f", "-B", &path[3..], &path][..],
                &["worktree", "list"],
                &["worktree", "remove", &path],
            ] {
                let mut run = self.git(args);
                // One git dies of a worktree that another is just making: so it is without us.
                while run.err.contains("failed to read") && !self.is_over.load(Ordering::SeqCst) {
                    run = self.git(args);
                }
                let is_told = run.err.contains("failed to read");
                assert!(run.code == 0 || is_told, "{args:?}: {run:#?}");
            }
        }
    }

    fn git(&self, args: &[&str]) -> Ran {
        finish(self.world.sandbox.command("git").args(args))
    }
}

#[test]
fn fifty_at_once_share_eight_slots_for_a_while() {
    Crowd::new(false).run(150, Duration::from_secs(12));
}

#[test]
fn fifty_at_once_share_eight_slots_where_hooks_are_installed() {
    Crowd::new(true).run(100, Duration::from_secs(12));
}

/// `cargo test --test conductor -- --ignored stress`.
#[test]
#[ignore = "takes minutes"]
fn fifty_at_once_share_eight_slots_for_two_thousand_rounds() {
    for hooks in [false, true] {
        Crowd::new(hooks).run(1000, Duration::from_secs(1200));
    }
}

#[test]
fn a_pool_is_filled_and_emptied_while_others_make_worktrees() {
    let crowd = Crowd::new(false);
    std::thread::scope(|scope| {
        let strangers = scope.spawn(|| crowd.strangers());
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..3 {
                crowd.world.ok(&["reset", "6"]);
            }
        }));
        crowd.is_over.store(true, Ordering::SeqCst);
        strangers.join().unwrap();
        ran.unwrap();
    });
    crowd.world.assert_sound();
}
