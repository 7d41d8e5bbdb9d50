//! Several scouts, planners or validators asked at once, each answer recorded as it comes.

use super::Drive;
use crate::feature::ask::Desk;
use crate::feature::brief::Common;
use crate::feature::state::State;
use crate::feature::{FeatureError, worker_pool};
use crate::run::files;
use baton_core::policy::Policy;

/// Asks one of them; `None` when it was stopped.
pub type Ask<'f, T, R> = dyn Fn(&Desk<'_>, &Common<'_>, T, &(dyn Fn() -> bool + Sync)) -> Result<Option<R>, FeatureError>
    + Sync
    + 'f;

/// The facts about an answer for its keeper.
pub struct Kept {
    /// The text that is told of it.
    pub told: String,
    /// The text that the record says of it.
    pub what: String,
    /// The file that goes with it, and its text.
    pub file: Option<(String, String)>,
}

impl Drive<'_> {
    /// Asks these, as many at once as the policy lets; `keep` puts each answer into the state, which is then
    /// recorded. Says whether it was stopped.
    pub fn ask_each<T: Send, R: Send>(
        &mut self,
        items: Vec<T>,
        ask: &Ask<'_, T, R>,
        keep: &dyn Fn(&mut State, R) -> Kept,
    ) -> Result<bool, FeatureError> {
        let Self {
            repo,
            policy,
            constraints,
            callbacks,
            feature,
        } = self;
        let (run, wish) = (feature.id().to_owned(), feature.state.wish.clone());
        let worktrees = files::worktrees(repo, policy);
        let desk = Desk {
            repo: repo.clone(),
            run: &run,
            worktrees: &worktrees,
            staff: &policy.conductor.staff,
        };
        let common = Common {
            wish: &wish,
            constraints,
        };
        let items = items.into_iter();
        let items = items.map(|item| (desk.clone(), item)).collect();
        let outer = callbacks.stop;
        let mut is_stopped = false;
        worker_pool::each(
            items,
            at_once(policy),
            &|(desk, item), stop| ask(&desk, &common, item, &|| outer() || stop()),
            &mut |answer| {
                let Some(answer) = answer? else {
                    is_stopped = true;
                    return Ok(());
                };
                let kept = keep(&mut feature.state, answer);
                (callbacks.tell)(&kept.told);
                let file = kept.file.as_ref();
                let file = file.map(|(name, text)| (name.as_str(), text.as_bytes()));
                feature.save(repo, file.as_slice(), &kept.what)
            },
        )?;
        Ok(is_stopped || outer())
    }
}

/// Returns the number of agents that may be asked at once.
fn at_once(policy: &Policy) -> usize {
    match policy.conductor.enabled {
        true => policy.conductor.max_agents,
        false => 1,
    }
}
