//! Where the policies of a history began.

use super::GuardError;
use crate::git::stream::Step;
use crate::git::tree::Trees;
use crate::git::{GitError, Repo, history};
use crate::model::Oid;
use crate::policy::POLICY_PATH;

/// The oldest commit along the first parents of `tip` that carries a policy; `tip` where none does.
pub(super) fn first(repo: &Repo, trees: &Trees<'_>, tip: Oid) -> Result<Oid, GuardError> {
    let shallow = repo.shallow_commits()?;
    let mut buffer = Vec::new();
    let (mut at, mut first) = (tip, tip);
    loop {
        let commit = repo.objects().commit(at, &mut buffer)?;
        if carries_policy(trees, commit.tree)? {
            first = at;
        }
        match commit.parents.first() {
            Some(parent) if !shallow.contains(&at) => at = *parent,
            _ => return Ok(first),
        }
    }
}

/// The commits in the history of `tip` that began a policy, besides those that lead to `known`. A
/// guarded branch takes in such a commit only by a maintainer's word.
pub(super) fn others(
    repo: &Repo,
    trees: &Trees<'_>,
    tip: Oid,
    known: Oid,
) -> Result<Vec<Oid>, GuardError> {
    let mut others = Vec::new();
    let mut buffer = Vec::new();
    for walked in history::reachable(repo, &[tip], &[known])? {
        let commit = (*walked.commit).clone();
        let step = Step::of(repo.objects(), walked.oid, commit, &mut buffer)?;
        if begins_policy(trees, &step)? {
            others.push(step.oid);
        }
    }
    Ok(others)
}

/// Whether the commit has a policy and none of its parents has one.
pub(super) fn begins_policy(trees: &Trees<'_>, step: &Step) -> Result<bool, GitError> {
    for parent in &step.parent_trees {
        if carries_policy(trees, *parent)? {
            return Ok(false);
        }
    }
    carries_policy(trees, step.commit.tree)
}

/// Whether a tree has a policy, were it one that cannot be read.
pub(super) fn carries_policy(trees: &Trees<'_>, tree: Oid) -> Result<bool, GitError> {
    Ok(trees.entry(tree, POLICY_PATH.into())?.is_some())
}
