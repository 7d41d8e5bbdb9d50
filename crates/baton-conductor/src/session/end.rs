//! The end of a session: its summary is handed in, its log and its commits are checked.

use std::ffi::OsString;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};

use super::store::{self, stored};
use super::{Location, Session, SessionError, State, aggregated, evidence, history, start};
use baton_core::handoff::canonical_summary;
use baton_core::model::Oid;
use baton_core::policy::Policy;
use baton_core::protocol::{self, Code, Finding, Severity};
use baton_git::{Repo, tree::TreeReader};
use baton_guard::binding;
use baton_sys::{clock, worktree_file};

/// The result of an attempt to end a session.
#[derive(Debug)]
pub struct Ending {
    /// The session as it is now.
    pub session: Session,
    /// The findings; an error among it keeps the session from ending.
    pub findings: Vec<Finding>,
}

/// A summary that was handed in.
#[derive(Debug)]
pub struct HandedIn {
    /// The session as it is now.
    pub session: Session,
    /// The path of the log that now names the summary; `None` where the worktree has no log.
    pub log: Option<String>,
    /// The line by which a log names the summary.
    pub line: String,
}

/// Stores this text as the summary of the session of this number, or, without one, of that which
/// this worktree is bound to; without a text, that of the plain file that the policy names. Then
/// writes its digest into the log. An ended session's summary can be replaced until a branch
/// carries it; a session that was given up has ended with it after all.
pub fn hand_in(
    repo: &Repo,
    number: Option<&str>,
    text: Option<BString>,
) -> Result<HandedIn, SessionError> {
    let session = named_or_bound(repo, number)?;
    let own = store::bound(repo).ok().flatten();
    let is_own = own.is_some_and(|own| own.number == session.number);
    if session.state == State::Active && !is_own {
        return Err(SessionError::AtWork(Box::new(Location::of(
            repo, &session,
        )?)));
    }
    let text = match text {
        Some(text) => text,
        None => {
            let policy = store::policy(repo)?;
            let paths = summary_paths(&policy, &session);
            let found = plain_summary(repo, &paths)?;
            found.ok_or_else(|| SessionError::NoSummaryFile(paths.join(", ")))?
        }
    };
    if canonical_summary(text.as_bstr()).is_empty() {
        return Err(SessionError::EmptySummary);
    }
    let carried = match is_own {
        true => aggregated::at_head(repo)?,
        false => aggregated::on_branches(repo)?,
    };
    if carried.contains(&session.number) {
        return Err(SessionError::Over(session.id().to_string()));
    }
    let session = store::update(repo, &session.number, |session| {
        session.summary = Some(text.clone());
        if session.state == State::Abandoned {
            session.state = State::Ended;
            session.reason = None;
        }
        Ok::<_, SessionError>(())
    })?;
    let digest = session.digest().unwrap_or_default();
    Ok(HandedIn {
        log: bind_log(repo, &session, &digest)?,
        line: protocol::summary_line(&digest),
        session,
    })
}

/// Writes the session's log where this worktree has none: as it is committed, or else as it began.
pub fn restore_log(repo: &Repo, session: &Session) -> Result<(), SessionError> {
    let root = work_tree(repo)?;
    let path = &session.log_path;
    if worktree_file::read(root, path)?.is_some() {
        return Ok(());
    }
    let policy = store::policy(repo)?;
    match committed_log(repo, &policy, session)? {
        Some((committed, blob)) if committed == *path => {
            let log = repo.objects().blob(blob)?;
            Ok(worktree_file::write(root, path, &log)?)
        }
        // It was moved.
        Some(_) => Ok(()),
        None => Ok(start::write_log(root, session, &policy)?),
    }
}

/// Lets the session's log in this worktree name the summary of this digest.
fn bind_log(repo: &Repo, session: &Session, digest: &str) -> Result<Option<String>, SessionError> {
    let Some(root) = repo.work_tree() else {
        return Ok(None);
    };
    let policy = store::policy(repo)?;
    let mut path = session.log_path.clone();
    let mut text = None;
    // A record that came from another clone names any path it likes.
    if policy.log_session(path.as_str().into()).is_some() {
        text = worktree_file::read(root, &path)?;
    }
    if text.is_none() {
        let moved = committed_log(repo, &policy, session)?;
        let Some(Ok(moved)) = moved.map(|(path, _)| String::from_utf8(path.into())) else {
            return Ok(None);
        };
        text = worktree_file::read(root, &moved)?;
        path = moved;
    }
    let Some(text) = text else {
        return Ok(None);
    };
    let bound = protocol::bind_summary(text[..].into(), digest);
    if *bound != *text {
        worktree_file::write(root, &path, &bound)?;
    }
    Ok(Some(path))
}

