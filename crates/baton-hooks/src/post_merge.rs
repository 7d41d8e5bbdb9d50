//! `post-merge`: what a merge or a pull has brought. It is too late to stop it; it is not too
//! late to say so.

use super::{Answer, Call, HookError};
use baton_core::model::RefName;
use baton_git::Repo;
use baton_guard::rev_range::{self, RevRange};

/// Judges the commits that came with the last merge, published ones included, by the policy of
/// the tip before it. A squashed merge has brought none yet.
pub(super) fn answer(repo: &Repo, call: &Call) -> Result<Answer, HookError> {
    let (Some(old), Some(new)) = (repo.refs().resolve("ORIG_HEAD")?, repo.head()?) else {
        return Ok(Answer::default());
    };
    if call.args.first().is_some_and(|squash| squash == "1") {
        return Ok(Answer::default());
    }
    let branch = repo.head_branch()?;
    let name = branch.clone().unwrap_or_else(|| RefName::new("HEAD"));
    let range = RevRange {
        reference: branch,
        tips: vec![new],
        hidden: vec![old],
        old: Some(old),
    };
    let recovery = vec![
        format!(
            "The merge is done: {} is at {new} and was at {old}.",
            name.readable()
        ),
        format!("To undo it, and keep uncommitted work: git reset --keep {old}"),
        "To keep it, tell the people behind these commits; CI refuses them too.".to_owned(),
    ];
    Ok(Answer {
        judgement: rev_range::judge(repo, &range)?,
        recovery,
    })
}
