//! The end of the session of a slot that is given back.

use miette::Diagnostic;

use super::PoolError;
use super::state::Slot;
use crate::session::{Location, Session, SessionError, State, end, store};
use baton_core::model::{Oid, SessionId};
use baton_git::tree::{Everything, TreeReader};
use baton_git::{GitError, Repo};

/// The outcome of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It has ended.
    Ended,
    /// It was given up, as it had brought nothing.
    Abandoned,
    /// It is still active.
    Active {
        /// Why it could not end.
        why: String,
        /// The commands by which it ends or is given up, once the slot is free.
        remedy: String,
    },
}

/// A session, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The session, as trailers name it.
    pub session: SessionId,
    /// The outcome.
    pub fate: Fate,
}

/// Ends the session that a slot is held for, or gives it up where it has committed nothing but its own
/// log and handed in no summary; `None` where none is active. `worktree` is the slot's, where it is there.
pub(super) fn settle(
    repo: &Repo,
    worktree: Option<&Repo>,
    held: &Slot,
) -> Result<Option<Settled>, PoolError> {
    let lease = held.lease.as_ref();
    let named = lease.and_then(|lease| lease.session.clone());
    let Some(named) = named else {
        return Ok(None);
    };
    let found = match store::find(repo, named.number()) {
        // A damaged record keeps no slot from being given back.
        Err(error @ (SessionError::Unreadable { .. } | SessionError::Git(_))) => {
            let fate = Fate::Active {
                why: error.to_string(),
                remedy: error
                    .help()
                    .map_or_else(String::new, |help| help.to_string()),
            };
            return Ok(Some(Settled {
                session: named,
                fate,
            }));
        }
        found => found?,
    };
    let Some(session) = found.filter(|session| session.state == State::Active) else {
        return Ok(None);
    };
    let fate = match is_empty(repo, held, &session)? {
        true => {
            let reason = "its worktree was given back with nothing committed";
            store::abandon(repo, &session.number, reason)?;
            Fate::Abandoned
        }
        false => end_or_tell(repo, worktree, &session)?,
    };
    Ok(Some(Settled {
        session: session.id(),
        fate,
    }))
}

/// The session that a slot is held for, where it is active and has brought something.
pub(super) fn at_work(repo: &Repo, held: &Slot) -> Result<Option<SessionId>, PoolError> {
    let lease = held.lease.as_ref();
    let Some(named) = lease.and_then(|lease| lease.session.clone()) else {
        return Ok(None);
    };
    let found = store::find(repo, named.number())?;
    let active = found.filter(|session| session.state == State::Active);
    Ok(match active {
        Some(session) if !is_empty(repo, held, &session)? => Some(named),
        _ => None,
    })
}

/// Returns true if the session has handed in nothing, and its branch has nothing but its log.
fn is_empty(repo: &Repo, held: &Slot, session: &Session) -> Result<bool, PoolError> {
    if session.summary.is_some() {
        return Ok(false);
    }
    let lease = held.lease.as_ref();
    let (Some(branch), Some(base)) = (lease.and_then(|it| it.branch.as_deref()), session.base)
    else {
        return Ok(false);
    };
    Ok(match repo.refs().resolve(branch)? {
        None => true,
        Some(tip) if tip == base => true,
        Some(tip) => brings_only(repo, base, tip, &session.log_path)?,
    })
}

fn brings_only(repo: &Repo, base: Oid, tip: Oid, log: &str) -> Result<bool, PoolError> {
    let tree = |commit| Ok::<_, GitError>(repo.objects().commit(commit, &mut Vec::new())?.tree);
    let mut trees = TreeReader::new(repo.objects(), &Everything);
    let changes = trees.changes(tree(tip)?, &[tree(base)?])?;
    Ok(changes.iter().all(|change| change.path == log))
}

fn end_or_tell(repo: &Repo, worktree: Option<&Repo>, session: &Session) -> Result<Fate, PoolError> {
    let why = match worktree {
        None => "its worktree is gone".to_owned(),
        Some(_) if session.summary.is_none() => "it has no summary".to_owned(),
        Some(worktree) => match end::end(worktree) {
            Ok(ending) if !end::is_refused(&ending.findings) => return Ok(Fate::Ended),
            Ok(ending) => {
                let mut findings = ending.findings.into_iter();
                findings.next().map_or_else(String::new, |one| one.message)
            }
            // The slot is on no branch any more, or bound to nothing.
            Err(SessionError::Unbound) => "its worktree is bound to it no more".to_owned(),
            Err(error) => error.to_string(),
        },
    };
    let at = Location {
        worktree: None,
        ..Location::of(repo, session)?
    };
    Ok(Fate::Active {
        why,
        remedy: at.remedy(),
    })
}
