//! The validators judge.

use super::Drive;
use super::asking::Kept;
use crate::feature::state::{Phase, Verdict};
use crate::feature::validator::{self, Merged};
use crate::feature::{End, FeatureError};

impl Drive<'_> {
    /// Has the merged result judged by the validators who have not judged it yet.
    pub fn validate(&mut self) -> Result<Option<End>, FeatureError> {
        // Who was kept from judging is asked again.
        let votes = &mut self.feature.state.validators;
        votes.retain(|_, vote| vote.verdict != Verdict::Blocked);
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
        let votes = &feature.state.validators;
        feature.state.phase = match validator::objection(votes) {
            None => Phase::Done,
            Some(why) if validator::is_open(votes) => {
                let id = feature.id();
                let next = format!(
                    "`git baton orchestrator feature --resume {id}` asks those again who were blocked"
                );
                return Ok(Some(End::Unfinished(format!("{why}{next}"))));
            }
            Some(_) => Phase::Rejected,
        };
        feature.save(self.repo, &[], feature.state.phase.as_str())?;
        Ok(None)
    }
}
