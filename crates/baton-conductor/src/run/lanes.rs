//! The progress of the agents of a run, for the user who watches it.

use super::event_text::shown;
use super::report::duration;
use super::state::{RunState, Status, TaskState};
use baton_core::plan::{AgentLine, Mark};

/// The agents of the group at work, counted through all groups as the plan counts them; `now` is
/// in milliseconds since the epoch.
pub fn agents(state: &RunState, now: u64) -> Vec<AgentLine> {
    let at = state.group.saturating_sub(1);
    let before: usize = state.groups.iter().take(at).map(Vec::len).sum();
    let lanes = state.groups.get(at).into_iter().flatten();
    let line = |(at, ids): (usize, &Vec<String>)| {
        let lane = tasks(state, ids);
        let names: Vec<_> = lane.iter().map(|task| shown(&task.id)).collect();
        AgentLine {
            mark: mark(&lane),
            text: format!("Agent {}: {}", before + at + 1, names.join(", ")),
            more: more(&lane, now),
        }
    };
    lanes.enumerate().map(line).collect()
}

/// The number of agents that have done all their work, and that of all agents in all groups.
pub fn complete(state: &RunState) -> (usize, usize) {
    let lanes = || state.groups.iter().flatten();
    let is_done = |task: &&TaskState| matches!(task.status, Status::Done | Status::QaApproved);
    let is_complete = |ids: &&Vec<String>| tasks(state, ids).iter().all(is_done);
    (lanes().filter(is_complete).count(), lanes().count())
}

fn tasks<'s>(state: &'s RunState, ids: &[String]) -> Vec<&'s TaskState> {
    ids.iter().filter_map(|id| state.task(id)).collect()
}

fn is_over(task: &TaskState) -> bool {
    task.terminal().is_some() || task.status == Status::QaApproved
}

fn mark(tasks: &[&TaskState]) -> Mark {
    let any = |of: &dyn Fn(&Status) -> bool| tasks.iter().any(|task| of(&task.status));
    let all = |of: &dyn Fn(&Status) -> bool| tasks.iter().all(|task| of(&task.status));
    if any(&|status| matches!(status, Status::Failed { .. } | Status::QaBlocked { .. })) {
        Mark::Failed
    } else if all(&|status| matches!(status, Status::Done | Status::QaApproved)) {
        Mark::Done
    } else if all(&|status| matches!(status, Status::Skipped { .. })) {
        Mark::Skipped
    } else if all(&|status| *status == Status::Pending) {
        Mark::Waiting
    } else {
        Mark::Running
    }
}

/// What goes on with the task at hand, and since when; how long it all took once it is over.
fn more(tasks: &[&TaskState], now: u64) -> String {
    let foremost = tasks.iter().find(|task| !is_over(task));
    let Some(task) = foremost else {
        let spans = tasks.iter().flat_map(|task| &task.spans);
        let worked: u64 = spans.map(|span| span.to.saturating_sub(span.from)).sum();
        return match worked {
            0 => String::new(),
            worked => seconds(worked),
        };
    };
    let since = |since: u64| seconds(now.saturating_sub(since));
    match &task.status {
        Status::Running { since: from, .. } if task.begun > 1 => {
            format!("attempt {}, {}", task.begun, since(*from))
        }
        Status::Running { since: from, .. } => since(*from),
        Status::Judged { since: from } => format!("gate, {}", since(*from)),
        Status::ReadyForQa => "waits for its gate".to_owned(),
        Status::Pending if task.begun > 0 => format!("attempt {} next", task.begun + 1),
        _ => String::new(),
    }
}

/// A time without the fractions that would only flicker.
fn seconds(millis: u64) -> String {
    match millis {
        0..60_000 => format!("{} s", millis / 1000),
        _ => duration(millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::state::TaskSpan;
    use baton_core::model::BranchName;

    fn state() -> RunState {
        let task = |id: &str| TaskState::new(id, id, Vec::new(), 3);
        let groups = vec![
            vec![vec![task("a")], vec![task("b"), task("c")]],
            vec![vec![task("d")]],
        ];
        RunState::new(BranchName::new("main"), groups, 2, false, 0)
    }

    fn running(since: u64) -> Status {
        let job = String::new();
        Status::Running { since, job }
    }

    fn shown_at(state: &RunState, now: u64) -> Vec<(Mark, String, String)> {
        let lines = agents(state, now).into_iter();
        lines
            .map(|line| (line.mark, line.text, line.more))
            .collect()
    }

    #[test]
    fn a_lane_tells_of_the_task_at_hand_and_since_when() {
        let mut state = state();
        state.tasks[0].status = running(1_000);
        state.tasks[0].begun = 2;
        state.tasks[1].status = Status::QaApproved;
        state.tasks[2].status = Status::Judged { since: 60_000 };
        let lines = shown_at(&state, 66_000);
        let told = |mark, text: &str, more: &str| (mark, text.to_owned(), more.to_owned());
        assert_eq!(
            lines,
            [
                told(Mark::Running, "Agent 1: a", "attempt 2, 1 min 5 s"),
                told(Mark::Running, "Agent 2: b, c", "gate, 6 s"),
            ]
        );
        assert_eq!(complete(&state), (0, 3));
    }

    #[test]
    fn agents_are_counted_through_all_groups() {
        let mut state = state();
        state.group = 2;
        for task in &mut state.tasks[..3] {
            task.status = Status::Done;
        }
        assert_eq!(shown_at(&state, 0)[0].1, "Agent 3: d");
        assert_eq!(complete(&state), (2, 3));
        let reason = String::new();
        state.tasks[0].status = Status::Failed { reason };
        assert_eq!(complete(&state), (1, 3), "what failed is not complete");
    }

    #[test]
    fn what_is_over_tells_how_long_it_took() {
        let mut state = state();
        state.tasks[0].status = Status::Done;
        let span = |from, to| TaskSpan {
            gate: false,
            attempt: 1,
            taken_over_by: None,
            from,
            to,
            ok: true,
            outcome: String::new(),
        };
        state.tasks[0].spans = vec![span(0, 3_000), span(9_000, 11_500)];
        let line = &shown_at(&state, 99_000)[0];
        assert_eq!((line.0, line.2.as_str()), (Mark::Done, "5 s"));
    }
}
