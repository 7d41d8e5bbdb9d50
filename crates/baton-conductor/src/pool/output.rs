//! The documents on the pool, as values that become JSON: `schema/pool.schema.json`,
//! `schema/pool-lease.schema.json` and `schema/pool-health.schema.json`.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::health::{Finding, Health};
use super::state::{Finished, Slot, State};
use super::{Acquired, Fate, Left, Released};
use crate::run_record::approvals::Approvals;
use baton_core::model::SessionId;

/// The version of these documents.
pub const VERSION: u32 = 1;

/// The pool as it is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Pool of worktrees")]
pub struct Pool {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The directory in which the worktrees lie.
    pub root: String,
    /// The number of worktrees that there shall be.
    pub size: usize,
    /// When the pool's own record was lost and made again, RFC 3339.
    pub rebuilt_at: Option<String>,
    /// The worktrees, by number.
    pub slots: Vec<Item>,
    /// The branches of released worktrees that wait to be merged, oldest first.
    pub finished: Vec<Waiting>,
    /// The worktrees that `cleanup` or `reset` had to leave, and why.
    pub left: Vec<Left>,
}

/// One worktree.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// Its name.
    pub slot: String,
    /// Its directory.
    pub path: String,
    /// `filling`, `ready`, `acquiring`, `leased`, `releasing`, `resetting` or `removing`.
    pub state: &'static str,
    /// The commit that it was brought to last.
    pub base: Option<String>,
    /// Why it is not given out although it has no holder.
    pub trouble: Option<String>,
    /// The holder.
    pub lease: Option<Holder>,
}

/// The holder of a worktree.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Holder {
    /// The lease.
    pub id: String,
    /// The name of the owner; absent where it is not known any more.
    pub owner: Option<String>,
    /// The machine of the owner's process.
    pub host: Option<String>,
    /// That process.
    pub pid: Option<u32>,
    /// The task.
    pub task: Option<String>,
    /// The task's branch.
    pub branch: Option<String>,
    /// The commit on which that began.
    pub base: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// Since when, RFC 3339.
    pub acquired_at: String,
    /// The last sign of life, RFC 3339.
    pub heartbeat: String,
}

/// A branch that waits to be merged.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Waiting {
    /// The task.
    pub task: Option<String>,
    /// The branch.
    pub branch: String,
    /// The commit that it named when its worktree was released.
    pub tip: String,
    /// The commit on which it began.
    pub base: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// The worktree in which it was made.
    pub slot: String,
    /// When that was released, RFC 3339.
    pub released_at: String,
    /// Why `merge` leaves it out unless it is named; absent where it lands.
    pub objection: Option<String>,
}

/// A worktree that was acquired, released or heard of.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Lease of a worktree")]
pub struct Lease {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The worktree.
    pub slot: String,
    /// Its directory; after `acquire`.
    pub path: Option<String>,
    /// The task's branch.
    pub branch: Option<String>,
    /// True if that branch is there.
    pub kept: Option<bool>,
    /// The lease; after `acquire`.
    pub lease: Option<String>,
    /// The session; after `acquire`, and after `release` where it was active until then.
    pub session: Option<String>,
    /// The outcome of that session; after `release`.
    pub session_state: Option<SessionState>,
    /// The commit on which the branch begins; after `acquire`.
    pub base: Option<String>,
    /// The reference below which what would have been lost was saved; after `release --force`.
    pub saved: Option<String>,
}

/// The outcome of the session of a worktree that was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// It has ended.
    Ended,
    /// It was given up: nothing was committed.
    Abandoned,
    /// It is still active.
    Active,
}

impl From<&Fate> for SessionState {
    fn from(fate: &Fate) -> Self {
        match fate {
            Fate::Ended => Self::Ended,
            Fate::Abandoned => Self::Abandoned,
            Fate::Active { .. } => Self::Active,
        }
    }
}

/// The problems of the pool.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Health of the pool")]
pub struct Checkup {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// True if nothing needs a hand.
    pub healthy: bool,
    /// The problems that were found.
    pub findings: Vec<Finding>,
    /// The problems that `--fix` repaired.
    pub fixed: Vec<Finding>,
}

