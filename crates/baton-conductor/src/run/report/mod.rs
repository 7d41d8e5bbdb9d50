//! The report on a run, as Markdown and as one self-contained HTML page.

mod from_state;
mod html;
mod markdown;

pub use from_state::from_state;
pub use html::html;
pub use markdown::markdown;

/// The report on a run. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunReport {
    /// The run's id.
    pub run: String,
    /// The phase: `done`, `failed`, `paused`, …
    pub phase: String,
    /// The mode of the plan, such as `PARALLEL`, with the reason where there is one.
    pub mode: String,
    /// The branch on which it lands.
    pub target: String,
    /// When it began.
    pub began: u64,
    /// When it ended, or when this was asked.
    pub until: u64,
    /// Its tasks, in the order of the plan.
    pub tasks: Vec<TaskReport>,
    /// The commits it brought to the target: what they are, and their ids.
    pub landed: Vec<(String, String)>,
}

/// The report on one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskReport {
    /// The task's id.
    pub id: String,
    /// The title.
    pub title: String,
    /// Its group, counted from 1.
    pub group: usize,
    /// The present state.
    pub status: Standing,
    /// Its outcome in a line, or why it came to none.
    pub outcome: String,
    /// The branch that carries its work.
    pub branch: Option<String>,
    /// The number of its session.
    pub session: Option<String>,
    /// The spans of work done for it, in order.
    pub spans: Vec<Span>,
    /// The pictures that its gate left.
    pub pictures: Vec<Picture>,
    /// The writes that its confined agents were refused outside of their worktrees, a sentence each.
    pub refused_writes: Vec<String>,
}

/// A picture that a gate left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its path on the machine that ran the gate.
    pub path: String,
    /// The content of the file; `None` where it is not at hand.
    pub data: Option<Vec<u8>>,
}

/// The state of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has landed or is ready to.
    Done,
    /// It came to nothing.
    Failed,
    /// A task that it depends on came to nothing.
    Skipped,
    /// It is not over.
    Open,
}

/// A stretch of time in which something was done for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The kind of work.
    pub work: Work,
    /// Which attempt it belongs to, counted from 1.
    pub attempt: u32,
    /// The agent that had taken it over from the task's own.
    pub taken_over_by: Option<String>,
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
    /// True if it came out well.
    pub ok: bool,
    /// The outcome, in a few words.
    pub outcome: String,
}

/// The kind of work done for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// An agent worked on it.
    Agent,
    /// A quality gate judged it.
    Gate,
}

impl Work {
    fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Gate => "gate",
        }
    }
}

impl Standing {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Open => "open",
        }
    }
}

impl Span {
    /// Returns the time it took, in milliseconds.
    fn length(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

impl TaskReport {
    /// Returns the time worked on it, in milliseconds.
    fn worked(&self) -> u64 {
        let spans = self.spans.iter().map(Span::length);
        spans.fold(0, u64::saturating_add)
    }
}

impl RunReport {
    /// Returns the time the run took, in milliseconds.
    pub fn wall(&self) -> u64 {
        self.until.saturating_sub(self.began)
    }

    /// Returns the time that the same work had taken one after the other, in milliseconds.
    pub fn sequential(&self) -> u64 {
        let tasks = self.tasks.iter().map(TaskReport::worked);
        tasks.fold(0, u64::saturating_add)
    }

    /// The gain over sequential work in a sentence.
    fn gain(&self) -> String {
        let (wall, sequential) = (self.wall(), self.sequential());
        let times = match wall {
            0 => String::new(),
            _ if sequential <= wall => ", no gain".to_owned(),
            _ => {
                let tenths = sequential.saturating_mul(10).saturating_add(wall / 2) / wall;
                format!(": {}.{} times", tenths / 10, tenths % 10)
            }
        };
        format!(
            "{} of work in {}{times}",
            duration(sequential),
            duration(wall)
        )
    }

    fn count(&self, standing: Standing) -> usize {
        let tasks = self.tasks.iter();
        tasks.filter(|task| task.status == standing).count()
    }

    /// Returns the number of tasks in each state, in a line.
    fn tally(&self) -> String {
        let all = [
            Standing::Done,
            Standing::Failed,
            Standing::Skipped,
            Standing::Open,
        ];
        let counts = all
            .into_iter()
            .map(|standing| (self.count(standing), standing));
        let words: Vec<_> = counts
            .filter(|(count, _)| *count > 0)
            .map(|(count, standing)| format!("{count} {}", standing.as_str()))
            .collect();
        words.join(", ")
    }
}

/// A time in its two greatest units.
pub fn duration(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{}.{} s", seconds, millis % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn example() -> RunReport {
        let span = |work, attempt, from, to, ok, outcome: &str| Span {
            work,
            attempt,
            taken_over_by: None,
            from,
            to,
            ok,
            outcome: outcome.to_owned(),
        };
        RunReport {
            run: "20251218-1".to_owned(),
            phase: "failed".to_owned(),
            mode: "PARALLEL".to_owned(),
            target: "main".to_owned(),
            began: 1_000_000,
            until: 1_060_000,
            tasks: vec![
                TaskReport {
                    id: "auth".to_owned(),
                    title: "Log in <b>safely</b> | now".to_owned(),
                    group: 1,
                    status: Standing::Done,
                    outcome: "Added the login".to_owned(),
                    branch: Some("auto/auth".to_owned()),
                    session: Some("19".to_owned()),
                    spans: vec![
                        span(Work::Agent, 1, 1_000_000, 1_020_000, false, "timed out"),
                        span(Work::Agent, 2, 1_021_000, 1_050_000, true, "done"),
                        span(Work::Gate, 2, 1_050_000, 1_060_000, true, "approved"),
                    ],
                    pictures: vec![
                        Picture {
                            path: "/runs/auth \"1\".png".to_owned(),
                            data: Some(b"PNG".to_vec()),
                        },
                        Picture {
                            path: "/runs/gone.jpeg".to_owned(),
                            data: None,
                        },
                    ],
                    refused_writes: Vec::new(),
                },
                TaskReport {
                    id: "api".to_owned(),
                    title: "The API".to_owned(),
                    group: 1,
                    status: Standing::Failed,
                    outcome: "the agent crashed".to_owned(),
                    branch: None,
                    session: None,
                    spans: vec![span(Work::Agent, 1, 1_000_000, 1_031_000, false, "exit 3")],
                    pictures: Vec::new(),
                    refused_writes: vec![
                        "attempt 1 was refused /m/<x>, as the agent printed it: no | way"
                            .to_owned(),
                    ],
                },
            ],
            landed: vec![("merge of auto/auth".to_owned(), "0123abcd".to_owned())],
        }
    }

    #[test]
    fn the_gain_is_the_work_over_the_time() {
        let report = example();
        assert_eq!((report.wall(), report.sequential()), (60_000, 90_000));
        assert_eq!(report.gain(), "1 min 30 s of work in 1 min 0 s: 1.5 times");
        assert_eq!(report.tally(), "1 done, 1 failed");
    }

    #[test]
    fn a_run_of_no_time_has_no_gain_to_divide() {
        let report = RunReport {
            until: 0,
            ..example()
        };
        assert_eq!(report.gain(), "1 min 30 s of work in 0.0 s");
    }
}
