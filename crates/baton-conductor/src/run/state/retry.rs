//! A run takes up what came to nothing.

use super::{Pause, Phase, RunState, Status, TaskState, Terminal, Within};

impl RunState {
    /// True if a task came to nothing.
    pub fn has_failed_tasks(&self) -> bool {
        self.tasks.iter().any(has_failed)
    }

    /// Has every task that came to nothing begin anew, with all its attempts, and the run wait for its
    /// conductor in the first group that has one.
    pub(super) fn retry(&mut self) -> Option<()> {
        if self.tasks.iter().any(TaskState::is_busy) || !self.has_failed_tasks() {
            return None;
        }
        for task in self.tasks.iter_mut().filter(|task| has_failed(task)) {
            task.status = Status::Pending;
            task.failed = 0;
            task.outcome = None;
            task.approved = None;
            task.checks.clear();
        }
        let open = |group: &Vec<Vec<String>>| {
            let ids = group.iter().flatten();
            let mut tasks = ids.filter_map(|id| self.task(id));
            tasks.any(|task| task.terminal().is_none())
        };
        let first = self.groups.iter().position(open)?;
        self.group = first + 1;
        (self.landed, self.cleaned, self.aggregate) = (false, false, None);
        self.phase = Phase::Paused {
            reason: Pause::Stopped,
            within: Within::Parallelize,
        };
        Some(())
    }
}

fn has_failed(task: &TaskState) -> bool {
    task.terminal() == Some(Terminal::Failed)
}
