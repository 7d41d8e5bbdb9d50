//! The seal: one line of the message that holds the digest of all the rest of the commit.
//!
//! Whatever makes a copy of a commit and keeps its message (an amendment, a pick, a rebase, also
//! one onto the same parent) changes a time, a name or a word, and with it what the seal is over.
//! Only the same commit object, which is no copy, has the same. Who computes a new seal has made an
//! aggregate of their own; that it is not the orchestrator's only a signature can tell.

use bstr::{BStr, BString, ByteSlice};

use super::{Claim, ProofError, Terms, of_key};
use crate::handoff::digest;

/// The line, with its line feed, that seals a commit whose object would be `unsealed` without it,
/// as the last line of the message.
pub fn seal(key: &str, unsealed: &BStr) -> String {
    format!("{key}: {}\n", digest(unsealed))
}

pub(super) fn check(claim: &Claim<'_>, terms: &Terms<'_>, errors: &mut Vec<ProofError>) {
    let key = &terms.keys.seal;
    let count = of_key(claim, key).count();
    if count != 1 {
        let key = key.clone();
        errors.push(ProofError::Count { key, count });
    } else if !is_sealed(key, claim.evidence.object.as_bstr()) {
        errors.push(ProofError::Seal);
    }
}

/// True if the object has exactly one line that begins with the key as the policy writes it, and
/// that line is the seal of the others.
fn is_sealed(key: &str, object: &BStr) -> bool {
    let start = format!("{key}: ");
    let is_seal = |line: &&[u8]| line.starts_with(start.as_bytes());
    let mut seals = object.lines_with_terminator().filter(is_seal);
    let (Some(line), None) = (seals.next(), seals.next()) else {
        return false;
    };
    let others = object.lines_with_terminator().filter(|line| !is_seal(line));
    let unsealed: BString = bstr::concat(others).into();
    *line == *seal(key, unsealed.as_bstr()).as_bytes()
}
