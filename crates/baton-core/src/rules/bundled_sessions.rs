//! `bundled-sessions`: one commit carries the work of one session.

use bstr::ByteSlice;

use super::ended;
use crate::model::{CommitChange, RuleId, SessionId, Verdict, Violation, trailers};
use crate::policy::Policy;

/// Counts the sessions of which the commit adds or changes a log or a summary and that had not ended
/// before it, and those that its trailers name, and which are so at work. An
/// aggregate is left to `aggregate-commit`.
pub(super) fn check(policy: &Policy, commit: &CommitChange, verdict: &mut Verdict) {
    if commit.message.is_none() {
        verdict.defer(RuleId::BundledSessions);
    }
    if super::is_made_aggregate(policy, commit) {
        return;
    }
    let named = trailer_sessions(policy, commit);
    let is_named = |session: &SessionId| named.iter().any(|one| one.agrees_with(session));
    let mut sessions = sessions(policy, commit);
    sessions.retain(|session| is_named(session) || !ended::before(policy, commit, session));
    let limit = policy.sessions.max_per_commit;
    if sessions.len() <= limit {
        return;
    }
    let names: Vec<_> = sessions.iter().map(ToString::to_string).collect();
    verdict.violations.push(Violation {
        rule: RuleId::BundledSessions,
        commit: super::commit_id(commit),
        reference: None,
        old: None,
        path: None,
        message: format!(
            "the commit carries the work of {} sessions ({}), and one commit may carry {limit}",
            sessions.len(),
            names.join(", "),
        ),
        sessions,
        help: "commit each session's log and work on its own: unstage the other sessions' files (`git restore --staged -- <path>`) and name one session in the trailers".to_owned(),
    });
}

/// The sessions that the commit carries, sorted. A session named without a day is the one of
/// that number whose day is known.
pub(super) fn sessions(policy: &Policy, commit: &CommitChange) -> Vec<SessionId> {
    let written = commit
        .paths
        .iter()
        .filter(|change| change.after.is_some())
        .filter_map(|change| policy.session_of(change.path.as_ref()));
    let mut named: Vec<_> = written.chain(trailer_sessions(policy, commit)).collect();
    named.sort();
    named.dedup();
    let dated: Vec<_> = named
        .iter()
        .filter(|one| one.date().is_some())
        .cloned()
        .collect();
    named.retain(|one| one.date().is_some() || !dated.iter().any(|other| other.agrees_with(one)));
    named
}

fn trailer_sessions(policy: &Policy, commit: &CommitChange) -> Vec<SessionId> {
    let Some(message) = &commit.message else {
        return Vec::new();
    };
    trailers::values(message.as_ref(), &policy.trailers.session)
        .flat_map(|value| named_sessions(&value.to_str_lossy()))
        .collect()
}

/// The sessions in a trailer's value, which may name several in whatever way: `19, 20 & 21`, `#19#20`,
/// `2025-12-18/19`. Every run of digits is a number but for those of a date, which belongs to the
/// number behind its slash, or to none.
fn named_sessions(value: &str) -> Vec<SessionId> {
    let mut sessions = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[at..];
        let date = rest
            .get(..10)
            .filter(|date| SessionId::new(Some(date), "0").is_some());
        let after_date = date.map_or(rest, |date| &rest[date.len()..]);
        let number = match date {
            Some(_) => after_date.strip_prefix('/').unwrap_or_default(),
            None => after_date,
        };
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        sessions.extend(SessionId::new(date, &number[..digits]));
        rest = if digits > 0 {
            &number[digits..]
        } else {
            after_date
        };
    }
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailer_names_every_session_that_is_in_it() {
        let named = |value: &str| -> Vec<String> {
            named_sessions(value)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(named("19"), ["19"]);
        assert_eq!(named("Session 019"), ["19"]);
        assert_eq!(named("2025-12-18/19"), ["2025-12-18/19"]);
        assert_eq!(named("19 (2025-12-18)"), ["19"]);
        for both in [
            "1, 2",
            "1/2",
            "#1 #2",
            "1|2",
            "1-2",
            "(1)(2)",
            "\"1\",\"2\"",
            "1、2",
            "1 and 2",
        ] {
            assert_eq!(named(both), ["1", "2"], "{both}");
        }
        assert_eq!(
            named("2025-01-01/1:2025-01-01/2"),
            ["2025-01-01/1", "2025-01-01/2"]
        );
        for none in ["", "none", "２０", "é", "2025-12-18", "2025-12-18/"] {
            assert_eq!(named(none), [""; 0], "{none}");
        }
    }
}
