//! The rules that a session's commits break, whatever its log says of them.

use std::collections::HashSet;

use bstr::ByteSlice;

use super::{Session, SessionError};
use baton_core::model::{Oid, SessionId, Violation, trailers};
use baton_core::policy::Policy;
use baton_core::protocol::{Code, Finding, Severity};
use baton_git::{GitError, Repo, history};
use baton_guard::Judgement;
use baton_guard::base::Bases;
use baton_guard::rev_range::{self, RevRange};

/// Judges the commits from the one on which the session began to `HEAD`, and those with the
/// session's trailer that only other local branches reach. What was committed without the trailer
/// elsewhere, or is on no branch any more, is nobody's.
pub fn check(
    repo: &Repo,
    policy: &Policy,
    session: &Session,
) -> Result<Vec<Finding>, SessionError> {
    let Some(head) = repo.head()? else {
        return Ok(Vec::new());
    };
    let own = RevRange {
        reference: repo.head_branch()?,
        tips: vec![head],
        hidden: session.base.into_iter().collect(),
        old: session.base,
    };
    let base = match session.base {
        Some(base) => Bases::new(repo.objects()).adopted(base)?,
        None => None,
    };
    let mut judged = match &base {
        Some(_) => rev_range::judge(repo, &own)?,
        None => rev_range::judge_by_policy(repo, &own, &Policy::default())?,
    };
    let ungoverned = Policy::default();
    let rules = base.as_ref().map_or(&ungoverned, |base| &base.policy);
    for range in elsewhere(repo, policy, session, head)? {
        let Judgement { verdict, .. } = rev_range::judge_by_policy(repo, &range, rules)?;
        judged.verdict.absorb(verdict);
    }
    let mut findings: Vec<Finding> = Vec::new();
    for violation in &judged.verdict.violations {
        findings.push(broken_rule(session, violation));
    }
    Ok(findings)
}

/// The commits of the session that other branches have, each by itself.
fn elsewhere(
    repo: &Repo,
    policy: &Policy,
    session: &Session,
    head: Oid,
) -> Result<Vec<RevRange>, GitError> {
    let branches = repo.refs().branches()?;
    let tips: HashSet<Oid> = branches.into_iter().map(|(_, tip)| tip).collect();
    let tips: Vec<Oid> = tips.into_iter().filter(|tip| *tip != head).collect();
    if tips.is_empty() {
        return Ok(Vec::new());
    }
    let hidden: Vec<Oid> = session.base.into_iter().chain([head]).collect();
    let mut ranges = Vec::new();
    for walked in history::reachable(repo, &tips, &hidden)? {
        let commit = &walked.commit;
        let key = &policy.trailers.session;
        let mut named = trailers::values(commit.message.as_bstr(), key);
        let is_own = named.any(|value| {
            let id = value.to_str().ok().and_then(SessionId::parse);
            id.is_some_and(|id| id.agrees_with(&session.id()))
        });
        if is_own {
            ranges.push(RevRange {
                tips: vec![walked.oid],
                hidden: commit.parents.to_vec(),
                ..RevRange::default()
            });
        }
    }
    Ok(ranges)
}

fn broken_rule(session: &Session, violation: &Violation) -> Finding {
    let path = violation.path.as_ref();
    let commit = violation
        .commit
        .map_or_else(String::new, |oid| format!("{}: ", oid.short()));
    Finding {
        code: Code::BrokenRule,
        severity: Severity::Error,
        path: path.map_or_else(|| session.log_path.clone(), ToString::to_string),
        line: None,
        column: None,
        message: format!("{commit}{} [{}]", violation.message, violation.rule),
        help: violation.help.clone(),
    }
}
