//! Carries out a run, from a list of tasks to a merged branch.
//!
//! [`begin`] plans the tasks (`setup`), and [`resume`] continues a run that paused or was killed.
//! Both check that agents may start (`preflight`), and `event_loop` carries out the actions of the
//! run's state: agents work (`work`) in worktrees of the pool (`task_worktree`), gates judge
//! (`judge`), each task's session is started and ended for it (`session`), and approved branches
//! land and are aggregated (`land`). Other processes leave their requests in files ([`control`]).

pub mod checkpoints;
pub mod control;
mod earlier;
mod error;
mod event_loop;
mod guard_watch;
mod intrusion;
mod judge;
mod land;
mod limits;
mod log_commit;
mod mirrored;
mod preflight;
mod readiness;
mod release;
mod run_session;
mod session;
mod setup;
mod target_watch;
mod task_worktree;
mod turn;
mod work;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use bstr::BString;

pub use earlier::Selection;
use earlier::ToDo;
pub use error::ConductError;
use guard_watch::GuardLosses;
use preflight::{equipped, may_start};
use target_watch::TargetTip;
pub use turn::is_conducted;
use turn::{AtWork, LOOKS, alone, turn};

use super::state::{Checkpoint, Event, RunState, Terminal};
use crate::run_record::{Record, RecordError};
use crate::{pool, settings};
use baton_core::plan::{Plan, TaskList};
use baton_core::policy::Policy;
use baton_git::{GitError, Repo};
use baton_hooks::upkeep;
use baton_sys::{FileLock, clock, file};

/// The file of a run's record that holds its state.
pub use crate::run_record::STATE;
/// The file of a run's record that holds its tasks as they were given.
pub const TASKS: &str = "tasks.toml";

/// The time that processes get to end once they are asked to.
const GRACE: Duration = Duration::from_secs(10);

/// A run to begin.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The text of the task file.
    pub tasks: BString,
    /// The name by which errors call it.
    pub source: String,
    /// The branch on which the work lands; `None` for the one that is checked out.
    pub into: Option<String>,
    /// True if the run pauses after each group.
    pub one_group: bool,
    /// The tasks of the file that are run.
    pub selection: Selection,
    /// The run whose record is there already, without a state; `None` for a new one.
    pub run: Option<String>,
}

/// An observer of a run.
pub trait Watcher {
    /// The tasks were planned; the run has no id yet.
    fn planned(&mut self, tasks: &TaskList, plan: &Plan);
    /// Something happened, and the run is now in this state.
    fn happened(&mut self, run: &str, state: &RunState, event: &Event);
    /// Nothing has happened for a moment, and the run is still in this state.
    fn waited(&mut self, _state: &RunState) {}
    /// Something worth a sentence to the user who reads along.
    fn said(&mut self, sentence: &str);
}

/// A run and what is needed to go on with it.
struct Conductor<'a> {
    repo: &'a Repo,
    policy: Policy,
    record: Record,
    state: RunState,
    tasks: TaskList,
    stop: &'a (dyn Fn() -> bool + Sync),
    watcher: &'a mut dyn Watcher,
    /// True if the guard was there when it was looked for last.
    is_guarded: bool,
    /// The losses of the guard, for the workers.
    guard_losses: Arc<GuardLosses>,
    /// The target as this conductor has refused it, so that it is judged once.
    refused_target: Option<TargetTip>,
    /// Why the run could not be told in the main worktree, as it was said last.
    unmirrored: Option<String>,
}

