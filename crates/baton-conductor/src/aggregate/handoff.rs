//! The handoff document, looked at: what is pending, how large it is, what came in when.

use bstr::{BString, ByteSlice};
use serde::Serialize;

use super::obstacle::Obstacle;
use super::select::{self, Wish};
use super::{AggregateBase, AggregateError, collect};
use crate::session::number;
use baton_core::handoff;
use baton_core::model::{Entry, Oid, SessionId, trailers};
use baton_core::rules;
use baton_git::{Repo, diff, tree_edit};

/// The state of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The maximum size.
    pub max_bytes: Option<u64>,
    /// Its canonical entries.
    pub entries: u64,
    /// The number of them that may stay.
    pub keep_entries: Option<u64>,
    /// The sessions that are not in it, or not with all of their summaries.
    pub pending: Vec<Pending>,
}

/// A session that is not in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Why it cannot be aggregated yet; `None` when it can.
    pub obstacle: Option<String>,
}

/// A commit that changed the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// Its id.
    pub commit: String,
    /// The kind that it claims to be.
    pub kind: Kind,
    /// The sessions that it carried in.
    pub sessions: Vec<String>,
    /// Its subject.
    pub subject: String,
}

/// The kind that a commit that changes the document claims to be; `verify` says whether it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An aggregate.
    Aggregate,
    /// A maintainer's edit.
    Override,
    /// Neither.
    Other,
}

impl Kind {
    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregate",
            Self::Override => "override",
            Self::Other => "other",
        }
    }
}

/// Returns the state of the document of this branch.
pub fn status(repo: &Repo, branch: Option<&str>) -> Result<Status, AggregateError> {
    let base = AggregateBase::of(repo, branch)?;
    let collected = collect::collect(repo, &base)?;
    let table = &base.policy().handoff;
    let document = base.document.clone().unwrap_or_default();
    let mut pending = Vec::new();
    for (number, candidate) in &collected {
        let known = candidate.recorded.is_some() || !candidate.summaries.is_empty();
        let id = SessionId::new(None, number).filter(|_| known);
        let Some(id) = id else {
            continue;
        };
        let listed = [id];
        let wish = Wish {
            sessions: Some(&listed),
            orchestrator: None,
            date: "2000-01-01",
            partial: false,
            bound: base.policy().sessions.bound,
        };
        let alone = [(number.clone(), candidate.clone())].into();
        let obstacle = match select::select(&alone, &wish) {
            Ok(plan) => plan.skipped.into_iter().next().map(|one| one.why),
            Err(AggregateError::NotReady(why)) => why.into_iter().next().map(|one| one.why),
            Err(error) => return Err(error),
        };
        if obstacle == Some(Obstacle::Aggregated) {
            continue;
        }
        pending.push(Pending {
            number: number.clone(),
            title: candidate.title.clone(),
            obstacle: obstacle.as_ref().map(Obstacle::to_string),
        });
    }
    pending.sort_by(|a, b| number::key(&a.number).cmp(&number::key(&b.number)));
    Ok(Status {
        path: table.path.to_string(),
        bytes: document.len() as u64,
        max_bytes: table.budget.max_bytes,
        entries: handoff::entry_count(document.as_bstr(), &table.heading, &table.wording) as u64,
        keep_entries: table.budget.keep_entries,
        pending,
    })
}

/// The commits that changed the document, newest first.
pub fn log(repo: &Repo, branch: Option<&str>) -> Result<Vec<Arrival>, AggregateError> {
    let base = AggregateBase::of(repo, branch)?;
    let policy = base.policy();
    let mut arrivals = Vec::new();
    for oid in diff::commits_of_path(repo, base.tip, policy.handoff.path.as_ref())? {
        let message = repo.objects().commit(oid, &mut Vec::new())?.message;
        let text = message.as_bstr();
        let kind = match (
            rules::claims_aggregate(policy, text),
            rules::claims_override(policy, text),
        ) {
            (true, _) => Kind::Aggregate,
            (false, true) => Kind::Override,
            (false, false) => Kind::Other,
        };
        let sessions = match kind {
            Kind::Aggregate => trailers::values(text, &policy.trailers.session)
                .map(|value| value.to_string())
                .collect(),
            _ => Vec::new(),
        };
        arrivals.push(Arrival {
            commit: oid.to_string(),
            kind,
            sessions,
            subject: text
                .lines()
                .next()
                .unwrap_or_default()
                .to_str_lossy()
                .into_owned(),
        });
    }
    Ok(arrivals)
}

/// A patch that tidies the blank lines of the document; empty when they are tidy. Nothing but a
/// maintainer's edit may land it.
pub fn tidying_patch(repo: &Repo, branch: Option<&str>) -> Result<BString, AggregateError> {
    let base = AggregateBase::of(repo, branch)?;
    let (Some(entry), Some(document)) = (base.handoff, &base.document) else {
        return Ok(BString::default());
    };
    let tidy = handoff::tidied(document.as_bstr());
    if tidy == *document {
        return Ok(BString::default());
    }
    let oid: Oid = repo.store().blob(&tidy)?;
    let file = (
        base.policy().handoff.path.clone(),
        Entry {
            mode: entry.mode,
            oid,
        },
    );
    let tree = tree_edit::tree_with(repo, base.tree, &[file])?;
    Ok(diff::patch(repo, base.tree, tree)?)
}
