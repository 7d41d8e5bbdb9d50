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
use baton_core::protocol::{self, Named};
use baton_git::{Repo, checkout, commit_object, signing};
use baton_sys::worktree_file;

/// Commits these files, the log of this session and its summary, as the worktree has them, where they differ from
/// what is committed.
pub(super) fn commit(
    worktree: &Repo,
    session: &Session,
    subjects: &Subjects,
    paths: &[String],
) -> Result<(), ConductError> {
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    if paths.is_empty() || !checkout::stage_paths(worktree, &paths)? {
        return Ok(());
    }
    let policy = store::policy(worktree)?;
    if let Some(head) = worktree.head()?
        && can_take_it(worktree, &policy, session, head)?
        && !is_evidence(worktree, session, head)?
        && checkout::amend_paths(worktree, &paths).is_ok()
    {
        return Ok(());
    }
    let message = format!(
        "{}\n\n{}: {}\n",
        session.close_subject(subjects),
        policy.trailers.session,
        session.id()
    );
    Ok(checkout::commit_paths(worktree, &paths, &message)?)
}

/// Returns true if the log names this commit as evidence: with the log in it, it would be another one.
fn is_evidence(worktree: &Repo, session: &Session, head: Oid) -> Result<bool, ConductError> {
    let root = worktree.work_tree().ok_or(SessionError::NoWorktree)?;
    let log = worktree_file::read(root, &session.log_path).map_err(SessionError::from)?;
    let log = protocol::parse(log.unwrap_or_default().as_bstr());
    let head = head.to_string();
    let is_head = |named: &Named| match named {
        Named::Commit(id) => head.starts_with(&id.to_ascii_lowercase()),
        _ => false,
    };
    Ok(protocol::claims(&log)
        .iter()
        .any(|claim| is_head(&claim.named)))
}

/// Returns true if the log can be put into this commit: the session's own, no merge, on no other branch, and
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
