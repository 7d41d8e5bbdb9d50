//! From one state to the next.

use super::task::{Status, Terminal};
use super::{
    Aggregate, CheckpointKind, DueCheckpoint, Event, Misplaced, Pause, Phase, RunState, TaskState,
    Within,
};
use baton_core::model::Oid;

/// The number of attempts at a task that something else may end before they count: what an agent does to its own
/// surroundings looks the same.
const MAX_DISTURBANCES: u32 = 3;

impl RunState {
    /// The state after an event at `now` (milliseconds since the epoch), and the checkpoints that
    /// are due with it.
    ///
    /// # Errors
    /// When the event does not fit the state.
    pub fn apply(&self, event: &Event, now: u64) -> Result<(Self, Vec<DueCheckpoint>), Misplaced> {
        let mut next = self.clone();
        next.at = next.at.max(now);
        let mut due = Vec::new();
        next.change(event, &mut due)
            .ok_or_else(|| self.misplaced(event))?;
        next.skip_what_cannot_be_done();
        next.advance(&mut due);
        Ok((next, due))
    }

    fn misplaced(&self, event: &Event) -> Misplaced {
        let what: String = format!("{event:?}").chars().take(120).collect();
        let tasks: Vec<_> = self
            .tasks
            .iter()
            .map(|task| format!("{} {}", task.id, task.status.as_str()))
            .collect();
        Misplaced {
            what,
            state: format!("{}; {}", self.phase.as_str(), tasks.join(", ")),
        }
    }

    /// Takes up the event; `None` when it does not fit.
    fn change(&mut self, event: &Event, due: &mut Vec<DueCheckpoint>) -> Option<()> {
        let (now, group) = (self.at, self.group);
        match event {
            Event::Begin { one_group } => self.begin(*one_group, due),
            Event::Retry => self.retry(),
            Event::Dispatched {
                task,
                place,
                job,
                taken_over_by,
            } => {
                let task = self.at_work(task, |status| *status == Status::Pending)?;
                task.begun += 1;
                task.work_at(place);
                task.taken_over_by.clone_from(taken_over_by);
                let job = job.clone();
                task.status = Status::Running { since: now, job };
                if task.failed > 0 {
                    due.push(DueCheckpoint::new(CheckpointKind::PreRetry, group));
                }
                Some(())
            }
            Event::Worked { task, outcome } => {
                let since = self.since(task, false)?;
                let task = self.task_mut(task)?;
                task.span(false, since, now, true, outcome);
                task.outcome = Some(outcome.clone());
                task.status = Status::ReadyForQa;
                Some(())
            }
            Event::WritesRefused { task, writes } => {
                self.since(task, false)?;
                self.task_mut(task)?.refuse_writes(writes);
                Some(())
            }
            Event::AttemptFailed {
                task,
                reason,
                is_final,
            } => {
                // An attempt can fail before an agent has begun.
                let since = self.since(task, false);
                let task = self.at_work(task, |status| {
                    matches!(status, Status::Pending | Status::Running { .. })
                })?;
                task.span(false, since.unwrap_or(now), now, false, reason);
                task.fail(reason, *is_final);
                Some(())
            }
            Event::Disturbed { task, reason } => {
                let since = self.since(task, false);
                let task = self.at_work(task, |status| {
                    matches!(status, Status::Pending | Status::Running { .. })
                })?;
                task.span(false, since.unwrap_or(now), now, false, reason);
                task.disturb(reason);
                Some(())
            }
            Event::Interrupted { task } => {
                let task = self.task_mut(task)?;
                task.interrupt(now);
                Some(())
            }
            Event::GateBegan { task } => {
                let task = self.at_work(task, |status| *status == Status::ReadyForQa)?;
                task.status = Status::Judged { since: now };
                Some(())
            }
            Event::Approved {
                task,
                commit,
                pictures,
                checks,
            } => {
                let since = self.since(task, true)?;
                let task = self.task_mut(task)?;
                task.span(true, since, now, true, "approved");
                task.checks = checks.clone();
                task.approved = Some(*commit);
                task.pictures = pictures.clone();
                task.status = Status::QaApproved;
                Some(())
            }
            Event::EndToEnd { task, report } => {
                self.since(task, true)?;
                self.task_mut(task)?.end_to_end = Some(report.clone());
                Some(())
            }
            Event::Rejected {
                task,
                reason,
                pictures,
            } => {
                let since = self.since(task, true)?;
                let task = self.task_mut(task)?;
                // Those of an earlier attempt show more than none.
                if !pictures.is_empty() {
                    task.pictures = pictures.clone();
                }
                task.span(true, since, now, false, reason);
                task.fail(reason, false);
                Some(())
            }
            Event::Blocked { task, reason } => {
                let since = self.since(task, true)?;
                let task = self.task_mut(task)?;
                task.span(true, since, now, false, reason);
                task.status = Status::QaBlocked {
                    reason: reason.clone(),
                };
                Some(())
            }
            Event::Landed { landed, refused } => self.land(landed, refused),
            Event::Aggregated(aggregate) => {
                let is_due = self.phase == Phase::Integrate && self.landed;
                is_due.then(|| self.aggregate = Some(aggregate.clone()))?;
                match aggregate {
                    // The summaries are kept, and wait with the run.
                    Aggregate::Failed { reason } => self.pause(Pause::Aggregating {
                        reason: reason.clone(),
                    }),
                    _ => Some(()),
                }
            }
            Event::CleanedUp => {
                let is_due = self.phase == Phase::Integrate && self.aggregate.is_some();
                is_due.then(|| self.cleaned = true)
            }
            Event::MovedTarget { from, to } => {
                // What moved it before is still to be looked at otherwise.
                if self.target_tip == Some(*from) {
                    self.target_tip = Some(*to);
                }
                Some(())
            }
            Event::TargetMoved(moved) => {
                if moved.problem.is_none() {
                    self.target_tip = moved.to;
                }
                self.target_moves.push(moved.clone());
                Some(())
            }
            Event::OneGroup => {
                self.one_group = true;
                Some(())
            }
            Event::Pause(reason) => self.pause(reason.clone()),
        }
    }

