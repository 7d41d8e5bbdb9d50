//! Refspecs, and the references in which Baton keeps its records.

use crate::path::ANY;

/// Below what Baton keeps its records.
const RECORDS: &str = "refs/baton/";
/// The record of what sessions claim, which is one clone's own.
const CLAIMS: &str = "refs/baton/claims";
/// The short names of records, as a push finds them.
const SHORT: [&str; 3] = ["baton/claims", "baton/sessions/", "baton/runs/"];

/// The source and the destination of a push or a fetch.
pub(super) struct Refspec {
    pub forced: bool,
    pub from: String,
    /// The reference that is written, where one is named.
    pub to: Option<String>,
}

impl Refspec {
    pub(super) fn parse(text: &str) -> Self {
        let text = text.replace(ANY, "*");
        let plain = text.strip_prefix('+').unwrap_or(&text);
        let (from, to) = match plain.split_once(':') {
            Some((from, to)) => (from, Some(full_name(to))),
            None => (plain, None),
        };
        Self {
            forced: text.starts_with('+'),
            from: full_name(from),
            to,
        }
    }

    /// True if this destination may be one of Baton's records, otherwise than as the other side has it.
    pub(super) fn forges_record(&self, to: &str) -> bool {
        may_be_claims(to) || self.from != to && is_record(to)
    }
}

fn full_name(name: &str) -> String {
    match SHORT.iter().any(|short| name.starts_with(short)) {
        true => format!("refs/{name}"),
        false => name.to_owned(),
    }
}

/// True if a name, or a pattern of names, may be that of one of Baton's records.
pub(super) fn is_record(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.split_once('*') {
        Some((start, _)) => start.starts_with(RECORDS) || RECORDS.starts_with(start),
        None => name.starts_with(RECORDS),
    }
}

fn may_be_claims(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.split_once('*') {
        Some((start, end)) => CLAIMS
            .strip_prefix(start)
            .is_some_and(|rest| rest.ends_with(end)),
        None => name == CLAIMS,
    }
}
