//! The check that all agents are there that will be asked, before any is.

use std::collections::BTreeSet;

use super::context::FeatureContext;
use crate::feature::FeatureError;
use crate::feature::state::Phase;
use crate::run::preflight::Obstacle;
use crate::run::preflight::requirements::{self, Entry};
use baton_core::plan::TaskList;
use baton_core::policy::conductor::feature::Who;
use baton_git::{Repo, checkout};

/// Refuses to ask any agent where those are missing that this phase and what follows it need.
/// `runs` says whether the tasks are to be run. Which agents a planner will give its
/// tasks to is not known before.
///
/// # Errors
/// [`FeatureError::Lacking`]; or when the system starts no shell.
pub fn preflight(
    repo: &Repo,
    context: &FeatureContext,
    phase: Phase,
    runs: bool,
) -> Result<(), FeatureError> {
    let staff = &context.policy.conductor.staff;
    let feature = &context.policy.conductor.feature;
    let of = |who: &Who, name: &str| match who {
        Who::Command(command) => requirements::entry(command, name.to_owned()),
        Who::Agent(name) => requirements::of_agent(staff, name),
    };
    let mut needed: BTreeSet<Entry> = BTreeSet::new();
    let is_planned = context.given.is_some();
    if phase == Phase::Scouting && !is_planned {
        let scouts = feature.scouts.iter();
        needed.extend(scouts.filter_map(|scout| requirements::of_agent(staff, &scout.agent)));
    }
    let plans = matches!(phase, Phase::Scouting | Phase::Planning);
    if plans && !is_planned {
        needed.extend(of(&feature.planner.who, "[conductor.feature.planner]"));
    }
    let mut lacking = Vec::new();
    if runs && plans {
        let uncommitted = match repo.work_tree() {
            Some(_) => checkout::uncommitted(repo)?,
            None => Vec::new(),
        };
        if !uncommitted.is_empty() {
            lacking.push(Obstacle::Uncommitted(uncommitted));
        }
        lacking.extend(requirements::sessionless(repo, context.base));
        lacking.extend(requirements::uncommittable(repo));
        match &context.given {
            Some((toml, _)) => {
                // That it can be read was seen when it was given.
                if let Ok(list) = TaskList::parse("", toml.as_bytes(), &context.policy) {
                    let tasks: Vec<_> = list.tasks.iter().collect();
                    needed.extend(requirements::programs(staff, &tasks));
                }
            }
            None => needed.extend(requirements::of_gate(staff)),
        }
    }
    if runs && !matches!(phase, Phase::Done | Phase::Failed | Phase::Rejected) {
        let validators = feature.validators.iter();
        needed.extend(
            validators.filter_map(|one| of(&one.who, &format!("validator `{}`", one.name))),
        );
    }
    lacking.extend(requirements::absent(repo, context.base, needed)?);
    match lacking.is_empty() {
        true => Ok(()),
        false => Err(FeatureError::Lacking(lacking)),
    }
}
