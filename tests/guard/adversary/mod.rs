//! An adversary: random sequences of what git can do, by honest and hostile actors, against a
//! server with its hook and against `verify` in CI. A model of its own says what may land.
//!
//! A sequence that fails is made shorter and printed as a line of JSON. It goes to `seeds/`, whose
//! files are played first, with the mend.

mod accepted;
mod ci;
mod model;
mod objects;
mod ops;
mod oracle;
mod play;
mod pushes;
mod ways_out;
mod world;
mod writers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use self::ops::Op;
use self::world::World;
use baton_testkit::gits::{Git, gits};

/// How many sequences there are, unless the environment says more.
const SEQUENCES: usize = 36;

/// The name of the threads that play.
const PLAYER: &str = "player";

/// Plays a sequence and says what is wrong.
fn play(git: &Git, template: &Path, ops: &[Op]) -> Result<(), String> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(git, template);
        for op in ops {
            world.step(op);
        }
    }));
    played.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_default()
    })
}

fn sequence(git: &Git, template: &Path, seed: usize) -> Result<(), String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(seed as u64).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let ran = runner.run(&ops::sequences(), |ops| {
        play(git, template, &ops).map_err(TestCaseError::fail)
    });
    ran.map_err(|error| match error {
        TestError::Fail(reason, ops) => {
            let line = serde_json::to_string(&ops).unwrap();
            format!("sequence {seed}: {reason}\n{line}")
        }
        TestError::Abort(reason) => reason.to_string(),
    })
}

/// Plays as many sequences as this at once as there are processors.
fn play_all(count: usize, one: impl Fn(usize) -> Result<(), String> + Sync) {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // What a player finds is told once, when it is as short as it gets.
        if std::thread::current().name() != Some(PLAYER) {
            tell(panic);
        }
    }));
    let next = AtomicUsize::new(0);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let numbers = std::iter::from_fn(|| {
                let number = next.fetch_add(1, Ordering::Relaxed);
                (number < count).then_some(number)
            });
            let failures = numbers.filter_map(|number| one(number).err());
            failures
                .inspect(|failure| eprintln!("{failure}\n"))
                .collect()
        };
        let spawn = |_| {
            let thread = std::thread::Builder::new().name(PLAYER.to_owned());
            thread.spawn_scoped(scope, work).unwrap()
        };
        let threads: Vec<_> = (0..processors).map(spawn).collect();
        let found: Vec<Vec<String>> = threads.into_iter().map(|it| it.join().unwrap()).collect();
        found.concat()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn what_failed_once_does_not_fail_again() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guard/adversary/seeds");
    let mut files: Vec<_> = seeds
        .read_dir()
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    files.sort();
    let git = gits().remove(0);
    let template = world::template(&git);
    play_all(files.len(), |number| {
        let text = std::fs::read_to_string(&files[number]).unwrap();
        let ops: Vec<Op> = serde_json::from_str(&text).unwrap();
        let name = files[number].file_name().unwrap();
        play(&git, template.path(), &ops).map_err(|reason| format!("{name:?}: {reason}"))
    });
}

#[test]
fn nobody_gets_past_the_server_or_ci() {
    let read = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let count = read("BATON_ADVERSARY_SEQUENCES").unwrap_or(SEQUENCES);
    let first = read("BATON_ADVERSARY_FIRST").unwrap_or(0);
    let git = gits().remove(0);
    let template = world::template(&git);
    play_all(count, |number| {
        sequence(&git, template.path(), first + number)
    });
}
