//! The start of a session: a number, a log, a worktree bound to it.

use std::path::Path;

use baton_core::model::{RefName, SessionId};
use baton_core::policy::Policy;
use baton_core::protocol::{self, Blank};
use baton_git::{GitError, Repo, signing};
use baton_guard::binding;
use baton_hooks::upkeep;
use baton_sys::worktree_file::{self, WorktreeFileError};
use baton_sys::{FileLock, host_name, terminal};

use super::allocate::{self, Claim, Created, NewSession};
use super::location::bound_worktrees;
use super::store;
use super::{Session, SessionError, State};

/// Begins a session in this worktree: claims its number, writes its log, binds the worktree.
///
/// Stopped between these steps, the same call with the number that was claimed goes on where it
/// stopped; it also writes a log anew that is gone.
pub fn start(repo: &Repo, new: &NewSession) -> Result<Created, SessionError> {
    let root = repo.work_tree().ok_or(SessionError::NoWorktree)?;
    for text in [Some(&new.title), new.task.as_ref()].into_iter().flatten() {
        if text.contains(char::is_control) {
            return Err(SessionError::Malformed(text.clone(), "line of text"));
        }
    }
    let path = repo.git_dir().join("baton").join("session.lock");
    let _turn = FileLock::acquire(&path).map_err(GitError::io(path))?;
    let asked = new.id.as_deref().and_then(|id| SessionId::new(None, id));
    let is_asked = |session: &Session| {
        asked
            .as_ref()
            .is_some_and(|id| id.number() == session.number)
    };
    if let Some(session) = active_here(repo)?
        && (!is_asked(&session) || worktree_file::read(root, &session.log_path)?.is_some())
    {
        return Err(SessionError::Bound {
            id: session.id().to_string(),
            title: session.title,
            log: session.log_path,
        });
    }
    signing::check(repo, terminal::can_ask())?;
    let policy = store::policy(repo)?;
    let created = match begun_before(repo, new)? {
        Some(session) => Created {
            session,
            claim: Claim::Local,
        },
        None => allocate::create(repo, &policy, new)?,
    };
    let session = &created.session;
    write_log(root, session, &policy).map_err(|reason| SessionError::NoLogWritten {
        number: session.number.clone(),
        reason,
    })?;
    binding::bind(repo, &session.id(), session.branch.as_ref())?;
    upkeep::look(repo, policy.repairs_guard);
    Ok(created)
}

/// Writes the log that a session begins with, where there is none.
pub(super) fn write_log(
    root: &Path,
    session: &Session,
    policy: &Policy,
) -> Result<(), WorktreeFileError> {
    match worktree_file::read(root, &session.log_path)? {
        Some(_) => Ok(()),
        None => worktree_file::write(root, &session.log_path, log(session, policy).as_bytes()),
    }
}

/// The log that a session begins with.
pub fn log(session: &Session, policy: &Policy) -> String {
    let branch = session.branch.as_ref().map(RefName::readable);
    let handoff = policy.handoff.path.to_string();
    protocol::render(&Blank {
        number: &session.number,
        date: &session.date,
        title: &session.title,
        task: session.task.as_deref().unwrap_or("none"),
        branch: branch.as_deref().unwrap_or("none"),
        worktree: match session.worktree.as_str() {
            "." => "main",
            id => id,
        },
        handoff: &handoff,
    })
}

/// The active session that this worktree is bound to. A binding to what is not recorded, or is
/// over, binds nothing.
fn active_here(repo: &Repo) -> Result<Option<Session>, SessionError> {
    match store::bound(repo) {
        Err(SessionError::Unknown(_)) => Ok(None),
        bound => Ok(bound?.filter(|session| session.state == State::Active)),
    }
}

/// The active session of the number asked for, when it was claimed from this worktree and its start
/// did not come to an end, or when its branch is checked out here and no worktree is bound to it.
fn begun_before(repo: &Repo, new: &NewSession) -> Result<Option<Session>, SessionError> {
    let Some(id) = new.id.as_deref().and_then(|id| SessionId::new(None, id)) else {
        return Ok(None);
    };
    let found = store::find(repo, id.number())?;
    let Some(session) = found.filter(|session| session.state == State::Active) else {
        return Ok(None);
    };
    if session.worktree == repo.worktree_id() && session.host == host_name() {
        return Ok(Some(session));
    }
    let branch = repo.head_branch()?;
    let is_here = branch
        .as_ref()
        .is_some_and(|name| session.branch.as_deref().is_some_and(|own| *name == own));
    if !is_here || !bound_worktrees(repo, &session)?.is_empty() {
        return Ok(None);
    }
    let moved = store::update(repo, &session.number, |session| {
        session.worktree = repo.worktree_id();
        session.host = host_name();
        Ok::<_, SessionError>(())
    })?;
    Ok(Some(moved))
}
