//! A session's number, claimed against every other worktree and clone that asks for one at the same
//! time.

use super::record::State;
use super::store::{ATTEMPTS, Draft, PREFIX, canonical, find, numbers};
use super::{Session, SessionError, number, remote};
use baton_core::model::SessionId;
use baton_core::policy::Policy;
use baton_git::{GitError, Repo, StoreError, tree::TreeReader};
use baton_sys::{FileLock, clock};

/// A session to begin.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// The number that it shall have; `None` for the next free one.
    pub id: Option<String>,
    /// The day, `YYYY-MM-DD`; `None` for today (UTC).
    pub date: Option<String>,
    /// The title.
    pub title: String,
    /// The task that it works on.
    pub task: Option<String>,
}

/// A session whose number has been claimed.
#[derive(Debug, Clone)]
pub struct Created {
    /// The session.
    pub session: Session,
    /// The clones that know of the claim.
    pub claim: Claim,
}

/// The clones that know of a claimed number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This clone; sessions are not shared.
    Local,
    /// Every clone of this remote.
    Shared(String),
    /// This clone only: the number was given, and the remote could not be asked.
    Unshared {
        /// The remote.
        remote: String,
        /// The message from git.
        reason: String,
    },
}

/// Checks that sessions can begin under this policy.
///
/// # Errors
/// What [`create`] would fail with whatever session it was asked for: no pattern names a log, or
/// the remote that keeps numbers apart does not answer.
pub fn can_create(repo: &Repo, policy: &Policy) -> Result<(), SessionError> {
    let new = NewSession::default();
    begin(repo, policy, &new, "1".to_owned(), clock::today())?;
    match remote::Remote::of(repo, policy)? {
        Some(remote) => remote.numbers().map(drop),
        None => Ok(()),
    }
}

/// Claims a number and records the session as active in this worktree.
///
/// The next number is one more than the greatest among the recorded sessions, the session logs
/// that `HEAD` holds and, where sessions are shared, the remote's.
pub fn create(repo: &Repo, policy: &Policy, new: &NewSession) -> Result<Created, SessionError> {
    let date = match &new.date {
        Some(date) => date.clone(),
        None => clock::today(),
    };
    if SessionId::new(Some(&date), "1").is_none() {
        return Err(SessionError::Malformed(date, "day (YYYY-MM-DD)"));
    }
    // Whoever holds the lock claims undisturbed; the claim itself is what keeps numbers apart.
    let path = repo.baton_dir().join("allocate.lock");
    let _turn = FileLock::acquire(&path).map_err(GitError::io(path))?;
    let shared = remote::Remote::of(repo, policy)?;
    let logged = logged_numbers(repo, policy)?;
    match &new.id {
        Some(id) => {
            let number = canonical(id)?.number().to_owned();
            if number.len() > number::MAX_ASKED_DIGITS {
                return Err(SessionError::TooLong(number.len()));
            }
            if logged.contains(&number) {
                let by = "HEAD holds a log of that number".to_owned();
                return Err(SessionError::Taken { number, by });
            }
            let session = begin(repo, policy, new, number, date)?;
            claim_exactly(repo, shared.as_ref(), session)
        }
        None => {
            let begin = |number| begin(repo, policy, new, number, date.clone());
            claim_next(repo, shared.as_ref(), logged, &begin)
        }
    }
}

fn begin(
    repo: &Repo,
    policy: &Policy,
    new: &NewSession,
    number: String,
    date: String,
) -> Result<Session, SessionError> {
    let mut patterns = policy.sessions.logs.iter();
    let log_path = patterns
        .find_map(|pattern| pattern.render_titled(&date, &number, &new.title))
        .ok_or(SessionError::NoLogPattern)?;
    let branch = repo.head_branch()?;
    Ok(Session {
        number,
        date,
        title: new.title.clone(),
        task: new.task.clone(),
        state: State::Active,
        branch,
        worktree: repo.worktree_id(),
        host: baton_sys::host_name(),
        log_path,
        base: repo.head()?,
        started_at: clock::timestamp(clock::now()),
        ended_at: None,
        reason: None,
        summary: None,
    })
}

