//! Landing many branches: joins them in memory, tests the result, moves the target by compare-and-swap.
//!
//! **Promises.** The target moves to a commit that was judged and tested, or does not move. A branch that conflicts, fails
//! or breaks a rule does not keep the others from landing, and the report states the reason. A branch is deleted only when
//! the target is proven to contain it.
//!
//! **Steps.** [`run`] waits for its [`queue`] turn, completes what a killed process left ([`transaction`]), finds the
//! branches (`candidates`) and their [`order`], joins them one after another ([`chain`], [`join`], [`apply`]), tests the
//! result ([`trial`], [`check`]) and leaves out what breaks it (`culprits`, `bisect`), moves the target
//! ([`transaction`]), shows it in its [`checkouts`] and [`tidy`]s up. A conflict goes to the policy's remedies, to a
//! [`resolver`], and then to people ([`waiting`], `resume`). [`conflicts`] predicts conflicts between branches.
//!
//! **Stores.** In Baton's directory, below `merge/` ([`place`]): `queue/`, a locked file for each process that waits;
//! `landing.json`, the landing that is about to happen ([`transaction`]); `records/`, a file for each branch whose conflicts
//! wait; `logs/`. Beside it `merge-cache`, which saves time only. Below `refs/baton/merge/`: the commits that waiting
//! conflicts are made of. In the pool's directory: worktrees to test, to resolve and to wait in. Until the target moves,
//! nothing but objects is written to the repository.
//!
//! **A kill** before the target moves costs the turn, which the system passes on; the record of what was about to land
//! is taken back when the target is not there. After it, the next run shows the target in its checkouts and tidies up.

pub mod apply;
mod attempt;
mod bisect;
mod broken_rules;
pub mod candidates;
pub mod chain;
pub mod check;
pub mod checkouts;
pub mod conflicts;
mod context;
mod culprits;
mod error;
mod human;
pub mod join;
mod markers;
pub mod order;
mod pending_conflicts;
pub mod place;
pub mod queue;
pub mod report;
pub mod resolver;
mod resume;
mod squash;
pub mod stuck;
mod telling;
pub mod tidy;
pub mod transaction;
pub mod trial;
mod unfinished;
pub mod waiting;

use crate::pool;
use baton_core::model::Oid;
use baton_core::policy::merge::Strategy;
use baton_git::Repo;

pub use broken_rules::broken_rules;
pub use check::Check;
pub use context::MergeContext;
pub use error::MergeError;
pub use human::render;
pub use report::MergeReport;
pub use resume::{abort, resume, skip};

/// The branches to merge, and the way to do it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeRequest {
    /// The branches, in short or in full; empty for every finished one that the policy takes.
    pub branches: Vec<String>,
    /// True if an empty list stands for the branches of the pool's tasks instead.
    pub of_pool: bool,
    /// The target; `None` for the policy's.
    pub into: Option<String>,
    /// The strategy for the commits; `None` for the one in the policy.
    pub strategy: Option<Strategy>,
    /// The commands that must succeed; `None` for the policy's.
    pub test: Option<Vec<String>>,
    /// Pairs of branches of which the first lands only after the second.
    pub after: Vec<(String, String)>,
    /// The commit at which the target must be; `None` for wherever it is.
    pub onto: Option<Oid>,
    /// True if the merge is only forecast, without tests.
    pub dry_run: bool,
}

/// The number of times everything is made again because the target moved meanwhile.
const ATTEMPTS: usize = 20;

/// Merges, from the turn in the queue to the branches that are deleted.
///
/// A branch that cannot land does not keep the others from landing; the report says why.
///
/// # Errors
/// When nothing can be decided for any branch.
pub fn run(repo: &Repo, request: &MergeRequest) -> Result<MergeReport, MergeError> {
    run_until(repo, request, &|| false)
}

/// Like [`run`], unless `stop` says to stop.
pub fn run_until(
    repo: &Repo,
    request: &MergeRequest,
    stop: &dyn Fn() -> bool,
) -> Result<MergeReport, MergeError> {
    run_checked(repo, request, None, stop)
}

/// Like [`run_until`]; what lands has passed this check as well.
pub fn run_checked(
    repo: &Repo,
    request: &MergeRequest,
    check: Option<&dyn Check>,
    stop: &dyn Fn() -> bool,
) -> Result<MergeReport, MergeError> {
    if request.dry_run {
        return attempt::preview(repo, request, stop);
    }
    let report = {
        let _turn = queue::Turn::take(repo, stop)?;
        in_turn(repo, request, check, stop)?
    };
    bring_slots_along(repo, &report, stop);
    Ok(report)
}

/// Brings the free worktrees of the pool to where tasks begin, now that the target has moved: then
/// no process that asks for one waits for that.
fn bring_slots_along(repo: &Repo, report: &MergeReport, stop: &dyn Fn() -> bool) {
    if report.recovered || report.new != report.old {
        // What has landed has landed. The pool notes at a slot what kept it back, and `acquire` brings it
        // along as well.
        drop(pool::refresh_until(repo, stop));
    }
}

/// Completes what a merge that was killed had landed; says whether there was such a thing. The
/// branches that landed are gone then, where the policy says so.
pub fn complete(repo: &Repo, stop: &dyn Fn() -> bool) -> Result<bool, MergeError> {
    let _turn = queue::Turn::take(repo, stop)?;
    attempt::recover(repo)
}

fn in_turn(
    repo: &Repo,
    request: &MergeRequest,
    check: Option<&dyn Check>,
    stop: &dyn Fn() -> bool,
) -> Result<MergeReport, MergeError> {
    let mut recovered = false;
    for _ in 0..ATTEMPTS {
        recovered |= attempt::recover(repo)?;
        if let Some(mut report) = attempt::attempt(repo, request, check, stop)? {
            report.recovered = recovered;
            return Ok(report);
        }
    }
    Err(MergeError::Crowded {
        into: MergeContext::of(repo, request)?.into,
        attempts: ATTEMPTS,
    })
}