/// Plans these tasks and runs them, until all is done or the run pauses. Gives the run's id and
/// how it stands.
///
/// # Errors
/// When the run cannot begin or its state cannot be recorded. What goes wrong with a task is part
/// of the state.
pub fn begin(
    repo: &Repo,
    request: &Request,
    stop: &(dyn Fn() -> bool + Sync),
    watcher: &mut dyn Watcher,
) -> Result<(String, RunState), ConductError> {
    let policy = settings::policy(repo)?;
    let all = TaskList::parse(&request.source, &request.tasks, &policy)?;
    let target = setup::target(repo, request.into.as_deref())?;
    let look = |say: &mut dyn FnMut(&str)| match request.run {
        None => earlier::to_do(repo, &policy, request, &all, &target, say),
        Some(_) => Ok(ToDo::Begin(all.clone())),
    };
    let tasks = match look(&mut |sentence| watcher.said(sentence))? {
        ToDo::Begin(tasks) => tasks,
        ToDo::GoOn(run) => {
            watcher.said(&format!("run {run} has the same task file, and goes on"));
            return resume(repo, Some(&run), request.one_group, false, stop, watcher);
        }
    };
    let plan = Plan::new(&tasks, &policy.conductor);
    if policy.repairs_guard {
        upkeep::look(repo, true);
    }
    watcher.planned(&tasks, &plan);
    equipped(
        repo,
        &policy,
        &target,
        &tasks.tasks.iter().collect::<Vec<_>>(),
    )?;
    let agents = may_start(repo, &policy, setup::widest(&plan), stop, watcher)?;
    let now = clock::now_millis();
    // Of two who begin the same tasks at once, the second sees the first.
    let turn = turn(repo)?;
    look(&mut |_| ())?;
    let tip = repo.refs().resolve(target.full())?;
    let into = target.clone();
    let mut state = setup::state(&tasks, &plan, into, agents, request.one_group, now);
    state.target_tip = tip;
    let json = setup::json(&state);
    let initial: [(&str, &[u8]); 2] = [(STATE, json.as_bytes()), (TASKS, &request.tasks)];
    let record = match &request.run {
        None => Record::begin(repo, &clock::today(), &initial)?,
        Some(run) => {
            let mut record = Record::open(repo, run)?;
            record.save(repo, &initial, "begun")?;
            record
        }
    };
    let alone = alone(repo, &record.id)?;
    drop(turn);
    go_on(
        repo,
        policy,
        record,
        alone,
        (request.one_group, false),
        stop,
        watcher,
    )
}

/// Goes on with a run that paused or whose conductor was killed; without an id, the one that
/// began last. With `retry`, also with one that is over: its tasks that came to nothing begin anew.
///
/// # Errors
/// [`ConductError::AtWork`] while its conductor lives; as for [`begin`] otherwise.
pub fn resume(
    repo: &Repo,
    run: Option<&str>,
    one_group: bool,
    retry: bool,
    stop: &(dyn Fn() -> bool + Sync),
    watcher: &mut dyn Watcher,
) -> Result<(String, RunState), ConductError> {
    let policy = settings::policy(repo)?;
    upkeep::look(repo, policy.repairs_guard);
    let id = open(repo, run)?.id;
    let alone = alone(repo, &id)?;
    let record = Record::open(repo, &id)?;
    go_on(
        repo,
        policy,
        record,
        alone,
        (one_group, retry),
        stop,
        watcher,
    )
}

/// Conducts what is recorded of a run, as its only conductor.
fn go_on(
    repo: &Repo,
    policy: Policy,
    record: Record,
    alone: FileLock,
    (one_group, retry): (bool, bool),
    stop: &(dyn Fn() -> bool + Sync),
    watcher: &mut dyn Watcher,
) -> Result<(String, RunState), ConductError> {
    let (state, tasks) = (load(repo, &record)?, tasks(repo, &record, &policy)?);
    let retry = retry && state.has_failed_tasks();
    let is_open = |id: &str| {
        let task = state.task(id);
        task.is_some_and(|task| {
            !task.is_settled() || (retry && task.terminal() == Some(Terminal::Failed))
        })
    };
    let open = tasks.tasks.iter().filter(|task| is_open(task.id.as_str()));
    equipped(repo, &policy, &state.target, &open.collect::<Vec<_>>())?;
    let mut conductor = Conductor {
        repo,
        policy,
        record,
        state,
        tasks,
        stop,
        watcher,
        is_guarded: false,
        guard_losses: Arc::default(),
        refused_target: None,
        unmirrored: None,
    };
    if retry {
        conductor.end_what_is_left()?;
        conductor.apply(&Event::Retry)?;
    }
    conductor.run(one_group, &alone)
}

/// The record of this run; without an id, of the one that began last.
pub fn open(repo: &Repo, run: Option<&str>) -> Result<Record, ConductError> {
    match run {
        Some(run) => Ok(Record::open(repo, run)?),
        None => Record::latest(repo, STATE)?.ok_or(ConductError::NoRun),
    }
}

