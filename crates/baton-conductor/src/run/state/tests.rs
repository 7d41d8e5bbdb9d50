use proptest::prelude::*;

use super::task::TaskPlace;
use super::*;
use baton_core::model::Oid;

/// Some check.
fn check() -> WorkCheck {
    WorkCheck {
        by: CheckKind::Verify,
        what: "make check".to_owned(),
        outcome: "exit status 0".to_owned(),
    }
}

/// Some commit.
fn oid() -> Oid {
    Oid::from_bytes(&[7; 20]).unwrap()
}

fn place() -> TaskPlace {
    TaskPlace {
        slot: "wt-1".to_owned(),
        lease: "l".to_owned(),
        worktree: "/w".to_owned(),
        branch: BranchName::new("auto/a"),
        base: oid(),
        tip: None,
        session: None,
    }
}

fn task(id: &str, builds_on: &[&str]) -> TaskState {
    let builds_on = builds_on.iter().map(|id| (*id).to_owned()).collect();
    TaskState::new(id, id, builds_on, 2)
}

/// Two groups: `a` and the lane `b`, `c` (which builds on `b`), then `d`, which builds on `a`.
fn run() -> RunState {
    let groups = vec![
        vec![
            vec![task("a", &[])],
            vec![task("b", &[]), task("c", &["b"])],
        ],
        vec![vec![task("d", &["a"])]],
    ];
    RunState::new(BranchName::new("main"), groups, 3, false, 1)
}

#[derive(Clone)]
struct Walk(RunState, Vec<CheckpointKind>, Vec<Checkpoint>);

impl Walk {
    fn begun() -> Self {
        Self(run(), Vec::new(), Vec::new()).then(Event::Begin { one_group: false })
    }

    #[track_caller]
    fn then(mut self, event: Event) -> Self {
        let (next, due) = self.0.apply(&event, self.0.at + 10).unwrap();
        self.0 = next;
        self.1.extend(due.iter().map(|due| due.kind));
        self.2
            .extend(due.iter().map(|due| self.0.due_checkpoint("r", *due)));
        self
    }

    fn dispatch(self, id: &str) -> Self {
        self.then(Event::Dispatched {
            task: id.to_owned(),
            place: place(),
            job: "j".to_owned(),
            taken_over_by: None,
        })
    }

    fn approve(self, id: &str) -> Self {
        let task = id.to_owned();
        self.dispatch(id)
            .then(Event::Worked {
                task: task.clone(),
                outcome: format!("did {id}"),
            })
            .then(Event::GateBegan { task: task.clone() })
            .then(Event::Approved {
                task,
                commit: oid(),
                pictures: Vec::new(),
                checks: vec![check()],
            })
    }

    fn fail(self, id: &str, is_final: bool) -> Self {
        self.dispatch(id).then(Event::AttemptFailed {
            task: id.to_owned(),
            reason: "crashed".to_owned(),
            is_final,
        })
    }

    fn land(self) -> Self {
        let [Action::Land { tasks }] = &self.0.next_actions()[..] else {
            panic!("nothing to land: {:?}", self.0.next_actions());
        };
        let landed = tasks.iter().map(|id| (id.clone(), oid()));
        let landed = landed.collect();
        self.then(Event::Landed {
            landed,
            refused: Vec::new(),
        })
    }

    fn status(&self, id: &str) -> &Status {
        &self.0.task(id).unwrap().status
    }

    fn dispatches(&self) -> Vec<String> {
        let actions = self.0.next_actions();
        let ids = actions.into_iter().filter_map(|action| match action {
            Action::Dispatch { task, .. } => Some(task),
            _ => None,
        });
        ids.collect()
    }
}

