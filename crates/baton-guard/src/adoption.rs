//! The commits with which the policies of a history began.

use std::collections::HashSet;

use super::GuardError;
use baton_core::model::{Entry, Oid};
use baton_core::policy::{POLICY_PATH, Policy};
use baton_git::stream::Step;
use baton_git::tree::Trees;
use baton_git::{GitError, Repo, history};

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

/// The commits in the history of `tip` that began a policy, besides those that lead to `known`.
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

/// The commits that began the policy of `tip`: those from which it came down, commit by commit. A
/// merge has it from the parents with the same files; from the others too where a maintainer has
/// signed the merge.
pub(super) fn lineage(
    repo: &Repo,
    trees: &Trees<'_>,
    policy: &Policy,
    tip: Oid,
) -> Result<Vec<Oid>, GuardError> {
    let shallow = repo.shallow_commits()?;
    let (mut seen, mut pending) = (HashSet::from([tip]), vec![tip]);
    let mut beginnings = Vec::new();
    let mut buffer = Vec::new();
    while let Some(oid) = pending.pop() {
        if shallow.contains(&oid) {
            continue;
        }
        let step = Step::read(repo.objects(), oid, &mut buffer)?;
        let mut governed = Vec::new();
        for (parent, tree) in step.commit.parents.iter().zip(&step.parent_trees) {
            if carries_policy(trees, *tree)? {
                governed.push((*parent, *tree));
            }
        }
        if governed.is_empty() {
            beginnings.push(oid);
        }
        if governed.len() > 1 && !is_signed(repo, policy, &step)? {
            let own = policy_files(trees, policy, step.commit.tree)?;
            let mut same = Vec::new();
            for (parent, tree) in &governed {
                if policy_files(trees, policy, *tree)? == own {
                    same.push((*parent, *tree));
                }
            }
            if !same.is_empty() {
                governed = same;
            }
        }
        pending.extend(
            governed
                .into_iter()
                .map(|(parent, _)| parent)
                .filter(|one| seen.insert(*one)),
        );
    }
    Ok(beginnings)
}

fn policy_files(
    trees: &Trees<'_>,
    policy: &Policy,
    tree: Oid,
) -> Result<[Option<Entry>; 2], GitError> {
    Ok([
        trees.entry(tree, POLICY_PATH.into())?,
        trees.entry(tree, policy.signing.allowed_signers.as_ref())?,
    ])
}

fn is_signed(repo: &Repo, policy: &Policy, step: &Step) -> Result<bool, GuardError> {
    let signature = match step.commit.signed {
        true => repo.objects().signature(step.oid)?,
        false => None,
    };
    let signing = &policy.signing;
    let by = signature.map(|signature| signing.signers.verify(&signature, &signing.maintainers));
    Ok(matches!(by, Some(Ok(_))))
}

/// True if the commit has a policy and none of its parents has one.
pub(super) fn begins_policy(trees: &Trees<'_>, step: &Step) -> Result<bool, GitError> {
    for parent in &step.parent_trees {
        if carries_policy(trees, *parent)? {
            return Ok(false);
        }
    }
    carries_policy(trees, step.commit.tree)
}

/// True if a tree has a policy, were it one that cannot be read.
pub(super) fn carries_policy(trees: &Trees<'_>, tree: Oid) -> Result<bool, GitError> {
    Ok(trees.entry(tree, POLICY_PATH.into())?.is_some())
}
