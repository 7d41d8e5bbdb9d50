//! Runs of random graphs of tasks to which everything is done that has ever gone wrong around one.
//!
//! Agents meet limits, delete their worktrees, stray, are killed; conductors are killed alone and with their process
//! group; locks are left, objects pruned, the target moves. Once that ends, the run comes to its end by `resume`, and
//! all holds that [`ending`] lists.

mod ending;
mod graph;

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::time::{Duration, Instant, SystemTime};

use crate::conduct::kills::Random;
use crate::conduct::processes::{OwnProcess, noted};
use crate::conduct::scene::{Conductor, Scene, pause, wait_until};
use graph::Graph;

const SIGKILL: i32 = 9;

/// The number of agents at work at once, at most.
const AGENTS: usize = 3;

/// How often a run that nobody disturbs any more may pause: for a lock that was young, or for a target that moved.
const CALLS: usize = 6;

fn one_of<'a, T>(all: &'a [T], random: &mut Random) -> &'a T {
    &all[random.below(all.len() as u64) as usize]
}

/// Somebody who disturbs a run for a while.
struct Unrest<'s> {
    scene: &'s Scene,
    random: Random,
    until: Instant,
    /// The files that were committed to the target beside the run.
    beside: Vec<String>,
    /// What was done, and what the conductors said.
    story: String,
}

impl Unrest<'_> {
    /// Lets this conductor work for a moment, or to its end once the unrest is over; true if it has come to its end.
    fn watch(&mut self, conductor: &mut Conductor) -> bool {
        let moment = Instant::now() + Duration::from_millis(50 + self.random.below(2000));
        while self.is_on() && Instant::now() < moment {
            if conductor.is_over() {
                return true;
            }
            pause(Duration::from_millis(20));
            match self.random.below(60) {
                0..=2 => self.kill_an_agent(),
                3 => self.move_target(),
                _ => {}
            }
        }
        if self.is_on() {
            return false;
        }
        wait_until("the end of the run", || conductor.is_over());
        true
    }

    fn is_on(&self) -> bool {
        Instant::now() < self.until
    }

    fn kill_an_agent(&mut self) {
        let agents = noted(self.scene, "agent-");
        if !agents.is_empty() {
            one_of(&agents, &mut self.random).kill();
        }
    }

    /// Commits a file to the target, as a person beside the run does.
    fn move_target(&mut self) {
        let name = format!("beside-{}", self.random.below(1_000_000));
        self.scene.sandbox.write(&name, "by a person\n");
        let is_committed = self.git(&["add", &name])
            && self.git(&["commit", "-qm", &format!("Add {name}"), "--", &name]);
        match is_committed {
            true => self.beside.push(name),
            false => self.take_back(&name),
        }
    }

    /// Takes back what a lock kept from being committed. A lock that stays for seconds is nobody's, and is removed.
    fn take_back(&self, name: &str) {
        let lock = self.scene.sandbox.repo().join(".git/index.lock");
        let since = Instant::now();
        let made = || fs::metadata(&lock).and_then(|lock| lock.modified()).ok();
        let first = made();
        wait_until("the index", || {
            let is_left = made() == first && since.elapsed() > Duration::from_secs(3);
            made().is_none() || (is_left && fs::remove_file(&lock).is_ok())
        });
        self.git(&["rm", "-q", "--cached", "--ignore-unmatch", "--", name]);
        fs::remove_file(self.scene.sandbox.repo().join(name)).unwrap();
    }

    fn git(&self, words: &[&str]) -> bool {
        let mut git = self.scene.sandbox.command("git");
        git.args(words).output().unwrap().status.success()
    }

    /// Kills a conductor, alone or with all that it has started in its own process group.
    fn kill(&mut self, conductor: &Conductor) {
        self.story.push_str("killed\n");
        match self.random.below(3) {
            0 => conductor.signal(SIGKILL),
            1 => conductor.signal_group(SIGKILL),
            _ => {
                conductor.signal_group(SIGKILL);
                self.prune();
            }
        }
    }

    /// Removes what no reference reaches while nobody is at work. Beside a git at work that is not safe for any git.
    fn prune(&self) {
        wait_until("the end of all", || {
            let left = OwnProcess::all(self.scene);
            left.iter().for_each(OwnProcess::kill);
            left.is_empty()
        });
        self.git(&["prune", "--expire=now"]);
    }

    /// Has the locks that were left, by this walk or by gits that were killed, be old ones: a run that has paused
    /// meanwhile was not cut short.
    fn age_locks(&self) {
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        for lock in ending::locks(self.scene) {
            // A daemon's git may remove its own.
            if let Ok(lock) = fs::File::open(lock) {
                lock.set_modified(long_ago).unwrap();
            }
        }
    }

    /// Leaves locks as a git that is killed with its conductor does.
    fn leave_locks(&mut self) {
        let git = self.scene.sandbox.repo().join(".git");
        let runs = fs::read_dir(git.join("refs/baton/runs")).into_iter();
        let runs = runs.flatten().map(|entry| entry.unwrap().file_name());
        let runs = runs.map(|name| format!("refs/baton/runs/{}", name.to_string_lossy()));
        let mut names: Vec<String> = runs.filter(|name| !name.ends_with(".lock")).collect();
        names.extend(
            [
                "HEAD",
                "packed-refs",
                "index",
                "refs/heads/main",
                "refs/heads/auto/t0",
                "refs/baton/sessions/1",
            ]
            .map(str::to_owned),
        );
        for _ in 0..self.random.below(3) {
            let lock = git.join(format!("{}.lock", one_of(&names, &mut self.random)));
            // Where a directory is not there, or git has a lock, there is nothing to leave.
            let left = OpenOptions::new().write(true).create_new(true).open(&lock);
            if left.is_ok() {
                writeln!(self.story, "left {}", lock.display()).unwrap();
            }
        }
    }
}

