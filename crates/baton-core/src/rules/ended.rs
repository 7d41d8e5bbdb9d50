//! Which sessions had ended before a commit: what it does to their logs is no new work of theirs.

use bstr::{BStr, ByteSlice};

use crate::handoff::aggregated_sessions;
use crate::model::{CommitChange, PathChange, SessionId, SessionRecords};
use crate::policy::Policy;
use crate::protocol::{self, Severity};

/// True if every parent says that the session has ended: an aggregate has carried its summary, or its
/// log is complete and the commit begins no other.
pub(super) fn before(policy: &Policy, commit: &CommitChange, session: &SessionId) -> bool {
    let records = &commit.records;
    !records.is_empty()
        && records.iter().all(|record| {
            is_carried(policy, record, session)
                || (is_complete(record, session) && !begins_log(policy, commit, session))
        })
}

fn is_carried(policy: &Policy, record: &SessionRecords, session: &SessionId) -> bool {
    let (heading, wording) = (&policy.handoff.heading, &policy.handoff.wording);
    record.handoff.iter().any(|document| {
        let carried = aggregated_sessions(document.as_bstr(), heading, wording);
        carried.iter().any(|number| number == session.number())
    })
}

fn is_complete(record: &SessionRecords, session: &SessionId) -> bool {
    let mut texts = record
        .logs
        .iter()
        .filter(|log| log.session.agrees_with(session))
        .map(|log| log.text.as_ref())
        .peekable();
    texts.peek().is_some() && texts.all(|text| text.is_some_and(|text| says_ended(text.as_bstr())))
}

/// True if the log meets what the end of a session asks: it names a summary, and nothing that binds
/// is left open.
fn says_ended(log: &BStr) -> bool {
    let mut summaries = protocol::named_summaries(log).peekable();
    let names_one = summaries.peek().is_some() && summaries.all(is_digest);
    let findings = protocol::check("", &protocol::parse(log));
    let has_errors = findings.iter().any(|one| one.severity == Severity::Error);
    names_one && !has_errors
}

fn is_digest(summary: &BStr) -> bool {
    let hex = summary.strip_prefix(b"sha256:").unwrap_or_default();
    hex.len() == 64 && hex.iter().all(u8::is_ascii_hexdigit)
}

/// True if the commit adds a log of the session that is not one of its logs moved.
fn begins_log(policy: &Policy, commit: &CommitChange, session: &SessionId) -> bool {
    let of_session = |change: &&PathChange| {
        let own = policy.log_session(change.path.as_ref());
        own.is_some_and(|own| own.agrees_with(session))
    };
    let logs: Vec<_> = commit.paths.iter().filter(of_session).collect();
    let added = logs
        .iter()
        .filter(|log| log.before.iter().all(Option::is_none));
    let removed = logs.iter().filter(|log| log.after.is_none());
    added.count() > removed.count()
}
