//! The session of a task: its log is there while the agent works, its summary is handed in when the agent has
//! worked, and both are committed with the agent's last commit once the work is approved.

use std::path::Path;

use bstr::{BString, ByteSlice};

use super::worker::RunContext;
use super::{ConductError, log_commit, setup};
use crate::run::state::{TaskState, WorkCheck};
use crate::run::work_log::WorkSeen;
use crate::run::{Place, RunError, files};
use crate::session::{Session, SessionError, State, end, store};
use baton_core::handoff::canonical_summary;
use baton_core::model::{Oid, SessionId};
use baton_core::plan::Task;
use baton_core::policy::Policy;
use baton_core::protocol;
use baton_git::{Repo, checkout, diff};
use baton_sys::{file, worktree_file};

/// The maximum number of commits that a summary lists.
const LISTED: usize = 100;

/// Writes the log of this worktree's session again where it is gone.
pub fn restore_log(worktree: &Repo) -> Result<(), ConductError> {
    match store::bound(worktree)? {
        Some(session) => Ok(end::restore_log(worktree, &session)?),
        None => Ok(()),
    }
}

/// The session of a task's worktree, also one that its agent has ended.
fn of_task(worktree: &Repo, place: &Place) -> Result<Session, ConductError> {
    match (store::bound(worktree)?, &place.session) {
        (Some(session), _) => Ok(session),
        (None, Some(id)) => Ok(end::named_or_bound(worktree, Some(id.number()))?),
        (None, None) => Err(SessionError::Unbound.into()),
    }
}

/// Hands in the session's summary: the one that the agent has left or, where it has left none, what it said last
/// of its work, or else the subjects of its commits.
///
/// An agent that knows how may have ended it by itself; its summary then stays as it is.
pub fn close(
    worktree: &Repo,
    context: &RunContext<'_>,
    place: &Place,
    task: &str,
    said: &Said<'_>,
) -> Result<(), ConductError> {
    let session = of_task(worktree, place)?;
    end::restore_log(worktree, &session)?;
    let made = files::made_summary(context.repo, context.run, task);
    let text = match left_summary(worktree, context.policy, &session, &made)? {
        Some(text) => text,
        None => {
            let text = make_summary(worktree, context.policy, &session, place, said)?;
            file::write_atomically(&made, &text).map_err(RunError::io(&made))?;
            text
        }
    };
    end::hand_in(worktree, Some(&session.number), Some(text))?;
    Ok(())
}

/// The words of an agent about its work.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The outcome in a line.
    pub outcome: &'a str,
    /// Its last words.
    pub words: Option<&'a str>,
}

/// The summary that the agent has left, in a file or handed in, and not the one in the file `made`, which the
/// conductor made after an earlier attempt.
fn left_summary(
    worktree: &Repo,
    policy: &Policy,
    session: &Session,
    made: &Path,
) -> Result<Option<BString>, ConductError> {
    if session.state == State::Ended {
        return Ok(session.summary.clone());
    }
    let made = file::read_if_exists(made).map_err(RunError::io(made))?;
    let made = made.map(|text| canonical_summary(text.as_bstr()));
    let is_left = |text: &BString| {
        let text = canonical_summary(text.as_bstr());
        !text.is_empty() && made.as_ref() != Some(&text)
    };
    let paths = end::summary_paths(policy, session);
    let in_file = end::plain_summary(worktree, &paths)?.filter(is_left);
    Ok(in_file.or_else(|| session.summary.clone().filter(is_left)))
}

/// A summary for an agent that has left none.
fn make_summary(
    worktree: &Repo,
    policy: &Policy,
    session: &Session,
    place: &Place,
    said: &Said<'_>,
) -> Result<BString, ConductError> {
    if let Some(words) = said.words {
        return Ok(format!("{}\n", words.trim()).into());
    }
    let commits = commits(worktree, policy, session, place)?;
    let text = match &commits[..] {
        [] | [_] => format!("{}\n", said.outcome.trim()),
        several => {
            let lines = several.iter().take(LISTED);
            lines.map(|(_, subject)| format!("- {subject}\n")).collect()
        }
    };
    Ok(text.into())
}

