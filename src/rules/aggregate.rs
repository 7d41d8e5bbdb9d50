//! The content proof of an aggregate commit: what anybody can check on a fresh clone, without
//! trusting who made it. Signatures are checked elsewhere.

use std::collections::{BTreeMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use crate::handoff::{
    Entry as HandoffEntry, ExtractError, ParseError, aggregated_sessions, digest, extract,
    parse_entry,
};
use crate::model::{AggregateEvidence, EntryKind, PathChange, SessionId, Trailer};

#[cfg(test)]
mod tests;

/// The one version of the format that is known.
pub const FORMAT_VERSION: &str = "1";

/// What the policy says about aggregate commits.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The handoff file, from the repository's root.
    pub handoff: &'a BStr,
    /// The heading that entries belong under, such as `## Recent Work`.
    pub heading: &'a str,
    /// The trailer that holds the format's version, such as `Baton-Aggregate`.
    pub version_key: &'a str,
    /// The trailer that names a session, such as `Baton-Session`.
    pub session_key: &'a str,
    /// The trailer that holds a summary's digest, such as `Baton-Summary`.
    pub summary_key: &'a str,
}

/// What a commit brings forward to be taken for an aggregate.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Its message's trailers, all of them or at least those of the three keys.
    pub trailers: &'a [Trailer],
    /// How many parents it has.
    pub parents: usize,
    /// What it does to the handoff file's tree entry; `None` when it leaves it as it was.
    pub change: Option<&'a PathChange>,
    /// The content.
    pub evidence: &'a AggregateEvidence,
}

/// One reason why a commit is no genuine aggregate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not exactly one parent.
    #[error("it has {0} parents; an aggregate commit has exactly one")]
    Parents(usize),
    /// The version trailer is missing or there are several.
    #[error("its message has {count} `{key}` trailers; exactly one is needed")]
    VersionCount {
        /// The trailer's key.
        key: String,
        /// How many there are.
        count: usize,
    },
    /// A version that is not known.
    #[error("it has version `{0}` of the format; version {FORMAT_VERSION} is known")]
    Version(BString),
    /// A trailer's value cannot be read.
    #[error("the trailer `{key}: {value}` cannot be read; `{expected}` is the form")]
    Trailer {
        /// The trailer's key.
        key: String,
        /// Its value.
        value: BString,
        /// The form that it must have.
        expected: &'static str,
    },
    /// The handoff file is as it was.
    #[error("it does not change the handoff file")]
    HandoffUnchanged,
    /// The handoff file is gone.
    #[error("it deletes the handoff file")]
    HandoffDeleted,
    /// The handoff file is no ordinary file, or its mode is another.
    #[error("it makes the handoff file's mode {after:o}; {expected:o} is what it must stay")]
    Mode {
        /// The mode that it must have.
        expected: u32,
        /// The mode that it has.
        after: u32,
    },
    /// Another path changes as well.
    #[error("it changes `{0}`; an aggregate commit changes the handoff file and nothing else")]
    OtherPath(BString),
    /// The new text is not the old one with an entry put in.
    #[error("the handoff file is not the old one with one entry under its heading: {0}")]
    Insertion(#[from] ExtractError),
    /// What was put in is not a canonical entry.
    #[error("what was added to the handoff file is not an entry in canonical form: {0}")]
    Entry(#[from] ParseError),
    /// The entry cannot be found again in the new text, because a code block swallows it.
    #[error(
        "the new entry cannot be read back from the handoff file: a code block that is not closed \
         swallows it or its heading"
    )]
    Swallowed,
    /// The message and the entry name different sessions, or in another order.
    #[error("its message names the sessions {message} and the entry the sessions {entry}")]
    Sessions {
        /// The message's sessions, in order.
        message: String,
        /// The entry's sessions, in order.
        entry: String,
    },
    /// The message names a session twice.
    #[error("its message names session {0} twice")]
    SessionTwice(String),
    /// The session was aggregated before.
    #[error("session {0} is in the handoff file already")]
    Repeated(String),
    /// The session has no log of its own.
    #[error("session {0} has no session log in the commit")]
    NoLog(SessionId),
    /// The message has no digest for a session of the entry.
    #[error("its message has no digest of the summary of session {0}")]
    NoDigest(String),
    /// The message has a digest too many.
    #[error("its message has a surplus digest of the summary of session {0}")]
    SurplusDigest(SessionId),
    /// The digest is not that of the section's summary.
    #[error("the summary of session {number} has the digest {actual}; its message says {claimed}")]
    Digest {
        /// The session's number.
        number: String,
        /// What the message says.
        claimed: String,
        /// What the entry's text gives.
        actual: String,
    },
}

