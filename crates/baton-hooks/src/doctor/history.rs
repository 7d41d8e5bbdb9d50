//! Commits of local branches that break a rule, or were never judged.

use super::{DoctorError, Finding, Id};
use baton_core::model::Oid;
use baton_core::report::human;
use baton_git::Repo;
use baton_guard::{GuardError, audit};

/// The number of commits that a finding names; the rest are only counted.
const NAMED: usize = 5;

pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    replaced(repo, findings)?;
    let audit = match audit::audit(repo) {
        Ok(audit) => audit,
        // Said already, with the place of the policy.
        Err(GuardError::Unreadable(_)) => return Ok(()),
        Err(other) => return Err(other.into()),
    };
    if !audit.unjudged.is_empty() {
        findings.push(Finding {
            id: Id::CommitUnjudged,
            what: "these commits are on a local branch, and the guard never saw them come"
                .to_owned(),
            place: listed(&audit.unjudged),
            remedy: "find out which program made them: one that runs no hooks is judged only by the push and by CI".to_owned(),
        });
    }
    for branch in audit.symbolic {
        findings.push(Finding {
            id: Id::BranchSymbolic,
            what: "the branch is a symbolic reference to what is no branch: it moves when that does"
                .to_owned(),
            place: branch.to_string(),
            remedy: format!(
                "look at it (`git log {0}`), and make it a branch of its own again: `git symbolic-ref --delete {1}`, then `git branch {0} <commit>`",
                shell_words::quote(&branch.readable()),
                shell_words::quote(&branch.to_string())
            ),
        });
    }
    for violation in audit.broken.violations {
        let is_published = violation
            .commit
            .is_some_and(|oid| audit.published.contains(&oid));
        let accept = human::accept_commands(std::slice::from_ref(&violation));
        let (published, remedy) = match accept.first().filter(|_| is_published) {
            // To make it again would take it from everybody who has it.
            Some(accept) => (
                " (a remote has it already)",
                format!("a maintainer accepts it as it is, by a signed commit: `{accept}`"),
            ),
            None => ("", violation.help),
        };
        let commit = violation.commit.map(|oid| oid.to_string());
        findings.push(Finding {
            id: Id::CommitBreaksRule,
            what: format!(
                "{}: {}{published}",
                violation.rule.as_str(),
                violation.message
            ),
            place: format!("commit {}", commit.unwrap_or_default()),
            remedy,
        });
    }
    Ok(())
}

/// The objects in whose place git shows others. Those that are not here are left over from a rewrite.
fn replaced(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    let replacements = repo.refs().below("refs/replace/")?;
    let names = replacements.iter().filter_map(|(name, _)| {
        let name = name.strip_prefix(b"refs/replace/")?;
        Oid::from_hex(name).ok()
    });
    let here: Vec<_> = names.filter(|oid| repo.objects().contains(*oid)).collect();
    if let Some(first) = here.first() {
        findings.push(Finding {
            id: Id::ObjectReplaced,
            what: "in this clone git shows other objects in place of these: what it shows is not what is judged, pushed and merged".to_owned(),
            place: listed(&here),
            remedy: format!(
                "compare them (`git show {first}`, `git --no-replace-objects show {first}`), and delete what is not yours: `git replace -d {first}`"
            ),
        });
    }
    Ok(())
}

fn listed(commits: &[Oid]) -> String {
    let named: Vec<_> = commits
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    match commits.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