    fn begin(&mut self, one_group: bool, due: &mut Vec<DueCheckpoint>) -> Option<()> {
        if self.is_over() {
            return None;
        }
        self.one_group = one_group;
        let now = self.at;
        for task in &mut self.tasks {
            match task.status {
                Status::Running { .. } | Status::Judged { .. } => task.interrupt(now),
                Status::QaBlocked { .. } => task.status = Status::ReadyForQa,
                _ => {}
            }
        }
        if matches!(self.aggregate, Some(Aggregate::Failed { .. })) {
            self.aggregate = None;
        }
        let within = match &self.phase {
            Phase::Paused { within, .. } => *within,
            Phase::Plan => Within::Plan,
            Phase::Parallelize => Within::Parallelize,
            _ => Within::Integrate,
        };
        self.phase = match within {
            Within::Plan => {
                due.push(DueCheckpoint::new(CheckpointKind::PreGroup, self.group));
                Phase::Parallelize
            }
            Within::Parallelize => Phase::Parallelize,
            Within::Integrate => Phase::Integrate,
        };
        Some(())
    }

    fn pause(&mut self, reason: Pause) -> Option<()> {
        let within = match self.phase {
            Phase::Plan => Within::Plan,
            Phase::Parallelize => Within::Parallelize,
            Phase::Integrate => Within::Integrate,
            _ => return None,
        };
        self.phase = Phase::Paused { reason, within };
        Some(())
    }

    fn land(&mut self, landed: &[(String, Oid)], refused: &[(String, String)]) -> Option<()> {
        if self.phase != Phase::Integrate || self.landed {
            return None;
        }
        for (id, commit) in landed {
            let task = self.task_mut(id)?;
            if task.status != Status::QaApproved {
                return None;
            }
            task.landed = Some(*commit);
            task.status = Status::Done;
        }
        for (id, reason) in refused {
            let task = self.task_mut(id)?;
            if task.status != Status::QaApproved {
                return None;
            }
            let reason = format!("it does not land: {reason}");
            task.status = Status::Failed { reason };
        }
        let left = self.of_group().any(|task| !task_is_over(task));
        (!left).then(|| self.landed = true)
    }

