//! Conductors and agents that are killed at random moments.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::conduct::processes::{OwnProcess, noted};
use crate::conduct::scene::{Conductor, Scene, Task, pause};

const SIGKILL: i32 = 9;

/// Numbers that look random and are the same for the same seed (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// Tasks each of which waits for up to two earlier ones, and fails where the work of one of these
/// is not there.
fn graph(count: usize, random: &mut Random) -> (Vec<Task>, BTreeMap<String, Vec<String>>) {
    let mut waits = BTreeMap::new();
    let mut tasks = Vec::new();
    for number in 0..count {
        let mut after: Vec<String> = Vec::new();
        for _ in 0..random.below(3).min(number as u64) {
            after.push(format!("t{}", random.below(number as u64)));
        }
        after.sort();
        after.dedup();
        let id = format!("t{number}");
        let needed: String = after
            .iter()
            .map(|id| format!("test -e {id}/file || exit 1\n"))
            .collect();
        let script = format!(
            "echo $$ >\"$SIGNALS/agent-$BATON_TASK-$BATON_ATTEMPT-$$\"\n{needed}\
             test -e {id}/file || sleep 0.1\nwork {id}/file; promise"
        );
        let names: Vec<_> = after.iter().map(String::as_str).collect();
        // Killed agents count as failed attempts.
        tasks.push(Task::new(&id, &script).after(&names).with("attempts = 50"));
        waits.insert(id, after);
    }
    (tasks, waits)
}

fn disturb(scene: &Scene, conductor: Conductor, random: &mut Random, until: Instant) -> bool {
    let mut conductor = conductor;
    let moment = Instant::now() + Duration::from_millis(50 + random.below(1500));
    while Instant::now() < moment {
        if conductor.is_over() {
            let run = conductor.end();
            assert_eq!(run.code, 0, "{}{}", run.out, run.err);
            return true;
        }
        pause(Duration::from_millis(20));
        if random.below(20) == 0 {
            let agents = noted(scene, "agent-");
            if !agents.is_empty() {
                agents[random.below(agents.len() as u64) as usize].kill();
            }
        }
    }
    if Instant::now() < until {
        conductor.signal(SIGKILL);
    }
    let run = conductor.end();
    assert!([-1, 0].contains(&run.code), "{}{}", run.out, run.err);
    run.code == 0
}

/// Runs a random graph of this many tasks; for so long, somebody kills.
fn survives(count: usize, seed: u64, kills_for: Duration) {
    let random = &mut Random(seed);
    let scene = Scene::with_policy("max_agents = 4\nretry_delay = 0", "");
    let (tasks, waits) = graph(count, random);
    let until = Instant::now() + kills_for;
    let mut over = disturb(&scene, scene.begin(&tasks), random, until);
    let mut killed = 0;
    while !over {
        let run = match scene
            .sandbox
            .git(["for-each-ref", "refs/baton/runs"])
            .is_empty()
        {
            true => scene.begin(&tasks),
            false => scene.spawn(&["resume"]),
        };
        over = disturb(&scene, run, random, until);
        killed += 1;
    }
    println!("seed {seed}: {count} tasks, {killed} conductors killed");
    assert_landed_once_in_order(&scene, &waits);
    assert!(OwnProcess::all(&scene).is_empty(), "a process is left");
    scene.assert_clean();
    assert_eq!(scene.branches(), ["main"]);
    let pool = scene.json(&["pool", "status", "--format", "json"]);
    let slots = pool["slots"].as_array().unwrap().len();
    assert!(slots <= 4, "{slots} worktrees are left");
}

fn assert_landed_once_in_order(scene: &Scene, waits: &BTreeMap<String, Vec<String>>) {
    let state = scene.state();
    let status = |task: &Value| task["status"]["name"] == "done";
    assert!(
        state["tasks"].as_array().unwrap().iter().all(status),
        "{state}"
    );
    let log = scene
        .sandbox
        .git(["log", "--topo-order", "--reverse", "--format=%s", "main"]);
    let lines: Vec<_> = log.lines().collect();
    let places = |id: &str| {
        let own = format!("Write {id}/file");
        let found = lines.iter().enumerate().filter(|(_, line)| **line == own);
        found.map(|(at, _)| at).collect::<Vec<_>>()
    };
    for (id, after) in waits {
        let [own] = places(id)[..] else {
            panic!("{id} landed at {:?}", places(id));
        };
        assert_eq!(scene.sandbox.read(&format!("{id}/file")), format!("{id}\n"));
        for earlier in after {
            assert!(places(earlier)[0] < own, "{earlier} comes after {id}");
        }
    }
}

#[test]
fn a_run_that_is_killed_again_and_again_lands_every_task_once() {
    survives(8, 1, Duration::from_secs(6));
}

#[test]
#[ignore = "takes minutes"]
fn a_run_of_fifty_tasks_survives_all_that_is_done_to_it() {
    let seed = std::env::var("BATON_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(1);
    survives(50, seed, Duration::from_secs(60));
}
