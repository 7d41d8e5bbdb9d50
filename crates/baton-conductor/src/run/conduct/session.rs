//! The session of a task: its log is there while the agent works, and is committed with the agent's last
//! commit when the session is closed for it.

use bstr::{BString, ByteSlice};

use super::worker::RunContext;
use super::{ConductError, log_commit};
use crate::run::Place;
use crate::session::{Session, SessionError, State, end, store};
use baton_core::model::{Oid, SessionId};
use baton_core::protocol;
use baton_git::Repo;
use baton_sys::worktree_file;

/// Writes the log of this worktree's session again where it is gone.
pub fn restore_log(worktree: &Repo) -> Result<(), ConductError> {
    match store::bound(worktree)? {
        Some(session) => Ok(end::restore_log(worktree, &session)?),
        None => Ok(()),
    }
}

/// Hands in the session's summary, the one the agent has left or, where it has left none, its
/// outcome; settles the rows that the agent left open in the log, and commits it ([`log_commit`]).
///
/// An agent that knows how may have ended it by itself; its summary then stays as it is.
pub fn close(
    worktree: &Repo,
    context: &RunContext<'_>,
    place: &Place,
    outcome: &str,
) -> Result<(), ConductError> {
    let session = match (store::bound(worktree)?, &place.session) {
        (Some(session), _) => session,
        (None, Some(id)) => end::named_or_bound(worktree, Some(id.number()))?,
        (None, None) => return Err(SessionError::Unbound.into()),
    };
    end::restore_log(worktree, &session)?;
    let number = Some(session.number.as_str());
    match end::hand_in(worktree, number, session_summary(&session)) {
        Err(SessionError::NoSummaryFile(_)) => {
            let text = session.summary.clone();
            let text = text.unwrap_or_else(|| BString::from(format!("{}\n", outcome.trim())));
            end::hand_in(worktree, number, Some(text)).map(drop)
        }
        handed_in => handed_in.map(drop),
    }?;
    let root = worktree.work_tree().ok_or(SessionError::NoWorktree)?;
    let log = worktree_file::read(root, &session.log_path).map_err(SessionError::from)?;
    if let Some(log) = log {
        let why = format!(
            "left open by the agent; run {} checked its work",
            context.run
        );
        let settled = protocol::settle(log.as_bstr(), &why);
        if *settled != *log {
            worktree_file::write(root, &session.log_path, &settled).map_err(SessionError::from)?;
        }
    }
    log_commit::commit(worktree, &session, &context.policy.subjects)
}

/// The summary of a session that has ended: a file that is still there does not replace it.
fn session_summary(session: &Session) -> Option<BString> {
    let ended = Some(session).filter(|session| session.state == State::Ended);
    ended.and_then(|session| session.summary.clone())
}

/// Ends the session; why it cannot be ended where that is so.
pub fn end(worktree: &Repo) -> Result<Result<(), String>, ConductError> {
    match store::bound(worktree)? {
        Some(session) if session.state == State::Active => {}
        _ => return Ok(Ok(())),
    }
    let ending = end::end(worktree)?;
    if !end::is_refused(&ending.findings) {
        return Ok(Ok(()));
    }
    let findings = ending
        .findings
        .iter()
        .map(|finding| finding.message.clone());
    Ok(Err(findings.collect::<Vec<_>>().join("; ")))
}

/// Gives up the session of a task that came to nothing. One that has ended with work that a gate has approved stays as it
/// is: its branch may still be landed by hand.
pub fn give_up(repo: &Repo, session: &SessionId, is_approved: bool) -> Result<(), ConductError> {
    let found = store::find(repo, session.number())?;
    match found.filter(|session| !(is_approved && session.state == State::Ended)) {
        Some(session) => Ok(store::abandon(repo, &session.number, "its task failed").map(drop)?),
        None => Ok(()),
    }
}

/// The commit that is checked out.
pub fn head(worktree: &Repo) -> Result<Oid, ConductError> {
    let head = worktree.head()?;
    head.ok_or_else(|| {
        let root = worktree.work_tree().unwrap_or(worktree.git_dir());
        ConductError::Unborn(root.to_owned())
    })
}
