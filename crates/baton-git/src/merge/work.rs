//! The uncommitted work of a worktree, as a commit.

use super::unnamed_commit;
use crate::{GitError, Repo, ScratchIndex};
use baton_core::model::Oid;

/// The commit that `git add --all` and `git commit` would make of the worktree, in which `tip` is checked
/// out; that one where there is nothing to commit. Its index is left alone, and no reference
/// names the commit.
pub fn with_uncommitted(worktree: &Repo, tip: Oid) -> Result<Oid, GitError> {
    let mut command = worktree.program().command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_OPTIONAL_LOCKS", "0");
    let args = ["status", "--porcelain", "-z", "--ignore-submodules=dirty"];
    if worktree.program().run(command, args, None)?.is_empty() {
        return Ok(tip);
    }
    let index = ScratchIndex::copy(worktree)?;
    index.git(["add", "--all", "--", ":/"], None)?;
    let tree = index.write_tree()?;
    match tree == worktree.objects().peel_to_tree(tip)? {
        true => Ok(tip),
        false => unnamed_commit(worktree, tree, &[tip]),
    }
}
