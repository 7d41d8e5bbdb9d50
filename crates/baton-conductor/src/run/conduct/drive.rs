//! The loop: what the state asks for is begun in threads, what comes of it goes into the state.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use super::wishes::Wish;
use super::{ConductError, Conductor, judge, land, work};
use crate::run::state::{Action, Event, Pause, RunState};
use baton_core::plan::{Task, TaskList};
use baton_core::policy::Policy;
use baton_git::Repo;

/// How often the loop looks for wishes while nothing happens.
const TICK: Duration = Duration::from_millis(250);

/// How many events in a row may not fit the state: each agent may have met a run that has paused
/// meanwhile. More are a fault that would repeat itself for ever.
const UNFIT: usize = 100;

/// What a worker needs, and shares with the others.
pub(super) struct Ground<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The policy of the commit that is checked out.
    pub policy: &'a Policy,
    /// The run's id.
    pub run: &'a str,
    /// The tasks.
    pub tasks: &'a TaskList,
    /// Whether to stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// What a worker says to the loop.
pub(super) struct Message {
    /// What happened.
    event: Event,
    /// Told once that is recorded, and how the run stands then.
    recorded: SyncSender<RunState>,
}

/// By which a worker says what happened, and waits until it is recorded.
#[derive(Clone)]
pub(super) struct Teller(Sender<Told>);

enum Told {
    Event(Message),
    Sentence(String),
    Over(String, Result<(), ConductError>),
}

impl Teller {
    /// Says that this happened, and waits until it is recorded. Gives how the run stands then.
    ///
    /// # Errors
    /// [`ConductError::Interrupted`] when the loop has ended, or when the run has taken a turn, such
    /// as a pause, into which this does not fit any more.
    pub fn tell(&self, event: Event) -> Result<RunState, ConductError> {
        let (recorded, waiting) = mpsc::sync_channel(1);
        let message = Message { event, recorded };
        self.0
            .send(Told::Event(message))
            .map_err(|_| ConductError::Interrupted)?;
        waiting.recv().map_err(|_| ConductError::Interrupted)
    }

    /// Says something to whoever watches.
    pub fn say(&self, sentence: String) {
        // A loop that has ended has nobody who watches.
        // The loop may be over.
        self.0.send(Told::Sentence(sentence)).ok();
    }
}

impl Ground<'_> {
    /// The task of this id.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.get(id)
    }
}

impl Conductor<'_> {
    /// Does what the state asks for until there is nothing more to do.
    ///
    /// # Errors
    /// When the state cannot be recorded; agents are ended then.
    pub(super) fn drive(&mut self) -> Result<(), ConductError> {
        let halt = AtomicBool::new(false);
        let asked = self.stop;
        let stop = || halt.load(Ordering::Relaxed) || asked();
        let (repo, policy, tasks) = (self.repo, self.policy.clone(), self.tasks.clone());
        let run = self.record.id.clone();
        let (policy, run, tasks, stop) = (&policy, run.as_str(), &tasks, &stop);
        std::thread::scope(|scope| {
            let (sender, told) = mpsc::channel();
            let mut begin = |action: Action, state: RunState| {
                let (repo, teller) = (repo.clone(), Teller(sender.clone()));
                scope.spawn(move || {
                    let ground = Ground {
                        repo: &repo,
                        policy,
                        run,
                        tasks,
                        stop,
                    };
                    carry_out(&ground, &action, &state, &teller);
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
        told: &Receiver<Told>,
        begin: &mut dyn FnMut(Action, RunState),
    ) -> Result<(), ConductError> {
        let mut under_way = BTreeSet::new();
        let mut unfit = 0;
        loop {
            if Wish::Stop.is_left(self.repo, &self.record.id) {
                halt.store(true, Ordering::Relaxed);
            }
            self.hear_wishes()?;
            let is_asked = stop();
            if !is_asked {
                self.begin_what_is_due(&mut under_way, begin);
            }
            if under_way.is_empty() {
                if is_asked && !self.state.next_actions().is_empty() {
                    self.apply(&Event::Pause(Pause::Stopped))?;
                }
                return Ok(());
            }
            match told.recv_timeout(TICK) {
                Ok(Told::Event(message)) => match self.apply(&message.event) {
                    Ok(()) => {
                        unfit = 0;
                        // A worker that has ended meanwhile does not wait.
                        // The asker may be gone.
                        message.recorded.send(self.state.clone()).ok();
                    }
                    // The worker is told by nobody's answering; what is due then begins anew.
                    Err(ConductError::State(_)) if unfit < UNFIT => unfit += 1,
                    Err(error) => return Err(error),
                },
                Ok(Told::Sentence(sentence)) => self.watcher.said(&sentence),
                Ok(Told::Over(key, result)) => {
                    under_way.remove(&key);
                    result?;
                }
                Err(RecvTimeoutError::Timeout) => self.watcher.waited(&self.state),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
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

    fn hear_wishes(&mut self) -> Result<(), ConductError> {
        let wants_pause = Wish::OneGroup.is_left(self.repo, &self.record.id);
        if wants_pause && !self.state.one_group && !self.state.is_over() {
            self.apply(&Event::OneGroup)?;
        }
        Ok(())
    }
}

/// By what an action is known while it is under way.
fn key(action: &Action) -> String {
    match action {
        Action::Dispatch { task, .. } | Action::Judge { task } => format!("task {task}"),
        Action::Land { .. } => "land".to_owned(),
        Action::Aggregate => "aggregate".to_owned(),
        Action::CleanUp => "clean up".to_owned(),
    }
}

fn carry_out(ground: &Ground<'_>, action: &Action, state: &RunState, teller: &Teller) {
    let result = match action {
        Action::Dispatch { task, attempt } => work::dispatch(ground, state, task, *attempt, teller),
        Action::Judge { task } => judge::judge(ground, state, task, teller),
        Action::Land { tasks } => land::land(ground, state, tasks, teller),
        Action::Aggregate => land::aggregate(ground, state, teller),
        Action::CleanUp => land::clean_up(ground, state, teller),
    };
    let result = match result {
        // Whoever asked to stop gets what was recorded so far.
        Err(ConductError::Interrupted) => Ok(()),
        result => result,
    };
    // When the loop has ended, an error there is told already.
    // The loop may be over.
    teller.0.send(Told::Over(key(action), result)).ok();
}
