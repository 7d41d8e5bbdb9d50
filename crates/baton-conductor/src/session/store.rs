//! The sessions of a repository: one reference each, `refs/baton/sessions/<number>`. It names a
//! commit whose tree holds `session.json` and, once there is one, `summary.md`; each change is
//! a commit on top of the one before.

use bstr::{BStr, ByteSlice};

use super::record::Record;
use super::{Session, SessionError, State, claims_record, number};
use crate::ref_moves::{self, RefUpdate};
use baton_core::model::{Entry, Oid, RefName, SessionId};
use baton_core::policy::Policy;
use baton_git::{GitError, RefEdit, Repo, StoreError};
use baton_guard::{base::Bases, binding};
use baton_sys::{clock, random};

/// Below what the sessions' references are.
pub const PREFIX: &str = "refs/baton/sessions/";

const RECORD: &str = "session.json";
const SUMMARY: &str = "summary.md";

/// The number of times an operation begins anew because another process was first.
pub(super) const ATTEMPTS: usize = 200;

/// A session with the commit that records it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The commit.
    pub commit: Oid,
    /// The session.
    pub session: Session,
}

impl Stored {
    /// The change that keeps the record as it is: with it in a transaction, no other process changes it meanwhile.
    pub(super) fn unmoved(&self) -> RefEdit {
        let commit = Some(self.commit);
        RefEdit {
            name: RefName::new(reference(&self.session.number)),
            old: commit,
            new: commit,
        }
    }
}

/// The full name of a session's reference.
pub fn reference(number: &str) -> String {
    format!("{PREFIX}{number}")
}

/// A session of which the record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Its number.
    pub number: String,
    /// The fault.
    pub reason: String,
}

/// Every session whose record can be read, by number.
pub fn list(repo: &Repo) -> Result<Vec<Session>, SessionError> {
    Ok(list_all(repo)?.0)
}

/// Every session, by number, and those whose record cannot be read, which stop nothing but themselves.
pub fn list_all(repo: &Repo) -> Result<(Vec<Session>, Vec<Damaged>), SessionError> {
    let (mut sessions, mut damaged) = (Vec::new(), Vec::new());
    for (name, oid) in repo.refs().below(PREFIX)? {
        match read(repo, &name.to_str_lossy(), oid) {
            Ok(session) => sessions.push(session),
            Err(error) => damaged.push(Damaged {
                number: name[PREFIX.len()..].to_str_lossy().into_owned(),
                reason: error.to_string(),
            }),
        }
    }
    sessions.sort_by(|a, b| number::key(&a.number).cmp(&number::key(&b.number)));
    Ok((sessions, damaged))
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

/// Changes the session of this number; `change` is called again when another process has changed
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
        let parents = [before.commit];
        let draft = Draft::of(&session, &parents)?;
        let mut beside = Vec::new();
        if session.state != State::Active {
            beside.extend(claims_record::dropped(repo, &session.id())?);
        }
        match draft.store(repo, Some(before.commit), beside, "baton: session changed") {
            Ok(_) => return Ok(session),
            Err(StoreError::Raced(_)) => {}
            Err(error) => return Err(SessionError::from(error).into()),
        }
    }
    Err(SessionError::Crowded(ATTEMPTS).into())
}

/// Gives up the session of this number, active or ended: no process waits for it any more.
pub fn abandon(repo: &Repo, number: &str, reason: &str) -> Result<Session, SessionError> {
    let ended_at = clock::timestamp(clock::now());
    update(repo, number, |session| {
        if session.state != State::Abandoned {
            session.state = State::Abandoned;
            session.ended_at.get_or_insert_with(|| ended_at.clone());
            session.reason = Some(reason.to_owned());
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

pub(super) fn canonical(number: &str) -> Result<SessionId, SessionError> {
    SessionId::new(None, number)
        .ok_or_else(|| SessionError::Malformed(number.to_owned(), "session number"))
}

/// The numbers in the names of sessions' references.
pub(super) fn numbers<'n>(names: impl Iterator<Item = &'n BStr>) -> Vec<String> {
    names
        .filter_map(|name| name.strip_prefix(PREFIX.as_bytes())?.to_str().ok())
        .filter_map(|number| Some(SessionId::new(None, number)?.number().to_owned()))
        .collect()
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

/// The record of a session, to be written.
pub(super) struct Draft<'a> {
    session: &'a Session,
    parents: &'a [Oid],
    message: String,
    at: i64,
}

impl<'a> Draft<'a> {
    /// The record of this session as it is, after those.
    pub(super) fn of(session: &'a Session, parents: &'a [Oid]) -> Result<Self, SessionError> {
        let mut message = format!("Session {}: {}\n", session.id(), session.state.as_str());
        if parents.is_empty() {
            // Two clones may begin the same session in the same second; their claims must differ, or
            // each would take the other's for its own.
            message.push_str(&format!(
                "\nClaim: {}\n",
                random::id().map_err(GitError::io("/dev/urandom"))?
            ));
        }
        Ok(Self {
            session,
            parents,
            message,
            at: clock::now(),
        })
    }

    /// Writes the commit, the same each time; gives it and the objects of which it is made.
    pub(super) fn write(&self, repo: &Repo) -> Result<(Oid, Vec<Oid>), GitError> {
        let store = repo.store();
        let file = |oid| Entry {
            mode: 0o100_644,
            oid,
        };
        let record = self.session.record();
        let record = serde_json::to_string_pretty(&record).expect("a record is plain text");
        let record = store.blob(format!("{record}\n").as_bytes())?;
        let mut entries = vec![(BStr::new(RECORD), file(record))];
        if let Some(summary) = &self.session.summary {
            entries.push((BStr::new(SUMMARY), file(store.blob(summary)?)));
        }
        let tree = store.tree(&entries)?;
        let commit = store.commit(tree, self.parents, self.message.as_bytes(), self.at)?;
        let files = entries.iter().map(|(_, entry)| entry.oid);
        Ok((commit, files.chain([tree]).collect()))
    }

    /// Has the session's reference name the commit, where it names `old` before, together with these moves.
    pub(super) fn store(
        &self,
        repo: &Repo,
        old: Option<Oid>,
        beside: Vec<RefEdit>,
        reason: &str,
    ) -> Result<Oid, StoreError> {
        let name = RefName::new(reference(&self.session.number));
        let update = RefUpdate { name, old, beside };
        ref_moves::record(repo, &update, &|| self.write(repo), reason)
    }
}
