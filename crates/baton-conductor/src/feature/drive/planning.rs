//! The planners plan, and of several task files one is made.

use super::Drive;
use super::asking::Kept;
use crate::feature::planner::{self, Order, Plan};
use crate::feature::record::{CONTEXT, TASKS};
use crate::feature::{End, FeatureError, tasks};
use crate::run::answers::{Camp, Combined, explain};
use baton_core::policy::conductor::feature::CombinePlans;

/// The name of the planner that makes one task file of several.
const MERGER: &str = "planner-merge";

impl Drive<'_> {
    /// Has the planners plan who have no task file yet, and makes one of what they have.
    pub fn plan(&mut self) -> Result<Option<End>, FeatureError> {
        let names = planner::names(self.policy.conductor.feature.planner.count);
        let missing = names.iter();
        let missing: Vec<_> = missing
            .filter(|name| !self.feature.state.has_planned(name))
            .map(String::as_str)
            .collect();
        if self.ask_planners(&missing, None)? {
            return Ok(Some(End::Interrupted));
        }
        let mut plans = Vec::new();
        for name in &names {
            plans.extend(self.recorded(name)?);
        }
        let valid: Vec<_> = plans
            .iter()
            .filter(|plan| plan.planned.failed.is_none())
            .collect();
        let how = self.policy.conductor.feature.planner.combine;
        let chosen = match (&valid[..], planner::combined(how, &plans, self.policy)) {
            ([], _) => return Ok(Some(End::NoPlan(failures(&plans)))),
            ([one], _) if names.len() == 1 || how == CombinePlans::Merge => one.tasks.clone(),
            (_, Combined::Undecided(camps)) => {
                let camps: Vec<_> = camps.into_iter().map(|camp| self.outlined(camp)).collect();
                return Ok(Some(End::Undecided(explain(&camps))));
            }
            (_, Combined::One(text)) if how == CombinePlans::Merge => {
                match self.merge_plans(&text)? {
                    Ok(tasks) => tasks,
                    Err(end) => return Ok(Some(end)),
                }
            }
            (_, Combined::One(text)) => text,
        };
        let lines = tasks::check(TASKS, chosen.as_bytes(), self.policy);
        let lines = lines.map_err(|why| FeatureError::Tasks {
            source_name: TASKS.to_owned(),
            why,
        })?;
        self.take_plan(&chosen, lines, "planned")?;
        Ok(None)
    }

    /// A camp with its tasks' ids in place of their file.
    fn outlined(&self, camp: Camp) -> Camp {
        let Ok(lines) = tasks::check(TASKS, camp.text.as_bytes(), self.policy) else {
            return camp;
        };
        let ids: Vec<_> = lines.iter().map(|task| task.id.as_str()).collect();
        let text = format!("the tasks {}", ids.join(", "));
        Camp { text, ..camp }
    }

    /// Has one task file made of several.
    fn merge_plans(&mut self, plans: &str) -> Result<Result<String, End>, FeatureError> {
        if !self.feature.state.has_planned(MERGER) && self.ask_planners(&[MERGER], Some(plans))? {
            return Ok(Err(End::Interrupted));
        }
        Ok(match self.recorded(MERGER)? {
            Some(plan) if plan.planned.failed.is_none() => Ok(plan.tasks),
            plan => Err(End::NoPlan(failures(plan.as_slice()))),
        })
    }

    /// Asks these planners; says whether that was stopped.
    fn ask_planners(&mut self, names: &[&str], others: Option<&str>) -> Result<bool, FeatureError> {
        let context = self.feature.text(self.repo, CONTEXT)?;
        let (policy, base) = (self.policy, self.feature.state.base);
        for name in names {
            (self.callbacks.tell)(&format!("{name} plans"));
        }
        self.ask_each(
            names.to_vec(),
            &|desk, common, name, stop| {
                let order = Order {
                    name,
                    common,
                    context: &context,
                    others,
                    base,
                };
                planner::ask(desk, &order, policy, stop)
            },
            &|state, plan| {
                let name = plan.planner;
                let told = match plan.planned.failed {
                    None => format!("{name} has a task file"),
                    Some(_) => format!("{name} has none"),
                };
                let file = Some((planner::file_name(&name), plan.tasks));
                state.planners.insert(name, plan.planned);
                Kept {
                    what: told.clone(),
                    told,
                    file,
                }
            },
        )
    }

    /// Returns a planner's result, as it is recorded.
    fn recorded(&self, name: &str) -> Result<Option<Plan>, FeatureError> {
        let Some(planned) = self.feature.state.planners.get(name) else {
            return Ok(None);
        };
        Ok(Some(Plan {
            planner: name.to_owned(),
            planned: planned.clone(),
            tasks: self.feature.text(self.repo, &planner::file_name(name))?,
        }))
    }
}

/// Why planners have no task file.
fn failures(plans: &[Plan]) -> String {
    let failed = plans.iter().filter_map(|plan| {
        let why = plan.planned.failed.as_deref()?;
        Some(format!("{}: {why}", plan.planner))
    });
    failed.collect::<Vec<_>>().join("\n")
}
