//! The policies that judge what is committed in each worktree.

use super::{DoctorError, Finding, Id};
use crate::install::has_worktree;
use baton_core::policy::{POLICY_PATH, Policy};
use baton_git::Repo;
use baton_guard::GuardError;
use baton_guard::base::Bases;
use baton_sys::file;

pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    let bases = Bases::new(repo.objects());
    let mut heads = Vec::new();
    let mut ruled = false;
    for worktree in repo.worktrees()? {
        if let Some(head) = repo
            .head_of(&worktree)?
            .filter(|head| !heads.contains(head))
        {
            heads.push(head);
            match bases.own(head) {
                Ok(base) => ruled |= base.is_some(),
                Err(GuardError::Unreadable(error)) => {
                    ruled = true;
                    findings.push(Finding {
                        id: Id::PolicyInvalid,
                        what: format!("the policy that judges what is committed next is invalid: {error}"),
                        place: format!("{POLICY_PATH} of {}", head.short()),
                        remedy: format!("a maintainer must mend it; `git baton policy check --at {}` says what is wrong", head.short()),
                    });
                }
                Err(other) => return Err(other.into()),
            }
        }
        let Some(root) = repo.root_of(&worktree) else {
            continue;
        };
        let path = root.join(POLICY_PATH);
        let bytes = file::read_if_exists(&path).map_err(DoctorError::io(&path))?;
        let Some(bytes) = bytes else { continue };
        if let Err(error) = Policy::parse(&path.display().to_string(), &bytes) {
            findings.push(Finding {
                id: Id::PolicyInvalid,
                what: format!("the policy in this worktree is invalid: {error}"),
                remedy: format!(
                    "`git baton policy check '{}'` says what is wrong",
                    path.display()
                ),
                place: path.display().to_string(),
            });
        }
    }
    if !ruled && heads.is_empty() {
        ruled = is_on_a_branch(repo, &bases)?;
    }
    if !ruled {
        findings.push(Finding {
            id: Id::PolicyMissing,
            what: format!("no rule holds yet: {POLICY_PATH} is not committed"),
            place: "HEAD".to_owned(),
            remedy: match has_worktree(repo)? {
                true => "commit the one that `git baton init` writes".to_owned(),
                false => "push the one that `git baton init` writes in a clone".to_owned(),
            },
        });
    }
    Ok(())
}

/// True if a branch carries a policy, where `HEAD` names one that is not born.
fn is_on_a_branch(repo: &Repo, bases: &Bases<'_>) -> Result<bool, DoctorError> {
    for (_, tip) in repo.refs().branches()? {
        if bases.adopted(tip)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
