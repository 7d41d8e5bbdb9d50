//! `reference-transaction`: every reference that moves, whoever moves it.

use super::ref_lines::{self, RefLine, Value};
use super::{Answer, Call, HookError};
use crate::git::Repo;
use crate::guard::updates::{self, Place, RefUpdate};

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
    let branch_targets: Vec<_> = lines
        .iter()
        .filter(|line| is_branch(line))
        .map(|line| &line.new)
        .collect();
    let mut moved = Vec::new();
    for line in lines.iter().filter(|line| carries_commit(line)) {
        if !is_branch(line) && branch_targets.contains(&&line.new) {
            continue;
        }
        moved.push(update(repo, &lines, line)?);
    }
    let judgement = updates::judge(repo, &moved, Place::Clone)?;
    let recovery = match judgement.verdict.is_clean() {
        true => Vec::new(),
        false => recovery(repo, &moved)?,
    };
    Ok(Answer {
        judgement,
        recovery,
    })
}

/// A fast-forward and `reset --hard` move the files before they ask. They also set `ORIG_HEAD`,
/// which then names the commit that `HEAD` still names.
fn recovery(repo: &Repo, moved: &[RefUpdate]) -> Result<Vec<String>, HookError> {
    let head = repo.head()?;
    if head.is_none() || repo.refs().resolve("ORIG_HEAD")? != head {
        return Ok(Vec::new());
    }
    let here = |update: &&RefUpdate| update.old == head;
    let target = moved.iter().find(here).and_then(|update| update.new);
    Ok(target.map_or_else(Vec::new, |target| {
        vec![
            "If this was a pull, a merge or a reset, git has moved the files already. To put them back:".to_owned(),
            format!("    git read-tree -m -u {target} HEAD"),
        ]
    }))
}

/// The old value of the line is not to be trusted: zeros also mean that the caller gave none.
/// Until the transaction is committed the reference itself still tells.
///
/// A branch that becomes another name for some reference moves to what that names.
fn update(repo: &Repo, lines: &[RefLine], line: &RefLine) -> Result<RefUpdate, HookError> {
    let name = String::from_utf8_lossy(&line.reference);
    let new = match &line.new {
        Value::Symbolic(target) => match lines.iter().find(|line| line.reference == *target) {
            Some(line) => line.new.object(),
            None => repo.refs().resolve(&String::from_utf8_lossy(target))?,
        },
        new => new.object(),
    };
    Ok(RefUpdate {
        reference: line.reference.clone(),
        old: repo.refs().resolve(&name)?,
        new,
    })
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
