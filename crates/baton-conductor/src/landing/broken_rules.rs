//! The rules that commits break which are to land, or have landed.

use super::MergeError;
use baton_core::model::{Oid, RefName, Violation};
use baton_git::Repo;
use baton_guard::rev_range::{self, RevRange};

/// The rules that the commits from one to another break on this branch, a sentence each; `old` is the commit of the branch
/// whose policy judges.
pub fn broken_rules(
    repo: &Repo,
    branch: &RefName,
    old: Oid,
    [from, to]: [Oid; 2],
) -> Result<Vec<String>, MergeError> {
    if from == to {
        return Ok(Vec::new());
    }
    let range = RevRange {
        reference: Some(branch.clone()),
        tips: vec![to],
        hidden: vec![from],
        old: Some(old),
    };
    let judgement = rev_range::judge_for_landing(repo, &range)?;
    let violations = judgement.map_or_else(Vec::new, |one| one.verdict.violations);
    let sentence = |one: Violation| {
        let commit = one
            .commit
            .map_or(String::new(), |oid| format!("{}: ", oid.short()));
        format!("{}: {commit}{}; {}", one.rule, one.message, one.help)
    };
    Ok(violations.into_iter().map(sentence).collect())
}