/// Checks the session that this worktree is bound to and, when nothing speaks against it, ends
/// it: its log, with what its evidence names, its summary and what it has committed, see `history::check`.
pub fn end(repo: &Repo) -> Result<Ending, SessionError> {
    let mut session = bound(repo)?;
    if session.state != State::Active {
        binding::unbind(repo)?;
        let findings = Vec::new();
        return Ok(Ending { session, findings });
    }
    let policy = store::policy(repo)?;
    if session.summary.is_none() {
        let paths = summary_paths(&policy, &session);
        session.summary = plain_summary(repo, &paths)?;
    }
    let mut findings = check_log(repo, &policy, &session)?;
    findings.extend(check_summary(&session));
    findings.extend(history::check(repo, &policy, &session)?);
    if is_refused(&findings) {
        return Ok(Ending { session, findings });
    }
    let ended_at = clock::timestamp(clock::now());
    let ended = store::update(repo, &session.number, |now| {
        if now.state == State::Active {
            now.state = State::Ended;
            now.ended_at = Some(ended_at.clone());
            now.summary = now.summary.take().or_else(|| session.summary.clone());
        }
        Ok::<_, SessionError>(())
    })?;
    binding::unbind(repo)?;
    Ok(Ending {
        session: ended,
        findings,
    })
}

/// Returns true if one of these keeps a session from ending.
pub fn is_refused(findings: &[Finding]) -> bool {
    let mut severities = findings.iter().map(|finding| finding.severity);
    severities.any(|severity| severity == Severity::Error)
}

/// Returns the faults of the log of the session that this worktree is bound to, as the file is now.
pub fn lint_own(repo: &Repo) -> Result<Vec<Finding>, SessionError> {
    let session = bound(repo)?;
    let root = work_tree(repo)?;
    let policy = store::policy(repo)?;
    match worktree_file::read(root, &session.log_path)? {
        Some(text) => check_text(repo, &policy, &session, &session.log_path, text[..].into()),
        None => Ok(vec![missing(&session)]),
    }
}

fn work_tree(repo: &Repo) -> Result<&Path, SessionError> {
    repo.work_tree().ok_or(SessionError::NoWorktree)
}

fn bound(repo: &Repo) -> Result<Session, SessionError> {
    store::bound(repo)?.ok_or(SessionError::Unbound)
}

/// Where the policy lets an agent write its summary; numbers also with a zero before a digit.
pub fn summary_paths(policy: &Policy, session: &Session) -> Vec<String> {
    let mut paths = Vec::new();
    for pattern in &policy.sessions.summaries {
        for number in [session.number.clone(), format!("{:0>2}", session.number)] {
            paths.extend(pattern.render(&session.date, &number));
        }
    }
    paths.dedup();
    paths
}

/// The summary that an agent has written to one of these paths of the worktree.
pub fn plain_summary(repo: &Repo, paths: &[String]) -> Result<Option<BString>, SessionError> {
    let root = work_tree(repo)?;
    for path in paths {
        if let Some(text) = worktree_file::read(root, path)? {
            return Ok(Some(text.into()));
        }
    }
    Ok(None)
}

fn check_text(
    repo: &Repo,
    policy: &Policy,
    session: &Session,
    path: &str,
    text: &BStr,
) -> Result<Vec<Finding>, SessionError> {
    let log = protocol::parse(text);
    let began = protocol::parse(start::log(session, policy).as_str().into());
    let mut findings = protocol::check(path, &log);
    findings.extend(protocol::missing_rows(path, &began, &log));
    findings.extend(evidence::check(repo, policy, path, &log)?);
    findings.extend(check_binding(session, path, text));
    Ok(findings)
}