impl Item {
    fn new(state: &State, slot: &Slot) -> Self {
        Self {
            slot: slot.name.clone(),
            path: state.path_of(&slot.name).display().to_string(),
            state: slot.phase.as_str(),
            base: slot.base.map(|oid| oid.to_string()),
            trouble: slot.trouble.clone(),
            lease: slot.lease.as_ref().map(|lease| Holder {
                id: lease.id.clone(),
                owner: lease.owner.clone(),
                host: lease.process.as_ref().map(|process| process.host.clone()),
                pid: lease.process.as_ref().map(|process| process.id),
                task: lease.task.clone(),
                branch: lease.branch.as_ref().map(|one| one.readable().into_owned()),
                base: lease.base.map(|oid| oid.to_string()),
                session: lease.session.as_ref().map(SessionId::to_string),
                acquired_at: lease.acquired_at.clone(),
                heartbeat: lease.heartbeat.clone(),
            }),
        }
    }
}

impl Waiting {
    fn new(finished: &Finished, approvals: &Approvals) -> Self {
        Self {
            task: finished.task.clone(),
            branch: finished.branch.readable().into_owned(),
            tip: finished.tip.to_string(),
            base: finished.base.map(|oid| oid.to_string()),
            session: finished.session.as_ref().map(SessionId::to_string),
            slot: finished.slot.clone(),
            released_at: finished.released_at.clone(),
            objection: finished
                .branch
                .branch()
                .and_then(|branch| approvals.objection_to(&branch, finished.tip)),
        }
    }
}

/// The pool, with what was left where slots were to be removed, and what the gates of runs say of finished branches.
pub fn pool(state: &State, left: &[Left], approvals: &Approvals) -> Pool {
    Pool {
        version: VERSION,
        root: state.root.display().to_string(),
        size: state.size,
        rebuilt_at: state.rebuilt_at.clone(),
        slots: state
            .slots
            .iter()
            .map(|slot| Item::new(state, slot))
            .collect(),
        finished: state
            .finished
            .iter()
            .map(|finished| Waiting::new(finished, approvals))
            .collect(),
        left: left.to_vec(),
    }
}

/// Returns the document on a worktree that was acquired.
pub fn acquired(acquired: &Acquired) -> Lease {
    Lease {
        version: VERSION,
        slot: acquired.slot.clone(),
        path: Some(acquired.path.display().to_string()),
        branch: Some(acquired.branch.clone()),
        kept: Some(true),
        lease: Some(acquired.lease.clone()),
        session: acquired.session.as_ref().map(SessionId::to_string),
        session_state: None,
        base: Some(acquired.base.to_string()),
        saved: None,
    }
}

/// Returns the document on a worktree that was released.
pub fn released(released: &Released) -> Lease {
    let settled = released.session.as_ref();
    Lease {
        branch: released.branch.clone(),
        kept: Some(released.kept),
        saved: released.saved.clone(),
        session: settled.map(|it| it.session.to_string()),
        session_state: settled.map(|it| SessionState::from(&it.fate)),
        ..alive(&released.slot)
    }
}

/// Whose sign of life was noted.
pub fn alive(slot: &str) -> Lease {
    Lease {
        version: VERSION,
        slot: slot.to_owned(),
        path: None,
        branch: None,
        kept: None,
        lease: None,
        session: None,
        session_state: None,
        base: None,
        saved: None,
    }
}

/// Returns the document on the problems of the pool.
pub fn checkup(health: &Health) -> Checkup {
    Checkup {
        version: VERSION,
        healthy: health.findings.is_empty(),
        findings: health.findings.clone(),
        fixed: health.fixed.clone(),
    }
}

/// The JSON schema of [`pool`].
pub fn pool_schema() -> Schema {
    schema_for!(Pool)
}

/// The JSON schema of [`acquired`], [`released`] and [`alive`].
pub fn lease_schema() -> Schema {
    schema_for!(Lease)
}

/// The JSON schema of [`checkup`].
pub fn health_schema() -> Schema {
    schema_for!(Checkup)
}
