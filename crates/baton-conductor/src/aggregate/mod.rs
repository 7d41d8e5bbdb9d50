//! The aggregate commit: from sessions' summaries to entries of the handoff document.
//!
//! **Promises.** Each summary comes in once, whole, in the order of the sessions' numbers (`select`); the commit changes
//! the handoff document and its archives alone, and carries the proof by which any clone can check it (`build`, `message`).
//! A session that is not ready is an [`obstacle`], and every omission is reported. An aggregate whose push was rejected is
//! made again on the commit that was pushed first ([`elsewhere`]). A maintainer's [`edit`] of the document lands by the same
//! steps, and [`handoff`] only reads it.
//!
//! **Steps.** [`lease::Lease::take`], [`landing::recover`], [`plan`], [`build::build`], [`landing::land`]. If
//! the branch moved meanwhile, the steps begin again at [`plan`].
//!
//! **Stores.** `refs/baton/lease/aggregate`: a blob that names the process at work ([`lease`]). `edit/HANDOFF.md` in Baton's
//! directory: the file that an editor has open. [`crate::landing::transaction`] records a landing before it begins.
//!
//! **A kill** at any step leaves a state from which the next run continues: it takes over the lease of the dead process,
//! and completes a commit that has landed by showing it in the worktrees of its branch. A commit that has not landed is
//! made again.

pub mod base;
pub mod build;
pub mod collect;
pub mod edit;
pub mod elsewhere;
mod error;
pub mod handoff;
pub mod holder;
pub mod landing;
pub mod lease;
mod message;
pub mod obstacle;
pub mod select;

use crate::landing::checkouts::Shown;
use crate::landing::transaction::Landing;
use baton_core::model::{Oid, RefName, SessionId};
use baton_git::Repo;
use baton_git::signing::Signing;

pub use base::AggregateBase;
pub use error::AggregateError;
pub use obstacle::Skipped;
pub use select::Plan;

/// The request of an orchestrator.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The branch, full name; `None` for the one that is checked out.
    pub branch: Option<String>,
    /// The sessions; `None` for every one whose summary is there.
    pub sessions: Option<Vec<SessionId>>,
    /// The session that aggregates; `None` for the one that this worktree is bound to.
    pub orchestrator: Option<SessionId>,
    /// The day, `YYYY-MM-DD`; `None` for the committer's.
    pub date: Option<String>,
    /// If true, sessions that are not ready are left out instead of refused.
    pub partial: bool,
    /// The commit to build on in the place of the branch's tip, whose aggregates, which no remote
    /// has, are made again there.
    pub onto: Option<String>,
    /// The file of the key to sign with; `None` for the one that git's configuration names, where
    /// the policy asks for a signature.
    pub signing_key: Option<std::path::PathBuf>,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The branch, full name.
    pub branch: RefName,
    /// The commit; `None` when there was nothing to aggregate.
    pub commit: Option<Oid>,
    /// The sessions that it carries.
    pub sessions: Vec<String>,
    /// The sessions that were left out, and why.
    pub skipped: Vec<Skipped>,
    /// The result that the worktrees show.
    pub shown: Vec<Shown>,
    /// True if an earlier run that was cut short has been completed first.
    pub recovered: bool,
}

/// The number of times a commit is made again because the branch moved meanwhile.
const ATTEMPTS: usize = 20;

/// Aggregates, from the lease to the worktrees.
pub fn run(repo: &Repo, request: &Request) -> Result<Outcome, AggregateError> {
    let lease = lease::Lease::take(repo)?;
    let outcome = attempt(repo, request);
    lease.release();
    outcome
}

fn attempt(repo: &Repo, request: &Request) -> Result<Outcome, AggregateError> {
    let mut earlier = None;
    for _ in 0..ATTEMPTS {
        earlier = landing::recover(repo)?.or(earlier);
        let tip = AggregateBase::of(repo, request.branch.as_deref())?;
        let base = match &request.onto {
            Some(onto) => elsewhere::base(repo, &tip, onto)?,
            None => tip.clone(),
        };
        let plan = plan(repo, &base, request)?;
        elsewhere::check_plan(&base, &plan)?;
        let mut outcome = Outcome {
            branch: base.branch.clone(),
            commit: None,
            sessions: plan.numbers(),
            skipped: plan.skipped.clone(),
            shown: earlier.clone().unwrap_or_default(),
            recovered: earlier.is_some(),
        };
        let landing = match plan.sections.is_empty() {
            true if base.tip == tip.tip => return Ok(outcome),
            // The commit to build on carries the sessions already.
            true => base.landing(base.tip),
            false => {
                let signing = signing(repo, &base, request)?;
                build::build(repo, &base, &plan, &signing)?.landing
            }
        };
        let landing = Landing {
            old: tip.tip,
            ..landing
        };
        if base.tip != tip.tip {
            elsewhere::check_moves(repo, &landing)?;
        }
        if let Some(shown) = landing::land(repo, &landing)? {
            outcome.commit = Some(landing.new);
            outcome.shown.extend(shown);
            return Ok(outcome);
        }
    }
    Err(AggregateError::Crowded(ATTEMPTS))
}

/// Plans what would be aggregated, and in which order.
pub fn plan(repo: &Repo, base: &AggregateBase, request: &Request) -> Result<Plan, AggregateError> {
    let collected = collect::collect(repo, base)?;
    let here = baton_guard::binding::session(repo)?;
    let orchestrator = request.orchestrator.as_ref().or(here.as_ref());
    let date = match &request.date {
        Some(date) => date.clone(),
        None => base.day()?,
    };
    select::select(
        &collected,
        &select::Wish {
            sessions: request.sessions.as_deref(),
            orchestrator,
            date: &date,
            partial: request.partial,
            bound: base.policy().sessions.bound,
        },
    )
}

/// Returns the way in which the commit is to be signed: with the key that was given, as the policy asks, or
/// as git signs commits here.
pub fn signing(
    repo: &Repo,
    base: &AggregateBase,
    request: &Request,
) -> Result<Signing, AggregateError> {
    Ok(match &request.signing_key {
        Some(key) => Signing::Key(key.clone()),
        None if base.policy().signing.aggregate => Signing::Configured,
        None => Signing::default_here(repo)?,
    })
}
