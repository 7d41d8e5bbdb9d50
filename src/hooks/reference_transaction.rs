//! `reference-transaction`: every reference that moves, whoever moves it.

use std::collections::{HashMap, HashSet};

use bstr::BString;

use super::recovery;
use super::ref_lines::{self, RefLine, Value};
use super::{Answer, Call, HookError};
use crate::git::Repo;
use crate::guard::updates::{self, Place, RefUpdate};
use crate::model::Oid;

/// Whether nothing in the call can carry a commit to judge. Only `prepared` can still be
/// vetoed; states unknown today pass.
pub(super) fn is_idle(call: &Call) -> bool {
    if call.args.first().is_none_or(|state| state != "prepared") {
        return true;
    }
    match ref_lines::parse(&call.input) {
        Ok(lines) => !lines.iter().any(carries_commit),
        Err(_) => false,
    }
}

/// Judges the branches and the detached `HEAD` that move.
pub(super) fn answer(repo: &Repo, call: &Call) -> Result<Answer, HookError> {
    let lines = ref_lines::parse(&call.input)?;
    let moved = moved(repo, lines)?;
    let judgement = updates::judge(repo, &moved, Place::Clone)?;
    let recovery = match judgement.verdict.is_clean() {
        true => Vec::new(),
        false => recovery::advice(repo, &moved)?,
    };
    Ok(Answer {
        judgement,
        recovery,
    })
}

/// The branches that move, and `HEAD` where no branch moves with it.
///
/// The old values of the lines are not to be trusted: zeros also mean that the caller gave none.
/// Until the transaction is committed the references themselves still tell. A branch that becomes
/// another name for some reference moves to what that names.
fn moved(repo: &Repo, mut lines: Vec<RefLine>) -> Result<Vec<RefUpdate>, HookError> {
    let targets = symbolic_targets(repo, &lines)?;
    let branches = lines.iter().filter(|line| is_branch(line));
    let by_branch: HashSet<_> = branches.filter_map(|line| line.new.object()).collect();
    lines.retain(|line| {
        let with_branch = || {
            line.new
                .object()
                .is_some_and(|oid| by_branch.contains(&oid))
        };
        carries_commit(line) && (is_branch(line) || !with_branch())
    });
    let names: Vec<_> = lines.iter().map(|line| line.reference.as_ref()).collect();
    let olds = repo.refs().resolve_all(&names)?;
    let updates = lines.into_iter().zip(olds).map(|(line, old)| RefUpdate {
        new: match &line.new {
            Value::Symbolic(target) => targets.get(target).copied().flatten(),
            new => new.object(),
        },
        reference: line.reference,
        old,
    });
    Ok(updates.collect())
}

/// What the references will name to which branches come to point.
fn symbolic_targets(
    repo: &Repo,
    lines: &[RefLine],
) -> Result<HashMap<BString, Option<Oid>>, HookError> {
    let mut targets = HashMap::new();
    for line in lines.iter().filter(|line| is_branch(line)) {
        let Value::Symbolic(target) = &line.new else {
            continue;
        };
        let named = match lines.iter().find(|line| line.reference == *target) {
            Some(line) => line.new.object(),
            None => repo.refs().resolve_all(&[target.as_ref()])?.pop().flatten(),
        };
        targets.insert(target.clone(), named);
    }
    Ok(targets)
}

fn carries_commit(line: &RefLine) -> bool {
    match line.new {
        Value::Zeros => false,
        Value::Object(_) => is_branch(line) || line.reference == "HEAD",
        Value::Symbolic(_) => is_branch(line),
    }
}

fn is_branch(line: &RefLine) -> bool {
    line.reference.starts_with(b"refs/heads/")
}
