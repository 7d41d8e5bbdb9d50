//! `reference-transaction`: every reference that moves, by any process.

use std::collections::{HashMap, HashSet};

use super::pre_receive::{is_replacement, replacements};
use super::ref_lines::{self, RefLine, Value};
use super::{Answer, Call, HookError, namespace, recovery};
use baton_core::model::{Oid, RefName, is_branch};
use baton_git::Repo;
use baton_git::operation::Operation;
use baton_guard::branch_moves::{self, Witness};
use baton_guard::journal::Journal;
use baton_guard::updates::{self, Place, RefUpdate};
use baton_guard::{Judgement, reference};
use baton_sys::file;

/// True if nothing in the call can carry a commit to judge. Only `prepared` can still be
/// vetoed; states unknown today pass.
pub(super) fn is_idle(call: &Call) -> bool {
    if call.args.first().is_none_or(|state| state != "prepared") {
        return true;
    }
    match ref_lines::parse(&call.input) {
        Ok(lines) => !lines
            .iter()
            .any(|line| carries_commit(line) || deletes_branch(line) || is_stash(line)),
        Err(_) => false,
    }
}

/// Judges the branches and the detached `HEAD` that move.
pub(super) fn answer(repo: &Repo, call: &Call) -> Result<Answer, HookError> {
    let mut lines = ref_lines::parse(&call.input)?;
    leave_out_packed(repo, &mut lines)?;
    let place = place(repo);
    let mut answer = Answer::default();
    if place == Place::Server {
        answer.judgement = reference::replacements(repo, &replacements(&lines))?;
    }
    let stash = lines.iter().find(|line| is_stash(line)).cloned();
    for (prefix, lines) in namespace::groups(lines) {
        let repo = repo.in_namespace(prefix);
        let deleted = deleted(&repo, &lines)?;
        let (mut judgement, mut moved) = in_namespace(&repo, lines, place)?;
        if place == Place::Clone {
            moved.extend(deleted);
            judgement.absorb(branch_moves::judge(&repo, &moved, Witness::Clone)?);
            if !judgement.verdict.is_clean() {
                answer.recovery = recovery::advice(&repo, &moved)?;
                answer.recovery.extend(recovery::of_rename(&repo, &moved)?);
            }
        }
        answer.judgement.absorb(judgement);
    }
    if place == Place::Clone && Operation::in_progress(repo)?.is_none() {
        let of_head = recovery::of_head(repo, &answer.judgement.verdict)?;
        answer.recovery.extend(of_head);
    }
    if let Some(line) = stash {
        let old = repo.refs().resolve("refs/stash")?;
        let refused = branch_moves::judge_stash(repo, old, line.new.object())?;
        if let (false, Some(old), None) = (refused.verdict.is_clean(), old, line.new.object()) {
            answer.recovery.extend(recovery::of_stash(repo, old)?);
        }
        answer.judgement.absorb(refused);
    }
    Ok(answer)
}

/// Where the hook runs: installing for a server alone says so in a file.
fn place(repo: &Repo) -> Place {
    match file::is_file(&repo.baton_dir().join(super::SERVER_MARK)) {
        true => Place::Server,
        false => Place::Clone,
    }
}

/// Judges what moves in one namespace.
fn in_namespace(
    repo: &Repo,
    lines: Vec<RefLine>,
    place: Place,
) -> Result<(Judgement, Vec<RefUpdate>), HookError> {
    let aliases = reference::aliases(repo, &aliases(&lines))?;
    let mut moved = moved(repo, lines)?;
    if place == Place::Server {
        // `pre-receive` has judged a new branch of a push, by what was guarded before that push.
        let journal = Journal::of(repo)?;
        moved.retain(|one| one.old.is_some() || !one.new.is_some_and(|new| journal.knows(new)));
    }
    let mut judgement = updates::judge(repo, &moved, place)?;
    judgement.absorb(aliases);
    Ok((judgement, moved))
}

