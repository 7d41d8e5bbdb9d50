//! The choice of the next actions.

use super::task::Status;
use super::{Phase, RunState, TaskState};

/// Something that the conductor is to do. What it has begun it does not begin again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Has an agent work on a task.
    Dispatch {
        /// The task.
        task: String,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// Has a task's work judged.
    Judge {
        /// The task.
        task: String,
    },
    /// Lands these tasks' branches, in an order in which none comes before what it builds on.
    Land {
        /// The tasks.
        tasks: Vec<String>,
    },
    /// Makes the aggregate commit.
    Aggregate,
    /// Gives the worktrees back.
    CleanUp,
}

impl RunState {
    /// Returns the actions to take now, beside those under way.
    pub fn next_actions(&self) -> Vec<Action> {
        match self.phase {
            Phase::Parallelize => self.work(),
            Phase::Integrate if !self.landed => vec![Action::Land {
                tasks: self.approved(),
            }],
            Phase::Integrate if self.aggregate.is_none() => vec![Action::Aggregate],
            Phase::Integrate if !self.cleaned => vec![Action::CleanUp],
            _ => Vec::new(),
        }
    }

    /// The agents and gates that are to start, no more than may work at once: a gate first,
    /// since it ends what is begun.
    fn work(&self) -> Vec<Action> {
        let busy = self.tasks.iter().filter(|task| task.is_busy()).count();
        let lanes = self.lanes().iter();
        let ready: Vec<_> = lanes.filter_map(|lane| self.foremost(lane)).collect();
        let gates = ready.iter().filter_map(|task| match task.status {
            Status::ReadyForQa => Some(Action::Judge {
                task: task.id.clone(),
            }),
            _ => None,
        });
        let attempts = ready.iter().filter_map(|task| match task.status {
            Status::Pending => Some(Action::Dispatch {
                task: task.id.clone(),
                attempt: task.begun + 1,
            }),
            _ => None,
        });
        let free = self.max_agents.saturating_sub(busy);
        gates.chain(attempts).take(free).collect()
    }

    /// The task of a lane that is worked on: the first for which there is something to do.
    fn foremost(&self, lane: &[String]) -> Option<&TaskState> {
        let mut tasks = lane.iter().filter_map(|id| self.task(id));
        tasks.find(|task| !task.is_settled())
    }

    /// The approved tasks of the group, each behind what it builds on: the order of the lanes,
    /// since tasks that build on each other within a group share one.
    fn approved(&self) -> Vec<String> {
        let approved = self.of_group();
        let approved = approved.filter(|task| task.status == Status::QaApproved);
        approved.map(|task| task.id.clone()).collect()
    }
}
