//! The content proof of an aggregate commit: what anybody can check on a fresh clone, without
//! trusting who made it. Signatures are checked elsewhere.

use std::collections::{BTreeMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use crate::handoff::{
    Entry as HandoffEntry, ExtractError, aggregated_sessions, digest, extract, parse_entry,
};
use crate::model::{AggregateEvidence, EntryKind, Oid, PathChange, SessionId, Trailer};
use crate::policy::{Handoff, Trailers};

mod archive;
mod error;
mod logs;
mod seal;
#[cfg(test)]
mod tests;

use archive::Archiving;
pub use error::ProofError;
pub use seal::seal;

/// The one version of the format that is known.
pub const FORMAT_VERSION: &str = "1";

/// The policy's terms for aggregate commits.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The handoff file.
    pub handoff: &'a Handoff,
    /// The trailers' keys.
    pub keys: &'a Trailers,
    /// True if each session's log must name its summary.
    pub bound: bool,
}

/// The evidence of a commit that claims to be an aggregate.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Its message's trailers, all of them or at least those of the three keys.
    pub trailers: &'a [Trailer],
    /// Its parents.
    pub parents: &'a [Oid],
    /// The change of the handoff file's tree entry; `None` when it stays as it was.
    pub change: Option<&'a PathChange>,
    /// The content.
    pub evidence: &'a AggregateEvidence,
}

/// The reasons why the claim does not hold; none when the content proves it.
///
/// Sessions are told apart by their number, since the entry carries numbers only: one number is
/// aggregated once, whatever dates trailers give it. The handoff file is the only path that may
/// change: the sessions committed their own logs and summaries.
pub fn check_proof(claim: &Claim<'_>, terms: &Terms<'_>) -> Vec<ProofError> {
    let mut errors = Vec::new();
    if claim.parents.len() != 1 {
        errors.push(ProofError::Parents(claim.parents.len()));
    }
    check_version(claim, terms, &mut errors);
    check_base(claim, terms, &mut errors);
    seal::check(claim, terms, &mut errors);
    let archiving = archive::claimed(claim, terms, &mut errors);
    check_paths(claim, terms, archiving.as_ref(), &mut errors);
    let sessions = sessions(claim, terms, &mut errors);
    let digests = digests(claim, terms, &mut errors);
    logs::check_presence(&sessions, claim.evidence, &mut errors);
    match added_entry(claim.evidence, terms, archiving.as_ref()) {
        Ok((entry, text)) => {
            let (evidence, moved) = (claim.evidence, archiving.as_ref());
            archive::check_count(moved, text.as_bstr(), evidence, terms, &mut errors);
            if let Some(archiving) = &archiving {
                archive::check(archiving, &entry, claim.evidence, terms, &mut errors);
            }
            check_sessions(&sessions, &entry, &mut errors);
            check_repeated(
                &entry,
                claim.evidence,
                terms,
                archiving.as_ref(),
                &mut errors,
            );
            check_digests(digests, &entry, &mut errors);
            logs::check_summaries(&sessions, &entry, claim.evidence, terms, &mut errors);
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
    let versions: Vec<_> = of_key(claim, &terms.keys.aggregate).collect();
    match versions[..] {
        [version] if version == FORMAT_VERSION => {}
        [version] => errors.push(ProofError::Version(version.to_owned())),
        _ => errors.push(ProofError::Count {
            key: terms.keys.aggregate.clone(),
            count: versions.len(),
        }),
    }
}

fn check_base(claim: &Claim<'_>, terms: &Terms<'_>, errors: &mut Vec<ProofError>) {
    let bases: Vec<_> = of_key(claim, &terms.keys.base).collect();
    let Some(parent) = claim.parents.first().map(Oid::to_string) else {
        return;
    };
    match bases[..] {
        [base] if *base == parent.as_str() => {}
        [base] => errors.push(ProofError::Base {
            claimed: base.to_owned(),
            actual: parent,
        }),
        _ => errors.push(ProofError::Count {
            key: terms.keys.base.clone(),
            count: bases.len(),
        }),
    }
}

fn check_paths(
    claim: &Claim<'_>,
    terms: &Terms<'_>,
    archiving: Option<&Archiving>,
    errors: &mut Vec<ProofError>,
) {
    let permitted = |path: &BString| {
        *path == terms.handoff.path || archiving.is_some_and(|archiving| *path == archiving.path)
    };
    let mut others = claim.evidence.changed_paths.iter();
    errors.extend(
        others
            .by_ref()
            .filter(|path| !permitted(path))
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
    if before.is_some_and(|entry| entry.kind() != EntryKind::File) {
        errors.push(ProofError::NoFile(terms.handoff.path.clone()));
        return;
    }
    let expected = before.map_or(0o100_644, |entry| entry.mode);
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
    for value in of_key(claim, &terms.keys.session) {
        let Some(id) = value.to_str().ok().and_then(canonical_id) else {
            errors.push(ProofError::Trailer {
                key: terms.keys.session.clone(),
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
    for value in of_key(claim, &terms.keys.summary) {
        let read = || {
            let (id, digest) = value.to_str().ok()?.split_once(' ')?;
            Some((canonical_id(id)?, digest.to_owned()))
        };
        match read() {
            Some(digest) => digests.push(digest),
            None => errors.push(ProofError::Trailer {
                key: terms.keys.summary.clone(),
                value: value.to_owned(),
                expected: "N sha256:<64 hexadecimal digits>",
            }),
        }
    }
    digests
}

/// The entry that turns the old handoff file, without what goes to the archive, into the new one,
/// and its text.
fn added_entry(
    evidence: &AggregateEvidence,
    terms: &Terms<'_>,
    archiving: Option<&Archiving>,
) -> Result<(HandoffEntry, BString), ProofError> {
    let before = archive::trimmed(evidence, terms, archiving)?.map(|trimmed| trimmed.document);
    let before = before.as_ref().map(|text| text.as_bstr());
    let after = evidence
        .handoff_after
        .as_ref()
        .ok_or(ProofError::HandoffDeleted)?;
    let text =
        extract(before, after.as_bstr(), &terms.handoff.heading).map_err(|error| match error {
            ExtractError::Unchanged => ProofError::HandoffUnchanged,
            error => error.into(),
        })?;
    Ok((parse_entry(text.as_bstr(), &terms.handoff.wording)?, text))
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
    archiving: Option<&Archiving>,
    errors: &mut Vec<ProofError>,
) {
    let (heading, wording) = (&terms.handoff.heading, &terms.handoff.wording);
    let carried = |document: &BString| aggregated_sessions(document.as_bstr(), heading, wording);
    let archives = evidence
        .archives
        .iter()
        .filter_map(|file| file.before.as_ref());
    let handed = evidence.handoff_before.iter().chain(archives);
    let old: HashSet<String> = handed.flat_map(carried).collect();
    errors.extend(
        numbers(entry)
            .filter(|number| old.contains(*number))
            .map(|number| ProofError::Repeated(number.to_owned())),
    );
    let kept = archive::trimmed(evidence, terms, archiving).ok().flatten();
    let kept = kept.map_or_else(Vec::new, |trimmed| carried(&trimmed.document));
    let after = evidence
        .handoff_after
        .as_ref()
        .map_or_else(Vec::new, carried);
    if !numbers(entry)
        .chain(kept.iter().map(String::as_str))
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
