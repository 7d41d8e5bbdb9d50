use baton_conductor::aggregate::holder::Holder;
use baton_conductor::aggregate::lease::Lease;
use baton_conductor::aggregate::{AggregateBase, Request, build, landing, plan};
use baton_conductor::landing::transaction::{self, Kind, Landing};
use baton_git::signing::Signing;
use baton_sys::process;

use crate::aggregate::support::{BATON, HANDOFF, World};

/// Every summary once, one aggregate, a clean worktree.
fn assert_whole(world: &World, numbers: &[u32]) {
    let handoff = world.read(HANDOFF);
    for number in numbers {
        let summary = format!("- Did part {number}\n");
        assert_eq!(handoff.matches(&summary).count(), 1, "{handoff}");
    }
    assert_eq!(world.aggregates(), 1);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.assert_verified();
}

/// The commit of an aggregate, which is not landed yet.
fn built(world: &World, request: &Request) -> Landing {
    let repo = world.repo();
    let base = AggregateBase::of(&repo, None).unwrap();
    let plan = plan(&repo, &base, request).unwrap();
    build::build(&repo, &base, &plan, &Signing::None)
        .unwrap()
        .landing
}

/// The lease of a process that was killed.
fn dead_lease(world: &World) {
    let gone = Holder {
        owner: "gone".to_owned(),
        host: baton_sys::host_name(),
        pid: i32::MAX as u32,
        process_started: None,
        since: "2025-12-18T00:00:00Z".to_owned(),
    };
    std::mem::forget(Lease::take_as(&world.repo(), &gone));
}

#[test]
fn a_lease_is_taken_from_a_process_whose_number_another_has_now() {
    let world = World::with_hooks("");
    let repo = world.repo();
    let own = process::own_id();
    let holder = |process_started| Holder {
        owner: "somebody".to_owned(),
        host: baton_sys::host_name(),
        pid: own,
        process_started,
        since: "2025-12-18T00:00:00Z".to_owned(),
    };
    let alive = holder(process::started(own));
    let held = Lease::take_as(&repo, &alive).unwrap();
    assert!(Lease::take_as(&repo, &alive).is_err());
    held.release();
    let earlier = holder(process::started(own).map(|ticks| ticks - 1));
    std::mem::forget(Lease::take_as(&repo, &earlier));
    assert!(Lease::take_as(&repo, &alive).is_ok());
}

#[test]
fn killed_between_any_two_steps_the_next_run_completes() {
    for steps in 0..=4 {
        let world = World::with_hooks("");
        world.agents(&[19, 20]);
        dead_lease(&world);
        let repo = world.repo();
        let request = Request {
            date: Some("2025-12-18".to_owned()),
            ..Request::default()
        };
        if steps >= 1 {
            let landing = built(&world, &request);
            if steps >= 2 {
                transaction::announce(&repo, &landing).unwrap();
            }
            if steps >= 3 {
                assert!(transaction::land(&repo, &landing).unwrap());
            }
            if steps >= 4 {
                landing::finish(&repo, &landing).unwrap();
            }
        }
        world.aggregated(&["--date", "2025-12-18"]);
        assert_whole(&world, &[19, 20]);
    }
}