#[test]
fn groups_run_side_by_side_and_lanes_one_after_the_other() {
    let walk = Walk::begun();
    assert_eq!(walk.dispatches(), ["a", "b"]);
    let walk = walk.approve("b");
    assert_eq!(walk.dispatches(), ["a", "c"]);
    let walk = walk.approve("c").approve("a");
    assert_eq!(walk.0.phase, Phase::Integrate);
    assert_eq!(
        walk.0.next_actions(),
        [Action::Land {
            tasks: ["a", "b", "c"].map(str::to_owned).to_vec()
        }]
    );
    let walk = walk.land();
    assert_eq!((walk.0.group, walk.dispatches()), (2, vec!["d".to_owned()]));
    let walk = walk.approve("d").land();
    assert_eq!(walk.0.next_actions(), [Action::Aggregate]);
    let walk = walk
        .then(Event::Aggregated(Aggregate::Nothing))
        .then(Event::CleanedUp);
    assert_eq!(walk.0.phase, Phase::Done);
    assert_eq!(
        walk.1,
        [
            CheckpointKind::PreGroup,
            CheckpointKind::PostGroup,
            CheckpointKind::PreGroup,
            CheckpointKind::PostGroup
        ]
    );
}

#[test]
fn a_failed_task_is_tried_again_and_then_takes_along_what_builds_on_it() {
    let walk = Walk::begun().fail("a", false);
    assert_eq!(walk.dispatches(), ["a", "b"]);
    assert_eq!(
        walk.0.task("a").unwrap().feedback.as_deref(),
        Some("crashed")
    );
    let walk = walk.fail("a", false);
    assert!(walk.1.contains(&CheckpointKind::PreRetry));
    assert!(matches!(walk.status("a"), Status::Failed { .. }));
    let skipped = Status::Skipped {
        because: "a".to_owned(),
    };
    assert_eq!(*walk.status("d"), skipped);
    let walk = walk.approve("b").approve("c").land();
    let walk = walk
        .then(Event::Aggregated(Aggregate::Nothing))
        .then(Event::CleanedUp);
    assert_eq!(walk.0.phase, Phase::Failed);
}

#[test]
fn a_final_failure_is_not_tried_again() {
    let walk = Walk::begun().fail("b", true);
    assert!(matches!(walk.status("b"), Status::Failed { .. }));
    assert!(matches!(walk.status("c"), Status::Skipped { .. }));
}

#[test]
fn a_rejected_task_goes_back_with_the_reason() {
    let walk = Walk::begun()
        .dispatch("a")
        .then(Event::Worked {
            task: "a".to_owned(),
            outcome: "did a".to_owned(),
        })
        .then(Event::GateBegan {
            task: "a".to_owned(),
        })
        .then(Event::Rejected {
            task: "a".to_owned(),
            reason: "no tests".to_owned(),
            pictures: vec!["1.png".to_owned()],
        });
    let a = walk.0.task("a").unwrap();
    assert_eq!((a.failed, a.feedback.as_deref()), (1, Some("no tests")));
    assert_eq!(a.status, Status::Pending);
}

#[test]
fn a_blocked_gate_pauses_the_run_once_the_others_are_through() {
    let judged = |walk: Walk, id: &str| {
        walk.dispatch(id)
            .then(Event::Worked {
                task: id.to_owned(),
                outcome: String::new(),
            })
            .then(Event::GateBegan {
                task: id.to_owned(),
            })
    };
    let walk = judged(Walk::begun(), "a").dispatch("b");
    let walk = walk.then(Event::Blocked {
        task: "a".to_owned(),
        reason: "no display".to_owned(),
    });
    assert_eq!(walk.0.phase, Phase::Parallelize);
    let walk = walk.then(Event::Interrupted {
        task: "b".to_owned(),
    });
    assert!(matches!(
        walk.0.phase,
        Phase::Paused {
            reason: Pause::Blocked { .. },
            ..
        }
    ));
    let walk = walk.then(Event::Begin { one_group: false });
    assert_eq!(
        walk.0.next_actions()[0],
        Action::Judge {
            task: "a".to_owned()
        }
    );
}