fn has_run(scene: &Scene) -> bool {
    let runs = scene.sandbox.git(["for-each-ref", "refs/baton/runs"]);
    !runs.is_empty()
}

fn is_at_its_end(scene: &Scene) -> bool {
    has_run(scene) && ["done", "failed"].contains(&scene.phase().as_str())
}

/// Runs a random graph of this many tasks, and disturbs it for so long.
fn survives(count: usize, seed: u64, unrest: Duration) {
    let mut random = Random(seed);
    let scene = graph::scene(AGENTS);
    let graph = Graph::random(count, &mut random);
    let mut unrest = Unrest {
        scene: &scene,
        random,
        until: Instant::now() + unrest,
        beside: Vec::new(),
        story: String::new(),
    };
    let (mut conductors, mut calm) = (0, 0);
    loop {
        if !unrest.is_on() {
            calm += 1;
            unrest.age_locks();
        }
        let mut conductor = match has_run(&scene) {
            true => scene.spawn(&["resume"]),
            false => scene.begin(&graph.tasks()),
        };
        conductors += 1;
        let is_over = unrest.watch(&mut conductor);
        if !is_over {
            unrest.kill(&conductor);
        }
        let run = conductor.end();
        write!(unrest.story, "{}{}", run.out, run.err).unwrap();
        if is_over && is_at_its_end(&scene) {
            break;
        }
        assert!(calm < CALLS, "seed {seed}:\n{}", unrest.story);
        if !is_over {
            unrest.leave_locks();
        }
    }
    println!("seed {seed}: {count} tasks, {conductors} conductors");
    if let Err(wrong) = ending::check(&scene, &graph, &unrest.beside) {
        let pool = scene.orchestrator(&["pool", "health"]).out;
        panic!("seed {seed}: {wrong}\n{}{pool}", unrest.story);
    }
}

fn number(variable: &str, default: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
#[ignore = "takes minutes: BATON_ROUNDS rounds from BATON_SEED on"]
fn runs_survive_what_is_done_to_them() {
    let first = number("BATON_SEED", 1);
    for seed in first..first + number("BATON_ROUNDS", 10) {
        let mut random = Random(seed);
        let count = 4 + random.below(8) as usize;
        survives(count, seed, Duration::from_secs(3 + random.below(12)));
    }
}