/// The state that a record holds.
pub fn load(repo: &Repo, record: &Record) -> Result<RunState, ConductError> {
    let unreadable = |reason: String| ConductError::Unreadable {
        run: record.id.clone(),
        reason,
    };
    let json = record.file(repo, STATE)?;
    let json = json.ok_or_else(|| unreadable(format!("it has no {STATE}")))?;
    serde_json::from_slice(&json).map_err(|error| unreadable(error.to_string()))
}

/// The tasks that a record holds.
fn tasks(repo: &Repo, record: &Record, policy: &Policy) -> Result<TaskList, ConductError> {
    let text = record.file(repo, TASKS)?.unwrap_or_default();
    Ok(TaskList::parse(TASKS, &text, policy)?)
}

/// Waits, unless a stop is asked for.
fn wait(pause: Duration, stop: &dyn Fn() -> bool) -> Result<(), ConductError> {
    let step = Duration::from_millis(100);
    let mut left = pause;
    while !left.is_zero() {
        if stop() {
            return Err(ConductError::Interrupted);
        }
        let now = left.min(step);
        clock::sleep(now);
        left -= now;
    }
    Ok(())
}

impl Conductor<'_> {
    fn run(
        mut self,
        one_group: bool,
        _alone: &FileLock,
    ) -> Result<(String, RunState), ConductError> {
        let run = self.record.id.clone();
        if self.state.is_over() {
            return Ok((run, self.state));
        }
        control::clear(self.repo, &run)?;
        let at_work = AtWork::note(self.repo, &run)?;
        for _ in 0..LOOKS {
            self.end_what_is_left()?;
            self.free_locks(at_work.follows_a_kill)?;
            self.remove_abandoned_files()?;
            pool::recover(self.repo)?;
            self.give_back_what_is_over();
            self.make_room()?;
            match self.apply(&Event::Begin { one_group }) {
                // A git that a killed conductor had started has recorded what happened after all.
                Err(ConductError::Record(RecordError::Raced(_))) => {
                    self.record = Record::open(self.repo, &run)?;
                    self.state = load(self.repo, &self.record)?;
                    if self.state.is_over() {
                        return Ok((run, self.state));
                    }
                }
                begun => {
                    begun?;
                    self.run_event_loop()?;
                    upkeep::look(self.repo, self.policy.repairs_guard);
                    return Ok((run, self.state));
                }
            }
        }
        Err(RecordError::Raced(run).into())
    }

    /// Takes up an event, records the state with the checkpoints that are due, and tells whoever
    /// watches.
    fn apply(&mut self, event: &Event) -> Result<(), ConductError> {
        let (next, due) = self.state.apply(event, clock::now_millis())?;
        let due = due.iter();
        let due: Vec<_> = due
            .map(|due| next.due_checkpoint(&self.record.id, *due))
            .collect();
        loop {
            match self.save(&next, &due) {
                Err(RecordError::Raced(_)) if self.catch_up()? => {}
                Err(RecordError::Store(_)) if self.watch_guard() => {}
                saved => break saved?,
            }
        }
        self.state = next;
        let (run, state) = (&self.record.id, &self.state);
        if let Some(why) = mirrored::write(self.repo, &self.policy, run, state, &due)
            && self.unmirrored.as_ref() != Some(&why)
        {
            self.watcher
                .said(&format!("the run is not mirrored: {why}"));
            self.unmirrored = Some(why);
        }
        self.watcher.happened(run, state, event);
        Ok(())
    }

    fn save(&mut self, next: &RunState, due: &[Checkpoint]) -> Result<(), RecordError> {
        let json = setup::json(next);
        let mut files = vec![(STATE.to_owned(), json.into_bytes())];
        for checkpoint in due {
            files.push((
                setup::checkpoint_name(&self.record, files.len()),
                setup::checkpoint_json(checkpoint).into_bytes(),
            ));
        }
        let files: Vec<_> = files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .collect();
        self.record.save(self.repo, &files, next.phase.as_str())
    }

    /// Takes up what another process has written to the record, such as a checkpoint; true if
    /// the state in it is still this conductor's.
    fn catch_up(&mut self) -> Result<bool, ConductError> {
        let record = Record::open(self.repo, &self.record.id)?;
        let is_own = load(self.repo, &record)? == self.state;
        if is_own {
            self.record = record;
        }
        Ok(is_own)
    }
}

/// Writes what a process of another program asks for; see [`control`].
fn touch(path: &std::path::Path) -> Result<(), GitError> {
    file::write_atomically(path, b"").map_err(GitError::io(path))
}