    /// Skips every task without which another cannot be done, until nothing changes.
    fn skip_what_cannot_be_done(&mut self) {
        loop {
            let failed: Vec<String> = self
                .tasks
                .iter()
                .filter(|task| task.terminal() == Some(Terminal::Failed))
                .map(|task| task.id.clone())
                .collect();
            let mut changed = false;
            for task in &mut self.tasks {
                let because = task.builds_on.iter().find(|id| failed.contains(id));
                if let Some(because) = because.filter(|_| task.status == Status::Pending) {
                    let because = because.clone();
                    task.status = Status::Skipped { because };
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Goes on to the phase that the tasks' state asks for.
    fn advance(&mut self, due: &mut Vec<DueCheckpoint>) {
        if self.phase == Phase::Parallelize {
            let busy = self.tasks.iter().any(TaskState::is_busy);
            if let Some(pause) = self.blocked().filter(|_| !busy) {
                let within = Within::Parallelize;
                self.phase = Phase::Paused {
                    reason: pause,
                    within,
                };
                return;
            }
            if self.of_group().all(TaskState::is_settled) {
                self.phase = Phase::Integrate;
                let nothing_to_land = self.of_group().all(task_is_over);
                self.landed = nothing_to_land;
            }
        }
        if self.phase == Phase::Integrate && self.landed && self.has_more() {
            due.push(DueCheckpoint::new(CheckpointKind::PostGroup, self.group));
            self.group += 1;
            self.landed = false;
            self.phase = match self.one_group {
                true => Phase::Paused {
                    reason: Pause::GroupOver,
                    within: Within::Plan,
                },
                false => {
                    due.push(DueCheckpoint::new(CheckpointKind::PreGroup, self.group));
                    Phase::Parallelize
                }
            };
            return self.advance(due);
        }
        if self.phase == Phase::Integrate && self.landed && self.cleaned {
            due.push(DueCheckpoint::new(CheckpointKind::PostGroup, self.group));
            let all_well = self.tasks.iter().all(|task| task.status == Status::Done);
            self.phase = match all_well {
                true => Phase::Done,
                false => Phase::Failed,
            };
        }
    }

    /// The pause for which a blocked task asks.
    fn blocked(&self) -> Option<Pause> {
        self.tasks.iter().find_map(|task| match &task.status {
            Status::QaBlocked { reason } => Some(Pause::Blocked {
                task: task.id.clone(),
                reason: reason.clone(),
            }),
            _ => None,
        })
    }

    fn task_mut(&mut self, id: &str) -> Option<&mut TaskState> {
        self.tasks.iter_mut().find(|task| task.id == id)
    }

    /// The task of this id, when its group is at work and its status is one of these.
    fn at_work(&mut self, id: &str, fits: impl Fn(&Status) -> bool) -> Option<&mut TaskState> {
        let is_at_work = self.phase == Phase::Parallelize && self.group_of(id) == self.group;
        let task = self.task_mut(id)?;
        (is_at_work && fits(&task.status)).then_some(task)
    }

    /// Since when an agent works on the task, or a gate judges it.
    fn since(&self, id: &str, gate: bool) -> Option<u64> {
        match self.task(id)?.status {
            Status::Running { since, .. } if !gate => Some(since),
            Status::Judged { since } if gate => Some(since),
            _ => None,
        }
    }
}

impl TaskState {
    fn fail(&mut self, reason: &str, is_final: bool) {
        self.failed += 1;
        self.feedback = Some(reason.to_owned());
        self.status = match is_final || self.failed >= self.attempts {
            true => Status::Failed {
                reason: reason.to_owned(),
            },
            false => Status::Pending,
        };
    }

    /// The attempt does not count, unless that has happened too often.
    fn disturb(&mut self, reason: &str) {
        self.disturbed += 1;
        match self.disturbed > MAX_DISTURBANCES {
            true => self.fail(reason, false),
            false => self.status = Status::Pending,
        }
    }

    /// Has the work under way begin anew, without counting it.
    fn interrupt(&mut self, now: u64) {
        match self.status {
            Status::Running { since, .. } => {
                self.span(false, since, now, false, "interrupted");
                self.status = Status::Pending;
            }
            Status::Judged { since } => {
                self.span(true, since, now, false, "interrupted");
                self.status = Status::ReadyForQa;
            }
            _ => {}
        }
    }
}

fn task_is_over(task: &TaskState) -> bool {
    task.terminal().is_some()
}
