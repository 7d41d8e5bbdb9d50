//! Planners: who make a task file, are told what is wrong with it, and make it again.

use super::ask::{Desk, Question, Reply};
use super::brief::Common;
use super::state::Planned;
use super::{FeatureError, tasks};
use crate::run::answers::{self, Answer, Combine, Combined, combine_by};
use crate::run::fence::last_toml;
use crate::run::files;
use crate::run::verify::{behind_colon, how};
use baton_core::model::Oid;
use baton_core::policy::Policy;
use baton_core::policy::conductor::feature::{CombinePlans, Planner};
use baton_sys::file;
use baton_sys::supervise::End;

/// The number of bytes that are kept of a planner's answer.
const KEEP: usize = 4 << 20;

/// The result of a planner.
#[derive(Debug)]
pub struct Plan {
    /// Its name.
    pub planner: String,
    /// The outcome.
    pub planned: Planned,
    /// Its task file; empty when there is none.
    pub tasks: String,
}

/// The order to a planner.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Its name.
    pub name: &'a str,
    /// The text that every agent is told.
    pub common: &'a Common<'a>,
    /// The findings of the scouts.
    pub context: &'a str,
    /// The task files of others, of which it is to make one.
    pub others: Option<&'a str>,
    /// The commit on which the feature begins.
    pub base: Oid,
}

/// The names of this many planners.
pub fn names(count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| format!("planner-{number}"))
        .collect()
}

/// The name of a planner's file in the record.
pub fn file_name(planner: &str) -> String {
    format!("{planner}.toml")
}

/// Asks a planner until its task file is valid, as often as the policy says; `None` when it was
/// stopped.
pub fn ask(
    desk: &Desk<'_>,
    order: &Order<'_>,
    policy: &Policy,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Plan>, FeatureError> {
    let planner = &policy.conductor.feature.planner;
    let mut wrong: Option<String> = None;
    for attempt in 1..=planner.attempts {
        let answer = once(desk, order, planner, attempt, wrong.as_deref(), stop)?;
        let Some(answer) = answer else {
            return Ok(None);
        };
        let checked = answer.and_then(|toml| {
            tasks::check("tasks.toml", toml.as_bytes(), policy)?;
            Ok(toml)
        });
        match checked {
            Ok(tasks) => return Ok(Some(order.came_to(attempt, None, tasks))),
            Err(why) => wrong = Some(why),
        }
    }
    let failed = wrong.map(|why| first_lines(&why));
    Ok(Some(order.came_to(planner.attempts, failed, String::new())))
}

impl Order<'_> {
    fn came_to(&self, attempts: u32, failed: Option<String>, tasks: String) -> Plan {
        Plan {
            planner: self.name.to_owned(),
            planned: Planned { attempts, failed },
            tasks,
        }
    }

    fn prompt(&self, wrong: Option<&str>) -> String {
        match self.others {
            None => self.common.for_planner(self.context, wrong),
            Some(others) => self.common.for_merger(self.context, others, wrong),
        }
    }
}

/// A planner's answer to one prompt: a task file, or why there is none.
fn once(
    desk: &Desk<'_>,
    order: &Order<'_>,
    planner: &Planner,
    attempt: u32,
    wrong: Option<&str>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Result<String, String>>, FeatureError> {
    let written = files::of_task(&desk.repo, desk.run, order.name);
    let written = written.join(format!("tasks-{attempt}.toml"));
    file::remove_if_exists(&written).map_err(FeatureError::io(&written))?;
    let question = Question {
        name: order.name.to_owned(),
        who: &planner.who,
        commit: order.base,
        title: order.common.wish,
        bare: order.common.wish,
        prompt: order.prompt(wrong),
        attempt,
        timeout: planner.timeout,
        variables: vec![("BATON_TASKS_FILE".into(), written.clone().into())],
        keep: KEEP,
        is_read_only: true,
    };
    let reply = desk.ask(&question, stop)?;
    if reply.end == End::Stopped {
        return Ok(None);
    }
    let written = file::read_if_exists(&written).map_err(FeatureError::io(&written))?;
    Ok(Some(answered(&reply, written)))
}

fn answered(reply: &Reply, written: Option<Vec<u8>>) -> Result<String, String> {
    if !reply.changes.is_empty() {
        return Err(format!(
            "you were to change nothing, and {}",
            reply.changes.join("; ")
        ));
    }
    if reply.end != End::Exited(0) {
        return Err(format!(
            "it {}{}",
            how(reply.end),
            behind_colon(reply.failure.clone())
        ));
    }
    let written = written.filter(|bytes| !bytes.trim_ascii().is_empty());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match written {
        Some(bytes) => Ok(text(&bytes)),
        None if reply.is_cut => Err(format!("it is longer than {KEEP} bytes")),
        None => last_toml(&text(&reply.said)).ok_or_else(|| {
            "there is no task file in it: neither between a line ```toml and a line ```, nor in the file $BATON_TASKS_FILE".to_owned()
        }),
    }
}

/// Combines several planners' task files. A planner without one disagrees with all others where votes are
/// counted, and is left out where all are merged.
pub fn combined(how: CombinePlans, plans: &[Plan], policy: &Policy) -> Combined {
    let how = match how {
        CombinePlans::Merge => Combine::Merge,
        CombinePlans::Vote => Combine::Vote,
        CombinePlans::Escalate => Combine::Escalate,
    };
    let counted = plans
        .iter()
        .filter(|plan| how != Combine::Merge || plan.planned.failed.is_none());
    let answers: Vec<_> = counted
        .map(|plan| Answer {
            who: plan.planner.clone(),
            text: match &plan.planned.failed {
                None if how == Combine::Merge => {
                    format!("    {}", plan.tasks.replace('\n', "\n    "))
                }
                None => plan.tasks.clone(),
                Some(_) => format!("no task file of {}", plan.planner),
            },
        })
        .collect();
    // Two files that have the same tasks done are one, however they are written.
    combine_by(how, &answers, &|text| {
        tasks::effect(text, policy).unwrap_or_else(|| answers::essence(text))
    })
}

fn first_lines(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines.into_iter().take(6).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(planner: &str, tasks: &str) -> Plan {
        let failed = tasks.is_empty().then(|| "it said nothing".to_owned());
        Plan {
            planner: planner.to_owned(),
            planned: Planned {
                attempts: 1,
                failed,
            },
            tasks: tasks.to_owned(),
        }
    }

    #[test]
    fn who_has_no_task_file_is_no_majority() {
        let plans = [plan("a", "x"), plan("b", ""), plan("c", "")];
        let Combined::Undecided(camps) = combined(CombinePlans::Vote, &plans, &Policy::default())
        else {
            panic!("one of three decided");
        };
        assert_eq!(camps.len(), 3);
        let plans = [plan("a", "x"), plan("b", " x\n"), plan("c", "")];
        assert_eq!(
            combined(CombinePlans::Vote, &plans, &Policy::default()),
            Combined::One("x".to_owned())
        );
        assert!(matches!(
            combined(CombinePlans::Escalate, &plans, &Policy::default()),
            Combined::Undecided(_)
        ));
    }

    #[test]
    fn plans_are_merged_as_text_that_is_no_answer() {
        let plans = [plan("a", "x = '''\n```toml\n'''\n"), plan("b", "")];
        let Combined::One(text) = combined(CombinePlans::Merge, &plans, &Policy::default()) else {
            panic!("a merge is always one");
        };
        assert_eq!(last_toml(&text), None);
        assert!(!text.contains("## b"));
    }
}
