use super::*;
use crate::run::state::{CheckKind, Pause, TaskPlace, WorkCheck};
use baton_core::model::{BranchName, Oid, SessionId};
use baton_core::plan::EndToEndReport;

/// What no terminal may be given: a colour, an end of a line, and a change of direction.
const ODD: &str = "a\u{1b}[31m\nb\u{202e}\"c";

fn run() -> RunState {
    let task = |id: &str, builds_on: &[&str]| {
        let builds_on = builds_on.iter().map(|id| (*id).to_owned()).collect();
        TaskState::new(id, &format!("Do {id}"), builds_on, 2)
    };
    let groups = vec![
        vec![vec![task("a", &[])], vec![task("b", &[])]],
        vec![vec![task("c", &["a"])]],
    ];
    RunState::new(BranchName::new("main"), groups, 2, false, 1)
}

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
        session: SessionId::parse("2025-12-18/19"),
    }
}

/// A run and all lines that are told of it.
struct Told(RunState, Vec<String>);

impl Told {
    fn begun() -> Self {
        Self(run(), Vec::new()).then(&Event::Begin { one_group: false })
    }

    fn then(mut self, event: &Event) -> Self {
        (self.0, _) = self.0.apply(event, self.0.at + 10).unwrap();
        self.1.extend(line("r", &self.0, event));
        self
    }

    fn dispatched(self, id: &str) -> Self {
        self.then(&Event::Dispatched {
            task: id.to_owned(),
            place: place(),
            job: "j".to_owned(),
            taken_over_by: None,
        })
    }

    fn judged(self, id: &str) -> Self {
        let worked = self.dispatched(id).then(&Event::Worked {
            task: id.to_owned(),
            outcome: "Write it".to_owned(),
        });
        let task = id.to_owned();
        worked.then(&Event::GateBegan { task })
    }

    fn approved(self, id: &str) -> Self {
        self.judged(id).then(&Event::Approved {
            task: id.to_owned(),
            commit: oid(),
            pictures: Vec::new(),
            checks: vec![check()],
        })
    }

    fn failed(self, id: &str, is_final: bool) -> Self {
        self.dispatched(id).then(&Event::AttemptFailed {
            task: id.to_owned(),
            reason: "it crashed".to_owned(),
            is_final,
        })
    }

    fn landed(self, ids: &[&str], refused: &[(&str, &str)]) -> Self {
        let owned = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        self.then(&Event::Landed {
            landed: ids.iter().map(|id| ((*id).to_owned(), oid())).collect(),
            refused: refused.iter().map(|(id, why)| owned(id, why)).collect(),
        })
    }
}

#[test]
fn a_task_is_followed_from_its_first_attempt_to_the_target() {
    let told = Told::begun().failed("a", false).approved("a").judged("b");
    let told = told.then(&Event::Rejected {
        task: "b".to_owned(),
        reason: "no test".to_owned(),
        pictures: Vec::new(),
    });
    let told = told.failed("b", false).landed(&["a"], &[]);
    assert_eq!(
        told.1,
        [
            "run r: 3 tasks onto main",
            "a: attempt 1 in wt-1 on auto/a (session 2025-12-18/19)",
            "a: to be tried again: it crashed",
            "a: attempt 2 in wt-1 on auto/a (session 2025-12-18/19)",
            "a: says it is done: Write it",
            "a: approved",
            "b: attempt 1 in wt-1 on auto/a (session 2025-12-18/19)",
            "b: says it is done: Write it",
            "b: rejected, to be tried again: no test",
            "b: attempt 2 in wt-1 on auto/a (session 2025-12-18/19)",
            "b: failed for good: it crashed",
            "landed on main: a",
        ]
    );
}

#[test]
fn what_does_not_land_is_told_below_what_does() {
    let told = Told::begun().approved("a").approved("b");
    let told = told.landed(&["b"], &[("a", "it conflicts in x")]);
    assert_eq!(
        told.1.last().unwrap(),
        "landed on main: b\na: does not land: it conflicts in x"
    );
    let nothing = Told::begun().approved("a").failed("b", true);
    let nothing = nothing.landed(&[], &[("a", "no")]);
    assert!(
        nothing
            .1
            .last()
            .unwrap()
            .starts_with("landed on main: nothing\n")
    );
}

