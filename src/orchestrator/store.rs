//! The sessions of a repository: one reference each, `refs/baton/sessions/<number>`. It names a
//! commit whose tree holds `session.json` and, once there is one, `summary.md`; each change is
//! a commit on top of the one before.

use bstr::{BStr, ByteSlice};

use super::session::{Record, State};
use super::{Session, SessionError, number, remote};
use crate::git::{GitError, RefEdit, Repo, StoreError, tree::TreeReader};
use crate::guard::{base::Bases, binding};
use crate::model::{Entry, Oid, SessionId};
use crate::policy::Policy;
use crate::sys::{FileLock, clock, random};

/// Below what the sessions' references are.
pub const PREFIX: &str = "refs/baton/sessions/";

const RECORD: &str = "session.json";
const SUMMARY: &str = "summary.md";

/// How often an operation begins anew because somebody else was first.
pub(super) const ATTEMPTS: usize = 200;

/// A session to begin.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// The number that it shall have; `None` for the next free one.
    pub id: Option<String>,
    /// The day, `YYYY-MM-DD`; `None` for today (UTC).
    pub date: Option<String>,
    /// What it is about.
    pub title: String,
    /// The task that it works on.
    pub task: Option<String>,
}

/// A session whose number has been claimed.
#[derive(Debug, Clone)]
pub struct Created {
    /// The session.
    pub session: Session,
    /// Whether other clones know of the claim.
    pub claim: Claim,
}

/// Who knows of a claimed number.
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
        /// What git said.
        reason: String,
    },
}

/// A session with the commit that records it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The commit.
    pub commit: Oid,
    /// The session.
    pub session: Session,
}

/// The full name of a session's reference.
pub fn reference(number: &str) -> String {
    format!("{PREFIX}{number}")
}

/// Every session, by number.
///
/// # Errors
/// When one of them cannot be read: an orchestrator must not overlook it.
pub fn list(repo: &Repo) -> Result<Vec<Session>, SessionError> {
    let mut sessions = Vec::new();
    for (name, oid) in repo.refs().below(PREFIX)? {
        sessions.push(read(repo, &name.to_str_lossy(), oid)?);
    }
    sessions.sort_by(|a, b| number::key(&a.number).cmp(&number::key(&b.number)));
    Ok(sessions)
}

/// The session of this number; leading zeros do not count.
pub fn find(repo: &Repo, number: &str) -> Result<Option<Session>, SessionError> {
    Ok(stored(repo, number)?.map(|stored| stored.session))
}

