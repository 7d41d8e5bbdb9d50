//! The evidence that the holder of a slot is gone.

use crate::pool::at_risk_text::AtRiskText;
use crate::pool::state::{Lease, Process};
use baton_core::policy::PoolPolicy;
use baton_git::Repo;
use baton_sys::{clock, process};

/// The evidence that a holder is gone.
pub(super) struct Evidence {
    /// Its process has ended.
    pub(super) is_gone: bool,
    /// Its last sign of life is older than the policy allows.
    is_old: bool,
    /// The processes that work in the directory.
    pub(super) inside: Vec<u32>,
}

impl Evidence {
    pub(super) fn of(worktree: &Repo, lease: &Lease, policy: &PoolPolicy) -> Self {
        let age = clock::seconds(&lease.heartbeat).map(|at| clock::now().saturating_sub(at));
        let limit = i64::try_from(policy.stale_after).unwrap_or(i64::MAX);
        let inside = worktree
            .work_tree()
            .map(process::inside)
            .unwrap_or_default();
        Self {
            is_gone: lease.process.as_ref().is_some_and(Process::is_gone),
            is_old: age.is_some_and(|age| age >= limit),
            inside: inside.iter().map(|process| process.id).collect(),
        }
    }

    /// Returns true if everything says so: then the slot may be given to another.
    pub(super) fn proves_the_end(&self, risk: &AtRiskText) -> bool {
        self.is_gone && self.is_old && self.inside.is_empty() && risk.is_none() && risk.is_merged()
    }

    pub(super) fn describe(&self, risk: &AtRiskText) -> String {
        let mut parts = Vec::new();
        if self.is_gone {
            parts.push("its process has ended".to_owned());
        }
        parts.push(match self.is_old {
            true => "its last sign of life is old".to_owned(),
            false => "its last sign of life is recent".to_owned(),
        });
        if let Some(id) = self.inside.first() {
            parts.push(format!("process {id} works in its directory"));
        }
        parts.push(match risk.is_none() {
            true => "it is clean".to_owned(),
            false => format!("it holds {}", risk.describe()),
        });
        parts.push(match risk.is_merged() {
            true => "all its commits are merged".to_owned(),
            false => format!(
                "{} of its commits are not merged",
                risk.at_risk.unmerged.len()
            ),
        });
        parts.join(", ")
    }
}
