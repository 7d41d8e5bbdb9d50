//! The validators judge.

use super::Drive;
use super::asking::Kept;
use crate::feature::state::Phase;
use crate::feature::validator::{self, Merged};
use crate::feature::{End, FeatureError};

impl Drive<'_> {
    /// Has the merged result judged by the validators who have not judged it yet.
    pub fn validate(&mut self) -> Result<Option<End>, FeatureError> {
        let state = &self.feature.state;
        let tasks = state.tasks.iter();
        let tasks: Vec<_> = tasks
            .map(|task| format!("- {}: {}\n", task.id, task.title))
            .collect();
        let tasks = tasks.concat();
        let merged = Merged {
            base: state.base,
            tip: state.merged.unwrap_or(state.base),
            tasks: &tasks,
        };
        let missing = self.policy.conductor.feature.validators.iter();
        let missing = missing.filter(|one| !state.validators.contains_key(&one.name));
        let is_stopped = self.ask_each(
            missing.collect(),
            &|desk, common, one, stop| validator::ask(desk, common, one, merged, stop),
            &|state, (name, judged)| {
                let told = format!("validator {name}: {}", judged.verdict.as_str());
                state.validators.insert(name, judged);
                Kept {
                    what: told.clone(),
                    told,
                    file: None,
                }
            },
        )?;
        if is_stopped {
            return Ok(Some(End::Interrupted));
        }
        let feature = &mut self.feature;
        feature.state.phase = match validator::objection(&feature.state.validators) {
            None => Phase::Done,
            Some(_) => Phase::Rejected,
        };
        feature.save(self.repo, &[], feature.state.phase.as_str())?;
        Ok(None)
    }
}
