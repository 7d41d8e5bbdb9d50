//! From the words of a user or a CI service to a stretch of history.

use bstr::ByteSlice;
use miette::Diagnostic;
use thiserror::Error;

use super::GuardError;
use super::span::Span;
use crate::git::{GitError, Repo};
use crate::model::Oid;
use crate::sys::ci::CiRange;

/// The words name no stretch of history.
#[derive(Debug, Error, Diagnostic)]
pub enum RangeError {
    /// Nothing says what to judge.
    #[error("nothing says which commits to judge: the branch has no upstream")]
    #[diagnostic(help(
        "name a range (`git baton verify origin/main..HEAD`), or judge everything (`--all`)"
    ))]
    NoUpstream,
}

/// The stretch that these revisions name, as `git log` reads them.
pub fn named(repo: &Repo, revisions: &[String]) -> Result<Span, GuardError> {
    let mut span = Span::default();
    for revision in revisions {
        if revision.starts_with('-') {
            return Err(no_commit(revision, "it begins with a dash"));
        }
        let out = repo
            .program()
            .output(["rev-parse", "--revs-only", revision])
            .unwrap_or_default();
        if out.trim().is_empty() {
            return Err(no_commit(revision, "git finds nothing of that name"));
        }
        for line in out.lines() {
            let (hex, into) = match line.strip_prefix(b"^") {
                Some(hex) => (hex, &mut span.hidden),
                None => (line, &mut span.tips),
            };
            let oid =
                Oid::from_hex(hex).map_err(|error| no_commit(revision, &error.to_string()))?;
            let commit = repo.objects().peel_to_commit(oid)?;
            into.push(commit.ok_or_else(|| no_commit(revision, "it names no commit"))?);
        }
    }
    span.old = match (span.hidden.first(), span.tips.first()) {
        (Some(hidden), Some(tip)) => {
            Some(repo.program().merge_base(*hidden, *tip)?.unwrap_or(*hidden))
        }
        _ => None,
    };
    Ok(span)
}

/// The stretch that a CI service names: for a request, from the merge base; for a push, from
/// the tip before it, or, when the branch is new, from where it left the default branch.
pub fn of_ci(repo: &Repo, range: &CiRange) -> Result<Span, GuardError> {
    match range {
        CiRange::Request { target, tip } => between(repo, target, tip),
        CiRange::Push {
            before: Some(before),
            after,
            ..
        } => {
            let (before, after) = (commit(repo, before)?, commit(repo, after)?);
            Ok(Span {
                tips: vec![after],
                hidden: vec![before],
                old: Some(before),
                ..Span::default()
            })
        }
        CiRange::Push {
            before: None,
            after,
            default_branch,
        } => match default_branch {
            Some(branch) => between(repo, &format!("refs/remotes/origin/{branch}"), after),
            None => Ok(Span {
                tips: vec![commit(repo, after)?],
                ..Span::default()
            }),
        },
    }
}

/// What this branch has and its upstream does not.
pub fn beyond_upstream(repo: &Repo) -> Result<Result<Span, RangeError>, GuardError> {
    match repo.program().rev_parse("@{upstream}")? {
        Some(upstream) => Ok(Ok(between(repo, &upstream.to_string(), "HEAD")?)),
        None => Ok(Err(RangeError::NoUpstream)),
    }
}

/// Every commit that any reference, or a detached `HEAD`, reaches.
pub fn everything(repo: &Repo) -> Result<Span, GuardError> {
    let mut tips = Vec::new();
    let named = repo.refs().below("refs/")?.into_iter().map(|(_, oid)| oid);
    for oid in named.chain(repo.head()?) {
        tips.extend(repo.objects().peel_to_commit(oid)?);
    }
    tips.sort();
    tips.dedup();
    Ok(Span {
        tips,
        ..Span::default()
    })
}

fn between(repo: &Repo, target: &str, tip: &str) -> Result<Span, GuardError> {
    let (target, tip) = (commit(repo, target)?, commit(repo, tip)?);
    let base = repo.program().merge_base(target, tip)?;
    Ok(Span {
        tips: vec![tip],
        hidden: vec![target],
        old: Some(base.unwrap_or(target)),
        ..Span::default()
    })
}

/// In a shallow clone a commit that is not here is most likely one that was cut off.
fn commit(repo: &Repo, revision: &str) -> Result<Oid, GuardError> {
    repo.commit_of(revision).map_err(|error| {
        let cut = repo
            .shallow_commits()
            .ok()
            .and_then(|cut| cut.first().copied());
        cut.map_or(error, GitError::Shallow).into()
    })
}

fn no_commit(revision: &str, reason: &str) -> GuardError {
    GitError::NoCommit {
        name: revision.to_owned(),
        reason: reason.to_owned(),
    }
    .into()
}
