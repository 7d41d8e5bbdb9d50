use std::fs;
use std::path::Path;
use std::time::Duration;

use baton_conductor::pool::steps::{self, Moment, Step};
use baton_conductor::pool::{self, Acquire, PoolError, Release, WorkError};

use crate::pool_work::support::open;
use baton_testkit::Sandbox;

const LIMIT: Duration = Duration::from_secs(60);

fn step<'a>(directory: &'a Path, lease: &'a str) -> Step<'a> {
    Step {
        moment: Moment::PostAcquire,
        slot: "wt-1",
        lease,
        directory,
        task: Some("T-1"),
        branch: None,
    }
}

fn run(sandbox: &Sandbox, commands: &[&str], limit: Duration) -> Result<String, WorkError> {
    let repo = open(sandbox.repo());
    let commands: Vec<_> = commands.iter().map(|&one| one.to_owned()).collect();
    let lease = sandbox.root.path().display().to_string();
    steps::run(&repo, &commands, limit, &step(sandbox.repo(), &lease))?;
    let log = steps::log(&repo, Moment::PostAcquire, "wt-1");
    Ok(fs::read_to_string(log).unwrap())
}

fn failure(ran: Result<String, WorkError>) -> (String, String) {
    match ran {
        Err(WorkError::Step { how, log, .. }) => (how, fs::read_to_string(log).unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn commands_find_their_slot_and_leave_a_log() {
    let sandbox = Sandbox::empty();
    let told = r#"echo "$BATON_SLOT|$BATON_TASK|${BATON_BRANCH-none}|$BATON_WORKTREE""#;
    let log = run(&sandbox, &[told, "pwd; echo loud >&2"], LIMIT).unwrap();
    let here = sandbox.repo().display();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines[1], format!("wt-1|T-1|none|{here}"));
    assert_eq!(lines[2], "$ pwd; echo loud >&2");
    assert_eq!(lines[4], "loud");
}

#[test]
fn the_first_failure_ends_it() {
    let sandbox = Sandbox::empty();
    let ran = run(
        &sandbox,
        &["echo one", "echo two; exit 3", "echo three"],
        LIMIT,
    );
    let (how, log) = failure(ran);
    assert_eq!(how, "ended with exit code 3");
    assert!(log.contains("\ntwo\n") && !log.contains("three"), "{log}");
}

#[test]
fn a_command_that_takes_too_long_is_ended_with_all_it_started() {
    let sandbox = Sandbox::empty();
    let ran = run(
        &sandbox,
        &["sleep 1000 & sleep 1000"],
        Duration::from_secs(1),
    );
    assert_eq!(failure(ran).0, "ran for more than 1 seconds");
}

fn sandbox_with(table: &str) -> Sandbox {
    let sandbox = Sandbox::with_policy(&format!("version = 1\n[pool]\nsize = 1\n{table}"));
    sandbox.git(["config", "user.name", "Tester"]);
    sandbox.git(["config", "user.email", "tester@example.com"]);
    pool::init(&open(sandbox.repo()), None).unwrap();
    sandbox
}

fn acquire(sandbox: &Sandbox) -> Result<pool::Acquired, PoolError> {
    let wish = Acquire {
        task: "T-1".to_owned(),
        ..Acquire::default()
    };
    pool::acquire(&open(sandbox.repo()), &wish)
}

#[test]
fn a_slot_is_made_fit_for_its_task() {
    let sandbox = sandbox_with("post_acquire = ['echo $BATON_BRANCH > made']\ninclude = ['.env']");
    sandbox.write(".git/info/exclude", ".env\n");
    sandbox.write(".env", "SECRET=1\n");
    let acquired = acquire(&sandbox).unwrap();
    let read = |name: &str| fs::read_to_string(acquired.path.join(name)).unwrap();
    assert_eq!(read("made"), "auto/T-1\n");
    assert_eq!(read(".env"), "SECRET=1\n");
}

#[test]
fn a_slot_that_cannot_be_made_fit_is_taken_back() {
    let sandbox = sandbox_with("post_acquire = ['echo x > made; echo why; false']");
    let refused = acquire(&sandbox);
    let Err(PoolError::Work(WorkError::Step { log, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert!(fs::read_to_string(log).unwrap().contains("why"));
    assert_eq!(sandbox.git(["branch", "--list", "auto/*"]), "");
    let again = acquire(&sandbox);
    assert!(matches!(again, Err(PoolError::Work(_))), "{again:?}");
}

#[test]
fn a_slot_is_kept_when_it_cannot_be_cleared_up_unless_by_force() {
    let sandbox = sandbox_with("pre_release = ['test ! -e busy']");
    let acquired = acquire(&sandbox).unwrap();
    let release = |force| {
        let wish = Release {
            slot: acquired.slot.clone(),
            lease: Some(acquired.lease.clone()),
            force,
        };
        pool::release(&open(sandbox.repo()), &wish)
    };
    fs::write(acquired.path.join("busy"), "x").unwrap();
    let refused = release(false);
    assert!(
        matches!(refused, Err(PoolError::Work(WorkError::Step { .. }))),
        "{refused:?}"
    );
    assert!(release(true).unwrap().saved.is_some());
}