fn claim_exactly(
    repo: &Repo,
    shared: Option<&remote::Remote>,
    session: Session,
) -> Result<Created, SessionError> {
    if let Some(other) = find(repo, &session.number)? {
        return Err(taken(&other));
    }
    let draft = Draft::of(&session, &[])?;
    let (commit, _) = draft.write(repo)?;
    let claim = match shared {
        None => Claim::Local,
        Some(remote) => match remote.claim(&session.number, commit) {
            Ok(true) => Claim::Shared(remote.name().to_owned()),
            Ok(false) => {
                let by = format!("the remote `{}` has it", remote.name());
                return Err(SessionError::Taken {
                    number: session.number,
                    by,
                });
            }
            Err(SessionError::Remote { remote, reason }) => Claim::Unshared { remote, reason },
            Err(error) => return Err(error),
        },
    };
    if claim_here(repo, &draft)? {
        return Ok(Created { session, claim });
    }
    if let (Some(remote), Claim::Shared(_)) = (shared, &claim) {
        remote.withdraw(&session.number, commit);
    }
    let other = find(repo, &session.number)?.unwrap_or(session);
    Err(taken(&other))
}

fn claim_next(
    repo: &Repo,
    shared: Option<&remote::Remote>,
    logged: Vec<String>,
    begin: &dyn Fn(String) -> Result<Session, SessionError>,
) -> Result<Created, SessionError> {
    let greatest_logged = greatest(logged);
    for _ in 0..ATTEMPTS {
        let mut known: Vec<_> = greatest_logged.iter().cloned().collect();
        known.extend(numbers(
            repo.refs()
                .below(PREFIX)?
                .iter()
                .map(|(name, _)| name.as_bstr()),
        ));
        if let Some(remote) = shared {
            known.extend(remote.numbers()?);
        }
        let next = number::after(&greatest(known).unwrap_or_else(|| "0".to_owned()));
        let session = begin(next)?;
        let draft = Draft::of(&session, &[])?;
        let (commit, _) = draft.write(repo)?;
        let claim = match shared {
            None => Claim::Local,
            Some(remote) if remote.claim(&session.number, commit)? => {
                Claim::Shared(remote.name().to_owned())
            }
            Some(_) => continue,
        };
        if claim_here(repo, &draft)? {
            return Ok(Created { session, claim });
        }
        if let Some(remote) = shared {
            remote.withdraw(&session.number, commit);
        }
    }
    Err(SessionError::Crowded(ATTEMPTS))
}

/// Creates the session's reference; `false` when there is one.
fn claim_here(repo: &Repo, draft: &Draft<'_>) -> Result<bool, SessionError> {
    match draft.store(repo, None, Vec::new(), "baton: session started") {
        Ok(_) => Ok(true),
        Err(StoreError::Raced(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn taken(other: &Session) -> SessionError {
    SessionError::Taken {
        number: other.number.clone(),
        by: format!(
            "\"{}\" of {}, {}, in worktree `{}` on {}",
            other.title,
            other.date,
            other.state.as_str(),
            other.worktree,
            other.host
        ),
    }
}

fn greatest(numbers: Vec<String>) -> Option<String> {
    numbers
        .into_iter()
        .filter(|number| number.len() <= number::MAX_COUNTED_DIGITS)
        .max_by(|a, b| number::key(a).cmp(&number::key(b)))
}

/// The numbers of the session logs that `HEAD` holds.
pub(super) fn logged_numbers(repo: &Repo, policy: &Policy) -> Result<Vec<String>, SessionError> {
    let Some(head) = repo.head()? else {
        return Ok(Vec::new());
    };
    let tree = repo.objects().commit(head, &mut Vec::new())?.tree;
    let entries = TreeReader::new(repo.objects(), policy).entries(tree)?;
    Ok(entries
        .iter()
        .filter_map(|(path, _)| policy.log_session(path.as_ref()))
        .map(|id| id.number().to_owned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_too_long_to_count_from_is_passed_over() {
        let numbers = vec!["7".to_owned(), "9".repeat(240), "19".to_owned()];
        assert_eq!(greatest(numbers).as_deref(), Some("19"));
    }
}
