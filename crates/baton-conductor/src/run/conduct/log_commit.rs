//! The commit that brings the log of a task's session: the agent's last one, or one of its own.
//!
//! The log is put into the last commit of the branch where that is the session's own work, and nothing
//! else has it yet. Otherwise, and where a hook refuses that, the log gets a commit of its own. A kill
//! leaves the log as a file that is not committed, and the next close begins again.

use bstr::ByteSlice;

use super::ConductError;
use crate::session::{Session, SessionError, store};
use baton_core::model::{Oid, SessionId, trailers};
use baton_core::policy::{Policy, Subjects};
use baton_git::{Repo, checkout, commit_object, signing};
use baton_sys::worktree_file;

/// Commits the log of this session as the file in the worktree has it, where it differs from what is
/// committed.
pub(super) fn commit(
    worktree: &Repo,
    session: &Session,
    subjects: &Subjects,
) -> Result<(), ConductError> {
    let root = worktree.work_tree().ok_or(SessionError::NoWorktree)?;
    let path = session.log_path.as_str();
    let log = worktree_file::read(root, path).map_err(SessionError::from)?;
    if log.is_none() || !checkout::stage_paths(worktree, &[path])? {
        return Ok(());
    }
    let policy = store::policy(worktree)?;
    if let Some(head) = worktree.head()?
        && can_take_it(worktree, &policy, session, head)?
        && checkout::amend_paths(worktree, &[path]).is_ok()
    {
        return Ok(());
    }
    let message = format!(
        "{}\n\n{}: {}\n",
        session.close_subject(subjects),
        policy.trailers.session,
        session.id()
    );
    Ok(checkout::commit_paths(worktree, &[path], &message)?)
}

/// Whether the log can be put into this commit: the session's own, no merge, on no other branch, and
/// without a signature that would be lost.
fn can_take_it(
    worktree: &Repo,
    policy: &Policy,
    session: &Session,
    head: Oid,
) -> Result<bool, ConductError> {
    let Some(branch) = worktree.head_branch()? else {
        return Ok(false);
    };
    let mut buffer = Vec::new();
    let commit = worktree.objects().commit(head, &mut buffer)?;
    let is_new = Some(head) != session.base && commit.parents.len() == 1;
    let id = session.id();
    let is_own =
        trailers::values(commit.message.as_bstr(), &policy.trailers.session).all(|value| {
            let named = value.to_str().ok().and_then(SessionId::parse);
            named.is_some_and(|named| named.agrees_with(&id))
        });
    Ok(is_new
        && is_own
        && (!commit_object::is_signed(worktree, head)? || signing::is_default(worktree)?)
        && !checkout::is_elsewhere(worktree, head, branch.as_bstr())?)
}
