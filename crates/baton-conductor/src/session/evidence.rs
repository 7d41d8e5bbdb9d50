//! The check that what the evidence of a log names is there.

use super::allocate::logged_numbers;
use super::{SessionError, aggregated, store};
use baton_core::model::{BranchName, RefName, SessionId};
use baton_core::policy::Policy;
use baton_core::protocol::{self, Claim, Code, Finding, Log, Named, Severity};
use baton_git::Repo;

/// The commits, branches and sessions that the log at this path names as evidence, and that are not there.
/// Old commits of a shallow clone are not looked for.
pub(super) fn check(
    repo: &Repo,
    policy: &Policy,
    path: &str,
    log: &Log,
) -> Result<Vec<Finding>, SessionError> {
    let mut findings = Vec::new();
    for claim in protocol::claims(log) {
        let (what, is_there) = match &claim.named {
            Named::Commit(id) => (format!("commit {id}"), has_commit(repo, id)?),
            Named::Branch(name) => (format!("branch {name}"), has_branch(repo, name)?),
            Named::Session(number) => (
                format!("session {number}"),
                has_session(repo, policy, number)?,
            ),
        };
        if !is_there {
            findings.push(unknown(path, &claim, &what));
        }
    }
    Ok(findings)
}

fn has_commit(repo: &Repo, id: &str) -> Result<bool, SessionError> {
    Ok(repo.commit_of(id).is_ok() || !repo.shallow_commits()?.is_empty())
}

fn has_branch(repo: &Repo, name: &str) -> Result<bool, SessionError> {
    if repo
        .refs()
        .resolve(BranchName::given(name).full())?
        .is_some()
    {
        return Ok(true);
    }
    let name = name.strip_prefix("refs/").unwrap_or(name);
    for place in ["refs/remotes", "refs"] {
        if repo
            .refs()
            .resolve(RefName::new(format!("{place}/{name}")))?
            .is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns true if a session is recorded, has a log in `HEAD`, or is carried by a branch's handoff document.
fn has_session(repo: &Repo, policy: &Policy, number: &str) -> Result<bool, SessionError> {
    let Some(id) = SessionId::new(None, number) else {
        return Ok(false);
    };
    let number = id.number();
    if repo.refs().resolve(store::reference(number))?.is_some() {
        return Ok(true);
    }
    let logged = logged_numbers(repo, policy)?;
    Ok(logged.iter().any(|one| one == number) || aggregated::on_branches(repo)?.contains(number))
}

fn unknown(path: &str, claim: &Claim, what: &str) -> Finding {
    Finding {
        code: Code::UnknownEvidence,
        severity: Severity::Error,
        path: path.to_owned(),
        line: Some(claim.line),
        column: Some(claim.column),
        message: format!("the evidence names {what}, which is not there"),
        help: "name what is there; `git log --oneline`, `git branch --all` and \
               `git baton session list` tell"
            .to_owned(),
    }
}
