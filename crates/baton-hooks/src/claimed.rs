//! The paths about to be committed that sessions at work in other worktrees claim.

use baton_core::claims::Others;
use baton_core::model::{Change, Oid};
use baton_core::rules;
use baton_git::Repo;
use baton_guard::base::Bases;
use baton_guard::{GuardError, Judgement, binding, claims, staged};
use baton_sys::{GitEnv, warnings};
use miette::Diagnostic;

use super::HookError;

/// Judges them, and warns of those that the policy lets pass.
pub(super) fn judge(repo: &Repo, env: &GitEnv, merged: &[Oid]) -> Result<Judgement, HookError> {
    let mut judgement = Judgement::default();
    let held = match claims::held(repo) {
        Ok(held) => held,
        // Claims decide nothing about what may land.
        Err(error @ GuardError::Claims(_)) => {
            let help = error.help().map(|help| format!("; {help}"));
            warnings::warn(format!("{error}{}", help.unwrap_or_default()));
            return Ok(judgement);
        }
        Err(error) => return Err(error.into()),
    };
    let (false, Some(head)) = (held.is_empty(), repo.head()?) else {
        return Ok(judgement);
    };
    let base = match Bases::new(repo.objects()).adopted(head) {
        Err(GuardError::Unreadable(_)) => return Ok(judgement),
        found => found?,
    };
    let Some(base) = base else {
        return Ok(judgement);
    };
    if !baton_guard::applies_here(repo, &base.policy)? {
        return Ok(judgement);
    }
    let session = binding::session(repo)?;
    let others = Others {
        policy: &base.policy,
        session: session.as_ref(),
        held: &held,
    };
    let parents: Vec<Oid> = [head].iter().chain(merged).copied().collect();
    for path in staged::changed(repo, &repo.index_path(env), &parents, &others)? {
        let Some(claimed) = others.claimed(path.as_ref()) else {
            continue;
        };
        let told = format!("{claimed}; {}", claimed.help());
        let verdict = rules::check(&base.policy, &Change::Claimed(claimed));
        if verdict.is_clean() {
            warnings::warn(told);
        }
        judgement.verdict.absorb(verdict);
    }
    Ok(judgement)
}