/// Checks that the log names the summary that was handed in, and no other.
fn check_binding(session: &Session, path: &str, text: &BStr) -> Option<Finding> {
    let digest = session.digest()?;
    let mut named = protocol::named_summaries(text).peekable();
    if named.peek().is_some() && named.all(|name| *name == digest.as_str()) {
        return None;
    }
    let line = protocol::summary_line(&digest);
    Some(Finding {
        code: Code::SummaryUnbound,
        severity: Severity::Error,
        path: path.to_owned(),
        line: None,
        column: None,
        message: "the log does not name the summary that was handed in".to_owned(),
        help: format!(
            "let `{line}` be the only line of that kind in it, as `git baton session summary` \
             writes it, and commit the log"
        ),
    })
}

/// The log that `HEAD` holds, and whether the file still says the same.
fn check_log(
    repo: &Repo,
    policy: &Policy,
    session: &Session,
) -> Result<Vec<Finding>, SessionError> {
    let Some((path, blob)) = committed_log(repo, policy, session)? else {
        let Some(text) = worktree_file::read(work_tree(repo)?, &session.log_path)? else {
            return Ok(vec![missing(session)]);
        };
        let path = &session.log_path;
        let mut findings = check_text(repo, policy, session, path, text[..].into())?;
        findings.push(uncommitted(&session.log_path, "is not committed"));
        return Ok(findings);
    };
    let shown = path.to_str_lossy().into_owned();
    let text = repo.objects().blob(blob)?;
    let mut findings = check_text(repo, policy, session, &shown, text.as_ref())?;
    let mut pathspec = BString::from(":(top,literal)");
    pathspec.extend_from_slice(&path);
    let args = [
        OsString::from("--no-optional-locks"),
        "status".into(),
        "--porcelain".into(),
        "--".into(),
        pathspec.to_os_str_lossy().into_owned(),
    ];
    if !repo.program().output(&args)?.is_empty() {
        findings.push(uncommitted(&shown, "has changes that are not committed"));
    }
    Ok(findings)
}

/// The session's log in `HEAD`: under the path it began with, or wherever its name tells that
/// it is this session's.
fn committed_log(
    repo: &Repo,
    policy: &Policy,
    session: &Session,
) -> Result<Option<(BString, Oid)>, SessionError> {
    let Some(head) = repo.head()? else {
        return Ok(None);
    };
    let tree = repo.objects().commit(head, &mut Vec::new())?.tree;
    let entries = TreeReader::new(repo.objects(), policy).entries(tree)?;
    let own = |path: &BString| {
        let named = policy.log_session(path.as_ref());
        named.is_some_and(|id| id.agrees_with(&session.id()))
    };
    let mut logs: Vec<_> = entries.into_iter().filter(|(path, _)| own(path)).collect();
    logs.sort_by_key(|(path, _)| *path != session.log_path.as_str());
    Ok(logs
        .into_iter()
        .next()
        .map(|(path, entry)| (path, entry.oid)))
}

fn missing(session: &Session) -> Finding {
    let number = &session.number;
    Finding {
        help: format!(
            "`git baton session start --id {number}` writes it anew; fill it in and commit it"
        ),
        ..uncommitted(&session.log_path, "is not there")
    }
}

fn uncommitted(path: &str, what: &str) -> Finding {
    Finding {
        code: Code::LogUncommitted,
        severity: Severity::Error,
        path: path.to_owned(),
        line: None,
        column: None,
        message: format!("the session's log {what}"),
        help: format!("commit it: `git add -- {path}`, then `git commit`"),
    }
}

fn check_summary(session: &Session) -> Option<Finding> {
    let empty = |text: &BString| canonical_summary(text.as_bstr()).is_empty();
    if !session.summary.as_ref().is_none_or(empty) {
        return None;
    }
    Some(Finding {
        code: Code::NoSummary,
        severity: Severity::Error,
        path: session.log_path.clone(),
        line: None,
        column: None,
        message: "the session has no summary".to_owned(),
        help: "write what the next session must know, and hand it in with `git baton session \
               summary FILE`, or `-` for standard input"
            .to_owned(),
    })
}

/// The session of this number, or, without one, that of this worktree.
pub fn named_or_bound(repo: &Repo, number: Option<&str>) -> Result<Session, SessionError> {
    match number {
        None => bound(repo),
        Some(number) => match stored(repo, number)? {
            Some(stored) => Ok(stored.session),
            None => Err(SessionError::Unknown(number.to_owned())),
        },
    }
}