/// The branches that become other names, with what for.
fn aliases(lines: &[RefLine]) -> Vec<(RefName, RefName)> {
    let branches = lines.iter().filter(|line| is_of_branch(line));
    let named = branches.filter_map(|line| match &line.new {
        Value::Symbolic(target) => {
            let (_, target) = namespace::split(target.as_ref());
            Some((line.reference.clone(), RefName::new(target)))
        }
        Value::Zeros | Value::Object(_) => None,
    });
    named.collect()
}

/// The branches that move, and `HEAD` where no branch moves with it.
///
/// The old values of the lines are not to be trusted: zeros also mean that the caller gave none.
/// Until the transaction is committed the references themselves still tell. A branch that becomes
/// another name for some reference moves to what that names.
fn moved(repo: &Repo, mut lines: Vec<RefLine>) -> Result<Vec<RefUpdate>, HookError> {
    let targets = symbolic_targets(repo, &lines)?;
    let branches = lines.iter().filter(|line| is_of_branch(line));
    let by_branch: HashSet<_> = branches.filter_map(|line| line.new.object()).collect();
    lines.retain(|line| {
        let with_branch = || {
            line.new
                .object()
                .is_some_and(|oid| by_branch.contains(&oid))
        };
        let moves = carries_commit(line) && !is_replacement(line);
        moves && (is_of_branch(line) || !with_branch())
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

/// Leaves out the references whose files git deletes because it has just packed them. One that is
/// deleted for good goes from the packed ones first, by a line that gives no old value.
fn leave_out_packed(repo: &Repo, lines: &mut Vec<RefLine>) -> Result<(), HookError> {
    let mut packed = HashSet::new();
    for line in lines.iter().filter(|line| line.new == Value::Zeros) {
        if let Some(old) = line.old.object()
            && repo.refs().is_packed_at(line.reference.as_ref(), old)?
        {
            packed.insert(line.reference.clone());
        }
    }
    lines.retain(|line| line.new != Value::Zeros || !packed.contains(&line.reference));
    Ok(())
}

/// The branches that are deleted.
fn deleted(repo: &Repo, lines: &[RefLine]) -> Result<Vec<RefUpdate>, HookError> {
    let lines = lines.iter().filter(|line| deletes_branch(line));
    let names: Vec<_> = lines.map(|line| &line.reference).collect();
    let olds: Vec<_> = names.iter().map(|name| name.as_bstr()).collect();
    let olds = repo.refs().resolve_all(&olds)?;
    let deleted = names.into_iter().zip(olds).map(|(name, old)| RefUpdate {
        reference: name.clone(),
        old,
        new: None,
    });
    Ok(deleted.collect())
}

/// The branches to which symbolic references come to point.
fn symbolic_targets(
    repo: &Repo,
    lines: &[RefLine],
) -> Result<HashMap<RefName, Option<Oid>>, HookError> {
    let mut targets = HashMap::new();
    for line in lines.iter().filter(|line| is_of_branch(line)) {
        let Value::Symbolic(target) = &line.new else {
            continue;
        };
        let named = match lines.iter().find(|line| line.reference == *target) {
            Some(line) => line.new.object(),
            None => repo.refs().resolve(target)?,
        };
        targets.insert(target.clone(), named);
    }
    Ok(targets)
}

fn carries_commit(line: &RefLine) -> bool {
    match line.new {
        Value::Zeros => false,
        Value::Object(_) => is_of_branch(line) || line.reference == "HEAD" || is_replacement(line),
        Value::Symbolic(_) => is_of_branch(line),
    }
}

fn deletes_branch(line: &RefLine) -> bool {
    line.new == Value::Zeros && is_of_branch(line)
}

fn is_stash(line: &RefLine) -> bool {
    line.reference == "refs/stash"
}

fn is_of_branch(line: &RefLine) -> bool {
    let (_, name) = namespace::split(line.reference.as_ref());
    is_branch(name)
}
