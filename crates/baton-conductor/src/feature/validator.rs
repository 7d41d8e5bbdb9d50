//! Validators: who judge the merged result in fresh worktrees.

use std::collections::BTreeMap;

use super::FeatureError;
use super::ask::{Desk, Question};
use super::brief::Common;
use super::state::{Judged, Verdict};
use crate::run::answers::{Answer, Combine, Combined, combine, explain};
use crate::run::gate::{Silence, decide};
use crate::run::signal::Decision;
use crate::run::verify::behind_colon;
use baton_core::model::Oid;
use baton_core::policy::conductor::feature::Validator;

/// The number of bytes that are kept of what a validator says.
const KEEP: usize = 64 * 1024;

/// The merged result.
#[derive(Debug, Clone, Copy)]
pub struct Merged<'a> {
    /// The commit on which the feature began.
    pub base: Oid,
    /// The tip.
    pub tip: Oid,
    /// The tasks that were done, one a line.
    pub tasks: &'a str,
}

/// Has a validator judge; `None` when it was stopped.
pub fn ask(
    desk: &Desk<'_>,
    common: &Common<'_>,
    validator: &Validator,
    merged: Merged<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<(String, Judged)>, FeatureError> {
    let question = Question {
        name: format!("validator-{}", validator.name),
        who: &validator.who,
        commit: merged.tip,
        title: common.wish,
        bare: common.wish,
        prompt: common.for_validator(&merged.base.to_string(), merged.tasks),
        attempt: 1,
        timeout: validator.timeout,
        variables: Vec::new(),
        keep: KEEP,
        is_read_only: false,
    };
    let reply = desk.ask(&question, stop)?;
    let decision = decide(
        reply.end,
        &reply.decisions,
        Silence::DecidesNothing,
        &behind_colon(reply.failure.clone()),
    );
    Ok(decision.map(|decision| (validator.name.clone(), judged(decision))))
}

fn judged(decision: Decision) -> Judged {
    let (verdict, reason) = match decision {
        Decision::Approved => (Verdict::Approved, String::new()),
        Decision::Rejected { reason } => (Verdict::Rejected, reason),
        Decision::Blocked { reason } => (Verdict::Blocked, reason),
    };
    Judged { verdict, reason }
}

/// Returns the result of the validators' votes: nothing where they approve, otherwise why they do not. No
/// validator is no objection.
pub fn objection(votes: &BTreeMap<String, Judged>) -> Option<String> {
    if votes.is_empty() {
        return None;
    }
    let vote = |(who, judged): (&String, &Judged)| Answer {
        who: who.clone(),
        text: judged.verdict.as_str().to_owned(),
    };
    let answers: Vec<_> = votes.iter().map(vote).collect();
    let counted = combine(Combine::Vote, &answers);
    let mut why = match &counted {
        Combined::One(word) if word == Verdict::Approved.as_str() => return None,
        Combined::One(word) => format!("{word} by the validators\n"),
        Combined::Undecided(camps) => explain(camps),
    };
    for (who, judged) in votes.iter().filter(|(_, judged)| !judged.reason.is_empty()) {
        why.push_str(&format!("  {who}: {}\n", judged.reason));
    }
    Some(why)
}

/// True if the result would be approved, should all those approve who were kept from judging.
pub fn is_open(votes: &BTreeMap<String, Judged>) -> bool {
    let rejected = votes.values();
    let rejected = rejected.filter(|vote| vote.verdict == Verdict::Rejected);
    let is_blocked = votes.values().any(|vote| vote.verdict == Verdict::Blocked);
    is_blocked && rejected.count() * 2 < votes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(words: &[Verdict]) -> BTreeMap<String, Judged> {
        let vote = |(at, verdict): (usize, &Verdict)| {
            let reason = match verdict {
                Verdict::Approved => String::new(),
                _ => format!("because {at}"),
            };
            (
                format!("v{at}"),
                Judged {
                    verdict: *verdict,
                    reason,
                },
            )
        };
        words.iter().enumerate().map(vote).collect()
    }

    #[test]
    fn more_than_half_must_approve() {
        use Verdict::{Approved, Blocked, Rejected};
        let objects = |words: &[Verdict]| objection(&votes(words)).is_some();
        assert!(!objects(&[]) && !objects(&[Approved]));
        assert!(!objects(&[Approved, Approved, Rejected]));
        assert!(objects(&[Approved, Blocked]) && objects(&[Rejected, Rejected, Approved]));
        assert_eq!(
            objection(&votes(&[Approved, Rejected])).unwrap(),
            "a tie between 2 answers\n  v0: approved\n  v1: rejected\n  v1: because 1\n"
        );
    }
}