/// Like [`find`], with the commit that records it.
pub fn stored(repo: &Repo, number: &str) -> Result<Option<Stored>, SessionError> {
    let name = reference(canonical(number)?.number());
    let Some(commit) = repo.refs().resolve(&name)? else {
        return Ok(None);
    };
    let session = read(repo, &name, commit)?;
    Ok(Some(Stored { commit, session }))
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

/// Changes the session of this number; `change` is called again when somebody else has changed
/// it meanwhile, and what it refuses stays undone.
pub fn update<E: From<SessionError>>(
    repo: &Repo,
    number: &str,
    change: impl Fn(&mut Session) -> Result<(), E>,
) -> Result<Session, E> {
    for _ in 0..ATTEMPTS {
        let before =
            stored(repo, number)?.ok_or_else(|| SessionError::Unknown(number.to_owned()))?;
        let mut session = before.session.clone();
        change(&mut session)?;
        if session == before.session {
            return Ok(session);
        }
        let commit = write(repo, &session, &[before.commit])?;
        let edit = RefEdit {
            name: reference(&session.number),
            old: Some(before.commit),
            new: Some(commit),
        };
        match repo.store().transact(&[edit], "baton: session changed") {
            Ok(()) => return Ok(session),
            Err(StoreError::Raced(_)) => {}
            Err(error) => return Err(SessionError::from(error).into()),
        }
    }
    Err(SessionError::Crowded(ATTEMPTS).into())
}

/// Gives up the session of this number where it is still active: nobody waits for it any more.
pub fn abandon(repo: &Repo, number: &str) -> Result<Session, SessionError> {
    let ended_at = clock::timestamp(clock::now());
    update(repo, number, |session| {
        if session.state == State::Active {
            session.state = State::Abandoned;
            session.ended_at.get_or_insert_with(|| ended_at.clone());
        }
        Ok(())
    })
}

/// The session that this worktree is bound to.
///
/// # Errors
/// When the worktree is bound to a session that is not recorded.
pub fn bound(repo: &Repo) -> Result<Option<Session>, SessionError> {
    let Some(id) = binding::session(repo)? else {
        return Ok(None);
    };
    match find(repo, id.number())? {
        Some(session) => Ok(Some(session)),
        None => Err(SessionError::Unknown(id.number().to_owned())),
    }
}

/// The policy of the commit that is checked out; the default one where it has none.
pub fn policy(repo: &Repo) -> Result<Policy, SessionError> {
    match repo.head()? {
        Some(head) => policy_at(repo, head),
        None => Ok(Policy::default()),
    }
}

/// The policy of this commit; the default one where it has none.
pub fn policy_at(repo: &Repo, commit: Oid) -> Result<Policy, SessionError> {
    let base = Bases::new(repo.objects()).at(commit)?;
    Ok(base.map_or_else(Policy::default, |base| base.policy.clone()))
}

/// Whether sessions can begin under this policy.
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

fn canonical(number: &str) -> Result<SessionId, SessionError> {
    SessionId::new(None, number)
        .ok_or_else(|| SessionError::Malformed(number.to_owned(), "session number"))
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
        branch: branch.map(|name| name.to_str_lossy().into_owned()),
        worktree: repo.worktree_id(),
        host: crate::sys::host_name(),
        log_path,
        base: repo.head()?,
        started_at: clock::timestamp(clock::now()),
        ended_at: None,
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
    let commit = write(repo, &session, &[])?;
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
    if claim_here(repo, &session.number, commit)? {
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
        let commit = write(repo, &session, &[])?;
        let claim = match shared {
            None => Claim::Local,
            Some(remote) if remote.claim(&session.number, commit)? => {
                Claim::Shared(remote.name().to_owned())
            }
            Some(_) => continue,
        };
        if claim_here(repo, &session.number, commit)? {
            return Ok(Created { session, claim });
        }
        if let Some(remote) = shared {
            remote.withdraw(&session.number, commit);
        }
    }
    Err(SessionError::Crowded(ATTEMPTS))
}

/// Creates the session's reference; `false` when there is one.
fn claim_here(repo: &Repo, number: &str, commit: Oid) -> Result<bool, SessionError> {
    let edit = RefEdit {
        name: reference(number),
        old: None,
        new: Some(commit),
    };
    match repo.store().transact(&[edit], "baton: session started") {
        Ok(()) => Ok(true),
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

/// The numbers in the names of sessions' references.
pub(super) fn numbers<'n>(names: impl Iterator<Item = &'n BStr>) -> Vec<String> {
    names
        .filter_map(|name| name.strip_prefix(PREFIX.as_bytes())?.to_str().ok())
        .filter_map(|number| Some(SessionId::new(None, number)?.number().to_owned()))
        .collect()
}

fn greatest(numbers: Vec<String>) -> Option<String> {
    numbers
        .into_iter()
        .filter(|number| number.len() <= number::MAX_COUNTED_DIGITS)
        .max_by(|a, b| number::key(a).cmp(&number::key(b)))
}

/// The numbers of the session logs that `HEAD` holds.
fn logged_numbers(repo: &Repo, policy: &Policy) -> Result<Vec<String>, SessionError> {
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

fn read(repo: &Repo, name: &str, commit: Oid) -> Result<Session, SessionError> {
    let unreadable = |reason: String| SessionError::Unreadable {
        reference: name.to_owned(),
        reason,
    };
    let objects = repo.objects();
    let tree = objects.commit(commit, &mut Vec::new())?.tree;
    let (mut record, mut summary) = (None, None);
    objects.tree(tree, &mut Vec::new(), |name, entry| match name {
        name if name == RECORD => record = Some(entry.oid),
        name if name == SUMMARY => summary = Some(entry.oid),
        _ => {}
    })?;
    let record = record.ok_or_else(|| unreadable(format!("it has no {RECORD}")))?;
    let record: Record = serde_json::from_slice(&objects.blob(record)?)
        .map_err(|error| unreadable(error.to_string()))?;
    let summary = summary.map(|blob| objects.blob(blob)).transpose()?;
    let session = Session::from_record(record, summary).map_err(unreadable)?;
    if reference(&session.number) != name {
        return Err(unreadable(format!("it records session {}", session.number)));
    }
    Ok(session)
}

/// Writes the commit that records the session.
fn write(repo: &Repo, session: &Session, parents: &[Oid]) -> Result<Oid, SessionError> {
    let store = repo.store();
    let file = |oid| Entry {
        mode: 0o100_644,
        oid,
    };
    let record = serde_json::to_string_pretty(&session.record()).expect("a record is plain text");
    let record = file(store.blob(format!("{record}\n").as_bytes())?);
    let mut entries = vec![(BStr::new(RECORD), record)];
    if let Some(summary) = &session.summary {
        entries.push((BStr::new(SUMMARY), file(store.blob(summary)?)));
    }
    let tree = store.tree(&entries)?;
    let mut message = format!("Session {}: {}\n", session.id(), session.state.as_str());
    if parents.is_empty() {
        // Two clones may begin the same session in the same second; their claims must differ, or
        // each would take the other's for its own.
        message.push_str(&format!(
            "\nClaim: {}\n",
            random::id().map_err(GitError::io("/dev/urandom"))?
        ));
    }
    Ok(store.commit(tree, parents, message.as_bytes(), clock::now())?)
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
