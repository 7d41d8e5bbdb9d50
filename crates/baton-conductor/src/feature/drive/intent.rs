//! The plan of a feature that has not begun.

use super::context::FeatureContext;
use crate::feature::state::VERSION;
use crate::feature::{FeatureError, FeatureRequest, Intent};
use baton_core::policy::conductor::feature::{CombinePlans, Who};
use baton_git::Repo;

/// Returns what [`begin`](super::begin) would do.
///
/// # Errors
/// As for [`begin`](super::begin).
pub fn intend(repo: &Repo, request: &FeatureRequest) -> Result<Intent, FeatureError> {
    let context = FeatureContext::of_request(repo, request)?;
    let conductor = &context.policy.conductor;
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
        base: context.base,
        constraints: of.constraints.clone(),
        scouts: scouts
            .map(|scout| (scout.name.clone(), agent(&scout.agent)))
            .collect(),
        tasks: request.options.tasks.as_ref().map(|(name, _)| name.clone()),
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
