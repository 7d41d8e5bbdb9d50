//! Drives a feature from one step to the next.
//!
//! Each step has a file: `scouting`, `planning` and `validating`; between the last two, the
//! conductor runs the tasks. All of them use `asking` and `context`, and `preflight` reports
//! missing programs before the first step.

mod asking;
mod context;
mod intent;
mod planning;
mod preflight;
mod scouting;
mod validating;

use crate::run::constraints::Constraint;
use crate::run::files;
use baton_core::policy::Policy;
use baton_git::Repo;
use baton_sys::FileLock;

use super::ask::end_leftovers;
use super::record::{Feature, TASKS};
use super::state::{Phase, State, TaskLine};
use super::{
    Callbacks, End, FeatureError, FeatureOptions, FeatureRequest, FeatureResult, Ran, ToRun,
    validator,
};
use context::FeatureContext;
use preflight::preflight;

pub use intent::intend;

/// A feature at work.
struct Drive<'a> {
    repo: &'a Repo,
    policy: &'a Policy,
    constraints: &'a [Constraint],
    callbacks: Callbacks<'a>,
    feature: Feature,
}

/// Begins a feature, and goes as far as it gets.
///
/// # Errors
/// When nothing is wanted, constraints are missing, the task file that a person made cannot be
/// run, or the repository or an agent cannot be reached.
pub fn begin(
    repo: &Repo,
    request: &FeatureRequest,
    callbacks: Callbacks<'_>,
) -> Result<FeatureResult, FeatureError> {
    let context = FeatureContext::of_request(repo, request)?;
    preflight(
        repo,
        &context,
        Phase::Scouting,
        runs(&request.options, callbacks),
    )?;
    let constraints = context.policy.conductor.feature.constraints.clone();
    let state = State::new(
        &request.text,
        context.base,
        request.into.clone(),
        constraints,
    );
    let feature = Feature::begin(repo, state)?;
    let _held = hold(repo, feature.id())?;
    (callbacks.tell)(&format!("feature {} begins", feature.id()));
    go(repo, &context, feature, &request.options, callbacks)
}

/// Goes on with the feature of this run; without an id, with the one that began last among those
/// that are not over.
///
/// # Errors
/// When there is no such feature, or another process goes on with it; as for [`begin`] otherwise.
pub fn resume(
    repo: &Repo,
    id: Option<&str>,
    options: &FeatureOptions,
    callbacks: Callbacks<'_>,
) -> Result<FeatureResult, FeatureError> {
    let feature = match id {
        Some(id) => Feature::open(repo, id)?.ok_or_else(|| FeatureError::NoFeature(id.into()))?,
        None => Feature::latest(repo)?.ok_or(FeatureError::NothingToResume)?,
    };
    let _held = hold(repo, feature.id())?;
    end_leftovers(repo, feature.id())?;
    let context = FeatureContext::of_feature(repo, &feature.state, options)?;
    preflight(
        repo,
        &context,
        feature.state.phase,
        runs(options, callbacks),
    )?;
    go(repo, &context, feature, options, callbacks)
}

/// Returns true if tasks are to be run once there are any.
fn runs(options: &FeatureOptions, callbacks: Callbacks<'_>) -> bool {
    !options.plan_only && callbacks.conduct.is_some()
}

fn go(
    repo: &Repo,
    context: &FeatureContext,
    feature: Feature,
    options: &FeatureOptions,
    callbacks: Callbacks<'_>,
) -> Result<FeatureResult, FeatureError> {
    let drive = Drive {
        repo,
        policy: &context.policy,
        constraints: &context.constraints,
        callbacks,
        feature,
    };
    drive.go(options, context.given.as_ref())
}

/// Keeps other processes from going on with this feature.
fn hold(repo: &Repo, id: &str) -> Result<FileLock, FeatureError> {
    let path = files::of_run(repo, id).join("feature.lock");
    let lock = FileLock::try_acquire(&path).map_err(FeatureError::io(&path))?;
    lock.ok_or_else(|| FeatureError::Busy(id.to_owned()))
}

impl Drive<'_> {
    /// Takes step after step, until one says how it came out.
    fn go(
        mut self,
        options: &FeatureOptions,
        given: Option<&(String, Vec<TaskLine>)>,
    ) -> Result<FeatureResult, FeatureError> {
        if let Some((toml, lines)) = given
            && matches!(self.feature.state.phase, Phase::Scouting | Phase::Planning)
        {
            self.take_plan(toml, lines.clone(), "a person made the tasks")?;
        }
        let end = loop {
            let ended = match self.feature.state.phase {
                Phase::Scouting => self.look_around()?,
                Phase::Planning => self.plan()?,
                Phase::Running => self.run(options)?,
                Phase::Validating => self.validate()?,
                Phase::Done => Some(End::Done),
                Phase::Failed => {
                    let id = self.feature.id();
                    let why = format!("`git baton orchestrator status {id}` says which tasks");
                    Some(End::Failed(why))
                }
                // A record of an earlier version.
                Phase::Rejected if validator::is_open(&self.feature.state.validators) => {
                    self.validate()?
                }
                Phase::Rejected => {
                    let why = validator::objection(&self.feature.state.validators);
                    Some(End::Rejected(why.unwrap_or_default()))
                }
            };
            if let Some(end) = ended {
                break end;
            }
        };
        Ok(FeatureResult {
            files: files::of_run(self.repo, self.feature.id()),
            id: self.feature.id().to_owned(),
            state: self.feature.state,
            end,
        })
    }

    /// Takes this task file for the one to run.
    fn take_plan(
        &mut self,
        toml: &str,
        lines: Vec<TaskLine>,
        what: &str,
    ) -> Result<(), FeatureError> {
        self.feature.state.tasks = lines;
        self.feature.state.phase = Phase::Running;
        self.feature
            .save(self.repo, &[(TASKS, toml.as_bytes())], what)
    }

    /// Has the tasks done.
    fn run(&mut self, options: &FeatureOptions) -> Result<Option<End>, FeatureError> {
        let conduct = self.callbacks.conduct.filter(|_| !options.plan_only);
        let Some(conduct) = conduct else {
            return Ok(Some(End::Planned));
        };
        let tasks = self.feature.file(self.repo, TASKS)?.unwrap_or_default();
        let ran = conduct(&ToRun {
            run: self.feature.id(),
            tasks: &tasks,
            into: self.feature.state.into.as_deref(),
            one_group: options.one_group,
        });
        let ran = ran.map_err(FeatureError::Conduct)?;
        self.feature.refresh(self.repo)?;
        Ok(match ran {
            Ran::Stopped => Some(End::Interrupted),
            Ran::Unfinished { why } => Some(End::Unfinished(why)),
            Ran::Paused { why } => Some(End::Paused(why)),
            Ran::Failed { why } => {
                self.feature.state.phase = Phase::Failed;
                self.feature.save(self.repo, &[], "tasks came to nothing")?;
                Some(End::Failed(why))
            }
            Ran::Merged { tip } => {
                self.feature.state.merged = Some(tip);
                self.feature.state.phase = Phase::Validating;
                self.feature.save(self.repo, &[], "merged")?;
                None
            }
        })
    }
}
