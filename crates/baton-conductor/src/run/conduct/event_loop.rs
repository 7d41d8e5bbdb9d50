//! The event loop: starts the actions that the state asks for in threads, and applies their events to the state.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::control::ControlRequest;
use super::worker::{EventSender, LoopMessage, RunContext};
use super::{ConductError, Conductor, judge, land, release, work};
use crate::run::state::{Action, Event, Pause, RunState};
use crate::run::usage_limit::UsageLimits;

/// The interval at which the loop looks for control requests while nothing happens.
const TICK: Duration = Duration::from_millis(250);

/// How many events in a row may be stale, so that they do not fit the state: each agent may have met a run
/// that has paused meanwhile. More are a fault that would repeat itself for ever.
const MAX_STALE_EVENTS: usize = 100;

/// The keys of the actions that move the target.
const LAND: &str = "land";
const AGGREGATE: &str = "aggregate";

impl Conductor<'_> {
    /// Does what the state asks for until there is nothing more to do.
    ///
    /// # Errors
    /// When the state cannot be recorded; agents are ended then.
    pub(super) fn run_event_loop(&mut self) -> Result<(), ConductError> {
        let halt = AtomicBool::new(false);
        let asked = self.stop;
        let stop = || halt.load(Ordering::Relaxed) || asked();
        let (repo, policy, tasks) = (self.repo, self.policy.clone(), self.tasks.clone());
        let (run, limits) = (self.record.id.clone(), UsageLimits::default());
        let guard = &Arc::clone(&self.guard_losses);
        let (policy, run, tasks, limits, stop) = (&policy, run.as_str(), &tasks, &limits, &stop);
        std::thread::scope(|scope| {
            let (sender, told) = mpsc::channel();
            let mut begin = |action: Action, state: RunState| {
                let (repo, events) = (repo.clone(), EventSender(sender.clone()));
                scope.spawn(move || {
                    let context = RunContext {
                        repo: &repo,
                        policy,
                        run,
                        tasks,
                        limits,
                        guard,
                        stop,
                    };
                    carry_out(&context, &action, &state, &events);
                });
            };
            let done = self.go_on(stop, &halt, &told, &mut begin);
            halt.store(true, Ordering::Relaxed);
            done
        })
    }

    fn go_on(
        &mut self,
        stop: &dyn Fn() -> bool,
        halt: &AtomicBool,
        told: &Receiver<LoopMessage>,
        begin: &mut dyn FnMut(Action, RunState),
    ) -> Result<(), ConductError> {
        let mut under_way = BTreeSet::new();
        let mut stale_events = 0;
        loop {
            if ControlRequest::Stop.is_left(self.repo, &self.record.id) {
                halt.store(true, Ordering::Relaxed);
            }
            self.take_requests()?;
            self.watch_guard();
            self.watch_target(is_landing(&under_way))?;
            let is_asked = stop();
            if !is_asked {
                self.refuse_target()?;
                self.begin_what_is_due(&mut under_way, begin);
            }
            if under_way.is_empty() {
                if is_asked && !self.state.next_actions().is_empty() {
                    self.apply(&Event::Pause(Pause::Stopped))?;
                }
                return Ok(());
            }
            // A landing may have begun just now.
            let is_landing = is_landing(&under_way);
            match told.recv_timeout(TICK) {
                Ok(LoopMessage::Event(message)) => match self.take(&message.event, is_landing) {
                    Ok(()) => {
                        stale_events = 0;
                        // A worker that has ended meanwhile does not wait.
                        message.recorded.send(self.state.clone()).ok();
                    }
                    // Its worker gets no answer and ends; what is due then begins anew.
                    Err(ConductError::State(_)) if stale_events < MAX_STALE_EVENTS => {
                        stale_events += 1;
                    }
                    Err(error) => return Err(error),
                },
                Ok(LoopMessage::Sentence(sentence)) => self.watcher.said(&sentence),
                Ok(LoopMessage::Over(key, result)) => {
                    under_way.remove(&key);
                    result?;
                }
                Err(RecvTimeoutError::Timeout) => self.watcher.waited(&self.state),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// Applies an event, after what has moved the target before.
    fn take(&mut self, event: &Event, is_landing: bool) -> Result<(), ConductError> {
        self.watch_guard();
        self.watch_target(is_landing)?;
        self.apply(event)
    }

    fn begin_what_is_due(
        &self,
        under_way: &mut BTreeSet<String>,
        begin: &mut dyn FnMut(Action, RunState),
    ) {
        for action in self.state.next_actions() {
            let is_room = under_way.len() < self.state.max_agents;
            if is_room && under_way.insert(key(&action)) {
                begin(action, self.state.clone());
            }
        }
    }

    fn take_requests(&mut self) -> Result<(), ConductError> {
        let wants_pause = ControlRequest::OneGroup.is_left(self.repo, &self.record.id);
        if wants_pause && !self.state.one_group && !self.state.is_over() {
            self.apply(&Event::OneGroup)?;
        }
        Ok(())
    }
}

/// True while the run itself may move the target.
fn is_landing(under_way: &BTreeSet<String>) -> bool {
    [LAND, AGGREGATE].iter().any(|key| under_way.contains(*key))
}

/// The key of an action while it is under way.
fn key(action: &Action) -> String {
    match action {
        Action::Dispatch { task, .. } | Action::Judge { task } => format!("task {task}"),
        Action::Land { .. } => LAND.to_owned(),
        Action::Aggregate => AGGREGATE.to_owned(),
        Action::CleanUp => "clean up".to_owned(),
    }
}

fn carry_out(context: &RunContext<'_>, action: &Action, state: &RunState, events: &EventSender) {
    let result = match action {
        Action::Dispatch { task, attempt } => {
            work::dispatch(context, state, task, *attempt, events)
        }
        Action::Judge { task } => judge::judge(context, state, task, events),
        Action::Land { tasks } => land::land(context, state, tasks, events),
        Action::Aggregate => land::aggregate(context, state, events),
        Action::CleanUp => release::clean_up(context, state, events),
    };
    let result = match result {
        // Whoever asked to stop gets what was recorded so far.
        Err(ConductError::Interrupted) => Ok(()),
        result => result,
    };
    // When the loop has ended, an error there is told already.
    events.0.send(LoopMessage::Over(key(action), result)).ok();
}
