//! Branches whose work has landed.

use std::collections::HashSet;

use super::MergeError;
use super::context::MergeContext;
use super::report::Afterwards;
use crate::pool::trash;
use crate::ref_moves;
use baton_core::model::{BranchName, Oid, RefName};
use baton_git::integration::{MergeState, merge_state};
use baton_git::{RefEdit, Repo, history, worktrees};

/// Deletes those of these branches that are not needed any more, now that `target` is what the
/// target names. Says of each what became of it.
pub fn branches(
    repo: &Repo,
    context: &MergeContext,
    target: Oid,
    landed: &[(String, Oid)],
) -> Result<Vec<Afterwards>, MergeError> {
    let worktrees = worktrees::checkouts(repo)?;
    let tips: Vec<_> = landed.iter().map(|(_, tip)| *tip).collect();
    let outside = history::reachable(repo, &tips, &[target])?;
    let outside: HashSet<_> = outside.into_iter().map(|one| one.oid).collect();
    let mut fates = Vec::with_capacity(landed.len());
    let mut edits: Vec<(usize, Vec<RefEdit>)> = Vec::new();
    for (name, tip) in landed {
        let fate = match obstacle(repo, context, &worktrees, name, *tip)? {
            Some(why) => Afterwards::Kept { why },
            None => {
                let (fate, moves) = deletion(repo, target, name, *tip, &outside)?;
                if !moves.is_empty() {
                    edits.push((fates.len(), moves));
                }
                fate
            }
        };
        fates.push(fate);
    }
    let all: Vec<_> = edits.iter().flat_map(|(_, moves)| moves.clone()).collect();
    let reason = "baton: merged";
    if all.is_empty() || ref_moves::transact(repo, &all, reason).is_ok() {
        return Ok(fates);
    }
    for (at, moves) in edits {
        if let Err(error) = ref_moves::transact(repo, &moves, reason) {
            let why = format!("git did not let it be deleted: {error}");
            fates[at] = Afterwards::Kept { why };
        }
    }
    Ok(fates)
}

/// Why a branch stays, whatever the target holds.
fn obstacle(
    repo: &Repo,
    context: &MergeContext,
    worktrees: &[worktrees::Checkout],
    name: &str,
    tip: Oid,
) -> Result<Option<String>, MergeError> {
    let terms = context.terms();
    let reference = BranchName::new(name).full();
    let here = |one: &&worktrees::Checkout| one.branch.as_ref() == Some(&reference);
    Ok(if !terms.delete {
        Some("the policy keeps merged branches".to_owned())
    } else if !terms.takes(name.into()) {
        Some("the policy does not count it among those that come and go".to_owned())
    } else if let Some(worktree) = worktrees.iter().find(here) {
        Some(format!("{} has it checked out", worktree.path.display()))
    } else if repo.refs().resolve(&reference)? != Some(tip) {
        Some("it has moved since".to_owned())
    } else {
        None
    })
}

fn deletion(
    repo: &Repo,
    target: Oid,
    name: &str,
    tip: Oid,
    outside: &HashSet<Oid>,
) -> Result<(Afterwards, Vec<RefEdit>), MergeError> {
    let mut moves = Vec::new();
    let found = match outside.contains(&tip) {
        true => merge_state(repo, tip, target)?,
        false => MergeState::Ancestor,
    };
    let trash = match found {
        MergeState::Missing(_) => {
            let why = "the target is not proven to hold all of it".to_owned();
            return Ok((Afterwards::Kept { why }, Vec::new()));
        }
        MergeState::Ancestor => None,
        _ => {
            let reason = "its work was made anew on the target";
            let (reference, commit) = trash::branch_tip(repo, name, tip, reason)?;
            moves.push(RefEdit {
                old: repo.refs().resolve(&reference)?,
                name: RefName::new(reference.as_str()),
                new: Some(commit),
            });
            Some(reference)
        }
    };
    moves.push(RefEdit {
        name: BranchName::new(name).full(),
        old: Some(tip),
        new: None,
    });
    Ok((Afterwards::Deleted { trash }, moves))
}
