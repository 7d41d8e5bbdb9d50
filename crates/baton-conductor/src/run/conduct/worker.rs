//! The inputs of a worker: the data that all of them share, and the means to send its events to the loop.

use std::sync::mpsc::{self, Sender, SyncSender};

use super::ConductError;
use super::guard_watch::GuardLosses;
use crate::run::state::{Event, RunState};
use crate::run::usage_limit::UsageLimits;
use baton_core::plan::{Task, TaskList};
use baton_core::policy::Policy;
use baton_git::Repo;

/// The data that the workers of a run share.
pub(super) struct RunContext<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The policy of the commit that is checked out.
    pub policy: &'a Policy,
    /// The run's id.
    pub run: &'a str,
    /// The tasks.
    pub tasks: &'a TaskList,
    /// The usage limits that agents have met.
    pub limits: &'a UsageLimits,
    /// The losses of the guard.
    pub guard: &'a GuardLosses,
    /// The function that returns true if the work has to stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl RunContext<'_> {
    /// The task of this id.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.get(id)
    }
}

/// An event on its way to the loop.
pub(super) struct Message {
    /// The event.
    pub event: Event,
    /// Told once that is recorded, and how the run stands then.
    pub recorded: SyncSender<RunState>,
}

/// Sends the events of a worker to the loop, and waits until each is recorded.
#[derive(Clone)]
pub(super) struct EventSender(pub Sender<LoopMessage>);

/// A message that reaches the loop.
pub(super) enum LoopMessage {
    Event(Message),
    Sentence(String),
    Over(String, Result<(), ConductError>),
}

impl EventSender {
    /// Sends an event, and waits until it is recorded. Returns the state of the run then.
    ///
    /// # Errors
    /// [`ConductError::Interrupted`] when the loop has ended, or when the run has taken a turn, such
    /// as a pause, into which this does not fit any more.
    pub fn send(&self, event: Event) -> Result<RunState, ConductError> {
        let (recorded, waiting) = mpsc::sync_channel(1);
        let message = Message { event, recorded };
        self.0
            .send(LoopMessage::Event(message))
            .map_err(|_| ConductError::Interrupted)?;
        waiting.recv().map_err(|_| ConductError::Interrupted)
    }

    /// Sends a sentence to the watcher.
    pub fn say(&self, sentence: String) {
        // The loop may be over.
        self.0.send(LoopMessage::Sentence(sentence)).ok();
    }
}
