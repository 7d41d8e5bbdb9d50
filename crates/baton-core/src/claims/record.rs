//! The record of all claims, as JSON.

use serde::{Deserialize, Serialize};

use super::Claim;
use crate::model::SessionId;
use crate::policy::PathGlob;

/// The version of the record.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    claims: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    session: String,
    paths: Vec<String>,
}

/// The claims of a record.
///
/// # Errors
/// Says what is wrong with the record.
pub fn read(json: &[u8]) -> Result<Vec<Claim>, String> {
    let record: Record = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    if record.version != VERSION {
        return Err(format!(
            "it has version {}; version {VERSION} is known",
            record.version
        ));
    }
    let claim = |entry: Entry| {
        let unreadable = || format!("`{}` is no session", entry.session);
        let session = SessionId::parse(&entry.session).ok_or_else(unreadable)?;
        let glob =
            |text: &String| PathGlob::parse(text).map_err(|error| format!("`{text}`: {error}"));
        let paths = entry.paths.iter().map(glob).collect::<Result<_, _>>()?;
        Ok(Claim { session, paths })
    };
    record.claims.into_iter().map(claim).collect()
}

/// The record of these claims.
pub fn write(claims: &[Claim]) -> String {
    let entry = |claim: &Claim| Entry {
        session: claim.session.to_string(),
        paths: claim
            .paths
            .iter()
            .map(|glob| glob.as_str().to_owned())
            .collect(),
    };
    let record = Record {
        version: VERSION,
        claims: claims.iter().map(entry).collect(),
    };
    serde_json::to_string_pretty(&record).expect("a record is plain text") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let claim = Claim {
            session: SessionId::parse("2025-12-18/19").unwrap(),
            paths: vec![PathGlob::parse("src/**").unwrap()],
        };
        let record = write(std::slice::from_ref(&claim));
        assert_eq!(read(record.as_bytes()).unwrap(), [claim]);
    }

    #[test]
    fn what_is_no_record_says_why() {
        for (record, why) in [
            ("", "EOF"),
            (r#"{"version": 2, "claims": []}"#, "version 2"),
            (
                r#"{"version": 1, "claims": [{"session": "x", "paths": []}]}"#,
                "`x` is no session",
            ),
            (
                r#"{"version": 1, "claims": [{"session": "1", "paths": ["/a"]}]}"#,
                "`/a`",
            ),
        ] {
            let error = read(record.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
