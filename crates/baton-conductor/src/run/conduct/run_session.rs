//! The session by which the entry of a run's aggregate names who conducted it.

use super::ConductError;
use super::worker::RunContext;
use crate::session::allocate::{self, NewSession};
use crate::session::{Session, SessionError, State, store};
use baton_core::model::SessionId;
use baton_guard::binding;
use baton_sys::clock;

/// The session that conducts this run: the one that this worktree is bound to or, without one, a session of the
/// run's own. That one has no log and hands in nothing, so that it is over at once and no aggregate waits
/// for it.
pub(super) fn of_run(context: &RunContext<'_>) -> Result<Option<SessionId>, ConductError> {
    if let Some(bound) = binding::session(context.repo)? {
        return Ok(Some(bound));
    }
    let title = format!("Conduct run {}", context.run);
    let reason = format!(
        "it conducted run {}, and has no work of its own",
        context.run
    );
    let is_own =
        |session: &Session| session.title == title && session.task.as_deref() == Some(context.run);
    let session = match store::list(context.repo)?.into_iter().find(is_own) {
        Some(session) => session,
        None => {
            let new = NewSession {
                title: title.clone(),
                task: Some(context.run.to_owned()),
                ..NewSession::default()
            };
            allocate::create(context.repo, context.policy, &new)?.session
        }
    };
    let ended_at = clock::timestamp(clock::now());
    let session = store::update(context.repo, &session.number, |session| {
        session.state = State::Abandoned;
        session.branch = None;
        session.ended_at.get_or_insert_with(|| ended_at.clone());
        session.reason.get_or_insert_with(|| reason.clone());
        Ok::<_, SessionError>(())
    })?;
    Ok(Some(session.id()))
}
