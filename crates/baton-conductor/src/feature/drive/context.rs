//! The base of a feature: the commit, and what is said there.

use crate::feature::state::{State, TaskLine};
use crate::feature::{FeatureError, FeatureOptions, FeatureRequest, tasks};
use crate::run::constraints::{self, Constraint};
use crate::settings;
use baton_core::model::{BranchName, Oid};
use baton_core::policy::Policy;
use baton_git::Repo;

/// The base of a feature.
pub struct FeatureContext {
    /// The commit on which it begins.
    pub base: Oid,
    /// The rules of that commit, with the settings.
    pub policy: Policy,
    /// The constraints: what no agent may do.
    pub constraints: Vec<Constraint>,
    /// The task file that a person made, and its tasks.
    pub given: Option<(String, Vec<TaskLine>)>,
}

impl FeatureContext {
    /// Returns the base of a feature that is to begin.
    pub fn of_request(repo: &Repo, request: &FeatureRequest) -> Result<Self, FeatureError> {
        if request.text.trim().is_empty() {
            return Err(FeatureError::NoWish);
        }
        let base = base(repo, request.into.as_deref())?;
        let policy = settings::policy_at(repo, base)?;
        let constraints = constraints::load(repo, base, &policy.conductor.feature.constraints)?;
        Ok(Self {
            base,
            given: given(&request.options, &policy)?,
            policy,
            constraints,
        })
    }

    /// Returns the base of a feature that has begun.
    pub fn of_feature(
        repo: &Repo,
        state: &State,
        options: &FeatureOptions,
    ) -> Result<Self, FeatureError> {
        let policy = settings::policy_at(repo, state.base)?;
        let constraints = constraints::load(repo, state.base, &state.constraints)?;
        Ok(Self {
            base: state.base,
            given: given(options, &policy)?,
            policy,
            constraints,
        })
    }
}

/// The commit on which a feature for this branch begins.
fn base(repo: &Repo, into: Option<&str>) -> Result<Oid, FeatureError> {
    match into {
        Some(branch) => Ok(repo.commit_of(&BranchName::given(branch).full().to_string())?),
        None => repo.head()?.ok_or(FeatureError::NoBase),
    }
}

/// The task file that a person made, once it is checked.
fn given(
    options: &FeatureOptions,
    policy: &Policy,
) -> Result<Option<(String, Vec<TaskLine>)>, FeatureError> {
    let Some((name, toml)) = &options.tasks else {
        return Ok(None);
    };
    match tasks::check(name, toml, policy) {
        Ok(lines) => Ok(Some((String::from_utf8_lossy(toml).into_owned(), lines))),
        Err(why) => Err(FeatureError::Tasks {
            source_name: name.clone(),
            why,
        }),
    }
}