#[test]
fn one_group_a_call_pauses_between_groups_and_says_what_is_next() {
    let walk = Walk(run(), Vec::new(), Vec::new()).then(Event::Begin { one_group: true });
    let walk = walk.approve("a").approve("b").approve("c").land();
    assert_eq!(walk.0.next_actions(), []);
    let checkpoint = walk.0.checkpoint("r", CheckpointKind::Handoff);
    assert_eq!(checkpoint.group_number, 1);
    assert_eq!(checkpoint.status, "complete");
    assert_eq!(
        (checkpoint.next_group, &checkpoint.remaining_groups[..]),
        (Some(2), &[2][..])
    );
    let text = checkpoint.to_markdown();
    for part in [
        "group_number: 1\nstatus: complete\n",
        "tasks_completed:\n  - \"a\": \"did a\"\n",
        "next_group: 2\nremaining_groups: [2]\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let walk = walk.then(Event::Begin { one_group: true });
    assert_eq!(walk.dispatches(), ["d"]);
}

#[test]
fn a_checkpoint_tells_of_its_own_group() {
    let walk = Walk::begun().approve("a").approve("b").approve("c").land();
    let walk = walk.approve("d").land();
    let walk = walk.then(Event::Aggregated(Aggregate::Nothing));
    let walk = walk.then(Event::CleanedUp);
    let told = |checkpoint: &Checkpoint| {
        let done = checkpoint.tasks_completed.iter();
        let done: Vec<_> = done.map(|(id, _)| id.clone()).collect();
        let branches = checkpoint.branches_created.len();
        (checkpoint.group_number, done.concat(), branches)
    };
    let all: Vec<_> = walk.2.iter().map(told).collect();
    let expected = [(1, "", 0), (1, "abc", 3), (2, "", 0), (2, "d", 1)];
    let expected = expected.map(|(group, done, branches)| (group, done.to_owned(), branches));
    assert_eq!(all, expected);
}

#[test]
fn groups_that_end_at_once_have_a_checkpoint_each() {
    let groups = vec![
        vec![vec![task("a", &[])]],
        vec![vec![task("b", &["a"])]],
        vec![vec![task("c", &["b"])]],
        vec![vec![task("d", &[])]],
    ];
    let state = RunState::new(BranchName::new("main"), groups, 3, false, 1);
    let walk = Walk(state, Vec::new(), Vec::new()).then(Event::Begin { one_group: false });
    let walk = walk.fail("a", true);
    let over = walk.2.iter();
    let over = over.filter(|one| one.kind == CheckpointKind::PostGroup);
    let over: Vec<_> = over.map(|one| (one.group_number, &*one.status)).collect();
    assert_eq!(over, [(1, "failed"), (2, "failed"), (3, "failed")]);
}

#[test]
fn a_checkpoint_spells_out_what_is_not_seen() {
    let mut checkpoint = run().checkpoint("r", CheckpointKind::Context);
    checkpoint.note = Some("a\u{202e}\u{9b}31m\"".to_owned());
    let text = checkpoint.to_markdown();
    assert!(text.contains(r#"note: "a\u202e\u009b31m\"""#), "{text}");
}

#[test]
fn what_does_not_land_has_failed() {
    let walk = Walk::begun().approve("a").approve("b").approve("c");
    let walk = walk.then(Event::Landed {
        landed: vec![("a".to_owned(), oid())],
        refused: vec![
            ("b".to_owned(), "conflict in x".to_owned()),
            ("c".to_owned(), "needs b".to_owned()),
        ],
    });
    assert_eq!(*walk.status("a"), Status::Done);
    assert!(matches!(walk.status("b"), Status::Failed { reason } if reason.contains("conflict")));
    assert_eq!(walk.dispatches(), ["d"]);
}

#[test]
fn an_event_that_does_not_fit_is_refused() {
    for event in [
        Event::CleanedUp,
        Event::Aggregated(Aggregate::Nothing),
        Event::GateBegan {
            task: "a".to_owned(),
        },
        Event::Worked {
            task: "nobody".to_owned(),
            outcome: String::new(),
        },
        Event::Landed {
            landed: Vec::new(),
            refused: Vec::new(),
        },
    ] {
        assert!(Walk::begun().0.apply(&event, 1).is_err(), "{event:?}");
    }
}

/// A run of random lanes in random groups, whose tasks build on some of those before them.
fn any_run() -> impl Strategy<Value = RunState> {
    let lane = prop::collection::vec(prop::collection::vec(0usize..40, 0..3), 1..4);
    let group = prop::collection::vec(lane, 1..4);
    (prop::collection::vec(group, 1..4), 1usize..4).prop_map(|(shape, max_agents)| {
        let mut earlier: Vec<String> = Vec::new();
        let mut groups = Vec::new();
        for group in shape {
            let (mut lanes, mut of_group) = (Vec::new(), Vec::new());
            for lane in group {
                let mut tasks: Vec<TaskState> = Vec::new();
                for wishes in lane {
                    let id = format!("t{}", earlier.len() + of_group.len());
                    let known: Vec<_> = earlier
                        .iter()
                        .chain(tasks.iter().map(|task| &task.id))
                        .cloned()
                        .collect();
                    let builds_on = wishes.iter().filter_map(|at| known.get(*at).cloned());
                    tasks.push(TaskState::new(&id, &id, builds_on.collect(), 2));
                    of_group.push(id);
                }
                lanes.push(tasks);
            }
            earlier.extend(of_group);
            groups.push(lanes);
        }
        RunState::new(BranchName::new("main"), groups, max_agents, false, 0)
    })
}

fn answer(
    action: &Action,
    choice: u8,
    begun: &mut Vec<String>,
    builds_on: &dyn Fn(&str) -> Vec<String>,
) -> Vec<Event> {
    let place = place();
    match action {
        Action::Dispatch { task, .. } => {
            begun.push(task.clone());
            let dispatched = Event::Dispatched {
                task: task.clone(),
                place,
                job: String::new(),
                taken_over_by: None,
            };
            let task = task.clone();
            let then = match choice % 4 {
                0 => Event::AttemptFailed {
                    task,
                    reason: String::new(),
                    is_final: choice.is_multiple_of(8),
                },
                1 => Event::Begin { one_group: false },
                _ => Event::Worked {
                    task,
                    outcome: String::new(),
                },
            };
            vec![dispatched, then]
        }
        Action::Judge { task } => {
            let began = Event::GateBegan { task: task.clone() };
            let task = task.clone();
            let then = match choice % 5 {
                0 => Event::Rejected {
                    task,
                    reason: String::new(),
                    pictures: Vec::new(),
                },
                1 => Event::Interrupted { task },
                _ => Event::Approved {
                    task,
                    commit: oid(),
                    pictures: Vec::new(),
                    checks: Vec::new(),
                },
            };
            vec![began, then]
        }
        Action::Land { tasks } => {
            // What builds on a branch that does not land does not land either.
            let (mut landed, mut refused) = (Vec::new(), Vec::new());
            for (at, id) in tasks.iter().enumerate() {
                let wants = |other: &(String, String)| builds_on(id).contains(&other.0);
                let lands = !choice.rotate_left(at as u32).is_multiple_of(4);
                match lands && !refused.iter().any(wants) {
                    true => landed.push((id.clone(), oid())),
                    false => refused.push((id.clone(), String::new())),
                }
            }
            vec![Event::Landed { landed, refused }]
        }
        Action::Aggregate => vec![Event::Aggregated(Aggregate::Nothing)],
        Action::CleanUp => vec![Event::CleanedUp],
    }
}

#[test]
fn the_pictures_of_the_last_rejected_attempt_are_kept() {
    let judged = |walk: Walk| {
        let task = || "a".to_owned();
        let outcome = String::new();
        let worked = walk.dispatch("a").then(Event::Worked {
            task: task(),
            outcome,
        });
        worked.then(Event::GateBegan { task: task() })
    };
    let rejected = |walk: Walk, pictures: &[&str]| {
        walk.then(Event::Rejected {
            task: "a".to_owned(),
            reason: String::new(),
            pictures: pictures.iter().map(|one| (*one).to_owned()).collect(),
        })
    };
    let pictures = |walk: &Walk| walk.0.task("a").unwrap().pictures.clone();
    let walk = rejected(judged(Walk::begun()), &["1.png"]);
    assert_eq!(pictures(&walk), ["1.png"]);
    let failed = rejected(judged(walk.clone()), &[]);
    assert!(matches!(failed.status("a"), Status::Failed { .. }));
    assert_eq!(pictures(&failed), ["1.png"]);
    assert!(pictures(&walk.approve("a")).is_empty());
}

#[test]
fn an_aggregate_that_could_not_be_made_is_tried_again() {
    let walk = Walk::begun().approve("a").approve("b").approve("c").land();
    let walk = walk.approve("d").land();
    assert_eq!(walk.0.next_actions(), [Action::Aggregate]);
    let reason = "no room".to_owned();
    let walk = walk.then(Event::Aggregated(Aggregate::Failed { reason }));
    let Phase::Paused { reason, .. } = &walk.0.phase else {
        panic!("{:?}", walk.0.phase);
    };
    let said = reason.to_string();
    assert!(
        said.contains("no room") && said.contains("resume"),
        "{said}"
    );
    assert_eq!(walk.0.next_actions(), []);
    let walk = walk.then(Event::Begin { one_group: false });
    assert_eq!(walk.0.next_actions(), [Action::Aggregate]);
    let walk = walk.then(Event::Aggregated(Aggregate::Nothing));
    assert_eq!(walk.then(Event::CleanedUp).0.phase, Phase::Done);
}

proptest! {
    #[test]
    fn every_run_ends_with_each_task_over_once_and_in_order(
        run in any_run(),
        choices in prop::collection::vec(any::<u8>(), 300),
    ) {
        let (mut state, _) = run.apply(&Event::Begin { one_group: false }, 0).unwrap();
        let mut choices = choices.into_iter().chain(std::iter::repeat(2));
        let mut done: Vec<String> = Vec::new();
        for _ in 0..2000 {
            let json = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(&serde_json::from_str::<RunState>(&json).unwrap(), &state);
            let actions = state.next_actions();
            let busy = state.tasks.iter().filter(|task| task.is_busy()).count();
            prop_assert!(busy + actions.len() <= state.max_agents.max(1));
            let Some(action) = actions.first() else { break };
            let mut begun = Vec::new();
            let tasks = state.tasks.clone();
            let builds_on = |id: &str| {
                let task = tasks.iter().find(|task| task.id == id);
                task.map(|task| task.builds_on.clone()).unwrap_or_default()
            };
            for event in answer(action, choices.next().unwrap(), &mut begun, &builds_on) {
                for id in &begun {
                    let task = state.task(id).unwrap();
                    prop_assert!(task.terminal().is_none());
                    for wanted in &task.builds_on {
                        let wanted = state.task(wanted).unwrap();
                        prop_assert!(matches!(wanted.status, Status::Done | Status::QaApproved));
                    }
                }
                begun.clear();
                (state, _) = state.apply(&event, 0).unwrap();
            }
            for task in &state.tasks {
                if task.status == Status::Done && !done.contains(&task.id) {
                    done.push(task.id.clone());
                }
            }
        }
        prop_assert!(state.is_over(), "{:?} {:?}", state.phase, state.tasks);
        prop_assert!(state.tasks.iter().all(|task| task.terminal().is_some()));
        for task in &state.tasks {
            let at = |id: &String| done.iter().position(|one| one == id);
            if let Some(own) = at(&task.id) {
                prop_assert!(task.failed < task.attempts);
                for wanted in &task.builds_on {
                    prop_assert!(at(wanted).is_some_and(|wanted| wanted < own || state.group_of(&task.id) == state.group_of(&done[wanted])));
                }
            }
        }
    }
}
