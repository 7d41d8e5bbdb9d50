//! Sessions, findings and claims as JSON, described by `schema/sessions.schema.json`, `schema/session-check.schema.json` and
//! `schema/session-claims.schema.json`.

use std::collections::BTreeSet;

use bstr::ByteSlice;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::end::is_refused;
use super::record::Record;
use super::{Session, State};
use baton_core::claims::HeldClaim;
use baton_core::protocol::Finding;
use baton_core::report::escape;

/// The version of the documents.
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
    /// The id by which commits' trailers name it.
    pub id: String,
    /// The record of it.
    #[serde(flatten)]
    pub record: Record<Standing>,
    /// Its summary; bytes that are no UTF-8 are replaced.
    pub summary: Option<String>,
    /// The digest by which its log and an aggregate name that summary: `sha256:` and 64
    /// hexadecimal digits.
    pub digest: Option<String>,
}

/// The state of a session, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// An agent works on it.
    Active,
    /// It is done; its summary waits for the orchestrator.
    Ended,
    /// It came to nothing, and no agent goes on with it.
    Abandoned,
    /// The handoff document of what is checked out, or an archive of it, carries it.
    Aggregated,
}

impl Standing {
    /// Of a session, where the sessions of these numbers are carried.
    pub fn of(session: &Session, carried: &BTreeSet<String>) -> Self {
        match session.state {
            _ if carried.contains(&session.number) => Self::Aggregated,
            State::Active => Self::Active,
            State::Ended => Self::Ended,
            State::Abandoned => Self::Abandoned,
        }
    }

    /// The state as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => State::Active.as_str(),
            Self::Ended => State::Ended.as_str(),
            Self::Abandoned => State::Abandoned.as_str(),
            Self::Aggregated => "aggregated",
        }
    }
}

/// The findings in logs, or when a session was to end.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Check of a session")]
pub struct Check {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// True if nothing was found that keeps a session from ending.
    pub clean: bool,
    /// The session that was to end.
    pub session: Option<Item>,
    /// The findings.
    pub findings: Vec<Finding>,
}

/// The claims of sessions at work.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Claims of sessions")]
pub struct Claims {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The claims, in the order in which they were made.
    pub claims: Vec<ClaimItem>,
}

/// The claims of a session.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ClaimItem {
    /// The id by which commits' trailers name the session.
    pub session: String,
    /// The patterns, over paths from the root of the repository.
    pub paths: Vec<String>,
    /// The root of its worktree.
    pub worktree: String,
    /// Its branch, in short.
    pub branch: Option<String>,
}

impl Item {
    fn new(session: &Session, carried: &BTreeSet<String>) -> Self {
        let text = |summary: &bstr::BString| summary.to_str_lossy().into_owned();
        Self {
            id: session.id().to_string(),
            record: session.record_as(Standing::of(session, carried)),
            summary: session.summary.as_ref().map(text),
            digest: session.digest(),
        }
    }
}

/// These sessions as JSON, where the handoff document carries those of these numbers.
pub fn sessions(sessions: &[Session], carried: &BTreeSet<String>) -> String {
    let items = sessions.iter().map(|session| Item::new(session, carried));
    to_json(&Sessions {
        version: VERSION,
        sessions: items.collect(),
    })
}

/// These findings as JSON, where the handoff document carries the sessions of these numbers.
pub fn check(
    session: Option<&Session>,
    carried: &BTreeSet<String>,
    findings: Vec<Finding>,
) -> String {
    to_json(&Check {
        version: VERSION,
        clean: !is_refused(&findings),
        session: session.map(|session| Item::new(session, carried)),
        findings,
    })
}

/// These claims as JSON.
pub fn claims(held: &[HeldClaim]) -> String {
    let item = |one: &HeldClaim| ClaimItem {
        session: one.claim.session.to_string(),
        paths: one
            .claim
            .paths
            .iter()
            .map(|glob| glob.as_str().to_owned())
            .collect(),
        worktree: one.worktree.clone(),
        branch: one.branch.clone(),
    };
    to_json(&Claims {
        version: VERSION,
        claims: held.iter().map(item).collect(),
    })
}

/// The JSON schema of [`claims`].
pub fn claims_schema() -> Schema {
    schema_for!(Claims)
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
    escape::json(&json) + "\n"
}
