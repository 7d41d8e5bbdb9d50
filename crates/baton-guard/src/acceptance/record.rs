//! Makes an acceptance: which rules a commit breaks, and the signed commit that lets it be.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;

use super::super::base::{BasePolicy, Bases};
use super::super::change::ChangeReader;
use super::super::{GuardError, rev_range};
use baton_core::model::{Oid, RuleId, Verdict};
use baton_core::policy::{Policy, Subject};
use baton_core::rules;
use baton_git::history::Walked;
use baton_git::signing::{self, SigningKey};
use baton_git::{GitError, Repo};

/// Why nothing was accepted.
#[derive(Debug, Error, Diagnostic)]
pub enum AcceptError {
    /// `HEAD` names no branch with a commit.
    #[error("there is no branch here to record the acceptance on")]
    #[diagnostic(help("switch to the branch on which it shall count: `git switch <branch>`"))]
    NoBranch,

    /// No signer counts.
    #[error("the policy of this branch lists nobody who may accept anything")]
    #[diagnostic(help(
        "list a maintainer's key in the file that `[signing] allowed_signers` names, by a commit that the policy lets pass"
    ))]
    NoMaintainers,

    /// The reason says nothing.
    #[error("the reason is empty")]
    #[diagnostic(help("say why the commit may stand: `--reason '<text>'`"))]
    NoReason,

    /// Git knows no key to sign with.
    #[error("an acceptance is signed, and git has no key to sign with")]
    #[diagnostic(help(
        "name your SSH key: `git config user.signingKey ~/.ssh/id_ed25519.pub`, with your own file"
    ))]
    NoKey,

    /// The key is not that of a signer who may accept.
    #[error("the key with which git signs is not a maintainer's of the policy of this branch")]
    #[diagnostic(help(
        "have a maintainer accept it, or name a maintainer's key: `git config user.signingKey <file>`"
    ))]
    NotAMaintainer,

    /// The commit keeps the rules.
    #[error("{0} breaks no rule by itself")]
    #[diagnostic(help(
        "name the rule that a branch breaks which leaves it: `--rule handoff-rollback`"
    ))]
    NothingBroken(Oid),

    /// The signature does not count after all.
    #[error("{0} was made, and its signature is not a maintainer's")]
    #[diagnostic(help("take it back (`git reset --soft {0}~1`) and have a maintainer accept it"))]
    NotCounted(Oid),

    /// The guard cannot decide.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),
}

impl From<GitError> for AcceptError {
    fn from(error: GitError) -> Self {
        Self::Guard(error.into())
    }
}

/// Records on the current branch that what these commits break, or this rule, is accepted: the
/// commit that says so, and what it names.
pub fn record(
    repo: &Repo,
    commits: &[Oid],
    rule: Option<RuleId>,
    reason: &str,
    subject: &Subject,
) -> Result<(Oid, Vec<(Oid, RuleId)>), AcceptError> {
    if reason.trim().is_empty() {
        return Err(AcceptError::NoReason);
    }
    let head = repo.head()?.ok_or(AcceptError::NoBranch)?;
    if repo.refs().symbolic("HEAD")?.is_none() {
        return Err(AcceptError::NoBranch);
    }
    let base = Bases::new(repo.objects()).at(head)?;
    let base = base.filter(|base| !base.policy.signing.signers.is_empty());
    let base = base.ok_or(AcceptError::NoMaintainers)?;
    check_key(repo, &base.policy)?;
    let mut named = Vec::new();
    for commit in commits {
        let rules = match rule {
            Some(rule) => BTreeSet::from([rule]),
            None => broken(repo, &base, *commit)?,
        };
        if rules.is_empty() {
            return Err(AcceptError::NothingBroken(*commit));
        }
        named.extend(rules.into_iter().map(|rule| (*commit, rule)));
    }
    signing::commit_nothing(repo, &rules::acceptance::message(&named, reason, subject))?;
    let made = repo.head()?.ok_or(AcceptError::NoBranch)?;
    match super::maintainer(repo.objects(), &base.policy, made)? {
        Some(_) => Ok((made, named)),
        None => Err(AcceptError::NotCounted(made)),
    }
}

/// Fails when git has no key, or one that is known not to be a maintainer's.
fn check_key(repo: &Repo, policy: &Policy) -> Result<(), AcceptError> {
    let signing = &policy.signing;
    match signing::key(repo)? {
        SigningKey::None => Err(AcceptError::NoKey),
        SigningKey::Unknown => Ok(()),
        SigningKey::Text(key) => {
            let holder = signing.signers.holder(&key, &signing.maintainers);
            holder.map(|_| ()).ok_or(AcceptError::NotAMaintainer)
        }
    }
}

/// The rules that the commit breaks, by the policy of this branch and by that of its own parents.
fn broken(repo: &Repo, base: &Rc<BasePolicy>, oid: Oid) -> Result<BTreeSet<RuleId>, GuardError> {
    let commit = repo.objects().commit(oid, &mut Vec::new())?;
    let mut reader = ChangeReader::new(repo.objects(), &base.policy);
    let mut verdict: Verdict = rules::check(&base.policy, &reader.change(oid, &commit, &|_| None)?);
    let walked = Walked {
        oid,
        commit: Arc::new(commit),
    };
    verdict.absorb(rev_range::judge_commits_by_parents(repo, vec![walked])?);
    Ok(verdict.violations.iter().map(|one| one.rule).collect())
}
