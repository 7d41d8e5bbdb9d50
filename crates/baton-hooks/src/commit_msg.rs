//! `commit-msg`: the index again, now that the message is known.

use std::path::PathBuf;

use super::{Call, HookError, message, pre_commit, prepare_commit_msg};
use baton_git::Repo;
use baton_guard::Judgement;
use baton_sys::{GitEnv, file};

/// Judges the index together with the message. One that holds nothing but the trailer that
/// `prepare-commit-msg` put there is emptied: the user wrote no message, and git gives the commit up.
pub(super) fn answer(repo: &Repo, env: &GitEnv, call: &Call) -> Result<Judgement, HookError> {
    let path = env
        .current_dir
        .join(PathBuf::from(super::argument(call, 0, "the message file")?));
    let failed = |path: PathBuf| move |source| HookError::Message { path, source };
    let text = file::read(&path).map_err(failed(path.clone()))?;
    let message = message::without_comments(&text);
    if prepare_commit_msg::wrote_all(repo, message.as_ref())? {
        file::write_atomically(&path, b"").map_err(failed(path))?;
        return Ok(Judgement::default());
    }
    let mut merged = repo.merge_heads()?;
    if merged.is_empty() {
        merged = repo.peeled(&env.merged_commits)?;
    }
    pre_commit::judge_index(repo, env, &merged, Some(message))
}