/// The commits of the agent's work, oldest first, with their subjects.
fn commits(
    worktree: &Repo,
    policy: &Policy,
    session: &Session,
    place: &Place,
) -> Result<Vec<(Oid, BString)>, ConductError> {
    let files = [
        vec![session.log_path.clone()],
        end::summary_paths(policy, session),
    ]
    .concat();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    Ok(checkout::commits(
        worktree,
        place.base,
        head(worktree)?,
        &files,
    )?)
}

/// Puts what was seen of approved work into the log of its session, writes the summary to its file, and commits
/// both with the agent's last commit ([`log_commit`]). Gives the commit that the branch is at then, and why
/// it is not the approved work where it changes anything else.
pub fn record(
    worktree: &Repo,
    context: &RunContext<'_>,
    place: &Place,
    approved: Oid,
    seen: &ApprovedTask<'_>,
) -> Result<Result<Oid, String>, ConductError> {
    let session = of_task(worktree, place)?;
    end::restore_log(worktree, &session)?;
    let root = worktree.work_tree().ok_or(SessionError::NoWorktree)?;
    let changed: Vec<_> = diff::changes(worktree, place.base, approved)?
        .into_iter()
        .filter(|(_, path)| context.policy.session_of(path.as_ref()).is_none())
        .collect();
    let constraints = &context.policy.conductor.feature.constraints;
    let handoff = context.policy.handoff.path.to_string();
    let seen = WorkSeen {
        run: context.run,
        assignment: &setup::assignment(context.run, seen.task, &context.policy.conductor),
        kind: seen.task.kind,
        agent: seen.agent,
        task: seen.state,
        branch: &place.branch,
        base: place.base,
        commits: &commits(worktree, context.policy, &session, place)?,
        changed: &changed,
        checks: seen.checks,
        constraints,
        handoff: &handoff,
    };
    let mut paths = Vec::new();
    let log = worktree_file::read(root, &session.log_path).map_err(SessionError::from)?;
    if let Some(log) = log {
        let mut text = seen.put_into(log.as_bstr());
        if let Some(digest) = session.digest() {
            text = protocol::bind_summary(text.as_bstr(), &digest);
        }
        if *text != *log {
            worktree_file::write(root, &session.log_path, &text).map_err(SessionError::from)?;
        }
        paths.push(session.log_path.clone());
    }
    paths.extend(write_summary(worktree, root, context.policy, &session)?);
    log_commit::commit(worktree, &session, &context.policy.subjects, &paths)?;
    let tip = head(worktree)?;
    let besides = diff::changed_paths(worktree, approved, tip)?;
    let mut besides = besides
        .iter()
        .filter(|path| paths.iter().all(|own| **path != *own));
    Ok(match besides.next() {
        None => Ok(tip),
        Some(path) => Err(format!(
            "a hook changed {path} when the log of its session was committed, after the gate had judged"
        )),
    })
}

/// A task whose work was approved.
#[derive(Debug, Clone, Copy)]
pub struct ApprovedTask<'a> {
    /// The task.
    pub task: &'a Task,
    /// The present state.
    pub state: &'a TaskState,
    /// The agent that worked.
    pub agent: &'a str,
    /// The checks that the work has passed.
    pub checks: &'a [WorkCheck],
}

/// Writes the session's summary to the file where the protocol looks for it. Gives the path of what is to be
/// committed: none where git ignores it, or the policy names no such file.
fn write_summary(
    worktree: &Repo,
    root: &Path,
    policy: &Policy,
    session: &Session,
) -> Result<Option<String>, ConductError> {
    let paths = end::summary_paths(policy, session);
    let (Some(summary), Some(first)) = (&session.summary, paths.first()) else {
        return Ok(None);
    };
    let mut path = first;
    for one in &paths {
        if worktree_file::read(root, one)
            .map_err(SessionError::from)?
            .is_some()
        {
            path = one;
            break;
        }
    }
    let there = worktree_file::read(root, path).map_err(SessionError::from)?;
    let is_same =
        |text: Vec<u8>| canonical_summary(text.as_bstr()) == canonical_summary(summary.as_bstr());
    if !there.is_some_and(is_same) {
        worktree_file::write(root, path, summary).map_err(SessionError::from)?;
    }
    let is_ignored = checkout::is_ignored(worktree, path)?;
    Ok((!is_ignored).then(|| path.clone()))
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