#[test]
fn the_end_names_what_came_to_nothing_and_what_comes_next() {
    let over = Told::begun()
        .failed("a", true)
        .approved("b")
        .landed(&["b"], &[]);
    let over = over.then(&Event::Aggregated(Aggregate::Nothing));
    let over = over.then(&Event::CleanedUp);
    assert_eq!(
        conclusion("r", &over.0),
        "run r: failed; 1 done, 1 failed, 1 skipped\n\
         \x20 failed           a (attempt 1 of 2) [wt-1 auto/a]  it crashed\n\
         \x20 skipped          c (attempt 0 of 2)  because of a\n\
         what its agent said: `git baton orchestrator logs a --run r`\n\
         begin what failed anew: `git baton orchestrator resume r --failed`\n\
         the whole story: `git baton orchestrator report r`\n"
    );
    let paused = Told::begun().then(&Event::Pause(Pause::Stopped));
    let text = conclusion("r", &paused.0);
    assert!(
        text.starts_with("run r: paused: it was asked to stop; 0 done"),
        "{text}"
    );
    assert!(
        text.ends_with("go on with `git baton orchestrator resume r`\n"),
        "{text}"
    );
    assert!(
        !text.contains("Do a"),
        "what is still to come has not failed: {text}"
    );
}

#[test]
fn the_status_says_who_is_at_work_and_where() {
    let told = Told::begun().approved("a").dispatched("b");
    let all = ["q", "r"].map(str::to_owned);
    let text = status("r", &told.0, true, &all);
    assert_eq!(
        text,
        "run r: parallelize, at work\n  onto main, group 1 of 2\n\
         \x20 qa_approved      a (attempt 1 of 2) [wt-1 auto/a]  Write it\n\
         \x20 running          b (attempt 1 of 2) [wt-1 auto/a]  Do b\n\
         \x20 pending          c (attempt 0 of 2)  Do c\n\
         earlier runs: q\n"
    );
    let text = status("r", &told.0, false, &[]);
    assert!(text.contains("nobody is at work on it"), "{text}");
    assert!(!text.contains("earlier runs"), "{text}");
}

#[test]
fn what_was_interrupted_is_no_attempt_too_many() {
    let mut told = Told::begun();
    for _ in 0..3 {
        let task = "a".to_owned();
        told = told.dispatched("a").then(&Event::Interrupted { task });
    }
    let text = status("r", &told.0, true, &[]);
    assert!(text.contains("a (attempt 3, 0 of 2 failed)"), "{text}");
}

#[test]
fn the_diagram_marks_where_the_run_is() {
    let text = diagram("r", &Told::begun().0);
    assert!(
        text.contains("PLAN -> [PARALLELIZE] -> INTEGRATE"),
        "{text}"
    );
    assert_eq!(text.matches('[').count(), 1, "{text}");
}

#[test]
fn an_event_is_one_line_of_json() {
    let told = Told::begun().approved("a");
    let event = Event::AttemptFailed {
        task: "b".to_owned(),
        reason: ODD.to_owned(),
        is_final: true,
    };
    let told = told.dispatched("b").then(&event);
    let text = json("r", &told.0, &event);
    assert!(text.ends_with("}\n") && text.lines().count() == 1, "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["event"], "attempt_failed");
    assert_eq!((&read["task"], &read["detail"]), (&"b".into(), &ODD.into()));
    assert_eq!((&read["over"], &read["tasks"]), (&2.into(), &3.into()));
    let began = json("r", &told.0, &Event::Begin { one_group: false });
    assert!(
        !began.contains("\"task\"") && !began.contains("detail"),
        "{began}"
    );
}

#[test]
fn what_others_wrote_steers_no_terminal() {
    let odd = || ODD.to_owned();
    let events = [
        Event::Worked {
            task: odd(),
            outcome: odd(),
        },
        Event::AttemptFailed {
            task: odd(),
            reason: odd(),
            is_final: false,
        },
        Event::Rejected {
            task: odd(),
            reason: odd(),
            pictures: Vec::new(),
        },
        Event::Blocked {
            task: odd(),
            reason: odd(),
        },
        Event::Landed {
            landed: vec![(odd(), oid())],
            refused: Vec::new(),
        },
        Event::Aggregated(Aggregate::Failed { reason: odd() }),
        Event::EndToEnd {
            task: odd(),
            report: EndToEndReport {
                reason: Some(odd()),
                ..EndToEndReport::default()
            },
        },
    ];
    let state = run();
    for event in events {
        let line = line("r", &state, &event).unwrap();
        assert!(!line.contains(['\n', '\u{1b}', '\u{202e}']), "{line:?}");
    }
    let mut state = run();
    state.tasks[0].status = Status::Failed { reason: odd() };
    state.tasks[1].outcome = Some(odd());
    state.tasks[2].title = odd();
    state.phase = Phase::Paused {
        reason: Pause::Aggregating { reason: odd() },
        within: crate::run::state::Within::Integrate,
    };
    let texts = [
        status("r", &state, false, &[]),
        conclusion("r", &state),
        diagram("r", &state),
        status_json("r", &state, false),
    ];
    for text in texts {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
}

#[test]
fn a_reason_of_several_lines_is_told_in_one() {
    let reason = "agents cannot start:\n  no git\n\n  no disk\n";
    assert_eq!(shown(reason), "agents cannot start: no git; no disk");
}
