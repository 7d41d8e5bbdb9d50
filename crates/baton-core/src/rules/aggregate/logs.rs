//! Each session of an aggregate has a log, and the log says which summary is the session's.

use std::collections::BTreeMap;

use bstr::ByteSlice;

use super::{ProofError, Terms};
use crate::handoff::{Entry, digest};
use crate::model::{AggregateEvidence, SessionId, SessionLog};
use crate::protocol::named_summaries;

type ByNumber<'e> = BTreeMap<&'e str, Vec<&'e SessionLog>>;

fn by_number(evidence: &AggregateEvidence) -> ByNumber<'_> {
    let mut logs = ByNumber::new();
    for log in &evidence.logs {
        logs.entry(log.session.number()).or_default().push(log);
    }
    logs
}

/// Each session has a log of its own.
pub(super) fn check_presence(
    sessions: &[SessionId],
    evidence: &AggregateEvidence,
    errors: &mut Vec<ProofError>,
) {
    let logs = by_number(evidence);
    for session in sessions {
        let own = logs.get(session.number()).into_iter().flatten();
        if !own.into_iter().any(|log| log.session.agrees_with(session)) {
            errors.push(ProofError::NoLog(session.clone()));
        }
    }
}

/// Whatever summary a log names is the one in the entry.
///
/// Every log of a number counts, not only that of the day which the message names: a number is
/// aggregated once, and a second log, put beside the session's own, must not take its place.
pub(super) fn check_summaries(
    sessions: &[SessionId],
    entry: &Entry,
    evidence: &AggregateEvidence,
    terms: &Terms<'_>,
    errors: &mut Vec<ProofError>,
) {
    let logs = by_number(evidence);
    for section in &entry.sessions {
        let actual = digest(section.summary.as_bstr());
        let mut is_named = false;
        for log in logs.get(section.number.as_str()).into_iter().flatten() {
            let Some(text) = &log.text else {
                errors.push(ProofError::NoLog(log.session.clone()));
                continue;
            };
            for named in named_summaries(text.as_bstr()) {
                is_named = true;
                if *named != actual.as_str() {
                    errors.push(ProofError::OtherSummary {
                        number: section.number.clone(),
                        path: log.path.clone(),
                        named: named.to_owned(),
                        actual: actual.clone(),
                    });
                }
            }
        }
        let session = sessions.iter().find(|id| id.number() == section.number);
        if let Some(session) = session.filter(|_| terms.bound && !is_named) {
            errors.push(ProofError::Unbound(session.clone()));
        }
    }
}
