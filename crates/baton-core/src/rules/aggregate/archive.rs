//! Entries that an aggregate moves to an archive file in the same commit.

use bstr::{BStr, BString, ByteSlice};

use super::{Claim, ProofError, Terms, of_key};
use crate::handoff::{self, Entry, Limits, Trimmed};
use crate::model::{AggregateEvidence, ArchiveFile};

/// The claim of the message about archiving: `<number of entries> <path>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Archiving {
    pub count: usize,
    pub path: BString,
}

/// The claim of the message; `None` when nothing is moved, or when it cannot be read.
pub(super) fn claimed(
    claim: &Claim<'_>,
    terms: &Terms<'_>,
    errors: &mut Vec<ProofError>,
) -> Option<Archiving> {
    let values: Vec<_> = of_key(claim, &terms.keys.archive).collect();
    let value = match values[..] {
        [] => return None,
        [value] => value,
        _ => {
            errors.push(ProofError::ArchiveCount(values.len()));
            return None;
        }
    };
    let read = || {
        let (count, path) = value.split_once_str(" ")?;
        let text = count.to_str().ok()?;
        let count: usize = text.parse().ok()?;
        (count > 0 && count.to_string() == text).then(|| Archiving {
            count,
            path: path.into(),
        })
    };
    let archiving = read();
    if archiving.is_none() {
        errors.push(ProofError::Trailer {
            key: terms.keys.archive.clone(),
            value: value.to_owned(),
            expected: "<number of entries> <path>",
        });
    }
    archiving
}

/// The old handoff file without the entries that are moved; `None` when there was no file.
pub(super) fn trimmed(
    evidence: &AggregateEvidence,
    terms: &Terms<'_>,
    archiving: Option<&Archiving>,
) -> Result<Option<Trimmed>, ProofError> {
    let count = archiving.map_or(0, |archiving| archiving.count);
    let Some(before) = &evidence.handoff_before else {
        return match count {
            0 => Ok(None),
            count => Err(ProofError::TooFewEntries(count)),
        };
    };
    let (heading, wording) = (&terms.handoff.heading, &terms.handoff.wording);
    handoff::take_oldest(before.as_bstr(), heading, wording, count)
        .map(Some)
        .ok_or(ProofError::TooFewEntries(count))
}

/// Checks that as many entries are moved as the policy's budget asks for with this new entry.
pub(super) fn check_count(
    archiving: Option<&Archiving>,
    entry: &BStr,
    evidence: &AggregateEvidence,
    terms: &Terms<'_>,
    errors: &mut Vec<ProofError>,
) {
    let table = terms.handoff;
    let before = evidence.handoff_before.as_ref();
    let due = before.map_or(0, |before| {
        let limits = Limits {
            bytes: table.budget.max_bytes,
            entries: table.budget.keep_entries,
        };
        let (heading, wording) = (&table.heading, &table.wording);
        handoff::surplus(before.as_bstr(), heading, wording, entry, limits)
    });
    let moved = archiving.map_or(0, |archiving| archiving.count);
    if moved != due {
        errors.push(ProofError::Budget { moved, due });
    }
}

/// Checks that the archive of the entry's day has received exactly the entries taken.
pub(super) fn check(
    archiving: &Archiving,
    entry: &Entry,
    evidence: &AggregateEvidence,
    terms: &Terms<'_>,
    errors: &mut Vec<ProofError>,
) {
    let expected = terms.handoff.archive.path(&entry.date);
    if archiving.path != expected {
        errors.push(ProofError::ArchivePath {
            path: archiving.path.clone(),
            expected,
        });
        return;
    }
    let Ok(Some(trimmed)) = trimmed(evidence, terms, Some(archiving)) else {
        return;
    };
    let mut files = evidence.archives.iter();
    let received = files
        .find(|file| file.path == archiving.path)
        .is_some_and(|file| has_received(file, terms, &trimmed.taken));
    if !received {
        errors.push(ProofError::Archive(archiving.path.clone()));
    }
}

fn has_received(file: &ArchiveFile, terms: &Terms<'_>, taken: &[BString]) -> bool {
    if file.mode_before.is_some() && file.before.is_none() {
        return false;
    }
    let kept = file.before.as_ref().and(file.mode_before);
    let mode = kept.unwrap_or(0o100_644);
    let before = file.before.as_ref().map(|text| text.as_bstr());
    let expected = handoff::archived(before, &terms.handoff.heading, taken);
    file.mode_after == Some(mode) && file.after.as_ref() == Some(&expected)
}
