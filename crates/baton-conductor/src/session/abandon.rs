//! Giving up a session.

use super::end::named_or_bound;
use super::location::bound_worktrees;
use super::{Session, SessionError, aggregated, start, store};
use baton_git::tree::Trees;
use baton_git::worktrees::open_in;
use baton_git::{GitError, Repo};
use baton_guard::binding;
use baton_sys::{file, worktree_file};

/// Gives up the session of this number or, without one, that of this worktree: aggregates do not wait
/// for it, and no worktree is bound to it any more. Its branch and its commits stay. One that has ended can be given up
/// as well, until a branch carries its summary.
pub fn abandon(repo: &Repo, number: Option<&str>, reason: &str) -> Result<Session, SessionError> {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        return Err(SessionError::NoReason);
    }
    let session = named_or_bound(repo, number)?;
    if aggregated::on_branches(repo)?.contains(&session.number) {
        return Err(SessionError::Over(session.id().to_string()));
    }
    let session = store::abandon(repo, &session.number, &reason)?;
    for worktree in bound_worktrees(repo, &session)? {
        if let Some(root) = repo.root_of(&worktree) {
            remove_untouched_log(&open_in(repo.common_dir(), &root)?, &session)?;
        }
        binding::unbind_git_dir(&worktree.git_dir)?;
    }
    Ok(session)
}

/// Removes the log that the session began with, where no one has written in it or committed it.
fn remove_untouched_log(worktree: &Repo, session: &Session) -> Result<(), SessionError> {
    let Some(root) = worktree.work_tree() else {
        return Ok(());
    };
    let path = &session.log_path;
    if let Some(head) = worktree.head()? {
        let tree = worktree.objects().commit(head, &mut Vec::new())?.tree;
        let committed = Trees::new(worktree.objects()).entry(tree, path.as_bytes().into())?;
        if committed.is_some() {
            return Ok(());
        }
    }
    let log = worktree_file::read(root, path)?;
    let began = start::log(session, &store::policy(worktree)?);
    if log.is_some_and(|log| log == began.as_bytes()) {
        let path = root.join(path);
        file::remove_if_exists(&path).map_err(GitError::io(path))?;
    }
    Ok(())
}
