//! Sessions and findings as JSON, described by `schema/sessions.schema.json` and
//! `schema/session-check.schema.json`.

use bstr::ByteSlice;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::Session;
use super::finish::is_refused;
use super::session::Record;
use crate::protocol::Finding;

/// The version of both documents.
pub const VERSION: u32 = 1;

/// Some sessions.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Sessions")]
pub struct Sessions {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The sessions, by number.
    pub sessions: Vec<Item>,
}

/// One session.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// How commits' trailers name it.
    pub id: String,
    /// What is recorded of it.
    #[serde(flatten)]
    pub record: Record,
    /// Its summary; bytes that are no UTF-8 are replaced.
    pub summary: Option<String>,
}

/// What was found in logs, or when a session was to end.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Check of a session")]
pub struct Check {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Whether nothing was found that keeps a session from ending.
    pub clean: bool,
    /// The session that was to end.
    pub session: Option<Item>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Item {
    fn new(session: &Session) -> Self {
        let text = |summary: &bstr::BString| summary.to_str_lossy().into_owned();
        Self {
            id: session.id().to_string(),
            record: session.record(),
            summary: session.summary.as_ref().map(text),
        }
    }
}

/// These sessions as JSON.
pub fn sessions(sessions: &[Session]) -> String {
    to_json(&Sessions {
        version: VERSION,
        sessions: sessions.iter().map(Item::new).collect(),
    })
}

/// These findings as JSON.
pub fn check(session: Option<&Session>, findings: Vec<Finding>) -> String {
    to_json(&Check {
        version: VERSION,
        clean: !is_refused(&findings),
        session: session.map(Item::new),
        findings,
    })
}

/// The JSON schema of [`sessions`].
pub fn sessions_schema() -> Schema {
    schema_for!(Sessions)
}

/// The JSON schema of [`check`].
pub fn check_schema() -> Schema {
    schema_for!(Check)
}

fn to_json(document: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(document).expect("plain values are JSON");
    json + "\n"
}
