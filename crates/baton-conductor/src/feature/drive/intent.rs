//! What a feature would do.

use super::ground::Ground;
use crate::feature::state::VERSION;
use crate::feature::{FeatureError, Intent, Wish};
use baton_core::policy::conductor::feature::{CombinePlans, Who};
use baton_git::Repo;

/// What [`begin`](super::begin) would do.
///
/// # Errors
/// As for [`begin`](super::begin).
pub fn intend(repo: &Repo, wish: &Wish) -> Result<Intent, FeatureError> {
    let ground = Ground::of_wish(repo, wish)?;
    let conductor = &ground.policy.conductor;
    let of = &conductor.feature;
    let agent = |name: &str| match name {
        "" => conductor.staff.agent.clone(),
        name => name.to_owned(),
    };
    let who = |who: &Who| match who {
        Who::Command(command) => format!("`{}`", command.as_str()),
        Who::Agent(name) => agent(name),
    };
    let scouts = of.scouts.iter();
    let validators = of.validators.iter();
    Ok(Intent {
        version: VERSION,
        base: ground.base,
        constraints: of.constraints.clone(),
        scouts: scouts
            .map(|scout| (scout.name.clone(), agent(&scout.agent)))
            .collect(),
        tasks: wish.way.tasks.as_ref().map(|(name, _)| name.clone()),
        planners: of.planner.count,
        planner: who(&of.planner.who),
        combine: match of.planner.combine {
            CombinePlans::Merge => "merge",
            CombinePlans::Vote => "vote",
            CombinePlans::Escalate => "escalate",
        }
        .to_owned(),
        validators: validators
            .map(|validator| (validator.name.clone(), who(&validator.who)))
            .collect(),
    })
}
