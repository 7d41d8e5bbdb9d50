//! `pre-commit` and `pre-merge-commit`: the index that git is about to commit.

use bstr::BString;

use super::{HookError, claimed};
use baton_core::model::{Change, Oid, Verdict};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::Repo;
use baton_git::signing::{self, SigningKey};
use baton_git::tree::Trees;
use baton_guard::base::Bases;
use baton_guard::{GuardError, Judgement, staged};
use baton_sys::GitEnv;

/// Judges the index of an ordinary commit.
pub(super) fn answer(repo: &Repo, env: &GitEnv) -> Result<Judgement, HookError> {
    judge(repo, env, &repo.merge_heads()?)
}

/// Judges the index of an automatic merge. Git has not written `MERGE_HEAD` yet; it names what
/// it merges in variables of its own.
pub(super) fn answer_merge(repo: &Repo, env: &GitEnv) -> Result<Judgement, HookError> {
    match env.merged_commits.is_empty() {
        true => Ok(Judgement::default()),
        false => judge(repo, env, &repo.peeled(&env.merged_commits)?),
    }
}

fn judge(repo: &Repo, env: &GitEnv, merged: &[Oid]) -> Result<Judgement, HookError> {
    let mut judgement = judge_index(repo, env, merged, None)?;
    judgement.absorb(claimed::judge(repo, env, merged)?);
    Ok(judgement)
}

/// Judges the index with this message, or without one where it is not written yet.
pub(super) fn judge_index(
    repo: &Repo,
    env: &GitEnv,
    merged: &[Oid],
    message: Option<BString>,
) -> Result<Judgement, HookError> {
    let mut judgement = Judgement::default();
    let Some(head) = repo.head()? else {
        return Ok(judgement);
    };
    let objects = repo.objects();
    let trees = Trees::new(objects);
    let commit = objects.commit(head, &mut Vec::new())?;
    let bases = Bases::over(objects, trees.clone());
    let index = repo.index_path(env);
    let base = match bases.at_tree(head, commit.tree) {
        // The first policy cannot be read: whatever puts a readable one in its place adopts it.
        Err(GuardError::Unreadable(_)) if staged::has_readable_policy(repo, &index)? => {
            return Ok(judgement);
        }
        found => found?,
    };
    let Some(base) = base else {
        return Ok(judgement);
    };
    if !baton_guard::applies_here(repo, &base.policy)? {
        return Ok(judgement);
    }
    let mut verdict: Option<Verdict> = None;
    let head = (head, commit);
    for change in staged::candidates(repo, trees, &index, head, merged, &base.policy, message)? {
        let mut change = change?;
        let mut this = rules::check(&base.policy, &Change::Commit(change.clone()));
        if !this.is_clean() && signs_as_maintainer(repo, &base.policy)? {
            change.signs_as_maintainer = true;
            this = rules::check(&base.policy, &Change::Commit(change));
        }
        if this.is_clean() {
            verdict = Some(this);
            break;
        }
        verdict.get_or_insert(this);
    }
    judgement.commits = 1;
    judgement.verdict = verdict.unwrap_or_default();
    Ok(judgement)
}

/// True if git would sign here with a key that may be a maintainer's.
pub(super) fn signs_as_maintainer(repo: &Repo, policy: &Policy) -> Result<bool, HookError> {
    let signing = &policy.signing;
    Ok(!signing.signers.is_empty()
        && match signing::key(repo)? {
            SigningKey::None => false,
            SigningKey::Unknown => true,
            SigningKey::Text(key) => {
                let holder = signing.signers.holder(&key, &signing.maintainers);
                holder.is_some()
            }
        })
}
