use baton_conductor::session::allocate::{self, NewSession};
use baton_conductor::session::{SessionError, State, store};
use baton_core::policy::Policy;

use crate::aggregate::support::{BEFORE, HANDOFF, World};

/// Agents work at once, finish in any order, are merged, and are aggregated.
fn parallel(world: &World, count: u32) {
    let numbers = 101..=100 + count;
    for number in numbers.clone() {
        let (branch, place) = (format!("agent-{number}"), format!("../agent-{number}"));
        world.git(&["worktree", "add", "-q", "-b", &branch, &place]);
    }
    std::thread::scope(|scope| {
        for lane in 0..4 {
            let numbers = numbers.clone();
            scope.spawn(move || {
                for number in numbers.filter(|number| number % 4 == lane) {
                    world.work(&world.root().join(format!("agent-{number}")), number);
                }
            });
        }
    });
    for step in 0..count {
        // Some order that is not the one of the numbers.
        world.merge((step * 7 + 3) % count + 101);
    }
    let said = world.aggregated(&["--orchestrator", "99", "--date", "2025-12-18"]);
    assert!(
        said.contains(&format!("{count} sessions aggregated")),
        "{said}"
    );
    let handoff = world.read(HANDOFF);
    for number in numbers {
        let heading = format!("#### Session {number}: Part {number}\n");
        let summary = format!("- Did part {number}\n");
        assert_eq!(handoff.matches(&heading).count(), 1, "{heading}");
        assert_eq!(handoff.matches(&summary).count(), 1, "{summary}");
    }
    assert_eq!(world.aggregates(), 1);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.assert_verified();

    let tip = world.tip();
    assert!(world.aggregated(&[]).contains("nothing to aggregate"));
    assert_eq!(world.tip(), tip);
}

#[test]
fn three_agents_finish_in_any_order_under_the_guard() {
    parallel(&World::with_hooks(""), 3);
}

#[test]
fn fifty_agents_finish_in_any_order() {
    parallel(&World::new(""), 50);
}

#[test]
fn the_commit_is_what_the_page_says() {
    let world = World::with_hooks("");
    world.agents(&[19, 20]);
    let parent = world.tip();
    world.aggregated(&["--orchestrator", "22", "--date", "2025-12-18"]);
    let entry = "### Parallel Sessions 19, 20 (2025-12-18)\n\n**Orchestrator**: Session 22\n\
        **Parallel Executions**: 2 agents\n\n#### Session 19: Part 19\n##### Summary\n\n- Did part 19\n\n\
        #### Session 20: Part 20\n##### Summary\n\n- Did part 20\n\n";
    let expected = BEFORE.replace("## Recent Work\n\n", &format!("## Recent Work\n\n{entry}"));
    assert_eq!(world.read(HANDOFF), expected);
    let message = world.git(&["log", "-1", "--format=%B"]);
    let head = format!(
        "Aggregate sessions 19, 20\n\n- Session 19: Part 19: Did part 19\n\
         - Session 20: Part 20: Did part 20\n\nBaton-Aggregate: 1\nBaton-Base: {parent}\n\
         Baton-Session: 19\nBaton-Summary: 19 sha256:"
    );
    assert!(message.starts_with(&head), "{message}");
    let names = world.git(&["diff", "--name-only", "HEAD^", "HEAD"]);
    assert_eq!(names, HANDOFF);
}

#[test]
fn any_name_of_a_committer_can_be_sealed() {
    use std::os::unix::ffi::OsStrExt;
    for name in [&b"Ren\xe9 \xff"[..], "René".as_bytes(), b" .a <b> c, "] {
        let world = World::with_hooks("");
        world.agents(&[19]);
        let mut run = world.command(crate::aggregate::support::BATON, world.main());
        run.env("GIT_COMMITTER_NAME", std::ffi::OsStr::from_bytes(name));
        let out = run.args(["orchestrator", "aggregate"]).output().unwrap();
        assert!(out.status.success(), "{out:?}");
        world.assert_verified();
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let world = World::new("");
    world.agents(&[19]);
    let refs = world.git(&["for-each-ref"]);
    let said = world.aggregated(&["--dry-run"]);
    assert!(said.contains("#### Session 19: Part 19"), "{said}");
    assert_eq!(world.git(&["for-each-ref"]), refs);
    assert_eq!(world.read(HANDOFF), BEFORE);
}

#[test]
fn what_is_not_ready_is_named_and_refused() {
    let world = World::new("");
    world.agents(&[19]);
    world.agent(20);
    let (code, said) = world.aggregate(&["--sessions", "19,20,21"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("session 20") && said.contains("no log"),
        "{said}"
    );
    assert!(
        said.contains("session 21") && said.contains("nothing is known"),
        "{said}"
    );
    assert_eq!(world.aggregates(), 0);
    let said = world.aggregated(&["--partial"]);
    assert!(said.contains("left out: session 20"), "{said}");
    world.merge(20);
    world.aggregated(&[]);
    assert_eq!(world.aggregates(), 2);
    world.assert_verified();
}

#[test]
fn summaries_that_differ_are_refused_by_name() {
    let world = World::new("");
    world.agents(&[19]);
    world.write(
        ".agents/temp/handoff-session-19-summary.md",
        "Another story\n",
    );
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2);
    let copy = "agent-19/.agents/temp/handoff-session-19-summary.md";
    assert!(
        said.replace("\n", "").contains("differ") && said.contains("session 19"),
        "{said}"
    );
    let joined: String = said
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '│')
        .collect();
    assert!(joined.contains(copy), "{said}");
}

#[test]
fn the_aggregate_is_pushed_on_demand() {
    let world = World::with_hooks("");
    world.git_in(world.root(), &["init", "-q", "--bare", "server"]);
    world.git(&["remote", "add", "origin", "../server"]);
    world.agents(&[19]);
    world.aggregated(&["--push", "origin"]);
    let server = world.root().join("server");
    assert_eq!(world.git_in(server, &["rev-parse", "main"]), world.tip());
}

#[test]
fn recorded_sessions_are_waited_for_and_their_summaries_outlive_their_worktrees() {
    let world = World::new("");
    world.agents(&[1, 2]);
    let repo = world.repo();
    for (id, title) in [("101", "First"), ("102", "Second")] {
        let new = NewSession {
            id: Some(id.to_owned()),
            date: Some("2025-12-18".to_owned()),
            title: title.to_owned(),
            task: None,
        };
        allocate::create(&repo, &Policy::default(), &new).unwrap();
    }
    world.agents(&[101, 102]);
    let end = |number: &str, text: &str| {
        store::update::<SessionError>(&repo, number, |session| {
            session.state = State::Ended;
            session.summary = Some(text.into());
            Ok(())
        })
        .unwrap();
    };
    end("101", "# Summary\n\n- Did part 101\n");
    let (code, said) = world.aggregate(&["--sessions", "101,102"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("session 102") && said.contains("still active"),
        "{said}"
    );
    end("102", "Only the record knows\n");
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2);
    assert!(
        said.contains("differ") && said.contains("refs/baton/sessions/102"),
        "{said}"
    );
    for number in [101, 102] {
        let place = format!("../agent-{number}");
        world.git(&["worktree", "remove", "--force", &place]);
    }
    world.git(&["gc", "-q", "--prune=now"]);
    let said = world.aggregated(&["--orchestrator", "200"]);
    assert!(said.contains("1, 2, 101, 102"), "{said}");
    let handoff = world.read(HANDOFF);
    assert!(
        handoff.contains("#### Session 102: Second\nOnly the record knows\n"),
        "{handoff}"
    );
    world.assert_verified();
}
