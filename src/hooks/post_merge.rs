//! `post-merge`: what a merge or a pull has brought. It is too late to stop it; it is not too
//! late to say so.

use super::{Answer, HookError};
use crate::git::Repo;
use crate::guard::span::{self, Span};

/// Judges the commits that came with the last merge, published ones included, by the policy of
/// the tip before it.
pub(super) fn answer(repo: &Repo) -> Result<Answer, HookError> {
    let (Some(old), Some(new)) = (repo.refs().resolve("ORIG_HEAD")?, repo.head()?) else {
        return Ok(Answer::default());
    };
    let span = Span {
        reference: None,
        tips: vec![new],
        hidden: vec![old],
        old: Some(old),
    };
    let recovery = vec![
        format!(
            "The merge is done: {} is at {new} and was at {old}.",
            branch(repo)?
        ),
        format!("To undo it, and keep uncommitted work: git reset --keep {old}"),
        "To keep it, tell the people behind these commits; CI refuses them too.".to_owned(),
    ];
    Ok(Answer {
        judgement: span::judge(repo, &span)?,
        recovery,
    })
}

fn branch(repo: &Repo) -> Result<String, HookError> {
    let name = repo.head_branch()?.unwrap_or_else(|| "HEAD".into());
    let name = name.to_string();
    Ok(name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned())
}
