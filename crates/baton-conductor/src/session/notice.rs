//! Messages to an agent about the session of its worktree: when it begins to work, and when it is about to stop.

use super::{Session, SessionError, State, store};
use baton_core::policy::Policy;
use baton_git::Repo;
use baton_guard::base::Bases;
use baton_guard::{applies_here, binding};

/// The message to an agent that begins to work; `None` where no policy holds.
pub fn at_start(repo: &Repo) -> Result<Option<String>, SessionError> {
    let Some(policy) = policy(repo)? else {
        return Ok(None);
    };
    let handoff = &policy.handoff.path;
    let session = match active(repo)? {
        Some(session) => of_session(&session),
        None => "No session has begun in this worktree: before you change anything, run \
                 `git baton session start --title \"…\"`. It gives you a number and a log."
            .to_owned(),
    };
    Ok(Some(format!(
        "Baton guards this repository. {session} Read {handoff} first, and never change it: what the next session must know goes into \
         your summary. At the end: `git baton session summary -`, then `git baton session end`."
    )))
}

fn of_session(session: &Session) -> String {
    let title = match session.title.as_str() {
        "" => String::new(),
        title => format!(", {title:?}"),
    };
    let branch = match session.short_branch() {
        branch if branch.is_empty() => String::new(),
        branch => format!(" on the branch {branch}"),
    };
    format!(
        "The session of this worktree is {}{title}{branch}, and its log is {}.",
        session.id(),
        session.log_path
    )
}

/// The message that keeps an agent from stopping: it has committed work in a session that has no summary, or has not ended.
/// Each session's agent gets it once.
pub fn at_stop(repo: &Repo) -> Result<Option<String>, SessionError> {
    let Some(session) = active(repo)?.filter(|_| policy(repo).is_ok_and(|one| one.is_some()))
    else {
        return Ok(None);
    };
    if repo.head()? == session.base || !binding::remind_once(repo, &session.id())? {
        return Ok(None);
    }
    let id = session.id();
    let missing = match &session.summary {
        None => format!(
            "Session {id} of this worktree has no summary. If your work is done, hand one in with `git baton session summary -`, fill in and \
             commit its log {}, and run `git baton session end`.",
            session.log_path
        ),
        Some(_) => format!(
            "Session {id} of this worktree has a summary and has not ended. If your work is done, run `git baton session end`, and put \
             right what it says is missing."
        ),
    };
    Ok(Some(format!(
        "{missing} If it is not done, say what is left, and stop."
    )))
}

/// The session of this worktree, if an agent works on it.
fn active(repo: &Repo) -> Result<Option<Session>, SessionError> {
    let bound = store::bound(repo)?;
    Ok(bound.filter(|session| session.state == State::Active))
}

/// The policy that holds for this worktree.
fn policy(repo: &Repo) -> Result<Option<Policy>, SessionError> {
    let Some(head) = repo.head()? else {
        return Ok(None);
    };
    let base = Bases::new(repo.objects()).at(head)?;
    let policy = base.map(|base| base.policy.clone());
    match policy {
        Some(policy) if applies_here(repo, &policy)? => Ok(Some(policy)),
        _ => Ok(None),
    }
}