/// The reasons why the claim does not hold; none when the content proves it.
///
/// Sessions are told apart by their number, since the entry carries numbers only: one number is
/// aggregated once, whatever dates trailers give it. The handoff file is the only path that may
/// change: the sessions committed their own logs and summaries.
pub fn check_proof(claim: &Claim<'_>, terms: &Terms<'_>) -> Vec<ProofError> {
    let mut errors = Vec::new();
    if claim.parents != 1 {
        errors.push(ProofError::Parents(claim.parents));
    }
    check_version(claim, terms, &mut errors);
    check_paths(claim, terms, &mut errors);
    let sessions = sessions(claim, terms, &mut errors);
    let digests = digests(claim, terms, &mut errors);
    check_logs(&sessions, claim, &mut errors);
    match added_entry(claim.evidence, terms) {
        Ok(entry) => {
            check_sessions(&sessions, &entry, &mut errors);
            check_repeated(&entry, claim.evidence, terms, &mut errors);
            check_digests(digests, &entry, &mut errors);
        }
        Err(error) => {
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
    }
    errors
}

fn check_version(claim: &Claim<'_>, terms: &Terms<'_>, errors: &mut Vec<ProofError>) {
    let versions: Vec<_> = of_key(claim, terms.version_key).collect();
    match versions[..] {
        [version] if version == FORMAT_VERSION => {}
        [version] => errors.push(ProofError::Version(version.to_owned())),
        _ => errors.push(ProofError::VersionCount {
            key: terms.version_key.to_owned(),
            count: versions.len(),
        }),
    }
}

fn check_paths(claim: &Claim<'_>, terms: &Terms<'_>, errors: &mut Vec<ProofError>) {
    let mut others = claim.evidence.changed_paths.iter();
    errors.extend(
        others
            .by_ref()
            .filter(|path| *path != terms.handoff)
            .map(|path| ProofError::OtherPath(path.clone())),
    );
    let Some(change) = claim.change else {
        errors.push(ProofError::HandoffUnchanged);
        return;
    };
    let Some(after) = change.after else {
        errors.push(ProofError::HandoffDeleted);
        return;
    };
    let before = change.before.first().copied().flatten();
    let expected = before
        .filter(|entry| entry.kind() == EntryKind::File)
        .map_or(0o100_644, |entry| entry.mode);
    if after.mode != expected {
        errors.push(ProofError::Mode {
            expected,
            after: after.mode,
        });
    }
}

/// The sessions that the message names, in order.
fn sessions(claim: &Claim<'_>, terms: &Terms<'_>, errors: &mut Vec<ProofError>) -> Vec<SessionId> {
    let mut sessions = Vec::new();
    let mut seen = HashSet::new();
    for value in of_key(claim, terms.session_key) {
        let Some(id) = value.to_str().ok().and_then(canonical_id) else {
            errors.push(ProofError::Trailer {
                key: terms.session_key.to_owned(),
                value: value.to_owned(),
                expected: "N or YYYY-MM-DD/N",
            });
            continue;
        };
        if !seen.insert(id.number().to_owned()) {
            errors.push(ProofError::SessionTwice(id.number().to_owned()));
        }
        sessions.push(id);
    }
    sessions
}

/// The digests that the message holds, in order.
fn digests(
    claim: &Claim<'_>,
    terms: &Terms<'_>,
    errors: &mut Vec<ProofError>,
) -> Vec<(SessionId, String)> {
    let mut digests = Vec::new();
    for value in of_key(claim, terms.summary_key) {
        let read = || {
            let (id, digest) = value.to_str().ok()?.split_once(' ')?;
            Some((canonical_id(id)?, digest.to_owned()))
        };
        match read() {
            Some(digest) => digests.push(digest),
            None => errors.push(ProofError::Trailer {
                key: terms.summary_key.to_owned(),
                value: value.to_owned(),
                expected: "N sha256:<64 hexadecimal digits>",
            }),
        }
    }
    digests
}

fn check_logs(sessions: &[SessionId], claim: &Claim<'_>, errors: &mut Vec<ProofError>) {
    let mut logs: BTreeMap<&str, Vec<&SessionId>> = BTreeMap::new();
    for log in &claim.evidence.logged_sessions {
        logs.entry(log.number()).or_default().push(log);
    }
    for session in sessions {
        let own = logs.get(session.number()).into_iter().flatten();
        if !own.into_iter().any(|log| log.agrees_with(session)) {
            errors.push(ProofError::NoLog(session.clone()));
        }
    }
}

/// The entry that turns the old handoff file into the new one.
fn added_entry(
    evidence: &AggregateEvidence,
    terms: &Terms<'_>,
) -> Result<HandoffEntry, ProofError> {
    let before = evidence.handoff_before.as_ref().map(|text| text.as_bstr());
    let after = evidence
        .handoff_after
        .as_ref()
        .ok_or(ProofError::HandoffDeleted)?;
    let text = extract(before, after.as_bstr(), terms.heading).map_err(|error| match error {
        ExtractError::Unchanged => ProofError::HandoffUnchanged,
        error => error.into(),
    })?;
    Ok(parse_entry(text.as_bstr())?)
}

fn check_sessions(sessions: &[SessionId], entry: &HandoffEntry, errors: &mut Vec<ProofError>) {
    let message: Vec<&str> = sessions.iter().map(SessionId::number).collect();
    let entry: Vec<&str> = numbers(entry).collect();
    if message != entry {
        errors.push(ProofError::Sessions {
            message: message.join(", "),
            entry: entry.join(", "),
        });
    }
}

fn check_repeated(
    entry: &HandoffEntry,
    evidence: &AggregateEvidence,
    terms: &Terms<'_>,
    errors: &mut Vec<ProofError>,
) {
    let carried = |document: &Option<BString>| {
        document.as_ref().map_or_else(Vec::new, |document| {
            aggregated_sessions(document.as_bstr(), terms.heading)
        })
    };
    let before = carried(&evidence.handoff_before);
    let after = carried(&evidence.handoff_after);
    let old: HashSet<&str> = before.iter().map(String::as_str).collect();
    errors.extend(
        numbers(entry)
            .filter(|number| old.contains(number))
            .map(|number| ProofError::Repeated(number.to_owned())),
    );
    if !numbers(entry)
        .chain(before.iter().map(String::as_str))
        .eq(after.iter().map(String::as_str))
    {
        errors.push(ProofError::Swallowed);
    }
}

fn check_digests(
    digests: Vec<(SessionId, String)>,
    entry: &HandoffEntry,
    errors: &mut Vec<ProofError>,
) {
    let mut claimed = BTreeMap::new();
    for (id, digest) in digests {
        if claimed.contains_key(id.number()) {
            errors.push(ProofError::SurplusDigest(id));
        } else {
            claimed.insert(id.number().to_owned(), (id, digest));
        }
    }
    for section in &entry.sessions {
        let number = section.number.clone();
        let actual = digest(section.summary.as_bstr());
        match claimed.remove(&number) {
            None => errors.push(ProofError::NoDigest(number)),
            Some((_, claimed)) if claimed != actual => errors.push(ProofError::Digest {
                number,
                claimed,
                actual,
            }),
            Some(_) => {}
        }
    }
    errors.extend(
        claimed
            .into_values()
            .map(|(id, _)| ProofError::SurplusDigest(id)),
    );
}

fn of_key<'a>(claim: &Claim<'a>, key: &'a str) -> impl Iterator<Item = &'a BStr> {
    let of_key = claim.trailers.iter().filter(move |trailer| trailer.is(key));
    of_key.map(|trailer| trailer.value.as_bstr())
}

/// A session as the format writes it: no leading zeros, nothing around it.
fn canonical_id(text: &str) -> Option<SessionId> {
    SessionId::parse(text).filter(|id| id.to_string() == text)
}

fn numbers(entry: &HandoffEntry) -> impl Iterator<Item = &str> {
    entry.sessions.iter().map(|section| section.number.as_str())
}
