//! One agent's session, as it is recorded.

use std::borrow::Cow;

use bstr::{BString, ByteSlice};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use baton_core::handoff::{canonical_summary, digest};
use baton_core::model::{Oid, RefName, SessionId};
use baton_core::policy::Subjects;

/// The version of the record.
pub const VERSION: u32 = 1;

/// One agent's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its number, decimal without leading zeros; no other session has it.
    pub number: String,
    /// The day on which it began, `YYYY-MM-DD`.
    pub date: String,
    /// The title; may be empty.
    pub title: String,
    /// The task that it works on.
    pub task: Option<String>,
    /// The state it is in.
    pub state: State,
    /// The full name of the branch that was checked out when it began.
    pub branch: Option<RefName>,
    /// The worktree that it is bound to, as [`baton_git::Repo::worktree_id`] names it.
    pub worktree: String,
    /// The machine on which that worktree is.
    pub host: String,
    /// The path of its log from the repository's root.
    pub log_path: String,
    /// The commit on which it began; `None` on a branch not born yet.
    pub base: Option<Oid>,
    /// When it began: RFC 3339, UTC.
    pub started_at: String,
    /// When it ended: RFC 3339, UTC.
    pub ended_at: Option<String>,
    /// Why it was given up.
    pub reason: Option<String>,
    /// Its summary, as it was handed in.
    pub summary: Option<BString>,
}

/// The state of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// An agent works on it.
    Active,
    /// It is done.
    Ended,
    /// It came to nothing, and no agent goes on with it.
    Abandoned,
}

impl State {
    /// The state as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Session {
    /// Its number and its day.
    pub fn id(&self) -> SessionId {
        SessionId::new(Some(&self.date), &self.number)
            .or_else(|| SessionId::new(None, "0"))
            .expect("zero is a number")
    }

    /// The digest of its summary, `sha256:…`, by which its log and an aggregate name it.
    pub fn digest(&self) -> Option<String> {
        let summary = canonical_summary(self.summary.as_ref()?.as_bstr());
        Some(digest(summary.as_bstr()))
    }

    /// The branch on which it began, in short; empty where it began on none.
    pub fn short_branch(&self) -> Cow<'_, str> {
        self.branch
            .as_ref()
            .map(RefName::readable)
            .unwrap_or_default()
    }

    /// The subject of the commit that closes its log.
    pub fn close_subject(&self, subjects: &Subjects) -> String {
        subjects.close.render(&[
            ("session", &self.number),
            ("title", &self.title),
            ("task", self.task.as_deref().unwrap_or_default()),
            ("branch", &self.short_branch()),
        ])
    }

    /// The record without the summary.
    pub fn record(&self) -> Record {
        self.record_as(self.state)
    }

    /// The record without the summary, with another word for how far it is.
    pub(super) fn record_as<S>(&self, state: S) -> Record<S> {
        Record {
            version: VERSION,
            number: self.number.clone(),
            date: self.date.clone(),
            title: self.title.clone(),
            task: self.task.clone(),
            state,
            branch: self.branch.clone(),
            worktree: self.worktree.clone(),
            host: self.host.clone(),
            log_path: self.log_path.clone(),
            base: self.base,
            started_at: self.started_at.clone(),
            ended_at: self.ended_at.clone(),
            reason: self.reason.clone(),
        }
    }

    /// The session that a record and a summary make.
    ///
    /// # Errors
    /// Says what is wrong with the record.
    pub(super) fn from_record(record: Record, summary: Option<BString>) -> Result<Self, String> {
        if record.version != VERSION {
            return Err(format!(
                "its record has version {}; version {VERSION} is known",
                record.version
            ));
        }
        let id = SessionId::new(Some(&record.date), &record.number)
            .ok_or("its number or its date is malformed")?;
        Ok(Self {
            number: id.number().to_owned(),
            date: record.date,
            title: record.title,
            task: record.task,
            state: record.state,
            branch: record.branch,
            worktree: record.worktree,
            host: record.host,
            log_path: record.log_path,
            base: record.base,
            started_at: record.started_at,
            ended_at: record.ended_at,
            reason: record.reason,
            summary,
        })
    }
}

/// A session's `session.json`; what is shown of it may know more about its state.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Record<S = State> {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The session's number, decimal.
    pub number: String,
    /// The day on which it began, `YYYY-MM-DD`.
    pub date: String,
    /// The title.
    pub title: String,
    /// The task that it works on.
    pub task: Option<String>,
    /// The state it is in.
    pub state: S,
    /// The full name of the branch on which it began.
    pub branch: Option<RefName>,
    /// The worktree: `.` for the main one.
    pub worktree: String,
    /// The machine.
    pub host: String,
    /// The log's path from the repository's root.
    pub log_path: String,
    /// The commit on which it began.
    pub base: Option<Oid>,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    pub ended_at: Option<String>,
    /// Why it was given up; only of a session that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