#[test]
fn killed_at_any_time_the_next_run_completes() {
    let world = World::with_hooks("");
    world.agents(&[19, 20, 21]);
    // Each run is given a little more time than the one before, up to the end.
    for microseconds in (0..200_000).step_by(8_000) {
        let mut run = world
            .command(BATON, world.main())
            .args(["orchestrator", "aggregate"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let patience = std::time::Duration::from_micros(microseconds);
        assert!(receiver.recv_timeout(patience).is_err());
        drop(sender);
        run.kill().unwrap();
        run.wait().unwrap();
    }
    // A git that the last killed run had started may still be at work.
    let mut last = world.aggregate(&[]);
    for _ in 0..50 {
        let clean = world.git(&["status", "--porcelain"]).is_empty();
        if last.0 == 0 && clean {
            break;
        }
        last = world.aggregate(&[]);
    }
    assert_eq!(last.0, 0, "{}", last.1);
    assert_whole(&world, &[19, 20, 21]);
}

#[test]
fn what_an_older_version_has_landed_is_completed() {
    let world = World::with_hooks("");
    world.agents(&[19]);
    let repo = world.repo();
    let landing = built(&world, &Request::default());
    let record = serde_json::json!({
        "branch": landing.branch,
        "old": landing.old,
        "new": landing.new,
        "begun": [],
    });
    let path = world.main().join(".git/baton/landing.json");
    std::fs::write(&path, record.to_string()).unwrap();
    assert!(transaction::land(&repo, &landing).unwrap());
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 0, "{said}");
    assert_whole(&world, &[19]);
    assert!(!path.exists());
}

#[test]
fn what_the_git_of_a_killed_run_lands_later_is_shown() {
    let world = World::with_hooks("");
    world.agents(&[19]);
    let repo = world.repo();
    let build = |day: &str| {
        let date = Some(day.to_owned());
        let request = Request {
            date,
            ..Request::default()
        };
        built(&world, &request)
    };
    let (first, second) = (build("2025-12-18"), build("2025-12-19"));
    transaction::announce(&repo, &first).unwrap();
    transaction::announce(&repo, &second).unwrap();
    assert!(transaction::land(&repo, &first).unwrap());
    assert!(!transaction::land(&repo, &second).unwrap());
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 0, "{said}");
    assert_whole(&world, &[19]);
}

#[test]
fn a_landing_that_git_refuses_is_not_announced_any_more() {
    let world = World::with_hooks("");
    world.agents(&[19]);
    let repo = world.repo();
    let landing = built(&world, &Request::default());
    let lock = world.main().join(".git/refs/heads/main.lock");
    // No git leaves that, and nobody removes it.
    std::fs::create_dir(&lock).unwrap();
    transaction::announce(&repo, &landing).unwrap();
    assert!(transaction::land(&repo, &landing).is_err());
    assert!(!world.main().join(".git/baton/merge/landing.json").exists());
    std::fs::remove_dir(lock).unwrap();
    world.aggregated(&[]);
}

#[test]
fn merges_and_aggregates_leave_each_others_records_alone() {
    let world = World::new("");
    world.agents(&[19]);
    let repo = world.repo();
    let base = AggregateBase::of(&repo, None).unwrap();
    let own = base.landing(base.tip);
    let other = Landing {
        kind: Kind::Merge,
        ..own.clone()
    };
    transaction::announce(&repo, &other).unwrap();
    transaction::announce(&repo, &own).unwrap();
    transaction::show(&repo, &own).unwrap();
    transaction::forget(&repo, own.kind).unwrap();
    assert_eq!(transaction::interrupted(&repo, own.kind).unwrap(), None);
    assert_eq!(
        transaction::interrupted(&repo, other.kind).unwrap(),
        Some(other)
    );
}

#[test]
fn of_two_orchestrators_the_second_is_told_who_is_first() {
    let world = World::new("");
    world.agents(&[19]);
    let repo = world.repo();
    let lease = Lease::take(&repo).unwrap();
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2);
    let process = format!("process {}", std::process::id());
    assert!(
        said.contains("aggregates already") && said.contains(&process),
        "{said}"
    );
    lease.release();
    world.aggregated(&[]);
}

#[test]
fn many_orchestrators_at_once_make_one_aggregate() {
    let world = World::new("");
    world.agents(&[19, 20]);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let (code, said) = world.aggregate(&[]);
                assert!(code == 0 || said.contains("aggregates already"), "{said}");
            });
        }
    });
    assert_whole(&world, &[19, 20]);
}

#[test]
fn a_branch_that_moves_meanwhile_is_built_upon_again() {
    let world = World::new("");
    world.agents(&[19]);
    let repo = world.repo();
    let landing = built(&world, &Request::default());
    world.write("more.txt", "more\n");
    world.commit_all("more");
    transaction::announce(&repo, &landing).unwrap();
    assert!(!transaction::land(&repo, &landing).unwrap());
    world.aggregated(&[]);
    assert_whole(&world, &[19]);
}
