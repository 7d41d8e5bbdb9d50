//! `commit-msg`: the index again, now that the message is known.

use std::path::PathBuf;

use super::{Call, HookError, message, pre_commit};
use crate::git::Repo;
use crate::guard::Judgement;
use crate::sys::{GitEnv, file};

/// Judges the index together with the message.
pub(super) fn answer(repo: &Repo, env: &GitEnv, call: &Call) -> Result<Judgement, HookError> {
    let path = env
        .current_dir
        .join(PathBuf::from(super::argument(call, 0, "the message file")?));
    let text = file::read(&path).map_err(|source| HookError::Message { path, source })?;
    let mut merged = repo.listed_ids("MERGE_HEAD")?;
    if merged.is_empty() {
        merged.clone_from(&env.merged_commits);
    }
    pre_commit::judge_index(repo, env, &merged, Some(message::without_comments(&text)))
}
